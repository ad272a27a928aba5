#!/usr/bin/env bash
# make dist: what is handed out, into dist/: for each architecture the static
# program and a Debian package, and SHA256SUMS over all of them.
#
# The same commit gives the same bytes, in whatever folder and on whatever day:
# paths are trimmed, times are the commit's, or SOURCE_DATE_EPOCH where that is set.
# The page has been built before (make dist does).
#
#   DIST_ARCHS="amd64"   fewer architectures
#   DIST_DIR=/tmp/x      another folder; it is emptied first
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/lib.sh
. scripts/lib.sh

have dpkg-deb || die "dpkg-deb is needed to make Debian packages: $(as_root)apt-get install dpkg"
[ -f web/dist/index.html ] || die "the page is not built: make page"
[ -f internal/geo/geodata/asn.mmdb ] || die "the geo databases are not made: make geo"

export SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}"
export LC_ALL=C TZ=UTC GOTOOLCHAIN=local CGO_ENABLED=0
version=$(scripts/version.sh)
archs=${DIST_ARCHS:-amd64 arm64}
out=${DIST_DIR:-dist}
umask 022

# put MODE SOURCE TARGET: one file of the package.
put() { install -D -m "$1" "$2" "$3"; }

# pack MODE TARGET: what comes in, compressed without name and time.
pack() {
  mkdir -p "$(dirname "$2")"
  gzip -9n >"$2"
  chmod "$1" "$2"
}

build() { # ARCH TARGET
  GOOS=linux GOARCH=$1 go build -tags geodata -trimpath -buildvcs=false -ldflags "-s -w -buildid= -X main.version=$version" -o "$2" ./cmd/bangui
}

# notices: the licences of everything that is compiled into the program, the page and
# the geo databases.
notices() {
  local path dir file
  echo "BanGUI contains the following works of others, each under its own terms."
  go list -deps -f '{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}{{"\t"}}{{.Dir}}{{end}}{{end}}' ./cmd/bangui | sort -u |
    while IFS=$'\t' read -r path dir; do
      for file in "$dir"/LICENSE* "$dir"/LICENCE* "$dir"/COPYING* "$dir"/NOTICE*; do
        [ ! -f "$file" ] || { printf '\n== %s\n\n' "$path" && cat "$file"; }
      done
    done
  npm --prefix web ls --omit=dev --all --parseable --silent 2>/dev/null | sed -n 's|.*/web/node_modules/||p' | sort -u |
    while read -r path; do
      dir=web/node_modules/$path
      for file in "$dir"/LICENSE* "$dir"/license* "$dir"/NOTICE*; do
        [ ! -f "$file" ] || { printf '\n== %s %s\n\n' "$path" "$(node -p "require('./$dir/package.json').version")" && cat "$file"; }
      done
    done
  for dir in packaging/geo/node_modules/@ip-location-db/*; do
    printf '\n== %s %s\n\n' "${dir#packaging/geo/node_modules/}" "$(node -p "require('./$dir/package.json').version + '\n\n' + require('./$dir/package.json').license")"
    for file in "$dir"/*LICENSE* "$dir"/MODIFICATIONS; do
      [ ! -f "$file" ] || { cat "$file" && echo; }
    done
  done
}

# tree ARCH ROOT: the files of the package as they are installed.
tree() {
  local root=$2 doc=$2/usr/share/doc/bangui page name
  put 755 "$out/.work/bangui-$1" "$root/usr/bin/bangui"
  put 644 packaging/systemd/bangui.service "$root/usr/lib/systemd/system/bangui.service"
  put 644 packaging/systemd/bangui-helper.service "$root/usr/lib/systemd/system/bangui-helper.service"
  put 640 packaging/etc/bangui.yml "$root/etc/bangui/bangui.yml"
  put 644 packaging/etc/helper.conf "$root/etc/bangui/helper.conf"
  put 644 "$out/.work/documents/completion/bash" "$root/usr/share/bash-completion/completions/bangui"
  put 644 "$out/.work/documents/completion/zsh" "$root/usr/share/zsh/vendor-completions/_bangui"
  put 644 "$out/.work/documents/completion/fish" "$root/usr/share/fish/vendor_completions.d/bangui.fish"
  for page in "$out"/.work/documents/man/*; do
    name=$(basename "$page")
    pack 644 "$root/usr/share/man/man${name##*.}/$name.gz" <"$page"
  done
  put 644 "$out/.work/documents/bangui.yml" "$doc/examples/bangui.yml"
  # All of them: they lead from one to the other.
  for page in docs/*.md; do
    put 644 "$page" "$doc/${page##*/}"
  done
  put 644 "$out/.work/copyright" "$doc/copyright"
  pack 644 "$doc/changelog.gz" <<END
bangui ($version) unstable; urgency=medium

  * Built from the commit that the version names; the project's history tells
    what changed.

 -- The BanGUI authors <maintainers@bangui.invalid>  $(date -u -R -d "@$SOURCE_DATE_EPOCH")
END
}

# control ARCH ROOT: what dpkg reads.
control() {
  local root=$2 name
  mkdir -p "$root/DEBIAN"
  for name in conffiles triggers; do put 644 "packaging/debian/$name" "$root/DEBIAN/$name"; done
  for name in postinst prerm postrm; do put 755 "packaging/debian/$name" "$root/DEBIAN/$name"; done
  (cd "$root" && find usr -type f -print0 | sort -z | xargs -0 md5sum) >"$root/DEBIAN/md5sums"
  sed -e "s/@VERSION@/$version/" -e "s/@ARCH@/$1/" \
    -e "s/@SIZE@/$(find "$root" -path "$root/DEBIAN" -prune -o -type f -printf '%s\n' | awk '{n += int(($1 + 1023) / 1024)} END {print n}')/" \
    packaging/debian/control >"$root/DEBIAN/control"
  chmod 644 "$root/DEBIAN/control" "$root/DEBIAN/md5sums"
}

rm -rf "$out"
mkdir -p "$out/.work"
trap 'rm -rf "$out/.work"' EXIT
say "BanGUI $version"
go run -ldflags "-X main.version=$version" ./cmd/bangui documents "$out/.work/documents"
{
  cat LICENSE
  echo
  notices
} >"$out/.work/copyright"
for arch in $archs; do
  build "$arch" "$out/.work/bangui-$arch"
  put 755 "$out/.work/bangui-$arch" "$out/bangui_${version}_linux_$arch"
  tree "$arch" "$out/.work/$arch"
  control "$arch" "$out/.work/$arch"
  dpkg-deb --root-owner-group --threads-max=1 -Zxz -b "$out/.work/$arch" "$out/bangui_${version}_$arch.deb" >/dev/null
done
(cd "$out" && sha256sum bangui_* >SHA256SUMS)
(cd "$out" && ls -sh1 -- *) >&2
