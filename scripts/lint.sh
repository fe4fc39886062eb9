#!/usr/bin/env bash
# Formatting, clippy, dependencies, web checks: all that judges the code without running it.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/target/tools/bin:$PATH"
source scripts/step.sh

check_dependencies() {
  scripts/install-cargo-tool.sh cargo-deny
  cargo deny --locked check licenses bans sources
}

# The advisory database comes by git from the network. Where that cannot be reached this is said and skipped; an advisory
# that applies fails.
check_advisories() {
  if ! timeout 60 cargo deny --locked fetch db; then
    echo "SKIPPED: the advisory database could not be fetched, so known vulnerabilities were not looked for"
    return
  fi
  cargo deny --locked check advisories
}

check_web() {
  if [ ! -f web/package.json ]; then return; fi
  scripts/npm-ci.sh web
  npm --prefix web run check
}

step "rustfmt" cargo fmt --check
step "clippy" cargo clippy --all-targets --locked -- -D warnings
step "dependencies" check_dependencies
step "advisories" check_advisories
step "web checks" check_web
