# A relay at home and a small server with a public address, by the steps of deploy/README.md for a tunnel by ssh. Sourced by run.sh.
#
# Two machines and a cable between them, in network namespaces of their own.

BY_SSH="### By ssh, to a small server of your own"
HOME_ADDRESS=192.0.2.1
PUBLIC_ADDRESS=192.0.2.2

try_tunnel() {
  need_package
  END_PART=end_tunnel
  lay_cable
  local machine
  for machine in home public; do
    make_root "$machine"
    prepare_machine "$machine"
    boot "$machine" "--network-namespace-path=/run/netns/dlr-relay-$machine"
  done
  # At home the name leads to the server.
  sed -i "s/^127\.0\.0\.1 $NAME/$PUBLIC_ADDRESS $NAME/" "$(root_of home)/etc/hosts"
  in_machine home apt-get install openssh-client >/dev/null 2>&1
  in_machine public apt-get install openssh-server >/dev/null 2>&1

  build_tunnel
  nothing_else_goes_through
  tunnel_breaks
}

lay_cable() {
  need_command ip iproute2
  remove_cable
  local machine
  for machine in home public; do
    ip netns add "dlr-relay-$machine"
    ip -n "dlr-relay-$machine" link set lo up
  done
  ip link add cable netns dlr-relay-home type veth peer name cable netns dlr-relay-public
  ip -n dlr-relay-home addr add "$HOME_ADDRESS/24" dev cable
  ip -n dlr-relay-public addr add "$PUBLIC_ADDRESS/24" dev cable
  cable up
}

# cable up|down
cable() { ip -n dlr-relay-home link set cable "$1" && ip -n dlr-relay-public link set cable "$1"; }
remove_cable() { ip netns del dlr-relay-home 2>/dev/null || true; ip netns del dlr-relay-public 2>/dev/null || true; }
end_tunnel() { halt_all; remove_cable; }

build_tunnel() {
  local server="## One server, with systemd" key
  cp "$DEB" "$(home_of home)/"
  essential "the relay is installed at home" follow home "$server" 2
  in_machine home sh -c 'dlr-relay sink --port 9001 >/root/app.txt 2>&1 &'
  edit home "s|# public_url: .*|public_url: https://$NAME|"
  promise "and told its public URL" follow home "$server" 5
  key=$(follow home "$BY_SSH" 1)
  promise "there is a key for the tunnel" says "^ssh-ed25519 .* dlr-relay$" "$key"
  promise "the server takes it" follow public "$BY_SSH" 2 "s|ssh-ed25519 AAAA...|$key|"
  cp deploy/Caddyfile "$(home_of public)/"
  essential "Caddy runs on the server" follow public "$BY_SSH" 3
  trust_caddy public
  cp "$(root_of public)/usr/local/share/ca-certificates/caddy-local.crt" "$(root_of home)/usr/local/share/ca-certificates/"
  in_machine home update-ca-certificates >/dev/null 2>&1
  promise "the tunnel is started" follow home "$BY_SSH" 4
  URL=$(panel_url home)
  essential "the URL leads home, over HTTPS" until_true answers public "$URL" 1 200
  promise "where the copy is delivered" until_true is_delivered home 1
  promise "the doctor finds nothing wrong" follow home "$BY_SSH" 5
}

# [RUN=COMMAND] with_key SSH_OPTION...: what somebody could do who has the key.
with_key() {
  in_machine home timeout 20 ssh -i /etc/dlr-relay/tunnel/key -o BatchMode=yes -o UserKnownHostsFile=/etc/dlr-relay/tunnel/known_hosts \
    -o ExitOnForwardFailure=yes "$@" "dlr-tunnel@$NAME" ${RUN:-}
}

nothing_else_goes_through() {
  promise "the key opens no other port of the server" says "remote port forwarding failed" "$(with_key -N -R 127.0.0.1:9999:127.0.0.1:8080 2>&1)"
  promise "nor the same port for everybody" says "remote port forwarding failed" "$(with_key -N -R 0.0.0.0:8081:127.0.0.1:8080 2>&1)"
  promise "nor a way to anything else there" says "prohibited" "$(with_key -W 127.0.0.1:22 2>&1)"
  promise "nor a socket of its programs" says "allowstreamlocalforwarding no" "$(in_machine public sshd -T -C user=dlr-tunnel)"
  promise "and runs nothing" says "not available" "$(RUN=true with_key 2>&1)"
}

tunnel_breaks() {
  in_machine home systemctl kill -s KILL dlr-relay-tunnel
  promise "a tunnel that ends is made again" until_true answers public "$URL" 2 200
  promise "a report that comes while it is down waits for it" in_the_gap
  cable down
  promise "with the cable pulled the provider is told to come again" equal "$(post public "$URL" 4)" 503
  promise "the server gives the tunnel up" until_true not in_machine public sh -c 'ss -Htln "sport = 8080" | grep -q 8080'
  cable up
  promise "once it is back the tunnel is made again" until_true answers public "$URL" 4 200
  promise "what was told to come again is delivered" until_true is_delivered home 4
}

# Caddy asks again for 15 s, and the tunnel is back after 5.
in_the_gap() {
  in_machine home systemctl kill -s KILL dlr-relay-tunnel
  until_true not in_machine public sh -c 'ss -Htln "sport = 8080" | grep -q 8080'
  equal "$(post public "$URL" 3)" 200
}
