#!/usr/bin/env bash
# Looks at the Debian package without installing it: builds it for this machine's
# architecture and checks what is in it. scripts/test-package.sh installs it for real.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/lib.sh
. scripts/lib.sh

have systemd-analyze || apt_install "The units are read by systemd-analyze" --no-install-recommends systemd || exit 1
arch=$(dpkg --print-architecture)
version=$(scripts/version.sh)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
DIST_ARCHS=$arch DIST_DIR=$work/dist scripts/dist.sh
deb=$work/dist/bangui_${version}_$arch.deb
dpkg-deb -R "$deb" "$work/root"

wrong=0
bad() {
  say "package: $*"
  wrong=1
}

# Owner and mode of every file; nothing set-id, nothing that others may write.
dpkg-deb -c "$deb" | awk '{print $1, $2, $6}' >"$work/list"
while read -r mode owner name; do
  [ "$owner" = root/root ] || bad "$name belongs to $owner"
  case "$mode $name" in
    "-rwxr-xr-x ./usr/bin/bangui" | "-rw-r----- ./etc/bangui/bangui.yml" | "-rw-r--r-- "* | "drwxr-xr-x "*/) ;;
    *) bad "$name has mode $mode" ;;
  esac
done <"$work/list"

for name in usr/bin/bangui usr/lib/systemd/system/bangui.service usr/lib/systemd/system/bangui-helper.service \
  etc/bangui/bangui.yml etc/bangui/helper.conf usr/share/doc/bangui/install.md usr/share/doc/bangui/accounts.md usr/share/doc/bangui/copyright \
  usr/share/doc/bangui/examples/bangui.yml usr/share/doc/bangui/changelog.gz \
  usr/share/man/man1/bangui.1.gz usr/share/man/man1/bangui-serve.1.gz usr/share/man/man5/bangui.yml.5.gz \
  usr/share/bash-completion/completions/bangui usr/share/zsh/vendor-completions/_bangui usr/share/fish/vendor_completions.d/bangui.fish; do
  [ -s "$work/root/$name" ] || bad "$name is missing or empty"
done
while read -r name; do
  [ -f "$work/root$name" ] || bad "the conffile $name is missing"
done <"$work/root/DEBIAN/conffiles"
for name in postinst prerm postrm; do
  sh -n "$work/root/DEBIAN/$name" || bad "$name is not a shell script"
done
(cd "$work/root" && md5sum --quiet -c DEBIAN/md5sums) || bad "md5sums are wrong"
(cd "$work/dist" && sha256sum --quiet -c SHA256SUMS) || bad "SHA256SUMS is wrong"
! grep -rq '@[A-Z]*@' "$work/root/DEBIAN" || bad "a placeholder is left in the control files"

# The program: static, and of the version that the package says.
program=$work/root/usr/bin/bangui
linked=$(ldd "$program" 2>&1 || true)
[[ $linked == *"not a dynamic executable"* || $linked == *"statically linked"* ]] || bad "the program is not static"
"$program" version | grep -qF "bangui $version " || bad "the program says it is $("$program" version)"
[ "$(dpkg-deb -f "$deb" Version)" = "$version" ] || bad "the package has another version than $version"

# The geo databases are in it, and whose they are stands in the copyright.
databases=$(env -i "$program" geo)
[ "$(grep -c 'came with BanGUI, data of 20' <<<"$databases")" = 2 ] || bad "the program's geo databases: $databases"
place=$(env -i "$program" geo 8.8.8.8)
[[ $place == "8.8.8.8"$'\t'"US"$'\t'"15169"$'\t'"Google LLC"* ]] || bad "the program places 8.8.8.8 so: $place"
for name in @ip-location-db/asn @ip-location-db/geo-whois-asn-country-mmdb db-ip.com routeviews.org nro.net; do
  grep -qF "$name" "$work/root/usr/share/doc/bangui/copyright" || bad "the copyright does not name $name"
done

# The settings: taken as they are, and still when what is commented out is uncommented.
settings() { env -i "$program" serve --print-config --config "$1"; }
settings "$work/root/etc/bangui/bangui.yml" >/dev/null || bad "the settings file is refused"
sed -E 's/^#([a-z-]+: )/\1/' "$work/root/etc/bangui/bangui.yml" >"$work/all.yml"
[ "$(grep -cE '^[a-z-]+: ' "$work/all.yml")" -ge 4 ] || bad "the settings file names too few settings"
settings "$work/all.yml" >/dev/null || bad "a commented setting would be refused"

# The units: systemd understands every line, and finds them closed enough.
mkdir "$work/units"
for unit in bangui bangui-helper; do
  sed "s|/usr/bin/bangui|$program|" "$work/root/usr/lib/systemd/system/$unit.service" >"$work/units/$unit.service"
done
said=$(systemd-analyze verify --man=no "$work"/units/*.service 2>&1) || true
[ -z "$said" ] || bad "systemd says of the units: $said"
scripts/exposure.sh >"$work/exposure" || bad "$(cat "$work/exposure")"

# dpkg orders versions as they come.
dpkg --compare-versions "$version" gt 0~20200101000000.abc || bad "version $version is older than one of 2020"
[[ $version != 0~* ]] || dpkg --compare-versions "$version" lt 0.1 || bad "version $version is newer than a first release"

[ "$wrong" = 0 ] || exit 1
say "package: $(basename "$deb") is as it should be"
