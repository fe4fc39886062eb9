# shellcheck shell=bash
# Sourced. `step NAME COMMAND...` runs the command between a headline and the seconds it took.

step() {
  local name=$1 started=$SECONDS
  shift
  printf '\n==> %s\n' "$name"
  "$@"
  printf '==> %s: %d s\n' "$name" "$((SECONDS - started))"
}
