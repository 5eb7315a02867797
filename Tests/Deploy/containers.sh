# Dockerfile and compose.yaml by the steps of deploy/README.md, with podman in the place of Docker. Sourced by run.sh.
#
# In a network of its own, so that ports 80, 443 and 9090 are free and nobody else's. Where Docker Hub cannot be reached, the images that the
# files begin from are made of what those are made of: Debian's packages, the toolchain of this machine, and Caddy's own binary.

SECTION="## Containers"
NETWORK=dlr-relay-containers
CONTAINERS=$PWD/.build-deploy/containers

try_containers() {
  need_command podman podman
  need_command runc runc
  need_command iptables iptables
  [ -x /usr/lib/podman/netavark ] || install_packages netavark aardvark-dns
  . Tests/libraries.sh
  install_container_tools
  has_container_tools .build/container-tools/bin || die "without docker-compose and caddy nothing can be tried"
  END_PART=end_containers
  lay_out
  # What a run that was killed has left.
  end_containers 2>/dev/null
  have_images
  start_engine
  take_steps
  change_and_break
  come_and_go
}

# The checkout as it is, in a folder of its own; podman's configuration and files; and a `docker` that is podman with the real compose.
lay_out() {
  rm -rf "$CONTAINERS/checkout" "$CONTAINERS/git" "$CONTAINERS/bin" "$CONTAINERS/built" "$CONTAINERS/engine.log"
  mkdir -p "$CONTAINERS/checkout" "$CONTAINERS/bin"
  git clone -q --no-checkout . "$CONTAINERS/git"
  # Of a clone, since this one may get commits meanwhile.
  COMMIT=$(git -C "$CONTAINERS/git" rev-parse --short=12 HEAD)
  git ls-files -z --cached --others --exclude-standard | tar --null -cT - | tar -x -C "$CONTAINERS/checkout"
  cat >"$CONTAINERS/containers.conf" <<CONF
[containers]
# Its own defaults are above what some machines grant.
default_ulimits = ["nofile=16384:16384", "nproc=16384:16384"]
[network]
network_backend = "netavark"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
CONF
  printf '[storage]\ndriver = "overlay"\ngraphroot = "%s"\nrunroot = "%s"\n' "$CONTAINERS/images" "$CONTAINERS/run" >"$CONTAINERS/storage.conf"
  echo 'unqualified-search-registries = ["docker.io"]' >"$CONTAINERS/registries.conf"
  export CONTAINERS_CONF=$CONTAINERS/containers.conf CONTAINERS_STORAGE_CONF=$CONTAINERS/storage.conf
  export CONTAINERS_REGISTRIES_CONF=$CONTAINERS/registries.conf DOCKER_HOST=unix://$CONTAINERS/engine.sock
  cat >"$CONTAINERS/bin/docker" <<SCRIPT
#!/bin/bash
# Compose builds with Docker's own builder only, so its build is podman's, of the same file and arguments.
if [ "\$1 \${2:-}" = "compose build" ]; then exec bash "$CONTAINERS/bin/build"; fi
if [ "\$1" = compose ]; then exec "$PWD/.build/container-tools/bin/docker-compose" "\${@:2}"; fi
exec podman "\$@"
SCRIPT
  cat >"$CONTAINERS/bin/build" <<SCRIPT
# In the network of the machine: a build fetches what it is made of.
. ./.env
image=docker.io/library/dlr-relay:\$DLR_RELAY_COMMIT
# The second is the first by another name: it would take as long, and be the same.
if [ -e "$CONTAINERS/built" ]; then exec podman tag "\$(cat "$CONTAINERS/built")" "\$image"; fi
nsenter --net=/proc/$$/ns/net podman build --format docker --network host $(mirrors_as_volumes) -f "$CONTAINERS/checkout/deploy/Dockerfile" \\
  --ignorefile "$CONTAINERS/checkout/deploy/Dockerfile.dockerignore" --build-arg "DLR_RELAY_COMMIT=\$DLR_RELAY_COMMIT" \\
  -t "\$image" "$CONTAINERS/checkout" && echo "\$image" >"$CONTAINERS/built"
SCRIPT
  chmod 755 "$CONTAINERS/bin/docker"
}

