#!/usr/bin/env bash
# Installs, upgrades, removes and purges the Debian package for real: on a Debian that
# systemd boots in a container (systemd-nspawn), with a fail2ban that runs there.
# Needs root, and takes minutes the first time; what it makes lies in a folder of its
# own and goes at the end, except the base system, kept for the next time.
#
# The Debian in it is of this machine's release, from this machine's apt sources.
#
#   PACKAGE=x.deb               test this package instead of building one
#   BASE=/var/tmp/x.tar         where the base system is kept
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/lib.sh
. scripts/lib.sh

suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
arch=$(dpkg --print-architecture)
base=${BASE:-/var/tmp/bangui-test-$suite.tar}
work=$(mktemp -d /var/tmp/bangui-package.XXXXXX)
machine=$work/machine
leader=

is_root || die "a container is booted, so this needs root: sudo $0"
for program in mmdebstrap systemd-nspawn; do
  have "$program" || { apt_install "The package is installed in a container" --no-install-recommends mmdebstrap systemd-container || exit 1; }
done

step() { printf '\n== %s\n' "$*"; }
failed() {
  say "FAILED: $*"
  inside journalctl --no-pager -n 60 -u bangui -u bangui-helper -u fail2ban >&2 || true
  exit 1
}
must() { "$@" >"$work/said" 2>&1 || { cat "$work/said" >&2 && failed "$*"; }; }
must_not() { ! "$@" >"$work/said" 2>&1 || { cat "$work/said" >&2 && failed "this should not work: $*"; }; }
until_true() { # SECONDS COMMAND...
  local end=$((SECONDS + $1))
  shift
  until "$@" >"$work/said" 2>&1; do
    [ "$SECONDS" -lt "$end" ] || { cat "$work/said" >&2 && failed "not in time: $*"; }
    sleep 0.2
  done
}

# The container: our child, its first process, and commands inside it.
inside() { nsenter -t "$leader" -m -u -i -n -p -- "$@"; }
boot() {
  systemd-nspawn -q --register=no --keep-unit -D "$machine" --private-network --boot --console=pipe >"$work/boot.log" 2>&1 </dev/null &
  nspawn=$!
  until_true 30 pgrep -P "$nspawn"
  leader=$(pgrep -P "$nspawn")
  until_true 60 inside systemctl is-active --quiet multi-user.target
}
stop() {
  if [ -n "${nspawn:-}" ]; then
    kill -TERM "$nspawn" 2>/dev/null || true
    for ((i = 0; i < 100; i++)); do
      kill -0 "$nspawn" 2>/dev/null || break
      sleep 0.2
    done
    kill -KILL "$leader" "$nspawn" 2>/dev/null || true
  fi
  rm -rf "$work"
}
trap stop EXIT

make_machine() {
  if [ ! -f "$base" ]; then
    mapfile -t sources < <(find /etc/apt/sources.list /etc/apt/sources.list.d -name "*.list" -o -name "*.sources" 2>/dev/null)
    mmdebstrap --quiet --variant=minbase "$suite" "$base.new.tar" "${sources[@]}" \
      --include=systemd,systemd-sysv,dbus,fail2ban,python3-systemd,nftables,iptables,adduser,curl,ca-certificates,procps,iproute2
    mv "$base.new.tar" "$base"
  fi
  mkdir "$machine"
  tar -C "$machine" -xf "$base"
  rm -f "$machine/etc/machine-id"
  # Debian 12 and newer have no auth.log; docs/running.md tells the same.
  printf '[sshd]\nbackend = systemd\n' >"$machine/etc/fail2ban/jail.d/sshd-journal.local"
}

# newer DEB TARGET: the same package as the next version.
newer() {
  dpkg-deb -R "$1" "$work/newer"
  sed -i 's/^Version: .*/&+next/' "$work/newer/DEBIAN/control"
  dpkg-deb --root-owner-group -Zgzip -b "$work/newer" "$2" >/dev/null
  rm -rf "$work/newer"
}

install_package() { inside env DEBIAN_FRONTEND=noninteractive apt-get install -y -q "/root/$1"; }
answers() { inside curl -fsS --max-time 5 "http://$1:8000/api/health"; }
fail2ban_state() {
  inside sh -c 'cd /etc/fail2ban && find . -type f -print0 | sort -z | xargs -0 sha256sum; find . -printf "%p %m %u:%g\n" | sort'
  inside fail2ban-client status
  inside fail2ban-client -d
  inside sh -c 'cat /run/fail2ban/fail2ban.pid'
  inside iptables -S
  inside ip6tables -S
}
field() { inside systemctl show -p "$2" --value "$1"; }

