#!/usr/bin/env bash
# make run, make demo: from a clone to a page in the browser.
#
#   run.sh run  [ARG...]   serve this machine's fail2ban; ARGs go to `bangui serve`
#   run.sh demo [ARG...]   serve a demo server of our own;  ARGs go to `bangui demo`
#
# Whatever there is to decide about fail2ban, `bangui doctor` decides and explains.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/lib.sh
. scripts/lib.sh

what=${1:?run or demo}
shift

check_tools || exit 1
if ! have fail2ban-server; then
  if [ "$what" = demo ]; then
    # Without what Debian recommends beside it: the demo touches no firewall.
    apt_install "The demo needs the programs of fail2ban, which is not installed" --no-install-recommends fail2ban || exit 1
  else
    apt_install "BanGUI shows and steers fail2ban, which is not installed" fail2ban || exit 1
  fi
fi
make --no-print-directory build

case $what in
  demo) exec ./bin/bangui demo "$@" ;;
esac

status=0
./bin/bangui doctor --command "$(printf '%q ' ./bin/bangui serve "$@")" || status=$?
case $status in
  0) exec ./bin/bangui serve "$@" ;;
  3)
    say
    say "So here is a demo: a real fail2ban server in a folder of its own, on sample logs. It protects nothing."
    exec ./bin/bangui demo "$@"
    ;;
  *) exit "$status" ;;
esac
