#!/usr/bin/env bash
# `npm ci` in a folder, unless its lock file is the one last installed.
#
#   scripts/npm-ci.sh FOLDER
set -euo pipefail
cd "$(dirname "$0")/../$1"

stamp=node_modules/.installed-lock
wanted=$(sha256sum package.json package-lock.json | sha256sum | cut -d' ' -f1)
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then exit 0; fi
npm ci --no-audit --no-fund --loglevel=error
echo "$wanted" >"$stamp"
