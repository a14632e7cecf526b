#!/usr/bin/env bash
# From an empty project to a working deployment. Safe to run again, after a failure or a changed setting:
# each part looks at what is there and does only what is missing.
#
#   infra/deploy.sh               asks for the model's key when the deployment has none yet
#   infra/deploy.sh < key.txt     takes it from standard input
#   IMAGE=… infra/deploy.sh       that image, without a build

# shellcheck source=infra/begin.sh
. "$(dirname "${BASH_SOURCE[0]}")/begin.sh"
# shellcheck source=infra/parts/parts.sh
. "$INFRA/parts/parts.sh"

for number in "${!PARTS[@]}"; do
  step "$((number + 1)) of ${#PARTS[@]}: ${PARTS[number]%%=*} — ${PARTS[number]#*=}"
  "apply_${PARTS[number]%%=*}"
done

say "Deployed. In the sheet, the sidebar asks for the backend's address:"
printf '%s\n' "${PUBLIC_URL:-$API_ADDRESS}"
[ -n "${AUDIENCES:-}" ] ||
  say "AUDIENCES is empty, so nobody may sign in yet: docs/deploy.md says how to fill it."
