# What the scripts of this repository need from the system. Sourced, not run.

die() {
  echo "$(basename "$0"): $*" >&2
  exit 1
}

# Installs Debian packages, as root or by sudo. Called only with what is missing, so that a complete machine needs neither.
install_packages() {
  local as_root=()
  command -v apt-get >/dev/null ||
    die "missing: $*. There is no apt-get here; install what your system calls these Debian packages and run this again"
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || die "missing: $*. Run as root: apt-get install $*"
    as_root=(sudo)
  fi
  echo "installing $*" >&2
  "${as_root[@]}" apt-get update -qq >&2 || die "apt-get update failed; is there a network?"
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2 ||
    die "apt-get install $* failed"
}

# True if a C header of this name is where compilers look by default.
has_header() {
  compgen -G "/usr/include/$1" >/dev/null || compgen -G "/usr/include/*/$1" >/dev/null || compgen -G "/usr/local/include/$1" >/dev/null
}

# The Swift toolchain, and the three C libraries that the package is built on.
need_build_tools() {
  local missing=()
  command -v swift >/dev/null || die "no swift command found. Install Swift 6.2 or later (https://www.swift.org/install/linux) and run this again"
  has_header curl/curl.h || missing+=(libcurl4-openssl-dev)
  has_header yaml.h || missing+=(libyaml-dev)
  has_header sqlite3.h || missing+=(libsqlite3-dev)
  [ ${#missing[@]} -eq 0 ] || install_packages "${missing[@]}"
}

# need_command COMMAND PACKAGE: the command, by installing the package if it is not there.
need_command() {
  command -v "$1" >/dev/null || install_packages "$2"
}
