#!/usr/bin/env bash
# Every check of the repository: formatting, build, all tests. Installs the system packages that are missing.
# Ends with the closing lines of `swift test`, and with its exit status.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. deploy/common.sh
. Tests/libraries.sh

need_build_tools
unpack_promtool
unpack_web_servers
install_container_tools
install_browser
install_reference_library standardwebhooks 1.0.0
install_reference_library jsonschema 4.26.0
install_schemathesis
swift format lint --strict --recursive --parallel Package.swift Sources Tests ||
  die "the formatting differs; run: swift format -i --recursive --parallel Package.swift Sources Tests"
# Builds the executable too: some tests start the real one from the build folder.
swift build --build-tests
# The tests wait for fsync all the time, which behind what a first build has written takes minutes.
sync
# A thousand tests at once wait for each other longer than the peers that they play wait for them. Before Swift 6.3 nothing bounds that.
width=--experimental-maximum-parallelization-width together=()
if [[ $(swift test --help-hidden) == *"$width"* ]]; then together=("$width" 16); fi
exec swift test --skip-build "${together[@]}"
