#!/usr/bin/env bash
# Records anew what the real SDKs send, into tests/fixtures/sdk. Run by hand after an SDK's version changed.
# The programs run from a neutral folder, so that no path of a developer's machine gets into the recordings.
set -euo pipefail
cd "$(dirname "$0")/.."

neutral=${NEUTRAL_FOLDER:-/srv/app}
fixtures=$PWD/tests/fixtures/sdk
mkdir -p "$neutral" "$fixtures"
tar -C tests/sdk --exclude=node_modules -cf - . | tar -C "$neutral" -xf -
cd "$neutral"
(cd node && npm ci --no-audit --no-fund)
for generation in 2 1 raven otel; do
  [ -d "venv-$generation" ] || /usr/bin/python3 -m venv "venv-$generation"
  "venv-$generation/bin/pip" install --quiet --disable-pip-version-check -r "python/requirements-$generation.txt"
done

# record NAME MODE COMMAND...
record() {
  local name=$1 mode=$2
  shift 2
  env -i PATH=/usr/local/bin:/usr/bin:/bin HOME="$neutral" REPORT_MODE="$mode" SENTRY_MODULE="${SENTRY_MODULE:-}" \
    /usr/bin/python3 record.py "$fixtures/$name-$mode" -- "$@"
}

for mode in exception message transaction; do
  for generation in 11 8 7 5; do
    SENTRY_MODULE=sentry-node-$generation
    [ "$generation" != 11 ] || SENTRY_MODULE=@sentry/node
    record "node-$generation" "$mode" node node/report.cjs
  done
  SENTRY_MODULE=@sentry/browser record browser-11 "$mode" node browser/report.mjs
done
for mode in exception message transaction session; do
  record python-2 "$mode" venv-2/bin/python python/report.py
  record python-1 "$mode" venv-1/bin/python python/report.py
done
for mode in exception message; do
  record raven-python "$mode" venv-raven/bin/python python/raven_report.py
  record raven-node "$mode" node node/raven_report.cjs
done
SENTRY_MODULE=@sentry/node record node-11 traces node node/traces.cjs
SENTRY_MODULE=sentry-node-8 record node-8 traces node node/traces.cjs
record otel-python traces venv-otel/bin/python python/otel_report.py
SENTRY_MODULE=sentry-browser-7 record browser-7 exception node browser/report.mjs
SENTRY_MODULE=@sentry/browser record browser-11 csp-report-uri node browser/report.mjs
