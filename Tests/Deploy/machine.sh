# Debian machines that boot, for the parts of Tests/Deploy/run.sh. Sourced, as root, in the root of the repository, after deploy/common.sh.
#
#   make_root NAME              a Debian 12 with systemd; what it may have to install waits in its apt's cache, so that it needs no network
#   boot NAME [OPTION...]       starts it, in kernel namespaces of its own, with no network but loopback. OPTION is for systemd-nspawn
#   in_machine NAME COMMAND...  runs a command in it; its output and exit status are the command's
#   halt NAME                   powers it off
#   root_of NAME                its files

DEPLOY_CACHE=$PWD/.build-deploy
DEPLOY_SUITE=bookworm
# What the relay needs, and what the steps of deploy/README.md install beside it.
MACHINE_PACKAGES=(adduser libcurl4 libyaml-0-2 libsqlite3-0 libstdc++6 man-db caddy nginx openssl openssh-server openssh-client)
BOOT_SECONDS_MAX=120
declare -A MACHINES=()

root_of() { echo "$DEPLOY_CACHE/machines/$1"; }

# Where this machine gets its own packages: the first Debian archive among its sources, else Debian's.
debian_mirror() {
  { grep -hoE '^(deb|URIs:)[^#]*https?://[^ ]*debian/?( |$)' /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null || true; } |
    grep -oE 'https?://[^ ]+' | grep -v security | head -1 | grep . || echo http://deb.debian.org/debian
}

# cached NAME MAKE WORD...: the file NAME in the cache for these words, which `MAKE FILE WORD...` makes if it is not there.
cached() {
  local name=$1 make=$2 file
  shift 2
  file=$DEPLOY_CACHE/$name-$(printf '%s ' "$DEPLOY_SUITE" "$@" | sha256sum | cut -c1-12).tar
  if [ ! -f "$file" ]; then
    mkdir -p "$DEPLOY_CACHE"
    echo "making a Debian for $name; the first time takes some minutes" >&2
    "$make" "$file.part" "$@" >"$DEPLOY_CACHE/$name.log" 2>&1 || die "no Debian could be made for $name; see $DEPLOY_CACHE/$name.log"
    mv "$file.part" "$file"
  fi
  echo "$file"
}

# debootstrap_tar FILE PACKAGE...: a minimal Debian with these packages.
debootstrap_tar() {
  local file=$1 fresh=$1.root packages
  shift
  packages=$(printf ',%s' "$@")
  rm -rf "$fresh"
  debootstrap --variant=minbase --include="${packages#,}" "$DEPLOY_SUITE" "$fresh" "$(debian_mirror)" &&
    tar -C "$fresh" --numeric-owner -cf "$file" . && rm -rf "$fresh"
}

# machine_tar FILE PACKAGE...: a Debian with systemd, in whose cache these packages are, with what they need.
machine_tar() {
  local file=$1 fresh=$1.root
  shift
  debootstrap_tar "$file" systemd,systemd-sysv,dbus,ca-certificates,sudo,curl,iproute2 && mkdir "$fresh" && tar -C "$fresh" -xf "$file" || return
  # Of its own, so that it asks nothing at the first start, and answers yes where a person would.
  echo relay-machine >"$fresh/etc/hostname"
  printf '127.0.0.1 localhost relay-machine\n::1 localhost\n' >"$fresh/etc/hosts"
  rm -f "$fresh/etc/machine-id" && systemd-machine-id-setup --root="$fresh" || return
  printf '%s\n' 'APT::Get::Assume-Yes "true";' 'APT::Install-Recommends "false";' 'Binary::apt::APT::Keep-Downloaded-Packages "true";' \
    >"$fresh/etc/apt/apt.conf.d/99-test"
  cp /etc/resolv.conf "$fresh/etc/resolv.conf"
  chroot "$fresh" apt-get update -qq && chroot "$fresh" apt-get install --download-only -qq "$@" || return
  tar -C "$fresh" --numeric-owner -cf "$file" . && rm -rf "$fresh"
}

make_root() {
  local root tar
  root=$(root_of "$1")
  need_command debootstrap debootstrap
  need_command systemd-nspawn systemd-container
  tar=$(cached machine machine_tar "${MACHINE_PACKAGES[@]}")
  rm -rf "$root"
  mkdir -p "$root"
  tar -C "$root" --numeric-owner -xf "$tar"
}

# boot NAME [OPTION...]: returns when systemd has started all that it starts. Its console is in the file NAME.console beside it.
boot() {
  local name=$1 root deadline=$((SECONDS + BOOT_SECONDS_MAX)) network=--private-network
  root=$(root_of "$name")
  shift
  [[ " $* " == *" --network-"* ]] && network=
  # --register=no and --keep-unit: also on a machine without systemd. No terminal, lest its settings are changed.
  (
    enter_control_group "dlr-relay-$name"
    exec systemd-nspawn --quiet --directory="$root" --boot --register=no --keep-unit $network --console=pipe "$@" </dev/null >"$root.console" 2>&1
  ) &
  MACHINES[$name]=$!
  until [[ $(in_machine "$name" systemctl is-system-running 2>/dev/null) == @(running|degraded) ]]; do
    kill -0 "${MACHINES[$name]}" 2>/dev/null || die "the machine $name did not boot; see $root.console"
    [ "$SECONDS" -lt "$deadline" ] || die "the machine $name did not boot within $BOOT_SECONDS_MAX s; see $root.console"
    sleep 0.2
  done
}

# enter_control_group NAME: for this shell and what it becomes. Two machines in one would end each other's services, which have the same names.
enter_control_group() {
  local hierarchy
  for hierarchy in $(awk '$3 ~ /^cgroup/ && $2 ~ /(systemd|unified|\/cgroup)$/ { print $2 }' /proc/mounts); do
    mkdir -p "$hierarchy/$1" && echo "$BASHPID" >"$hierarchy/$1/cgroup.procs"
  done
}

# The process that is process 1 inside.
machine_leader() { [ -n "${MACHINES[$1]:-}" ] && pgrep -P "${MACHINES[$1]}" | head -1 | grep .; }

# in_machine NAME COMMAND...: as root, with the PATH of a login.
in_machine() {
  local leader
  leader=$(machine_leader "$1") || { echo "no machine $1 runs" >&2; return 125; }
  shift
  nsenter --target "$leader" --all env -C /root -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
    DEBIAN_FRONTEND=noninteractive "$@"
}

# halt NAME: as its own systemd does it. Returns once it is off.
halt() {
  local leader pid=${MACHINES[$1]:-}
  [ -n "$pid" ] || return 0
  if leader=$(machine_leader "$1"); then
    # What systemd(1) calls SIGRTMIN+4.
    kill -s SIGRTMIN+4 "$leader" 2>/dev/null || true
    for _ in $(seq 150); do
      kill -0 "$pid" 2>/dev/null || break
      sleep 0.2
    done
  fi
  kill -KILL "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
  unset "MACHINES[$1]"
  find /sys/fs/cgroup -depth -type d -path "*/dlr-relay-$1*" -exec rmdir {} + 2>/dev/null || true
}

halt_all() { for name in "${!MACHINES[@]}"; do halt "$name"; done; }
