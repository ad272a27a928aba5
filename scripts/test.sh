#!/usr/bin/env bash
# Every test there is: Go with the race detector, the page's unit tests, the
# browser tests. `make test` has set everything up and built the page before.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

step() { printf '\n== %s\n' "$*"; }

# in_memory: folders of the tests lie in memory where that has room for them. Hundreds of
# databases and servers live there for seconds, and none of them is there to outlive a
# machine; a disk would sync for each. Programs are built where they were.
in_memory() {
  local place=/dev/shm least=4000000 dir # KiB; the tests take a quarter of it
  [ "$(df --output=avail "$place" 2>/dev/null | tail -n1)" -ge "$least" ] 2>/dev/null || return 0
  dir=$(mktemp -d "$place/bangui.XXXXXX") || return 0
  # shellcheck disable=SC2064 # it is that folder, whatever dir is then
  trap "rm -rf '$dir'" EXIT
  if printf '#!/bin/sh\n' >"$dir/try" && chmod 755 "$dir" "$dir/try" && "$dir/try" 2>/dev/null; then
    export GOTMPDIR="${GOTMPDIR:-${TMPDIR:-/tmp}}" TMPDIR="$dir"
  fi
}

in_memory

step "Go tests, with the race detector"
# Four packages at once, also on two cores: most of them wait for servers and clocks most of the time.
# The tag brings the geo data that make built, and the tests of it.
# Those that take longest go first: else they run alone at the end.
# SQLite (C, translated, with its own locks) isn't watched, nor its pointers checked: that took a third of the time
# of every test with a store. Only its one package that has no generic code: of that the linker keeps any copy,
# and one that doesn't tell the race detector of a lock makes it see races that are none.
CGO_ENABLED=1 go test -tags geodata -race -p 4 -timeout 20m \
  -gcflags 'modernc.org/...=-d=checkptr=0' -gcflags 'modernc.org/sqlite/lib=-race=false -d=checkptr=0' \
  ./internal/cli ./internal/host ./...

step "Debian package, without installing it"
scripts/check-package.sh

step "page: unit tests"
npm --prefix web run --silent test

step "page: browser tests"
npm --prefix web run --silent e2e