step "building"
if [ -n "${PACKAGE:-}" ]; then
  cp "$PACKAGE" "$work/bangui.deb"
else
  DIST_ARCHS=$arch DIST_DIR=$work/dist scripts/dist.sh
  cp "$work"/dist/*.deb "$work/bangui.deb"
fi
newer "$work/bangui.deb" "$work/bangui-next.deb"

step "making a $suite with fail2ban"
make_machine
cp "$work"/bangui*.deb "$machine/root/"

step "where nothing starts services: installed and purged without a word of systemd"
systemd-nspawn -q --register=no --keep-unit --private-network --pipe -D "$machine" sh -ec '
  export DEBIAN_FRONTEND=noninteractive
  apt-get install -y -q /root/bangui.deb
  getent passwd bangui
  test -L /etc/systemd/system/multi-user.target.wants/bangui.service
  apt-get purge -y -q bangui
  ! getent passwd bangui
  test ! -e /etc/bangui -a ! -e /var/lib/bangui -a ! -L /etc/systemd/system/multi-user.target.wants/bangui.service
' >"$work/said" 2>&1 </dev/null || { cat "$work/said" >&2 && die "FAILED without systemd"; }
grep -q 'nothing starts services here' "$work/said" || die "FAILED: no word on what to do without systemd"

step "booting it"
boot
until_true 30 inside fail2ban-client status sshd
fail2ban_state >"$work/before"

step "install: the page answers, and one line tells the next step"
must install_package bangui.deb
grep -q 'sudo bangui setup-token' "$work/said" || failed "no next step in: $(cat "$work/said")"
until_true 15 answers 127.0.0.1
until_true 5 answers localhost
must inside systemctl is-active bangui bangui-helper
must inside systemctl is-enabled bangui bangui-helper
[ "$(inside ps -o user= -p "$(field bangui MainPID)")" = bangui ] || failed "the console does not run as bangui"
[ "$(inside stat -c '%U:%G %a' /var/lib/bangui)" = "bangui:bangui 700" ] || failed "the data folder is open to others"
[ "$(inside stat -c '%U:%G %a' /etc/bangui/bangui.yml)" = "root:bangui 640" ] || failed "the settings are open to others"
must_not inside setpriv --reuid=bangui --regid=bangui --clear-groups fail2ban-client ping
must_not inside setpriv --reuid=nobody --regid=nogroup --clear-groups test -r /run/bangui/helper.sock
must inside bangui healthcheck

step "set-up, sign-in, a jail of our own, a real ban"
cookies=/root/cookies
call() { # METHOD PATH [JSON]
  inside curl -sS --fail-with-body --max-time 20 -b "$cookies" -c "$cookies" -X "$1" -H 'Content-Type: application/json' ${3:+-d "$3"} "http://127.0.0.1:8000/api/v1/$2"
}
token=$(inside cat /var/lib/bangui/setup-token)
inside bangui setup-token | grep -qF "$token" || failed "bangui setup-token does not print the token"
must call POST setup "{\"token\":\"$token\",\"username\":\"owner\",\"password\":\"a long passphrase of the tests\"}"
must call GET auth/session
must call PUT hosts/local/manual-jail
until_true 10 inside fail2ban-client status manual
[ "$(inside sh -c 'ls /etc/fail2ban/jail.d/zz-bangui-*')" = /etc/fail2ban/jail.d/zz-bangui-manual.local ] || failed "our jail's file is not there"
must call POST bans '{"jails":["manual"],"addresses":["203.0.113.9"],"reason":"test"}'
until_true 10 sh -c "nsenter -t $leader -m -n -p nft list ruleset | grep -q 203.0.113.9"
must call POST bans/lift '{"jails":["manual"],"addresses":["203.0.113.9"],"reason":"test"}'
[ "$(inside find / -xdev -newer /root/bangui.deb -path '/etc/fail2ban/*' -type f | wc -l)" = 1 ] || failed "more than our file was written in /etc/fail2ban"

step "restart: from the helper's sandbox, by the unit, and bans are back"
old=$(field fail2ban MainPID)
must call POST bans '{"jails":["manual"],"addresses":["203.0.113.9"],"reason":"test"}'
must call POST hosts/local/server/restart '{}'
grep -q '"way":"systemd".*"bans":1,"missing":\[\]' "$work/said" || failed "it was restarted so: $(cat "$work/said")"
[ "$(field fail2ban MainPID)" != "$old" ] || failed "fail2ban was not restarted"
must call POST bans/lift '{"jails":["manual"],"addresses":["203.0.113.9"],"reason":"test"}'

step "upgrade keeps everything"
inside sh -c 'echo "log-level: debug" >> /etc/bangui/bangui.yml'
inside systemctl --quiet disable bangui-helper
host_id=$(inside cat /var/lib/bangui/host-id)
before=$(field bangui MainPID)
must install_package bangui-next.deb
until_true 15 answers 127.0.0.1
[ "$(field bangui MainPID)" != "$before" ] || failed "the old version still runs"
[ "$(inside cat /var/lib/bangui/host-id)" = "$host_id" ] || failed "the host's id is another one"
inside grep -q 'log-level: debug' /etc/bangui/bangui.yml || failed "the settings are gone"
[ "$(inside stat -c '%U:%G %a' /etc/bangui/bangui.yml)" = "root:bangui 640" ] || failed "the settings are open to others"
must_not inside systemctl is-enabled bangui-helper
inside systemctl --quiet enable bangui-helper
must call GET auth/session
must inside fail2ban-client status manual

step "fail2ban restarts: the helper meets it again"
inside systemctl restart fail2ban
until_true 30 sh -c "nsenter -t $leader -m -n -p curl -fsS --max-time 5 http://127.0.0.1:8000/api/health | grep -q '\"status\":\"ok\"'"

step "removal leaves fail2ban as it was found"
must inside env DEBIAN_FRONTEND=noninteractive apt-get remove -y -q bangui
must_not inside systemctl is-active bangui bangui-helper
must inside test -f /var/lib/bangui/host-id
fail2ban_state | grep -v '^[0-9]*$' >"$work/after"
grep -v '^[0-9]*$' "$work/before" | diff - "$work/after" || failed "fail2ban is not as it was"

step "installed again, it has its data; removed with fail2ban stopped, the file goes too"
must install_package bangui-next.deb
until_true 15 answers 127.0.0.1
[ "$(inside cat /var/lib/bangui/host-id)" = "$host_id" ] || failed "the data is gone"
must call PUT hosts/local/manual-jail
inside systemctl stop fail2ban
must inside env DEBIAN_FRONTEND=noninteractive apt-get remove -y -q bangui
must_not inside ls /etc/fail2ban/jail.d/zz-bangui-manual.local
inside systemctl start fail2ban
until_true 30 inside fail2ban-client status sshd

step "purge leaves nothing"
must inside env DEBIAN_FRONTEND=noninteractive apt-get purge -y -q bangui
left=$(inside find / -xdev -iname '*bangui*' -not -path '/root/*' -not -path '/proc/*' -not -path '/tmp/*' -not -path '/var/log/*' -not -path '/var/cache/*' -not -path '/usr/share/zoneinfo/*')
[ -z "$left" ] || failed "left over: $left"
must_not inside getent passwd bangui
must_not inside getent group bangui
fail2ban_state | grep -v '^[0-9]*$' >"$work/after"
grep -v '^[0-9]*$' "$work/before" | diff - "$work/after" || failed "fail2ban is not as it was"

# As docs/install.md has it, with what the package brought.
step "the program alone: as root, and split in two by hand"
dpkg-deb --fsys-tarfile "$work/bangui.deb" | tar -xO ./usr/bin/bangui >"$machine/usr/local/bin/bangui"
chmod 755 "$machine/usr/local/bin/bangui"
begin() { # PIDFILE COMMAND...
  # shellcheck disable=SC2016 # the shell inside expands it
  inside setsid sh -c 'echo $$ >"$0" && exec "$@"' "$@" >>"$work/alone.log" 2>&1 </dev/null &
}
end_of() { # PIDFILE
  local pid
  pid=$(inside cat "$1")
  inside kill -TERM "$pid"
  until_true 40 sh -c "! nsenter -t $leader -m -p test -e /proc/$pid/exe"
}
begin /run/serve.pid bangui serve
until_true 15 answers 127.0.0.1
inside curl -fsS -H 'Accept: text/html' http://127.0.0.1:8000/ | grep -qi '<!doctype html' || failed "no page"
must inside bangui setup-token
end_of /run/serve.pid
must inside useradd --system --user-group --shell /usr/sbin/nologin bangui
must inside chown -R bangui:bangui /var/lib/bangui
begin /run/helper.pid bangui helper --socket /run/bangui/helper.sock --allow-user bangui
until_true 10 inside test -S /run/bangui/helper.sock
begin /run/serve.pid runuser -u bangui -- bangui serve --data-dir /var/lib/bangui --helper /run/bangui/helper.sock
until_true 15 answers 127.0.0.1
until_true 10 sh -c "nsenter -t $leader -m -n -p curl -fsS http://127.0.0.1:8000/api/health | grep -q '\"fail2ban\":{\"status\":\"ok\"'"
end_of /run/serve.pid
end_of /run/helper.pid
must inside bangui withdraw

step "the package is good on $suite"
