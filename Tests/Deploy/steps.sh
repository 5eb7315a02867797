# The commands of deploy/README.md, executed as they are written there. Sourced by run.sh.
#
# What a person does at them and the page cannot say is done here: a name that leads to the machine, certificates of Caddy's own authority
# instead of a public one's, changes made in the editor, and an app to send copies to.

NAME=sms.your-domain.com
PERSON=ops

# steps_of SECTION: the commands of a section of the page: what is indented there; what is in fences is no command.
steps_of() {
  awk -v section="$1" '
    /^ *```/ { fenced = !fenced; next }
    fenced { next }
    /^#+ / { inside = ($0 == section) }
    inside && /^    / { sub(/^ +/, ""); print; isCode = 1; next }
    # A line of prose ends a block.
    isCode && !/^ *$/ { print "---"; isCode = 0 }' deploy/README.md
}

# block SECTION N: the Nth block of commands in a section.
block() {
  local text
  text=$(steps_of "$1" | awk -v n="$2" 'BEGIN { at = 1 } /^---$/ { at++; next } at == n')
  [ -n "$text" ] || { echo "deploy/README.md has no block $2 in the section $1" >&2; return 1; }
  echo "$text"
}

# inline WORDS: the command in the text of the page that begins so.
inline() { grep -o "\`$1[^\`]*\`" deploy/README.md | head -1 | tr -d '\`' | grep . || { echo "deploy/README.md has no command $1" >&2; return 1; }; }

# follow MACHINE SECTION N [SED]: runs a block in a machine, as a person would who is not root and has sudo, changed by SED where the page says that
# something is to be put in.
follow() {
  local text
  text=$(block "$2" "$3" | sed "${4:-}") || return
  as_person "$1" bash -euo pipefail -c "$text" </dev/null
}

# as_person MACHINE COMMAND...: in the person's home.
as_person() { in_machine "$1" runuser -u "$PERSON" -- env -C "/home/$PERSON" HOME="/home/$PERSON" "${@:2}"; }

# prepare_machine NAME: Caddy signs for itself, the name leads here, `editor` does what the test wrote down, and there is a person.
prepare_machine() {
  local root
  root=$(root_of "$1")
  mkdir -p "$root/etc/systemd/system/caddy.service.d"
  printf '[Service]\nEnvironment="CADDY_OPTIONS=local_certs"\n' >"$root/etc/systemd/system/caddy.service.d/test.conf"
  echo "127.0.0.1 $NAME" >>"$root/etc/hosts"
  printf '#!/bin/sh\nsed -i -f /root/edit "$1"\n' >"$root/usr/bin/editor"
  chmod 755 "$root/usr/bin/editor"
  chroot "$root" useradd --create-home --shell /bin/bash "$PERSON"
  echo "$PERSON ALL=(ALL) NOPASSWD: ALL" >"$root/etc/sudoers.d/$PERSON"
}

# home_of MACHINE: of the person.
home_of() { echo "$(root_of "$1")/home/$PERSON"; }

# edit MACHINE SED...: what the next `editor` does, a line each.
edit() {
  local machine=$1
  shift
  printf '%s\n' "$@" >"$(root_of "$machine")/root/edit"
}

# trust_caddy MACHINE: its own authority becomes one of the machine's.
trust_caddy() {
  local certificate=/var/lib/caddy/.local/share/caddy/pki/authorities/local/root.crt
  until_true in_machine "$1" test -s "$certificate"
  in_machine "$1" sh -c "cp $certificate /usr/local/share/ca-certificates/caddy-local.crt && update-ca-certificates >/dev/null 2>&1"
}

# panel_url MACHINE [OPTION...]: what a person would paste.
panel_url() {
  local machine=$1
  shift
  in_machine "$machine" dlr-relay panel "$@" | grep -oE 'https://[^ ]+'
}

# post MACHINE URL ID [TEXT [CURL_OPTION...]]: the HTTP status of a report that the provider would send.
post() {
  in_machine "$1" curl "${@:5}" -s -o /dev/null -w '%{http_code}' -H 'content-type: application/json' "$2" \
    -d '{"report":{"id":'"$3"',"packet_id":104525848,"status":"delivered","to":"+905321234567","body":"'"${4:-iim.to/x}"'"}}'
}

# answers MACHINE URL ID STATUS
answers() { [ "$(post "$1" "$2" "$3")" = "$4" ]; }
is_delivered() { in_machine "$1" curl -sf "http://127.0.0.1:9090/api/v1/reports/$2" | grep -q '"state" *: *"delivered"'; }
has_report() { in_machine "$1" curl -sf -o /dev/null "http://127.0.0.1:9090/api/v1/reports/$2"; }
serves() { in_machine "$1" dlr-relay ready --config /etc/dlr-relay/routes.yaml; }
says() { grep -q "$1" <<<"$2" || { echo "$2"; return 1; }; }
