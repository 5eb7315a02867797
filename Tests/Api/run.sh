#!/usr/bin/env bash
# Whether the API does what /openapi.json says: the document is valid, every GET of it answers as its schema says, and schemathesis finds
# nothing wrong with it, asking a relay that has reports of every kind in its store. Exit code 1 if something is wrong.
#
# Usage: bash Tests/Api/run.sh [--short]
#
# DLR_RELAY=path checks that program; left out, the debug build of this checkout.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
. deploy/common.sh
. Tests/libraries.sh

SEED=20261123
SECONDS_MAX=75
TOKEN=api-test-token-5d1f0c7e

main() {
  case ${1:-} in
    "") ;;
    --short) SECONDS_MAX=15 ;;
    *) die "usage: bash Tests/Api/run.sh [--short]" ;;
  esac
  RELAY=$(realpath "${DLR_RELAY:-.build/debug/dlr-relay}") && [ -x "$RELAY" ] || die "there is no relay; run: swift build"
  install_schemathesis
  local bin=$PWD/.build/schemathesis/bin
  [ -x "$bin/schemathesis" ] || die "without schemathesis nothing can be checked"

  FOLDER=$(mktemp -d)
  CLEANUP=remove_folder
  end_children_at_exit
  start_relay
  fill_store
  run_child "$bin/python" Tests/Api/conform.py "http://127.0.0.1:$STATUS" "$TOKEN"
  ask_what_should_not_be_asked "$bin/schemathesis"
}

remove_folder() { rm -rf "$FOLDER"; }

# start NAME COMMAND...: in the background, writing to a file of that name.
start() {
  "${@:2}" >"$FOLDER/$1.log" 2>&1 &
  CHILDREN+=("$!")
}

# A relay with two routes: the app of "shop" takes all, that of "crm" refuses most, so that some copies wait and some are given up.
start_relay() {
  local shop crm relay
  DOOR=$(free_port 18180)
  STATUS=$(free_port $((DOOR + 1)))
  shop=$(free_port $((STATUS + 1)))
  crm=$(free_port $((shop + 1)))
  cat >"$FOLDER/routes.yaml" <<YAML
receive: { listen: "127.0.0.1:$DOOR", tokens: [api-test-webhook-token] }
status: { listen: "127.0.0.1:$STATUS", token: $TOKEN }
store: { path: "$FOLDER/relay.db" }
defaults: { retry: { first: 100ms, factor: 1, max: 100ms, for: 1s } }
routes:
  - { name: shop, markers: ["iim.to/"], orders: true, url: "http://127.0.0.1:$shop/" }
  - { name: crm, markers: ["#SHOP"], url: "http://127.0.0.1:$crm/" }
  - { name: sleepy, markers: ["iim.to/"], paused: true, url: "http://127.0.0.1:$shop/" }
YAML
  chmod 600 "$FOLDER/routes.yaml"
  start shop "$RELAY" sink --port "$shop"
  start crm "$RELAY" sink --port "$crm" --fail 0.7
  start relay "$RELAY" serve --config "$FOLDER/routes.yaml"
  relay=${CHILDREN[-1]}
  wait_ready "$relay" 127.0.0.1 "$STATUS" || {
    tail -n 20 "$FOLDER/relay.log" >&2
    die "the relay did not become ready; its last words are above"
  }
}

# Reports that are delivered, that fail, that nobody gets, and bodies that are none.
fill_store() {
  local url="http://127.0.0.1:$DOOR/api/iletimerkezi/webhook?token=api-test-webhook-token"
  run_child "$RELAY" simulate "$url" --count 300 --rate 150 --seed "$SEED" --markers "iim.to/,#SHOP,@nobody" >"$FOLDER/simulate.log" 2>&1 ||
    die "the relay did not take the reports"
  local body
  for body in "to=%2B905321234567" "[]" "{}"; do
    .build/schemathesis/bin/python - "$url" "$body" <<'PYTHON'
import sys, urllib.request

urllib.request.urlopen(urllib.request.Request(sys.argv[1], data=sys.argv[2].encode(), method="POST")).read()
PYTHON
  done
}

ask_what_should_not_be_asked() {
  local config=$PWD/Tests/Api/schemathesis.toml
  # In its own folder, since it leaves files.
  (cd "$FOLDER" && exec "$1" --config-file "$config" run "http://127.0.0.1:$STATUS/openapi.json" \
    --header "Authorization: Bearer $TOKEN" --seed "$SEED" --max-time "$SECONDS_MAX" --no-color) &
  CHILDREN+=("$!")
  wait "${CHILDREN[-1]}" || die "schemathesis found what is told above"
  unset 'CHILDREN[-1]'
}

main "$@"
