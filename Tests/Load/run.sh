#!/usr/bin/env bash
# Measures the relay beside nginx, on this machine, over loopback. README.md says how to read what it prints.
#
#   bash Tests/Load/run.sh [--quick] [--part speed|trouble|backlog|rules|status] [--rounds 3] [--seconds 5] [--connections 32] [--backlog 1000000]
#
# Installs wrk and nginx where they are missing, and builds the release; DLR_RELAY=path measures that program instead.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
. deploy/common.sh

# Debian keeps it out of the path of users.
PATH=$PATH:/usr/sbin
need_command python3 python3
need_command wrk wrk
need_command nginx nginx-light
end_children_at_exit
need_relay
need_build_tools
run_child swift build -c release --product rules-bench --scratch-path .build-release >&2 || die "the build failed; see above"
run_child python3 Tests/Load/measure.py --relay "$RELAY" --rules-bench "$PWD/.build-release/release/rules-bench" "$@"
