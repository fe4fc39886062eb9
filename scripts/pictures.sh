#!/usr/bin/env bash
# Takes the README's pictures anew, of the demo in the app as it is: run after `make build` or `scripts/build.sh web && cargo build`.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/npm-ci.sh tests/browser
node tests/browser/pictures.mjs
