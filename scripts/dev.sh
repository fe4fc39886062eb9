#!/usr/bin/env bash
# The server and Vite side by side: Vite serves the app with hot reload and proxies the API to the server.
# Ending this script ends both.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/npm-ci.sh web
cargo build --locked
target/debug/lighttrace serve &
server=$!
trap 'kill "$server" 2>/dev/null || true' EXIT
npm --prefix web run dev
