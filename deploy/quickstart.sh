#!/usr/bin/env bash
# From a fresh Debian or Ubuntu machine with a Swift toolchain to a relay that runs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. deploy/common.sh

usage() {
  cat <<'TEXT'
Usage: bash deploy/quickstart.sh [--public-url URL]
       bash deploy/quickstart.sh --demo

Builds the relay, makes routes.yaml if there is none, and starts it in the foreground. Ctrl-C stops it.

  --public-url URL   what iletiMerkezi will call, https://sms.example.com; only for a new routes.yaml
  --demo             shows it at work for half a minute: a simulated provider, two apps. Touches no file of yours

DLR_RELAY=path uses that program and builds nothing.
TEXT
}

CONFIG=routes.yaml

main() {
  local demo=false public_url=
  while [ $# -gt 0 ]; do
    case $1 in
      --demo) demo=true ;;
      --public-url)
        [ $# -ge 2 ] || { usage >&2; exit 2; }
        public_url=$2
        shift
        ;;
      -h | --help) usage; exit 0 ;;
      *) usage >&2; exit 2 ;;
    esac
    shift
  done
  end_children_at_exit
  if $demo; then
    . deploy/demo.sh
    need_relay
    run_demo
  else
    need_relay
    make_config "$public_url"
    serve
  fi
}

# make_config PUBLIC_URL
make_config() {
  if [ -e "$CONFIG" ]; then
    [ -z "$1" ] || die "$CONFIG is there already; set receive.public_url in it instead of giving --public-url"
    return
  fi
  "$RELAY" init --config "$CONFIG" ${1:+--public-url "$1"} >/dev/null
  echo "made $PWD/$CONFIG with a fresh token; its routes are yours to edit"
}

# Becomes the relay, which says for itself what to paste into the panel once it runs.
serve() {
  echo "Ctrl-C stops the relay."
  trap - EXIT INT TERM
  exec "$RELAY" serve --config "$CONFIG" --introduce
}

main "$@"
