#!/usr/bin/env bash
# Runs every fuzz target for a minute (or SECONDS_EACH), where a nightly toolchain is present.
set -euo pipefail
cd "$(dirname "$0")/.."
if ! cargo +nightly --version >/dev/null 2>&1; then
    echo "skipped: no nightly toolchain"
    exit 0
fi
cargo fuzz --version >/dev/null 2>&1 || cargo install cargo-fuzz --locked
for target in envelope event grouping; do
    cargo +nightly fuzz run --fuzz-dir fuzz "$target" -- -max_total_time="${SECONDS_EACH:-60}" -max_len=65536 -timeout=10
done
