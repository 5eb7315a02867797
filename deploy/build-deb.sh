#!/usr/bin/env bash
# bash deploy/build-deb.sh [OUTDIR]: the Debian package dlr-relay_VERSION_ARCHITECTURE.deb, into the present folder if nothing else is said.
#
# It has Swift's runtime inside, so a machine that runs it needs no Swift; it runs on the Debian it was made on and on later ones.
# DLR_RELAY names a relay that was built with --static-swift-stdlib already; else it is built, which takes some minutes the first time.
# MAINTAINER is who the package names, else the author of the last commit. SOURCE_DATE_EPOCH is the date of all that is in it, else that of the last commit.
set -euo pipefail
mkdir -p "${1:-.}"
out=$(realpath "${1:-.}")
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. deploy/common.sh

maintainer=${MAINTAINER:-$(git log -1 --format='%an <%ae>' 2>/dev/null || true)}
[ -n "$maintainer" ] || die "set MAINTAINER='Your Name <you@your-domain>', whom the package is to name"
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
need_command dpkg-deb dpkg
need_command objdump binutils
need_build_tools
if [ -z "${DLR_RELAY:-}" ]; then
  echo "building the release; the first time takes some minutes" >&2
  swift build -c release --product dlr-relay --static-swift-stdlib --scratch-path .build-static >&2 || die "the build failed; see above"
  export DLR_RELAY=$PWD/.build-static/release/dlr-relay
fi
need_relay
ldd "$RELAY" | grep -q libswift && die "$RELAY needs Swift's libraries; build it with --static-swift-stdlib"

# Each commit makes another version, a later one a higher, so that apt goes from one to the next and back.
version=$("$RELAY" --version | sed -nE "s/^dlr-relay ([0-9.]+) \(commit ([0-9a-f]+).*/\1+$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y%m%d%H%M).\2/p")
# Of what was built outside of a checkout no commit is known.
version=${version:-$("$RELAY" --version | grep -oE '[0-9]+\.[0-9]+\.[0-9]+' | head -1)}
architecture=$(dpkg --print-architecture)
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
chmod 755 "$root"
documents=$root/usr/share/doc/dlr-relay

put() { install -D -m "$1" "$2" "$root$3"; }

put 755 "$RELAY" /usr/bin/dlr-relay
strip --strip-unneeded "$root/usr/bin/dlr-relay"
put 644 deploy/dlr-relay.service /usr/lib/systemd/system/dlr-relay.service
put 644 deploy/dlr-relay.socket /usr/lib/systemd/system/dlr-relay.socket
install -d -m 750 "$root/etc/dlr-relay"
install -d -m 700 "$root/etc/dlr-relay/credentials"

manual=$root.manual
DLR_RELAY=$RELAY bash deploy/manual.sh "$manual"
put 644 "$manual/dlr-relay.1" /usr/share/man/man1/dlr-relay.1
put 644 "$manual/dlr-relay.bash" /usr/share/bash-completion/completions/dlr-relay
put 644 "$manual/_dlr-relay" /usr/share/zsh/vendor-completions/_dlr-relay
put 644 "$manual/dlr-relay.fish" /usr/share/fish/vendor_completions.d/dlr-relay.fish
rm -rf "$manual"

put 644 README.md /usr/share/doc/dlr-relay/README.md
put 644 deploy/README.md /usr/share/doc/dlr-relay/deploy/README.md
for page in deploy/tr/*.md; do put 644 "$page" "/usr/share/doc/dlr-relay/$page"; done
for example in routes.example.yaml deploy/Caddyfile deploy/nginx.conf deploy/dlr-relay-tunnel.service deploy/alerts.yaml deploy/grafana-dashboard.json; do
  put 644 "$example" "/usr/share/doc/dlr-relay/examples/$(basename "$example")"
  # Where the pages say that it is.
  ln -sr "$documents/examples/$(basename "$example")" "$documents/$example"
done
ln -sr "$root/usr/lib/systemd/system/dlr-relay.socket" "$documents/deploy/dlr-relay.socket"
put 644 deploy/debian/copyright /usr/share/doc/dlr-relay/copyright
put 644 deploy/debian/lintian-overrides /usr/share/lintian/overrides/dlr-relay
printf 'dlr-relay (%s) stable; urgency=medium\n\n  * %s\n\n -- %s  %s\n' "$version" "$("$RELAY" --version | tr '\n' ' ' | cut -c1-60 | sed 's/ *$//')" \
  "$maintainer" "$(date -u -R -d "@$SOURCE_DATE_EPOCH")" >"$documents/changelog"
gzip -9n "$documents/changelog" "$root/usr/share/man/man1/dlr-relay.1"

# The oldest C library that has all that the program asks of it.
libc=$(objdump -T "$root/usr/bin/dlr-relay" | grep -oE 'GLIBC_[0-9.]+' | sort -uV | tail -1 | cut -d_ -f2)
mkdir "$root/DEBIAN"
cat >"$root/DEBIAN/control" <<EOF
Package: dlr-relay
Version: $version
Architecture: $architecture
Maintainer: $maintainer
Section: net
Priority: optional
Installed-Size: $(du -sk --exclude=DEBIAN "$root" | cut -f1)
Depends: adduser, ca-certificates, libc6 (>= $libc), libcurl4, libgcc-s1, libsqlite3-0, libstdc++6, libyaml-0-2
Description: delivery reports of iletiMerkezi for every app that wants them
 iletiMerkezi posts the delivery reports of an account to one URL only.
 dlr-relay is that URL: it stores each report, answers 200, and sends a copy
 to every app whose rules match, until the app has taken it.
EOF
install -m 755 deploy/debian/postinst deploy/debian/prerm deploy/debian/postrm "$root/DEBIAN/"
(cd "$root" && find usr -type f -print0 | sort -z | xargs -0 md5sum) >"$root/DEBIAN/md5sums"
find "$root" -newermt "@$SOURCE_DATE_EPOCH" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +

package=$out/dlr-relay_${version}_$architecture.deb
dpkg-deb --root-owner-group -Zxz --build "$root" "$package" >/dev/null
echo "$package: $(($(stat -c %s "$package") / 1000)) kB; the program is $(($(stat -c %s "$root/usr/bin/dlr-relay") / 1000)) kB, stripped"