# Where this machine's git is told to take repositories from instead: a build takes them from there, too.
mirrors() { git config --system --get-regexp '^url\..*\.insteadof$' 2>/dev/null || true; }
mirrors_as_volumes() { mirrors | sed -n 's|^url\.\(/.*\)/*\.insteadof .*|\1|p' | sed 's|/$||' | sort -u | sed 's|.*|--volume &:&:ro|' | tr '\n' ' '; }

# have_image NAME MAKE: from Docker Hub, or by `MAKE NAME`.
have_image() {
  podman image exists "$1" || timeout 300 podman pull -q "$1" >/dev/null 2>&1 && return
  echo "$1 cannot be had; making it of Debian's packages" >&2
  "$2" "$1" || die "$1 could not be made"
}

have_images() {
  need_command debootstrap debootstrap
  have_image docker.io/library/debian:bookworm-slim make_slim_image
  have_image docker.io/library/swift:6.3-bookworm make_swift_image
  have_image docker.io/library/caddy:2 make_caddy_image
}

make_slim_image() { podman import -q "$(cached slim debootstrap_tar ca-certificates)" "$1" >/dev/null; }

make_swift_image() {
  local toolchain packages=(binutils gcc git libc6-dev libedit2 libncurses6 libpython3.11 libstdc++-12-dev libxml2 pkg-config tzdata zlib1g-dev ca-certificates)
  toolchain=$(dirname "$(dirname "$(readlink -f "$(command -v swift)")")")
  printf 'FROM docker.io/library/debian:bookworm-slim\nRUN apt-get update && apt-get install -y --no-install-recommends %s\nCOPY . /usr/\n' "${packages[*]}" |
    podman build -q --format docker --network host -f - -t "$1-plain" "$toolchain" >/dev/null || return
  { echo "FROM $1-plain" && mirrors | sed -n 's|^url\.\(.*\)\.insteadof \(.*\)|RUN git config --system --add url.\1.insteadOf \2|p'; } |
    podman build -q --format docker -f - -t "$1" "$CONTAINERS/bin" >/dev/null
}

make_caddy_image() {
  {
    echo 'FROM docker.io/library/debian:bookworm-slim'
    echo 'COPY caddy /usr/bin/caddy'
    echo 'ENV XDG_CONFIG_HOME=/config XDG_DATA_HOME=/data'
    echo 'CMD ["caddy", "run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"]'
  } | podman build -q --format docker -f - -t "$1" .build/container-tools/bin >/dev/null
}

inside() { nsenter --net="/run/netns/$NETWORK" "$@"; }

# podman as a service, as Docker is one. What systemd would do for it, this does: ask for the health of containers every few seconds.
start_engine() {
  need_command ip iproute2
  ip netns add "$NETWORK"
  ip -n "$NETWORK" link set lo up
  # Not by `inside`: what is to be stopped must be the child itself.
  nsenter --net="/run/netns/$NETWORK" podman system service --time=0 "$DOCKER_HOST" >"$CONTAINERS/engine.log" 2>&1 &
  CHILDREN+=("$!")
  until_true test -S "$CONTAINERS/engine.sock" || die "podman does not run; see $CONTAINERS/engine.log"
  (while sleep 5; do inside podman ps -q | xargs -r -n1 podman healthcheck run || true; done >/dev/null 2>&1) &
  CHILDREN+=("$!")
}

end_containers() {
  [ ! -e "/run/netns/$NETWORK" ] || inside podman rm -fa -t 1 >/dev/null 2>&1 || true
  podman volume rm -a -f >/dev/null 2>&1 || true
  stop_children
  ip netns del "$NETWORK" 2>/dev/null || true
  halt_all
}

# step N [SED]: a block of the section, as root, so without sudo; the first in the root of the checkout, where it begins, the others in deploy.
step() {
  local text folder=$CONTAINERS/checkout/deploy
  [ "$1" -ne 1 ] || folder=$CONTAINERS/checkout
  text=$(block "$SECTION" "$1" | sed -e 's/\bsudo //' -e "${2:-}") || return
  docker_there "$folder" bash -euo pipefail -c "$text"
}

