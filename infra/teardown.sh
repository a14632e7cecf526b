#!/usr/bin/env bash
# Removes the deployment from the project: services, queues, secrets, images, accounts, and the database with
# every job and result. Spreadsheets keep what was written. The APIs stay on; the project stays.
#
#   infra/teardown.sh         asks for the project's id first
#   infra/teardown.sh --yes   does not ask

# shellcheck source=infra/begin.sh
. "$(dirname "${BASH_SOURCE[0]}")/begin.sh"
# shellcheck source=infra/parts/parts.sh
. "$INFRA/parts/parts.sh"

if [ "${1:-}" != --yes ]; then
  say "This deletes Rowmill from $PROJECT, with every job and result. Type the project's id to go on:"
  read -r typed || true
  [ "$typed" = "$PROJECT" ] || fail "nothing was removed."
fi

for ((number = ${#PARTS[@]} - 1; number >= 0; number--)); do
  step "remove ${PARTS[number]%%=*}"
  "remove_${PARTS[number]%%=*}"
done
say "Removed. A deleted queue's name stays taken for some days: until then, deploy into another project."
