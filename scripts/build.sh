#!/usr/bin/env bash
# Builds the web app and the release binary, and makes sure the binary is static: it must run in an image that holds
# nothing else. Used by `make build`, by the Dockerfile and by CI, so that all three build the same thing.
# Prints the binary's path on standard output, everything else on standard error.
#
#   scripts/build.sh        web app and binary
#   scripts/build.sh web    the web app only
#   scripts/build.sh binary the binary only (with whatever web/dist holds)
set -euo pipefail
cd "$(dirname "$0")/.."

build_web() {
  if [ ! -f web/package.json ]; then
    echo "no web/package.json: the binary will serve a page that says how to build the web app" >&2
    return
  fi
  scripts/npm-ci.sh web >&2
  npm --prefix web run build >&2
}

# Fails, and says why, when a Linux binary still needs a loader or a library.
assert_static() {
  local needed
  [ -x "$1" ]
  # ldd fails on a binary without a loader, and names none for a static one that can be placed anywhere.
  if ! needed=$(ldd "$1" 2>&1) || grep -q "statically linked" <<<"$needed"; then
    return
  fi
  printf 'not a static binary: %s\n%s\n' "$1" "$needed" >&2
  return 1
}

build_binary() {
  local host binary
  host=$(rustc -vV | sed -n 's/^host: //p')
  # With --target the flags are for the product alone: build scripts and macros must stay dynamic.
  case $host in
    *-linux-*) RUSTFLAGS="${RUSTFLAGS:-} -C target-feature=+crt-static" cargo build --release --locked --target "$host" ;;
    *) cargo build --release --locked --target "$host" ;;
  esac
  binary=${CARGO_TARGET_DIR:-target}/$host/release/lighttrace
  case $host in *-linux-*) assert_static "$binary" ;; esac
  echo "$binary"
}

case ${1:-all} in
  all)
    build_web
    build_binary
    ;;
  web) build_web ;;
  binary) build_binary ;;
  *) echo "usage: scripts/build.sh [web|binary]" >&2 && exit 2 ;;
esac
