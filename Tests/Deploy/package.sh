# The Debian package, in a machine of its own. Sourced by run.sh.

RULES=/etc/dlr-relay/routes.yaml
BESIDE_THE_PACKAGE="adduser libcurl4 libyaml-0-2 libsqlite3-0 libstdc++6 man-db"
DOOR=http://127.0.0.1:8080/api/iletimerkezi/webhook

try_package() {
  need_package
  need_command lintian lintian
  need_command python3 python3
  make_root package
  boot package
  local before
  # So that what is left after a purge is the package's own.
  here apt-get install $BESIDE_THE_PACKAGE >/dev/null 2>&1
  before=$(files_of_system)
  it_is_well_made
  it_installs
  it_is_confined
  it_lives_on
  it_upgrades
  it_goes "$before"
  halt package
}

here() { in_machine package "$@"; }
relay() { here dlr-relay "$@" --config "$RULES"; }

# What a package could leave behind. Caches and logs of the system's own are not the package's.
files_of_system() {
  here find /etc /usr /var/lib /run /home /root -xdev \( -path /var/lib/apt -o -path /var/lib/dpkg -o -path /run/systemd -o -path /run/udev \) -prune \
    -o -print | grep -vE '^/etc/(passwd|group|shadow|gshadow|subuid|subgid)-?$|^/(var/cache|run/(adduser|log|user|utmp|credentials|dbus|lock))|^/var/lib/systemd/' | sort
}

# token: of the public URL, as the installation made it.
token() { here cat /etc/dlr-relay/credentials/webhook_token; }

# A shell's command: shows each link of the installed pages that leads nowhere, and fails if there is one.
DANGLING='
cd /usr/share/doc/dlr-relay && ! find . -name "*.md" -exec grep -HoE "\]\([A-Za-z./][^):#]*" {} + | while IFS=: read -r page link; do
  [ -e "$(dirname "$page")/${link#??}" ] || echo "$page: ${link#??}"
done | grep -vE ": (https|(\.\./)*(Sources/README.md|Tests/[A-Za-z]+/.*|compose\.tunnel\.yaml))$"'

# answer_to ID: the HTTP status with which a report of that id is answered.
answer_to() {
  here curl -s -o /dev/null -w '%{http_code}' -H 'content-type: application/json' "$DOOR?token=$(token)" \
    -d '{"report":{"id":'"$1"',"packet_id":104525848,"status":"delivered","to":"+905321234567","body":"iim.to/x"}}'
}

# is_known ID
is_known() { here curl -sf -o /dev/null "http://127.0.0.1:9090/api/v1/reports/$1"; }
is_ready() { relay ready; }
main_pid() { here systemctl show -P MainPID dlr-relay.service; }
is_other_process_than() { [ "$(main_pid)" != "$1" ] && [ "$(main_pid)" != 0 ] && is_ready; }
version() { here dpkg-query -W -f '${Version}' dlr-relay; }

install_package() {
  cp "$1" "$(root_of package)/root/" && here apt-get install --allow-downgrades "./$(basename "$1")"
}

needs_no_swift() {
  dpkg-deb --fsys-tarfile "$DEB" | tar -xO ./usr/bin/dlr-relay >"$DEPLOY_CACHE/program" && objdump -p "$DEPLOY_CACHE/program" >"$DEPLOY_CACHE/needs" &&
    grep -q 'NEEDED.*libcurl' "$DEPLOY_CACHE/needs" && ! grep 'NEEDED.*libswift' "$DEPLOY_CACHE/needs"
}

it_is_well_made() {
  promise "lintian finds no error" lintian --allow-root --fail-on error "$DEB"
  promise "the program needs no library of Swift" needs_no_swift
}

it_installs() {
  essential "it installs where there is no Swift and no network" install_package "$DEB"
  promise "service and socket are up" here systemctl is-active dlr-relay.service dlr-relay.socket
  promise "and come up with the machine" here systemctl is-enabled dlr-relay.service dlr-relay.socket
  essential "it is ready" until_true is_ready
  promise "systemd finds nothing wrong in the installed units" here systemd-analyze verify --man=yes dlr-relay.service dlr-relay.socket
  promise "only root reads the token" equal "$(here stat -c '%a %U' /etc/dlr-relay/credentials /etc/dlr-relay/credentials/webhook_token | tr '\n' ' ')" '700 root 600 root '
  promise "and the rule file is for root and the relay alone" equal "$(here stat -c '%a %U %G' "$RULES")" "640 root dlr-relay"
  promise "the token stands not in the journal" not here sh -c 'journalctl | grep -q "$0"' "$(token)"
  promise "there is a man page, which man can read" here sh -c 'man -l --warnings /usr/share/man/man1/dlr-relay.1.gz 2>&1 | grep -q "delivery reports"'
  promise "what its pages point to is there, but for what only a checkout has" here sh -c "$DANGLING"
  promise "bash completes its commands" here bash -c '. /usr/share/bash-completion/completions/dlr-relay && complete -p dlr-relay'
  promise "zsh and fish are given theirs" here ls /usr/share/zsh/vendor-completions/_dlr-relay /usr/share/fish/vendor_completions.d/dlr-relay.fish
  promise "it says which version, commit and build it is" here sh -c "dlr-relay --version | grep -E '^dlr-relay [0-9.]+ \(commit [0-9a-f]{12}\+?, release build, '"
  promise "it answers a report 200" equal "$(answer_to 1)" 200
  promise "and keeps it" is_known 1
}

