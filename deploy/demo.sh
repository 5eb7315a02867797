# What `quickstart.sh --demo` shows. Sourced by it.

DEMO_SECONDS=20
DEMO_RATE=50

# A provider that sends, a relay, and two apps that each want their own reports; all of it in a folder that goes away.
run_demo() {
  DEMO=$(mktemp -d)
  CLEANUP=remove_demo
  local door status shop crm relay
  door=$(free_port 18080)
  status=$(free_port $((door + 1)))
  shop=$(free_port $((status + 1)))
  crm=$(free_port $((shop + 1)))
  write_demo_config "$door" "$status" "$shop" "$crm"

  "$RELAY" sink --port "$shop" >"$DEMO/shop.txt" 2>"$DEMO/shop.log" &
  local shop_pid=$!
  CHILDREN+=("$shop_pid")
  "$RELAY" sink --port "$crm" >"$DEMO/crm.txt" 2>"$DEMO/crm.log" &
  local crm_pid=$!
  CHILDREN+=("$crm_pid")
  "$RELAY" serve --config "$DEMO/routes.yaml" >"$DEMO/relay.log" 2>&1 &
  relay=$!
  CHILDREN+=("$relay")
  wait_ready "$relay" 127.0.0.1 "$status" || show_and_die relay.log "the relay did not become ready"

  cat <<TEXT
One relay, two apps: "shop" wants what holds iim.to/, "crm" what holds #SHOP. A simulated provider sends $DEMO_RATE reports/s for $DEMO_SECONDS s.
Meanwhile, in a browser: http://127.0.0.1:$status/status

TEXT
  "$RELAY" simulate "http://127.0.0.1:$door/api/iletimerkezi/webhook?token=demo" \
    --rate "$DEMO_RATE" --duration "${DEMO_SECONDS}s" --seed 1 >"$DEMO/provider.txt" 2>"$DEMO/provider.log" &
  local provider=$!
  CHILDREN+=("$provider")
  watch_demo "$provider" "$status"
  wait "$provider" || show_and_die provider.log "the simulated provider did not get all its reports accepted"

  stop_child "$relay"
  stop_child "$shop_pid"
  stop_child "$crm_pid"
  CHILDREN=()
  local part
  for part in provider shop crm; do
    echo
    echo "== $part"
    cat "$DEMO/$part.txt"
  done
  echo
  echo "Now with your own rules: bash deploy/quickstart.sh"
}

remove_demo() { rm -rf "$DEMO"; }

# show_and_die LOG MESSAGE
show_and_die() {
  tail -n 20 "$DEMO/$1" >&2
  die "$2; its last words are above"
}

# write_demo_config DOOR STATUS SHOP CRM, all ports
write_demo_config() {
  cat >"$DEMO/routes.yaml" <<YAML
receive:
  listen: 127.0.0.1:$1
  tokens: [demo]
status:
  listen: 127.0.0.1:$2
store:
  path: $DEMO/relay.db
routes:
  - name: shop
    markers: ["iim.to/"]
    url: http://127.0.0.1:$3/api/iletimerkezi/webhook
  - name: crm
    markers: ["#SHOP"]
    url: http://127.0.0.1:$4/api/iletimerkezi/webhook
YAML
}

# watch_demo PROVIDER_PID STATUS_PORT: a line every two seconds until the provider has ended and nothing waits, at most 15 s after it.
watch_demo() {
  local after=0 metrics
  while [ "$after" -lt 15 ]; do
    sleep 2
    metrics=$(http_get 127.0.0.1 "$2" /metrics) || die "the relay has stopped answering"
    awk '
      /^dlr_relay_reports_received_total/ { received += $NF }
      /^dlr_relay_deliveries_total/ && /result="delivered"/ { match($0, /route="[^"]*/); copies[substr($0, RSTART + 7, RLENGTH - 7)] = $NF }
      END { printf "%6d requests from the provider  ->  %6d copies at shop, %6d at crm\n", received, copies["shop"], copies["crm"] }' <<<"$metrics"
    if ! kill -0 "$1" 2>/dev/null; then
      awk '/^dlr_relay_pending/ { waiting += $NF } END { exit waiting > 0 }' <<<"$metrics" && return
      after=$((after + 2))
    fi
  done
}
