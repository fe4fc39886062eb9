#!/usr/bin/env bash
# A cargo subcommand from crates.io, at the version pinned here, into target/tools (kept by later runs) unless the machine
# has one already. Callers have target/tools/bin on their PATH.
#
#   scripts/install-cargo-tool.sh cargo-deny
set -euo pipefail
cd "$(dirname "$0")/.."

case $1 in
  cargo-deny) version=0.20.2 ;;
  cargo-nextest) version=0.9.151 ;;
  *) echo "unknown tool: $1" >&2 && exit 2 ;;
esac
if PATH="$PWD/target/tools/bin:$PATH" command -v "$1" >/dev/null; then exit 0; fi
# Its own target folder, removed afterwards: a tool's build shares nothing with ours. `--debug` builds in half the time, and
# what these tools do is quick either way.
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
CARGO_TARGET_DIR="$build" cargo install "$1" --version "$version" --locked --debug --root target/tools
