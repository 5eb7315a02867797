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
PANEL='panel.iletimerkezi.com, Settings -> API -> Notification URL ("Bildirim Adresi")'

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

serve() {
  local listen host port pid ready=0 status=0
  listen=$(setting status listen 127.0.0.1:9090)
  host=$(local_host "$listen")
  port=${listen##*:}
  ! is_listening "$host" "$port" || die "$listen is taken, perhaps by a relay that runs already; stop it, or change status.listen in $CONFIG"
  "$RELAY" serve --config "$CONFIG" &
  pid=$!
  CHILDREN+=("$pid")
  wait_ready "$pid" "$host" "$port" || ready=$?
  case $ready in
    0) introduce "http://$(bracketed "$host"):$port/status" ;;
    2) echo "the relay runs, but http://$listen/readyz has not answered 200 for a minute; its log is above" >&2 ;;
  esac
  wait "$pid" || status=$?
  CHILDREN=()
  exit "$status"
}

# introduce STATUS_URL
introduce() {
  local listen path public_url token
  listen=$(setting receive listen 0.0.0.0:8080)
  path=$(setting receive path /api/iletimerkezi/webhook)
  public_url=$(setting receive public_url "")
  token=$(first_token)
  local query="$path?token=${token:-TOKEN}"
  echo
  case $public_url in
    https://*) echo "Paste into $PANEL:" && echo "  ${public_url%/}$query" ;;
    "")
      cat <<TEXT
Not reachable for iletiMerkezi yet. Its panel takes nothing but https, so put TLS in front of port ${listen##*:}:
  on a host with a name:  caddy reverse-proxy --from sms.example.com --to 127.0.0.1:${listen##*:}
  just to try:            cloudflared tunnel --url http://127.0.0.1:${listen##*:}
Then set receive.public_url in $CONFIG to that https:// address, start this again, and it prints the URL for the panel.
TEXT
      ;;
    *) echo "receive.public_url in $CONFIG must begin with https://, since the panel takes nothing else" ;;
  esac
  [ -n "$token" ] || echo "(TOKEN stands for a token of receive.tokens, which could not be read from $CONFIG here.)"
  cat <<TEXT

Send it the documented sample:
  curl -i 'http://$(bracketed "$(local_host "$listen")"):${listen##*:}$query' -H 'content-type: application/json' -d '{"report":{"id":1599558518,"packet_id":104525848,"status":"accepted","to":"+905XXXXXXXXX","body":"Message text"}}'

See what it does:
  $1

Ctrl-C stops the relay.
TEXT
}

# setting BLOCK KEY DEFAULT: a plain value of a top-level block of the rule file, as init writes it.
setting() {
  local value
  value=$(awk -v block="$1" -v key="$2" '
    /^[^ \t#]/ { inside = ($0 ~ "^" block ":") }
    inside && $0 ~ "^[ \t]+" key ":" { sub("^[ \t]+" key ":[ \t]*", ""); print; exit }' "$CONFIG")
  value=$(expanded "$(plain "$value")")
  echo "${value:-$3}"
}

# The first token, percent-encoded; nothing if it is written in a way that is not understood here, since a wrong one would be worse.
first_token() {
  local item value='(["'\'']?)(\$\{[^}]+\}|[A-Za-z0-9._~-]+)\1'
  item=$(awk '
    /^[^ \t#]/ { inside = /^receive:/; list = 0 }
    inside && /^[ \t]+tokens:/ { list = 1; sub(/^[ \t]+tokens:/, "") }
    list && !/^[ \t]*(#.*)?$/ { print; exit }' "$CONFIG")
  value="[[:blank:]]*${value}[[:blank:]]*"
  if [[ $item =~ ^[[:blank:]]*[[-]${value}([],].*|[[:blank:]]#.*)?$ ||
    $item =~ [{,[:blank:]]value:${value}([,}].*|[[:blank:]]#.*)?$ ]]; then
    encoded "$(expanded "${BASH_REMATCH[2]}")"
  fi
}

# plain TEXT: without the comment and the quotes of YAML.
plain() {
  local text=$1
  case $text in
    \"*) text=${text#\"} && text=${text%%\"*} ;;
    \'*) text=${text#\'} && text=${text%%\'*} ;;
    *) text=${text%%[[:blank:]]#*} && text=${text%"${text##*[![:blank:]]}"} ;;
  esac
  printf '%s' "$text"
}

# expanded TEXT: a reference to the environment or to a file replaced by what it stands for.
expanded() {
  if [[ $1 =~ ^\$\{file:(.+)\}$ ]]; then
    cat "${BASH_REMATCH[1]}" 2>/dev/null || true
  elif [[ $1 =~ ^\$\{([A-Za-z_][A-Za-z0-9_]*)(:-(.*))?\}$ ]]; then
    local name=${BASH_REMATCH[1]}
    printf '%s' "${!name:-${BASH_REMATCH[3]:-}}"
  else
    printf '%s' "$1"
  fi
}

encoded() {
  local LC_ALL=C text=$1 i byte
  for ((i = 0; i < ${#text}; i++)); do
    byte=${text:i:1}
    case $byte in
      [A-Za-z0-9._~-]) printf '%s' "$byte" ;;
      *) printf '%%%02X' "'$byte" ;;
    esac
  done
}

# local_host ENDPOINT: where this machine reaches it. Without brackets.
local_host() {
  local host=${1%:*}
  case $host in
    0.0.0.0 | "") echo 127.0.0.1 ;;
    "[::]") echo ::1 ;;
    \[*) host=${host#[} && echo "${host%]}" ;;
    *) echo "$host" ;;
  esac
}

bracketed() { case $1 in *:*) echo "[$1]" ;; *) echo "$1" ;; esac; }

main "$@"
