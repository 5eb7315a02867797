#!/usr/bin/env bash
# Tries what deploy/ is for on machines that boot: installs, starts, upgrades, breaks and removes the relay as its users do.
#
#   bash Tests/Deploy/run.sh [PART...]     all of them, if none is named
#
#   package      the Debian package, from lintian to purge, in a Debian of its own
#   guide        the steps of deploy/README.md for one server, as they are written there
#   tunnel       its steps for a tunnel by ssh, on two machines
#   containers   Dockerfile and compose.yaml, built and run by podman
#
# Wants root on a Debian, its package archive and some 15 GB of disk; installs what is missing. The machines have no network but what the test
# gives them. All of it is below .build-deploy; a second run is faster. DEB=path tries that package instead of building one.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
. deploy/common.sh
. Tests/Deploy/machine.sh
. Tests/Deploy/promise.sh
. Tests/Deploy/steps.sh

PARTS=(package guide tunnel containers)

main() {
  local part
  [ "$(id -u)" -eq 0 ] || die "run as root: machines are booted and packages installed in them"
  for part in "$@"; do
    [[ " ${PARTS[*]} " == *" $part "* ]] || die "there is no part $part; there are: ${PARTS[*]}"
  done
  [ $# -gt 0 ] || set -- "${PARTS[@]}"
  CLEANUP=end_run
  end_children_at_exit
  for part in "$@"; do
    echo "== $part"
    . "Tests/Deploy/$part.sh"
    END_PART=halt_all
    "try_$part"
    "$END_PART"
  done
  IS_DONE=true
  promises_kept
}

# However the run ends, nothing of it is left running, and it is told how far it came.
end_run() {
  "$END_PART"
  $IS_DONE || echo "ended early, after $PASSED passed, $FAILED failed"
}
END_PART=halt_all
IS_DONE=false

# Sets DEB to the package, which is built once.
need_package() {
  [ -z "${DEB:-}" ] || return 0
  mkdir -p "$DEPLOY_CACHE"
  run_child bash deploy/build-deb.sh "$DEPLOY_CACHE" || die "the package could not be built"
  DEB=$(ls -t "$DEPLOY_CACHE"/dlr-relay_*.deb | head -1)
}

# package_as VERSION: a package of the same files under another version.
package_as() {
  local folder=$DEPLOY_CACHE/repacked
  rm -rf "$folder" && mkdir -p "$folder"
  dpkg-deb -R "$DEB" "$folder/files"
  sed -i "s/^Version: .*/Version: $1/" "$folder/files/DEBIAN/control"
  dpkg-deb --root-owner-group -Zgzip --build "$folder/files" "$DEPLOY_CACHE/dlr-relay_$1.deb" >/dev/null
  echo "$DEPLOY_CACHE/dlr-relay_$1.deb"
}

main "$@"
