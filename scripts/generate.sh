#!/usr/bin/env bash
# Writes anew what is generated from code: docs/settings.md, docs/cli.md,
# docs/jobs.md, docs/openapi.yaml, and the page's types from it. The tests keep each equal to its source.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

go test ./internal/config -run TestMarkdown -update
go test ./internal/cli -run TestMarkdown -update
go test ./internal/app -run TestJobsMarkdown -update
go test ./internal/api -run TestOpenAPI -update
npm --prefix web run --silent generate
