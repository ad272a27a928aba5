#!/usr/bin/env bash
# Installs what the tests need and what is missing of it. Says what and why.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/lib.sh
. scripts/lib.sh

postgres_here() { compgen -G '/usr/lib/postgresql/1[5-9]/bin/initdb' >/dev/null || compgen -G '/usr/lib/postgresql/[2-9][0-9]/bin/initdb' >/dev/null; }

# install_postgres: the programs only. Debian would start a server for the whole machine.
install_postgres() {
  local policy=/etc/postgresql-common/createcluster.d/bangui-tests.conf status=0
  if is_root; then
    mkdir -p "${policy%/*}"
    echo 'create_main_cluster = false' >"$policy"
  fi
  apt_install "The tests start PostgreSQL servers of their own" --no-install-recommends postgresql || status=$?
  is_root && rm -f "$policy"
  return "$status"
}

check_tools || exit 1
have fail2ban-server || apt_install "The tests use a real fail2ban" --no-install-recommends fail2ban || exit 1
postgres_here || install_postgres || exit 1
have journalctl || apt_install "The tests read a journal as systemd writes one" --no-install-recommends systemd || exit 1
have chromium || apt_install "The browser tests use Chromium" --no-install-recommends chromium || exit 1
have gcc || apt_install "Go's race detector needs a C compiler" --no-install-recommends gcc libc6-dev || exit 1
# Without /dev/fuse the tests make up what the kernel says of a file system.
[ ! -e /dev/fuse ] || have bindfs || apt_install "The tests put a database on a FUSE file system" --no-install-recommends bindfs || exit 1
