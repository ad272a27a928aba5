#!/usr/bin/env bash
# Everything that reads the code without running it. golangci-lint is built once
# from the version that tools/go.mod pins, and kept in Go's build cache.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/lib.sh
. scripts/lib.sh

printf '== go vet\n'
go vet ./...

printf '== golangci-lint (building it the first time takes minutes)\n'
go tool -modfile=tools/go.mod golangci-lint run

printf '== page\n'
npm --prefix web run --silent check

if have shellcheck; then
  printf '== shellcheck\n'
  shellcheck -x scripts/*.sh .ci/run
fi