it_is_confined() {
  local pid
  pid=$(main_pid)
  promise "systemd calls its exposure at most 2.0" here systemd-analyze security --threshold=20 --no-pager dlr-relay.service
  promise "it runs as its own user" equal "$(here stat -c %U "/proc/$pid")" dlr-relay
  promise "without capabilities" here grep -qE '^CapEff:\s+0+$' "/proc/$pid/status"
  promise "with a filter of system calls" here grep -qE '^Seccomp:\s+2$' "/proc/$pid/status"
}

it_lives_on() {
  local pid fingerprint
  pid=$(main_pid)
  here systemctl kill -s KILL dlr-relay.service
  promise "killed, it is started again" until_true is_other_process_than "$pid"
  promise "with the report that it had answered" is_known 1

  here sh -c 'mkdir -p /etc/systemd/system/dlr-relay.service.d && printf "[Service]\nWatchdogSec=2s\n" >/etc/systemd/system/dlr-relay.service.d/test.conf'
  here systemctl daemon-reload && here systemctl restart dlr-relay.service
  pid=$(main_pid)
  here systemctl kill -s STOP dlr-relay.service
  promise "hanging, it is started again by the watchdog" until_true is_other_process_than "$pid"
  promise "which the journal tells" here sh -c 'journalctl -u dlr-relay | grep -q "Watchdog timeout"'
  here sh -c 'rm -r /etc/systemd/system/dlr-relay.service.d && systemctl daemon-reload && systemctl restart dlr-relay.service'

  pid=$(main_pid)
  fingerprint=$(status config fingerprint)
  here sed -i 's/^routes:/# changed\nunmatched: drop\nroutes:/' "$RULES"
  here systemctl reload dlr-relay.service
  promise "systemctl reload takes a changed rule file" until_true has_other_fingerprint_than "$fingerprint"
  promise "in the same process" equal "$(main_pid)" "$pid"
}

# status KEY...: a value of /status.json.
status() {
  here curl -s http://127.0.0.1:9090/status.json |
    python3 -c 'import json,sys; v=json.load(sys.stdin); [v := v[k] for k in sys.argv[1:]]; print(v)' "$@"
}
has_other_fingerprint_than() { [ "$(status config fingerprint)" != "$1" ]; }

# under_load SEED COMMAND...: the command, while a provider that repeats nothing posts 100 reports a second. 0 if both went well.
under_load() {
  local provider seed=$1
  shift
  here rm -f /root/answered.tsv
  here dlr-relay simulate "$DOOR?token=$(token)" --rate 100 --duration 20s --retries 0 --duplicates 0 --seed "$seed" --record /root/answered.tsv \
    >"$DEPLOY_CACHE/provider.txt" 2>&1 &
  provider=$!
  until_true here test -s /root/answered.tsv
  "$@" || return
  kill -0 "$provider" || { echo "the load was over before the command was"; return 1; }
  wait "$provider" || { cat "$DEPLOY_CACHE/provider.txt"; return 1; }
}

all_answered_are_known() {
  local id
  for id in $(here cut -f1 /root/answered.tsv | sort -u | shuf -n 40 --random-source=/dev/zero); do is_known "$id" || { echo "$id is not known"; return 1; }; done
}

it_upgrades() {
  local newer pid old
  newer=$(package_as 9.9.9)
  pid=$(main_pid)
  essential "it upgrades under load, and no report is refused" under_load 7 install_package "$newer"
  promise "to the new version" equal "$(version)" 9.9.9
  promise "in a new process" is_other_process_than "$pid"
  promise "with every report of before and meanwhile" all_answered_are_known
  promise "and the rule file as it was changed" here grep -q '^# changed' "$RULES"
  promise "and the same token" equal "$(answer_to 2)" 200
  promise "it goes back to the old version under load, too" under_load 8 install_package "$DEB"
  promise "with every report" all_answered_are_known

  here cp -p "$RULES" /root/good.yaml
  here sh -c "echo 'rotues: []' >>$RULES"
  promise "a rule file that does not start is no reason for a half-installed package" install_package "$newer"
  promise "and is told" here sh -c 'journalctl -u dlr-relay | grep -q "did you mean"'
  promise "the port stays open meanwhile" here systemctl is-active dlr-relay.socket
  here cp -p /root/good.yaml "$RULES"
  promise "once the file is mended it runs without being told" until_true is_ready
}

it_goes() {
  promise "it can be removed" here apt-get remove dlr-relay
  promise "then nobody listens" not here curl -s -o /dev/null --max-time 2 "$DOOR"
  promise "rules, secrets and reports are kept" here test -s "$RULES" -a -s /etc/dlr-relay/credentials/webhook_token -a -s /var/lib/dlr-relay/relay.db
  promise "it can be installed again" install_package "$DEB"
  promise "and goes on where it was" until_true is_known 2
  promise "it can be purged" here apt-get purge dlr-relay
  here sh -c 'rm -f /root/*.deb /root/good.yaml /root/answered.tsv'
  promise "and then nothing of it is left" equal "$(diff <(echo "$1") <(files_of_system) | grep '^[<>]' || true)" ""
  promise "nor its user" not here getent passwd dlr-relay
}
