# A Debian that boots: what the parts of Tests/Deploy/run.sh share. Sourced, as root, in the root of the repository, after deploy/common.sh.
#
#   make_root ROOT PACKAGE...   a Debian 12 with systemd and these packages, as a folder of its own
#   boot ROOT                   starts it, as a container of its own kernel namespaces, without any network but loopback
#   in_machine COMMAND...       runs a command in the one that was booted; its output and exit status are the command's
#   halt                        ends it

DEPLOY_CACHE=$PWD/.build-deploy
DEPLOY_SUITE=bookworm
MACHINE_ROOT=
MACHINE_PID=

# Where this machine gets its own packages: the first Debian archive among its sources, else Debian's.
debian_mirror() {
  { grep -hoE '^(deb|URIs:)[^#]*https?://[^ ]*debian/?( |$)' /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null || true; } |
    grep -oE 'https?://[^ ]+' | grep -v security | head -1 | grep . || echo http://deb.debian.org/debian
}

# make_root ROOT PACKAGE...: minimal, from a copy that is made once for each list of packages.
make_root() {
  local root=$1 packages cached
  shift
  packages=systemd,systemd-sysv,dbus,libcurl4,libyaml-0-2,libsqlite3-0,ca-certificates$(printf ',%s' "$@")
  packages=${packages%,}
  cached=$DEPLOY_CACHE/base-$(printf '%s' "$packages" | sha256sum | cut -c1-12).tar
  need_command debootstrap debootstrap
  if [ ! -f "$cached" ]; then
    local fresh=$DEPLOY_CACHE/fresh.$$
    echo "making a Debian with $packages; the first time takes some minutes" >&2
    mkdir -p "$DEPLOY_CACHE"
    rm -rf "$fresh"
    debootstrap --variant=minbase --include="$packages" "$DEPLOY_SUITE" "$fresh" "$(debian_mirror)" >"$DEPLOY_CACHE/debootstrap.log" 2>&1 ||
      die "debootstrap failed; see $DEPLOY_CACHE/debootstrap.log"
    # Nothing in it is to be asked at the first start, and its journal is read by the tests.
    echo relay-machine >"$fresh/etc/hostname"
    rm -f "$fresh/etc/machine-id" && systemd-machine-id-setup --root="$fresh" >/dev/null 2>&1
    mkdir -p "$fresh/var/log/journal"
    # Packages that are installed into a machine that runs may start their services; what is not needed here is not started.
    ln -sf /dev/null "$fresh/etc/systemd/system/systemd-resolved.service"
    ln -sf /dev/null "$fresh/etc/systemd/system/systemd-networkd-wait-online.service"
    tar -C "$fresh" --numeric-owner -cf "$cached.part" . && mv "$cached.part" "$cached"
    rm -rf "$fresh"
  fi
  rm -rf "$root"
  mkdir -p "$root"
  tar -C "$root" --numeric-owner -xf "$cached"
}

# boot ROOT [OPTION...]: returns when systemd has started all that it starts. Its console is in ROOT.console. OPTION is for systemd-nspawn.
boot() {
  local root=$1 deadline=$((SECONDS + 60)) leader
  shift
  need_command systemd-nspawn systemd-container
  [ -z "$MACHINE_PID" ] || halt
  # --register=no and --keep-unit: also on a machine without systemd. No console of a terminal, lest the terminal's settings are changed.
  systemd-nspawn --quiet --directory="$root" --boot --register=no --keep-unit --private-network --console=pipe "$@" \
    </dev/null >"$root.console" 2>&1 &
  MACHINE_ROOT=$root
  MACHINE_PID=$!
  until leader=$(machine_leader) && in_machine systemctl is-system-running 2>/dev/null | grep -qE 'running|degraded'; do
    kill -0 "$MACHINE_PID" 2>/dev/null || die "the machine did not boot; see $root.console"
    [ "$SECONDS" -lt "$deadline" ] || die "the machine did not boot within a minute; see $root.console"
    sleep 0.2
  done
  in_machine ip link set lo up 2>/dev/null || true
}

# The process that is process 1 inside.
machine_leader() { [ -n "$MACHINE_PID" ] && pgrep -P "$MACHINE_PID" | head -1 | grep .; }

# in_machine COMMAND...: as root, with the PATH of a login.
in_machine() {
  local leader
  leader=$(machine_leader) || die "no machine runs"
  nsenter --target "$leader" --all --wd=/ env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
    DEBIAN_FRONTEND=noninteractive "$@"
}

# Powers the machine off, as its own systemd does it. Once it is off, or at once if it is not.
halt() {
  local leader
  [ -n "$MACHINE_PID" ] || return 0
  if leader=$(machine_leader); then
    # What systemd(1) calls SIGRTMIN+4.
    kill -s SIGRTMIN+4 "$leader" 2>/dev/null || true
    for _ in $(seq 150); do
      kill -0 "$MACHINE_PID" 2>/dev/null || break
      sleep 0.2
    done
  fi
  kill -KILL "$MACHINE_PID" 2>/dev/null || true
  wait "$MACHINE_PID" 2>/dev/null || true
  MACHINE_PID=
}
