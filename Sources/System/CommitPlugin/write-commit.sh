#!/bin/sh
# write-commit.sh CHECKOUT FOLDER SAID: writes Commit.swift into the folder. SAID is the commit of what is no checkout, as a tarball or the
# context of a container's build.
commit=$3
if [ -z "$commit" ] && [ "$(git -C "$1" rev-parse --show-toplevel 2>/dev/null)" = "$(cd "$1" && pwd -P)" ]; then
  commit=$(git -C "$1" describe --always --abbrev=12 --exclude='*' --dirty=+ 2>/dev/null)
fi
commit=$(printf %s "${commit:-unknown}" | tr -cd 'A-Za-z0-9+.-' | cut -c 1-64)
text="let writtenCommit = \"$commit\""
mkdir -p "$2" || exit
# What is the same is left alone, and so nothing is compiled for it.
[ "$(cat "$2/Commit.swift" 2>/dev/null)" = "$text" ] || printf '%s\n' "$text" >"$2/Commit.swift"
