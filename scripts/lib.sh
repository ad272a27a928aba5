# shellcheck shell=bash
# What the scripts of this folder have in common; sourced, never run.

# Oldest versions that will do.
GO_WANTED=1.26
NODE_WANTED=20

say() { printf '%s\n' "$*" >&2; }

die() {
  say "$*"
  exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# at_least HAVE WANT: whether version HAVE is WANT or newer, by its first two numbers.
at_least() {
  local have_major have_minor want_major want_minor rest
  IFS=. read -r have_major have_minor rest <<<"$1."
  IFS=. read -r want_major want_minor rest <<<"$2."
  have_minor=${have_minor%%[!0-9]*}
  : "$rest"
  [ "${have_major:-0}" -gt "${want_major:-0}" ] ||
    { [ "${have_major:-0}" -eq "${want_major:-0}" ] && [ "${have_minor:-0}" -ge "${want_minor:-0}" ]; }
}

# check_tools: Go, Node with npm, and git, each in a version that will do.
check_tools() {
  local missing=0 found
  if ! have go; then
    say "Go $GO_WANTED or newer is needed to build BanGUI, and there is none."
    missing=1
  else
    found=$(go env GOVERSION 2>/dev/null)
    found=${found#go}
    if ! at_least "$found" "$GO_WANTED"; then
      say "Go $GO_WANTED or newer is needed to build BanGUI; this is $found."
      missing=1
    fi
  fi
  [ "$missing" = 0 ] || say "  Get it from https://go.dev/dl/, unpack it to /usr/local/go and put /usr/local/go/bin into PATH."
  if ! have node || ! have npm; then
    say "Node $NODE_WANTED or newer, with npm, is needed to build the page, and it is not there."
    say "  Get it from https://nodejs.org/en/download, or on Debian 13 and newer: $(as_root)apt-get install nodejs npm"
    missing=1
  else
    found=$(node --version)
    if ! at_least "${found#v}" "$NODE_WANTED"; then
      say "Node $NODE_WANTED or newer is needed to build the page; this is ${found#v}."
      say "  Get it from https://nodejs.org/en/download"
      missing=1
    fi
  fi
  if ! have git; then
    say "git is needed to tell the version that is built, and there is none."
    say "  Get it: $(as_root)apt-get install git"
    missing=1
  fi
  return "$missing"
}

is_root() { [ "$(id -u)" = 0 ]; }

as_root() { is_root || printf 'sudo '; }

# apt_install WHY PACKAGE...: installs Debian packages, or says how to.
apt_install() {
  local why=$1
  shift
  if ! have apt-get; then
    say "$why: please install with your package manager: $*"
    return 1
  fi
  if ! is_root; then
    say "$why: please run"
    say "  sudo apt-get install $*"
    return 1
  fi
  say "$why: installing $* with apt-get"
  apt_get update -qq || say "  (apt-get update failed; trying with the lists that are there)"
  apt_get install -y -qq "$@" >&2
}

apt_get() { DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 "$@"; }
