#!/usr/bin/env bash
# Installs what the tests need and what is missing of it. Says what and why.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/lib.sh
. scripts/lib.sh

check_tools || exit 1
have fail2ban-server || apt_install "The tests use a real fail2ban" --no-install-recommends fail2ban || exit 1
have chromium || apt_install "The browser tests use Chromium" --no-install-recommends chromium || exit 1
have gcc || apt_install "Go's race detector needs a C compiler" --no-install-recommends gcc libc6-dev || exit 1
