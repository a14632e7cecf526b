#!/usr/bin/env bash
# Says what of the deployment is missing or not as the settings want it, and changes nothing.
# Exit status 0 when all is as it should be.

# shellcheck source=infra/begin.sh
. "$(dirname "${BASH_SOURCE[0]}")/begin.sh"
# shellcheck source=infra/parts/parts.sh
. "$INFRA/parts/parts.sh"

for part in "${PARTS[@]}"; do
  step "${part%%=*} — ${part#*=}"
  before=$FOUND
  "check_${part%%=*}"
  # Without its APIs the project answers nothing else.
  [ "${part%%=*}" != apis ] || [ "$FOUND" = "$before" ] || break
done

[ "$FOUND" = 0 ] || fail "$FOUND findings. infra/deploy.sh puts right what it made."
say "All is as the settings want it."
