#!/usr/bin/env bash
# Every check of the repository: formatting, build, all tests. Installs the system packages that are missing.
# Ends with the closing lines of `swift test`, and with its exit status.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. deploy/common.sh
. Tests/libraries.sh

# Prometheus' own judge of metrics and rules, taken out of Debian's package without installing that, which would start a server on the
# relay's port. Where it cannot be had, what it checks is skipped, and says so.
unpack_promtool() {
  local folder=.build/promtool
  "$folder/usr/bin/promtool" --version >/dev/null 2>&1 && return
  rm -rf "$folder"
  mkdir -p "$folder"
  (cd "$folder" && download_package prometheus && dpkg -x prometheus_*.deb . && rm prometheus_*.deb usr/bin/prometheus) >&2 &&
    "$folder/usr/bin/promtool" --version >/dev/null 2>&1 && return
  rm -rf "$folder"
  echo "promtool could not be had; what it checks is skipped" >&2
}

need_build_tools
unpack_promtool
install_reference_library standardwebhooks 1.0.0
install_reference_library jsonschema 4.26.0
install_schemathesis
swift format lint --strict --recursive --parallel Package.swift Sources Tests ||
  die "the formatting differs; run: swift format -i --recursive --parallel Package.swift Sources Tests"
# Builds the executable too: some tests start the real one from the build folder.
swift build --build-tests
exec swift test --skip-build
