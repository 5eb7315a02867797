# What the scripts of this repository have in common. Sourced, not run.

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

# download_package NAME: a Debian package as a file in the present folder, without installing it.
download_package() {
  command -v apt-get >/dev/null || return
  apt-get download -qq "$1" 2>/dev/null && return
  # A machine that has never looked has no lists.
  if [ "$(id -u)" -eq 0 ]; then apt-get update -qq; else sudo -n apt-get update -qq; fi && apt-get download -qq "$1"
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

# Sets RELAY to the command: the one that DLR_RELAY names, else a release build of this checkout, in whose root this must be called.
need_relay() {
  if [ -n "${DLR_RELAY:-}" ]; then
    [ -x "$DLR_RELAY" ] || die "DLR_RELAY=$DLR_RELAY is no program"
    RELAY=$(realpath "$DLR_RELAY")
    return
  fi
  need_build_tools
  echo "building the release; the first time takes some minutes" >&2
  run_child swift build -c release --product dlr-relay --scratch-path .build-release >&2 || die "the build failed; see above"
  RELAY=$PWD/.build-release/release/dlr-relay
}

# Processes that this script started and that end with it, the last one first.
CHILDREN=()

stop_children() {
  local i
  for ((i = ${#CHILDREN[@]} - 1; i >= 0; i--)); do stop_child "${CHILDREN[i]}"; done
  CHILDREN=()
}

# stop_child PID: asks the process to end, and waits until it has.
stop_child() {
  kill -TERM "$1" 2>/dev/null || true
  wait "$1" 2>/dev/null || true
}

# Called first by scripts that start processes: whatever ends the script ends them. CLEANUP, a function, runs after that.
end_children_at_exit() {
  trap 'trap "" INT TERM; stop_children; ${CLEANUP:-:}' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
}

# Runs a command to its end as a child, since a signal to the script is only seen at once while it waits for children.
run_child() {
  local pid status=0
  "$@" &
  pid=$!
  CHILDREN+=("$pid")
  wait "$pid" || status=$?
  unset 'CHILDREN[-1]'
  return "$status"
}

# http_get HOST PORT PATH: the answer, head and body. Needs no curl, which a fresh machine may not have.
http_get() {
  timeout 3 bash -c '
    exec 3<>"/dev/tcp/$1/$2" || exit 1
    printf "GET %s HTTP/1.1\r\nHost: %s:%s\r\nConnection: close\r\n\r\n" "$3" "$1" "$2" >&3
    cat <&3' _ "$@" 2>/dev/null
}

answers_200() {
  local answer
  answer=$(http_get "$@") && [[ $answer == HTTP/1.1\ 200* ]]
}

# is_listening HOST PORT
is_listening() { timeout 1 bash -c 'exec 3<>"/dev/tcp/$1/$2"' _ "$@" 2>/dev/null; }

# wait_ready PID HOST PORT: until the relay answers on /readyz. 1: the process has ended. 2: no answer for a minute.
wait_ready() {
  local tries
  for ((tries = 0; tries < 300; tries++)); do
    kill -0 "$1" 2>/dev/null || return 1
    if answers_200 "$2" "$3" /readyz; then return 0; fi
    sleep 0.2
  done
  return 2
}

# free_port FROM: the first port from there on that nobody listens on.
free_port() {
  local port=$1
  while is_listening 127.0.0.1 "$port"; do port=$((port + 1)); done
  echo "$port"
}