# docker_there FOLDER COMMAND...: in the containers' network, where `docker` is ours and git knows the commit.
docker_there() { (cd "$1" && inside env PATH="$CONTAINERS/bin:$PATH" GIT_DIR="$CONTAINERS/git/.git" "${@:2}" </dev/null); }
compose() { docker_there "$CONTAINERS/checkout/deploy" docker compose "$@"; }

# in_relay COMMAND...
in_relay() { inside podman exec dlr-relay-relay-1 "$@"; }
health() { inside podman inspect -f '{{.State.Healthcheck.Status}}' dlr-relay-relay-1; }
is_healthy() { [ "$(health)" = healthy ]; }
is_not_healthy() { [ "$(health)" = unhealthy ]; }

# over_https METHOD_AND_MORE...: curl, to the name that the panel has.
over_https() { inside curl -s --cacert "$CONTAINERS/checkout/deploy/ca.pem" --resolve "$NAME:443:127.0.0.1" --max-time 30 "$@"; }

# answer_of ID: the HTTP status of a report.
answer_of() {
  over_https -o /dev/null -w '%{http_code}' -H 'content-type: application/json' "$URL" \
    -d '{"report":{"id":'"$1"',"packet_id":104525848,"status":"delivered","to":"+905321234567","body":"iim.to/x"}}'
}
# status_door PATH
status_door() { inside curl -sf -u "x:$(cat "$CONTAINERS/checkout/deploy/rules/credentials/status_token")" "http://127.0.0.1:9090/$1"; }
knows() { status_door "api/v1/reports/$1" >/dev/null; }
has_delivered() { status_door "api/v1/reports/$1" | grep -q '"state" *: *"delivered"'; }

take_steps() {
  local deploy=$CONTAINERS/checkout/deploy
  essential "the image is built" step 1
  promise "it knows its commit" says "commit $COMMIT" "$(inside podman run --rm --network none "dlr-relay:$COMMIT" --version)"
  echo "        the image has $(podman image inspect -f '{{.Size}}' "docker.io/library/dlr-relay:$COMMIT" | awk '{ printf "%.0f MB", $1 / 1e6 }')"
  essential "a rule file is made by the image itself" step 2

  # The name, and who vouches for it, which outside are DNS and a public authority.
  echo "CADDY_OPTIONS=local_certs" >>"$deploy/.env"
  cp /etc/ssl/certs/ca-certificates.crt "$deploy/ca.pem"
  cat >"$deploy/compose.override.yaml" <<YAML
services:
  relay: { volumes: ["./ca.pem:/etc/ssl/certs/ca-certificates.crt:ro"] }
  caddy: { networks: { default: { aliases: [$NAME] } } }
YAML
  essential "relay and Caddy start, and the relay is healthy" step 3
  inside podman run -d --name app --network dlr-relay_default "dlr-relay:$COMMIT" sink --host 0.0.0.0 --port 9001 >/dev/null
  until_true inside podman exec dlr-relay-caddy-1 test -s /data/caddy/pki/authorities/local/root.crt
  inside podman exec dlr-relay-caddy-1 cat /data/caddy/pki/authorities/local/root.crt >>"$deploy/ca.pem"

  printf '#!/bin/sh\nsed -i "s|http://127.0.0.1:9001/|http://app:9001/|" "$1"\n' >"$CONTAINERS/bin/editor"
  chmod 755 "$CONTAINERS/bin/editor"
  promise "who gets what is written into the rule file" step 4
  promise "which the relay takes, though an editor put another file in its place" until_true sends_to_app
  promise "the doctor finds nothing wrong" step 5
  URL=$(compose exec -T relay dlr-relay panel | grep -oE 'https://[^ ]+')
  promise "the panel's URL is shown" says "^https://$NAME/.*token=" "$URL"
  essential "a report is answered 200, over HTTPS" equal "$(answer_of 1)" 200
  promise "and its copy is delivered" until_true has_delivered 1
}

