# The steps of deploy/README.md for one server, executed as they are written there. Sourced by run.sh.

try_guide() {
  need_package
  make_root guide
  prepare_machine guide
  boot guide
  install_it
  first_report
  change_route
  change_token
  back_up
  upgrade
  move
}

install_it() {
  local section="## One server, with systemd"
  promise "the package is made by the command of the page" equal "$(block "$section" 1)" "bash deploy/build-deb.sh"
  cp "$DEB" "$(home_of guide)/"
  essential "it installs" follow guide "$section" 2
  in_machine guide sh -c 'dlr-relay sink --port 9001 >/root/app.txt 2>&1 &'
  promise "Caddy takes its file" follow guide "$section" 3
  trust_caddy guide
  edit guide "s|# public_url: .*|public_url: https://$NAME|"
  promise "the public URL is written into the rule file" follow guide "$section" 5
  promise "which the relay takes" until_true panel_url guide
  promise "the doctor finds nothing wrong" follow guide "$section" 6
}

first_report() {
  local answer
  promise "the panel's URL is shown" follow guide "## The panel" 1
  URL=$(panel_url guide)
  promise "a browser is told that it is ready" equal "$(in_machine guide curl -s "$URL")" '{"ready": true}'
  essential "a report is answered 200, over HTTPS" equal "$(post guide "$URL" 1)" 200
  answer=$(follow guide "## The first report" 1)
  promise "and is in the list" says '"id" *: *1,' "$answer"
  promise "and its copy is delivered" until_true is_delivered guide 1
}

change_route() {
  edit guide 's|^routes:|&\n  - { name: shop, markers: ["#SHOP"], url: "http://127.0.0.1:9001/shop" }|'
  promise "a route is changed, after a look at what that changes" follow_allowing_1 guide "## Changing a route" 1
  promise "the relay takes it" until_true routes_to shop guide
}

# backtest's exit code 1 says that something would change, which is what is wanted here, and what a person at a terminal does not even see.
follow_allowing_1() { follow "$1" "$2" "$3" 's/ *#.*//; s/^sudo dlr-relay backtest .*/{ & || [ $? -eq 1 ]; }/'; }
routes_to() { in_machine "$2" curl -sf -o /dev/null "http://127.0.0.1:9090/api/v1/routes/$1"; }

change_token() {
  local fenced old=$URL new
  fenced=$(awk '/^## /{ inside = ($0 == "## Changing a token") } inside && /```yaml/ { on = 1; next } /```/ { on = 0 } on' deploy/README.md | sed 's/^ *//')
  promise "the page shows two tokens" says '2026-12' "$fenced"
  promise "a new token is made" follow guide "## Changing a token" 1
  {
    # The lines of the page take the place of those in the file.
    echo '/^  tokens:/,/^    - /c\'
    sed 's/^tokens/  &/; s/^-/    -/; $!s/$/\\/' <<<"$fenced"
  } >"$(root_of guide)/root/edit"
  in_machine guide editor /etc/dlr-relay/routes.yaml
  promise "the relay is started again" follow guide "## Changing a token" 2
  promise "the relay runs with both" until_true serves guide
  promise "the new one's URL is shown" as_person guide bash -c "$(inline "sudo dlr-relay panel.*--token")"
  new=$(panel_url guide --token 2026-12)
  promise "they differ" not equal "$old" "$new"
  promise "a report with the old one is taken" equal "$(post guide "$old" 2)" 200
  promise "and one with the new one" equal "$(post guide "$new" 3)" 200
  in_machine guide sed -i '/2026-11/d' /etc/dlr-relay/routes.yaml
  promise "once the old one is taken out it is refused" until_true answers guide "$old" 4 401
  promise "and the new one is not" equal "$(post guide "$new" 5)" 200
  URL=$new
}

back_up() {
  local section="## Backup and restore" copy
  promise "a backup is made of the running relay" follow guide "$section" 1
  copy=$(in_machine guide sh -c 'ls /var/backups/dlr-relay/*.db') || true
  promise "only root reads it" equal "$(in_machine guide stat -c '%a %U' "$copy")" "600 root"
  promise "what came after it is taken" equal "$(post guide "$URL" 6)" 200
  # Nobody is at the terminal who could say yes.
  promise "the store goes back to it" follow guide "$section" 2 "s|/var/backups/dlr-relay/2026-11-23.db|--yes $copy|"
  promise "the relay serves it" until_true serves guide
  promise "with what was in it" has_report guide 5
  promise "and not what came after" not has_report guide 6
  promise "which is kept aside" in_machine guide sh -c 'ls /var/lib/dlr-relay/relay.db.before-restore-*'
  promise "and what comes now is taken" equal "$(post guide "$URL" 7)" 200
}

upgrade() {
  local section="## Upgrading, and going back" newer
  newer=$(package_as 9.9.9)
  cp "$newer" "$DEB" "$(home_of guide)/"
  promise "it is upgraded, after a backup" follow guide "$section" 1 "s|dlr-relay_NEW_amd64.deb|$(basename "$newer")|"
  promise "it serves" until_true serves guide
  promise "with what it had" has_report guide 7
  promise "it goes back" as_person guide bash -c "$(inline "sudo apt install --allow-downgrades" | sed "s|dlr-relay_OLD_amd64.deb|$(basename "$DEB")|")"
  promise "it serves again" until_true serves guide
}

# With history, to a machine that is new.
move() {
  local old new
  make_root moved
  prepare_machine moved
  boot moved
  old=$(root_of guide) new=$(root_of moved)
  cp "$DEB" "$(home_of moved)/"
  follow moved "## One server, with systemd" 2 >/dev/null 2>&1
  in_machine moved systemctl stop dlr-relay.socket dlr-relay.service
  cp "$old/etc/dlr-relay/routes.yaml" "$new/etc/dlr-relay/routes.yaml"
  cp "$old"/etc/dlr-relay/credentials/* "$new/etc/dlr-relay/credentials/"
  as_person guide bash -c "$(inline "sudo systemctl disable --now dlr-relay.socket")"
  promise "the old one takes nothing more" equal "$(post guide "$URL" 9)" 503
  promise "a stopped relay's store is backed up" in_machine guide dlr-relay backup --config /etc/dlr-relay/routes.yaml /root/move.db
  cp "$old/root/move.db" "$new/root/"
  promise "and restored on the new machine" in_machine moved dlr-relay restore --yes --config /etc/dlr-relay/routes.yaml /root/move.db
  in_machine moved systemctl start dlr-relay.socket dlr-relay.service
  promise "which serves" until_true serves moved
  promise "with the old one's reports" has_report moved 7
  promise "and the old one's token" equal "$(post moved "http://127.0.0.1:8080/api/iletimerkezi/webhook${URL#*webhook}" 8)" 200
  behind_nginx
}

# The other server before the relay, on the machine that has none yet. Its certificate, which certbot would get, is of nobody.
behind_nginx() {
  local certificate=/etc/letsencrypt/live/$NAME
  in_machine moved sh -c "mkdir -p $certificate && openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=$NAME \
    -keyout $certificate/privkey.pem -out $certificate/fullchain.pem 2>/dev/null"
  promise "nginx takes its file" follow moved "## One server, with systemd" 4 's/ certbot$//; /certbot certonly/d'
  promise "and a report behind it is answered 200" equal "$(post moved "$URL" 10 iim.to/x --insecure)" 200
}
