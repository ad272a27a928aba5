#!/usr/bin/env bash
# Every test there is: Go with the race detector, the page's unit tests, the
# browser tests. `make test` has set everything up and built the page before.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

step() { printf '\n== %s\n' "$*"; }

step "Go tests, with the race detector"
# Three packages at once, also on two cores: most of them wait for servers and clocks most of the time.
# The tag brings the geo data that make built, and the tests of it.
CGO_ENABLED=1 go test -tags geodata -race -p 3 -timeout 15m ./...

step "Debian package, without installing it"
scripts/check-package.sh

step "page: unit tests"
npm --prefix web run --silent test

step "page: browser tests"
npm --prefix web run --silent e2e