# The file that the running relay goes by is the one that the editor has left.
sends_to_app() {
  in_relay grep -q app:9001 routes.yaml &&
    equal "$(status_door status.json | fingerprint)" "$(compose exec -T relay dlr-relay check --json | fingerprint)"
}
fingerprint() { grep -oE '"fingerprint" *: *"[0-9a-f]+"' | head -1 | tr -d ' '; }

change_and_break() {
  local relay=dlr-relay-relay-1
  promise "the page wants its password" equal "$(inside curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1:9090/status)" 401
  promise "the relay's user is no root" equal "$(in_relay id -u)" 10001
  promise "it has no capabilities" in_relay grep -qE '^CapEff:\s+0+$' /proc/1/status
  promise "and can gain none" in_relay grep -qE '^NoNewPrivs:\s+1$' /proc/1/status
  promise "it cannot change its rules" not in_relay touch /etc/dlr-relay/x
  promise "nor its program" not in_relay touch /usr/bin/x
  promise "no shell stands between" equal "$(in_relay cat /proc/1/cmdline | tr '\0' ' ')" "dlr-relay serve "
  promise "Caddy has one capability" equal "$(inside podman exec dlr-relay-caddy-1 grep -oE '^CapEff:\s+\S+' /proc/1/status | cut -f2)" 0000000000000400
  inside podman kill -s STOP "$relay" >/dev/null
  promise "a relay that hangs is called unhealthy" within_150_s is_not_healthy
  inside podman kill -s CONT "$relay" >/dev/null
  promise "and healthy once it goes on" until_true is_healthy
}

# Failures of the first minute do not count, and then it takes three.
within_150_s() { TRY_SECONDS=150 until_true "$@"; }

# steadily COMMAND...: the command, while a provider that repeats nothing sends reports one after the other. 0 if all were answered 200.
steadily() {
  local answers=$CONTAINERS/answers id=1000
  rm -f "$answers" "$answers.end"
  (
    while [ ! -e "$answers.end" ] && kill -0 $$; do
      id=$((id + 1))
      answer_of "$id" >>"$answers"
      echo >>"$answers"
    done
  ) >/dev/null 2>&1 &
  local provider=$! status=0
  until_true test -s "$answers"
  "$@" || status=$?
  touch "$answers.end"
  wait "$provider"
  equal "$(sort "$answers" | uniq -c | awk '{ print $2 }' | tr '\n' ' ')" "200 " && return "$status"
}

image_name() { inside podman inspect -f '{{.ImageName}}' dlr-relay-relay-1; }
equal_answer() { [ "$(answer_of "$1")" = 200 ]; }

come_and_go() {
  local deploy=$CONTAINERS/checkout/deploy copy
  promise "a backup is made" step 6
  copy=$(cd "$deploy" && ls ./*.db) || true
  promise "it is a store" says "SQLite format 3" "$(head -c 15 "$deploy/$copy")"
  mv "$deploy/$copy" "$deploy/copy.db"
  promise "what came after it is answered" equal "$(answer_of 2)" 200
  promise "the store goes back to it" step 7
  promise "the relay serves it" until_true is_healthy
  promise "with what was in it, and not what came after" eval 'knows 1 && ! knows 2'
  # The checkout is no clone here, and so cannot be pulled.
  promise "it is upgraded without a report refused" steadily step 8 's/^git pull$/true/; s/HEAD/HEAD~1/'
  promise "to the image of another commit" says "dlr-relay:$(git -C "$CONTAINERS/git" rev-parse --short=12 HEAD~1)" "$(image_name)"
  promise "and goes back without one" steadily step 9 "s/0123456789ab/$COMMIT/"
  promise "to the image of before" says "dlr-relay:$COMMIT" "$(image_name)"
  promise "Caddy is replaced" step 10 '/compose pull/d'
  promise "and lets reports in again" until_true equal_answer 3
  promise "a restart refuses none" steadily compose restart relay
  promise "it can be stopped" compose stop relay
  promise "and ends by itself" equal "$(inside podman inspect -f '{{.State.ExitCode}}' dlr-relay-relay-1)" 0
  promise "all of it can be taken down" compose down
  promise "and started again" compose up -d --wait
  promise "with its reports" until_true knows 1
}
