#!/usr/bin/env bash
# Installs what the tests need on a new machine: npm packages, Python environments with the SDKs' generations, a Chromium,
# cargo-nextest. Quick when there is nothing to do: each part keeps a stamp with the hash of its lock file.
set -euo pipefail
cd "$(dirname "$0")/.."

install_node_packages() {
  local folder
  for folder in web tests/browser tests/sdk/node tests/sdk/builds tests/sdk/maps; do
    if [ -f "$folder/package-lock.json" ]; then scripts/npm-ci.sh "$folder"; fi
  done
}

# One environment a generation of an SDK: they are releases of one package and cannot share a folder.
install_python_environment() {
  local requirements=$2 venv=.venv/$1
  local wanted
  wanted=$(sha256sum "$requirements" | cut -d' ' -f1)
  if [ -f "$venv/.installed" ] && [ "$(cat "$venv/.installed")" = "$wanted" ]; then return; fi
  rm -rf "$venv"
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$requirements"
  echo "$wanted" >"$venv/.installed"
}

find_chromium() {
  local path
  for path in "${CHROMIUM_PATH:-}" /usr/bin/chromium /usr/bin/chromium-browser; do
    if [ -n "$path" ] && [ -x "$path" ]; then return 0; fi
  done
  return 1
}

install_chromium() {
  if find_chromium; then return; fi
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium
    return
  fi
  echo "the browser tests need Chromium: install it, or say where it is with CHROMIUM_PATH" >&2
  return 1
}

# Debian keeps what `python3 -m venv` needs in a package of its own.
install_python_venv() {
  if python3 -c 'import ensurepip, venv' 2>/dev/null; then return; fi
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv
    return
  fi
  echo "the SDK tests need Python's venv module: install python3-venv" >&2
  return 1
}

install_node_packages
install_python_venv
for generation in 2 1 raven otel; do
  install_python_environment "$generation" "tests/sdk/python/requirements-$generation.txt"
done
install_python_environment services tests/sdk/services/requirements.txt
install_python_environment mail tests/mail/requirements.txt
install_python_environment llm tests/llm/requirements.txt
install_chromium
scripts/install-cargo-tool.sh cargo-nextest
