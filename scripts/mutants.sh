#!/usr/bin/env bash
# Shows that the tests of the lease find what they are for: applies each deliberate fault
# of internal/lease/testdata/mutants to a copy of the tree and runs the tests that its
# patch names. They have to fail, unless the patch says why the fault changes nothing.
# With arguments: only the patches whose names begin so.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/lib.sh
. scripts/lib.sh

copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t "$copy"

field() { sed -n "s/^$1: //p;/^---/q" "$2"; }

# Only package lease has the flags of rapid.
run_tests() {
  local flags=()
  [ "$1" != ./internal/lease ] || flags=(-rapid.checks=200 -rapid.nofailfile -rapid.shrinktime=1s)
  (cd "$copy" && go test -timeout 5m -run "$2" "$1" "${flags[@]}")
}

# judge PATCH: caught, equivalent, missed, or why it can't be told.
judge() {
  local patch=$1 package tests
  package=$(field Package "$patch") tests=$(field Tests "$patch")
  (cd "$copy" && patch --quiet -p1) <"$patch" >/dev/null || { echo "does not apply" && return; }
  if ! (cd "$copy" && go vet "$package") >/dev/null 2>&1; then
    echo "does not build"
  elif ! run_tests "$package" "$tests" >"$copy/log" 2>&1; then
    echo caught
  elif [ -n "$(field Equivalent "$patch")" ]; then
    echo equivalent
  else
    echo missed
  fi
  (cd "$copy" && patch --quiet -p1 --reverse) <"$patch" >/dev/null
}

failed=0
for package in ./internal/store ./internal/lease; do
  all=$(for patch in internal/lease/testdata/mutants/*.patch; do [ "$(field Package "$patch")" != "$package" ] || field Tests "$patch"; done | sort -u | paste -sd'|')
  run_tests "$package" "$all" >"$copy/log" 2>&1 || { cat "$copy/log" && die "the tests of $package fail without any fault"; }
done
for patch in internal/lease/testdata/mutants/"${1-}"*.patch; do
  name=$(basename "$patch" .patch)
  result=$(judge "$patch")
  case $result in
    caught) printf '%-34s caught by     %s\n' "$name" "$(field Tests "$patch")" ;;
    equivalent) printf '%-34s equivalent:   %s\n' "$name" "$(field Equivalent "$patch")" ;;
    *)
      printf '%-34s %s: %s\n' "$name" "$result" "$(field Fault "$patch")"
      failed=1
      ;;
  esac
done
exit "$failed"
