#!/usr/bin/env bash
# Prints the version of this tree as Debian orders versions: of a tag v1.2.3 it is
# 1.2.3, of the fifth commit after it 1.2.3+5.abc1234, and before any tag 0~ with the
# time of the commit. Changes that are not committed add +dirty.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if described=$(git describe --tags --match 'v[0-9]*' --long 2>/dev/null); then
  # v1.2.3-5-gabc1234
  commit=${described##*-g}
  described=${described%-g*}
  count=${described##*-}
  tag=${described%-*}
  version=${tag#v}
  version=${version//-/\~} # v1.2.3-rc1 comes before v1.2.3
  [ "$count" = 0 ] || version+="+$count.$commit"
else
  version=0~$(TZ=UTC git log -1 --date=format-local:%Y%m%d%H%M%S --format=%cd.%h --abbrev=7)
fi
[ -z "$(git status --porcelain --untracked-files=no)" ] || version+=+dirty
echo "$version"
