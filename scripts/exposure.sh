#!/usr/bin/env bash
# make exposure: what systemd thinks of the sandbox of each unit, 0 (none) to 10.
# Above 1.5 it fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/lib.sh
. scripts/lib.sh

have systemd-analyze || apt_install "The units are judged by systemd-analyze" --no-install-recommends systemd || exit 1
failed=0
for unit in bangui bangui-helper; do
  # What is as it should be is marked with a tick, and left out.
  systemd-analyze security --offline=true --no-pager --threshold=15 "packaging/systemd/$unit.service" | grep -v '✓' || true
  systemd-analyze security --offline=true --no-pager --threshold=15 "packaging/systemd/$unit.service" >/dev/null || failed=1
done
[ "$failed" = 0 ] || die "a unit is more exposed than 1.5"
