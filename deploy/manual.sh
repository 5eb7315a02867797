#!/usr/bin/env bash
# bash deploy/manual.sh OUTDIR: the man page and the shell completions, made from the relay's own commands. For packages.
#
#   dlr-relay.1  dlr-relay.bash  _dlr-relay (zsh)  dlr-relay.fish
#
# DLR_RELAY names the relay that is asked, else a release build is made. SOURCE_DATE_EPOCH is the date of the page, else that of the last commit.
# SCRATCH is where the tool that writes the page is built (.build).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. deploy/common.sh

[ $# -eq 1 ] || die "usage: bash deploy/manual.sh OUTDIR"
mkdir -p "$1"
out=$(realpath "$1")
scratch=${SCRATCH:-.build}
need_relay

for shell in bash zsh fish; do
  case $shell in zsh) file=_dlr-relay ;; *) file=dlr-relay.$shell ;; esac
  # Completions are read by a shell that runs already, so they need no first line that names one.
  "$RELAY" --generate-completion-script "$shell" | sed '1{/^#!/d}' >"$out/$file"
done

# The tool of swift-argument-parser, built from the sources that the relay is built with. It is given the finished relay.
swift package --scratch-path "$scratch" resolve >&2
parser=$scratch/checkouts/swift-argument-parser
swift build --package-path "$parser" --scratch-path "$scratch/manual-tool" --product generate-manual >&2 || die "generate-manual could not be built"
date=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
pages=$(mktemp -d)
trap 'rm -rf "$pages"' EXIT
"$scratch/manual-tool/debug/generate-manual" "$RELAY" --date "$(date -u -d "@$date" +%Y-%m-%d)" --output-directory "$pages"

# What the tool does not know: lines that are indented are examples, and stay as they are; a line without anything parts paragraphs.
awk '
  function leave() { if (inside) print ".Ed"; inside = 0 }
  /^ +[^ ]/ { if (!inside) print ".Bd -literal -offset indent"; inside = 1; sub(/^ +/, ""); print; next }
  /^ *$/ { leave(); if (!wasParted) print ".Pp"; wasParted = 1; next }
  { leave(); wasParted = ($0 == ".Pp"); print }
  END { leave() }
' "$pages/dlr-relay.1" >"$out/dlr-relay.1"
