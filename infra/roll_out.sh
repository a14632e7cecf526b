#!/usr/bin/env bash
# Brings an image to both services in three steps, each by itself so that Cloud Build shows where one failed:
#
#   infra/roll_out.sh candidate IMAGE    a new revision without traffic, under an address of its own
#   infra/roll_out.sh smoke              asks what only working services answer, of candidates where there are
#   infra/roll_out.sh shift              all requests to the newest revisions, the worker's first
#   infra/roll_out.sh back               all requests to the revisions before them
#
# The settings of the services stay as infra/deploy.sh left them. Cloud Build gives PROJECT and REGION.

# shellcheck source=infra/begin.sh
. "$(dirname "${BASH_SOURCE[0]}")/begin.sh"
# shellcheck source=infra/parts/services.sh
. "$INFRA/parts/services.sh"

candidate() {
  local service
  for service in "${SERVICES[@]}"; do
    change "candidate of $service: $1" gcloud run deploy "$service" --region="$REGION" --image="$1" \
      --no-traffic --tag=candidate
  done
}

#: Gives the status of a request to $1; more arguments go to curl, and what comes on standard input is
#: its configuration, where a token is seen by nobody.
status() {
  local url=$1
  shift
  curl --silent --output /dev/null --write-out '%{http_code}' --max-time 150 --config - "$@" "$url" || true
}

#: Tries until the answer to $2… is $1: a new revision starts, and a new right needs minutes to be known.
expect() {
  local wanted=$1 what=$2 got tries
  shift 2
  for tries in $(seq "${SMOKE_TRIES:-12}"); do
    got=$("$@")
    [ "$got" != "$wanted" ] || {
      say "   $what: $got"
      return 0
    }
    [ "$tries" = "${SMOKE_TRIES:-12}" ] || sleep "${POLL_S:-10}"
  done
  fail "$what: $got instead of $wanted. No request was shifted; gcloud run services logs read says more."
}

unsigned() { status "$@" </dev/null; }

#: As Cloud Scheduler calls it: its account's token, for the worker's audience, with the account's address.
signed() {
  local token
  token=$(gcloud auth print-identity-token --impersonate-service-account="$SCHEDULER_ACCOUNT" \
    --audiences="$(address_of "$WORKER_SERVICE")" --include-email 2>/dev/null) || token=
  printf 'header = "Authorization: Bearer %s"\n' "$token" | status "$@"
}

#: Where the newest revision of service $1 answers: under its tag until it gets the traffic.
newest() {
  local now tag=candidate
  now=$(facts "$1")
  ! has_line serving=newest <<<"$now" || tag=
  address_of "$1" "$tag"
}

#: /healthz is not asked: Google's front end keeps paths that end in z for itself.
smoke() {
  local api worker
  api=$(newest "$API_SERVICE") worker=$(newest "$WORKER_SERVICE")
  expect 200 'the api describes itself' unsigned "$api/api/openapi.json"
  expect 401 'the api lets no stranger in' unsigned "$api/api/jobs"
  expect 404 "the api has no worker's routes" unsigned "$api/tasks/sweep" --request POST
  expect 403 'the worker is private' unsigned "$worker/tasks/sweep" --request POST
  # A whole sweep: token, settings, database, indexes and queues have to be right for a 200.
  expect 200 'the worker sweeps' signed "$worker/tasks/sweep" --request POST
}

shift_traffic() {
  local service
  for service in "${SERVICES[@]}"; do
    change "$service: all requests to the newest revision" gcloud run services update-traffic "$service" \
      --region="$REGION" --to-latest
  done
}

back() {
  local service before
  for service in "$API_SERVICE" "$WORKER_SERVICE"; do
    before=$(gcloud run revisions list --service="$service" --region="$REGION" \
      --sort-by='~metadata.creationTimestamp' --limit=2 --format='value(metadata.name)' | sed -n 2p)
    [ -n "$before" ] || fail "$service has no revision before the newest."
    change "$service: all requests back to $before" gcloud run services update-traffic "$service" \
      --region="$REGION" --to-revisions="$before=100"
  done
}

case ${1:-} in
  candidate) step "Candidates" && candidate "${2:?the image to roll out}" ;;
  smoke) step "Smoke test" && smoke ;;
  shift) step "Traffic" && shift_traffic ;;
  back) step "Back" && back ;;
  *) fail "say candidate IMAGE, smoke, shift or back." ;;
esac
