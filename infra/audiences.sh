#!/usr/bin/env bash
# Prints the client ids of scripts that asked to sign somebody in during the last day and were refused,
# one a line, with the number of times. The one of your own script belongs into AUDIENCES in settings.sh.

# shellcheck source=infra/begin.sh
. "$(dirname "${BASH_SOURCE[0]}")/begin.sh"

say "In the allow-list: ${AUDIENCES:-nobody}"
refused=$(gcloud logging read 'jsonPayload.action="audience_refused"' --freshness=1d --limit=1000 \
  --format='value(jsonPayload.audience)')
[ -n "$refused" ] || fail "no script was refused. Open the sidebar once, wait a minute, and run this again."
sort <<<"$refused" | uniq -c | sort -rn
