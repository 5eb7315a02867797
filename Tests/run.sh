#!/usr/bin/env bash
# Every check of the repository: formatting, build, all tests. Installs the system packages that are missing.
# Ends with the closing lines of `swift test`, and with its exit status.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. deploy/common.sh

# Public libraries with which tests check what the relay makes: signatures as an app verifies them, the schema as an editor reads it.
# Where one cannot be had, what it checks is skipped, and says so.
install_reference_library() {
  local name=$1 version=$2 venv=.build/$1
  "$venv/bin/python" -c "import $name" 2>/dev/null && return
  rm -rf "$venv"
  # In a subshell, since a package that cannot be installed ends whoever asks for it.
  (need_command python3 python3) && (python3 -c 'import ensurepip' 2>/dev/null || install_packages python3-venv) &&
    python3 -m venv "$venv" && "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "$name==$version" >&2 && return
  rm -rf "$venv"
  echo "$name could not be installed; what it checks is skipped" >&2
}

need_build_tools
install_reference_library standardwebhooks 1.0.0
install_reference_library jsonschema 4.26.0
swift format lint --strict --recursive --parallel Package.swift Sources Tests ||
  die "the formatting differs; run: swift format -i --recursive --parallel Package.swift Sources Tests"
# Builds the executable too: some tests start the real one from the build folder.
swift build --build-tests
exec swift test --skip-build
