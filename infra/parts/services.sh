# shellcheck shell=bash
# Two Cloud Run services from one image: the api, which anybody reaches and which checks who calls, and the
# worker, which Cloud Run opens to two accounts only.

SERVICES=("$WORKER_SERVICE" "$API_SERVICE")

#: The role that $1 plays, and what follows from it.
of_service() {
  SECRETS=SIGNING_KEYS=$SIGNING_SECRET:latest,ENCRYPTION_KEYS=$ENCRYPTION_SECRET:latest
  if [ "$1" = "$API_SERVICE" ]; then
    ROLE=api RUN_AS=$API_ACCOUNT THREADS=$API_THREADS CONCURRENCY=$API_CONCURRENCY
    CPU=$API_CPU MEMORY=$API_MEMORY MIN=${API_MIN_INSTANCES:-0} MAX=${API_MAX_INSTANCES:-4}
  else
    ROLE=worker RUN_AS=$WORKER_ACCOUNT THREADS=$WORKER_THREADS CONCURRENCY=$WORKER_CONCURRENCY
    CPU=$WORKER_CPU MEMORY=$WORKER_MEMORY MIN=0
    # Every place, one for the sweep, and one each for what a rolled-out revision still finishes.
    MAX=$((2 * (MAX_RUNNING_JOBS + LIVE_PLACES) + 1))
    SECRETS+=,OPENAI_API_KEY=$OPENAI_SECRET:latest
  fi
}

#: The backend's settings that are no secret, a line each; empty ones keep their defaults.
environment() {
  local name
  printf '%s\n' "ROLE=$ROLE" "THREADS=$THREADS" "DATABASE=firestore:$DATABASE_NAME" \
    "GOOGLE_CLOUD_PROJECT=$PROJECT" "TASKS_LOCATION=$REGION" \
    "SHEETS_ACCOUNT=$SHEETS_ACCOUNT" "TASKS_INVOKER=$TASKS_ACCOUNT" "SWEEP_INVOKER=$SCHEDULER_ACCOUNT" \
    "WORKER_URL=$WORKER_ADDRESS" "WORKER_AUDIENCE=$WORKER_ADDRESS" "PUBLIC_URL=${PUBLIC_URL:-$API_ADDRESS}" \
    "LIVE_PLACES=$LIVE_PLACES" "GUNICORN_TIMEOUT_S=$GUNICORN_TIMEOUT_S" "RUN_TIMEOUT_S=$RUN_TIMEOUT_S" \
    "DISPATCH_DEADLINE_S=$DISPATCH_DEADLINE_S"
  for name in AUDIENCES ALLOWED_DOMAINS ALLOWED_EMAILS OPENAI_BASE_URL MODEL MAX_RUNNING_JOBS \
    USER_DAY_BUDGET_MICROUSD DEPLOYMENT_DAY_BUDGET_MICROUSD; do
    [ -z "${!name:-}" ] || printf '%s=%s\n' "$name" "${!name}"
  done
  [ ${#MORE_SETTINGS[@]} -eq 0 ] || printf '%s\n' "${MORE_SETTINGS[@]}"
}

#: What service $1 should be, a fact a line, as read_service.py reads it from Google.
wanted_facts() {
  of_service "$1"
  printf '%s\n' "account=$RUN_AS" "timeout=$RUN_TIMEOUT_S" "concurrency=$CONCURRENCY" "cpu=$CPU" \
    "memory=$MEMORY" "max=$MAX" "min=$MIN"
  if [ "$1" = "$WORKER_SERVICE" ]; then printf 'audience=%s\n' "$WORKER_ADDRESS"; else printf 'open=yes\n'; fi
  environment | sed 's/^/env:/'
  tr ',' '\n' <<<"$SECRETS" | sed 's/^/secret:/'
}

facts() {
  gcloud run services describe "$1" --region="$REGION" --format=json | python3 "$INFRA/read_service.py"
}

settings_of_facts() { sed -E '/^(image|serving)=/d' | LC_ALL=C sort; }

services_there() { gcloud run services list --region="$REGION" --format='value(metadata.name)'; }

find_addresses() {
  API_ADDRESS=$(address_of "$API_SERVICE")
  WORKER_ADDRESS=$(address_of "$WORKER_SERVICE")
}

#: Puts IMAGE and the settings into service $1; $2… go to gcloud as well.
deploy_service() {
  local service=$1
  shift
  of_service "$service"
  # Values hold commas; a bar stands between them.
  change "service $service: $IMAGE" gcloud run deploy "$service" --region="$REGION" --image="$IMAGE" \
    --service-account="$RUN_AS" --set-env-vars="^|^$(environment | paste -sd '|' -)" --set-secrets="$SECRETS" \
    --timeout="$RUN_TIMEOUT_S" --concurrency="$CONCURRENCY" --cpu="$CPU" --memory="$MEMORY" --cpu-boost \
    --max-instances="$MAX" --min-instances="$MIN" \
    --startup-probe=httpGet.path=/healthz,periodSeconds=2,timeoutSeconds=2,failureThreshold=60 \
    --liveness-probe=httpGet.path=/healthz,periodSeconds=30,timeoutSeconds=10,failureThreshold=4 "$@"
}

#: Whether service $1 is as the settings want it and runs IMAGE.
is_current() {
  local wanted
  wanted=$(wanted_facts "$1" | LC_ALL=C sort)
  [ "$(settings_of_facts <<<"$2")" = "$wanted" ] && has_line "image=$IMAGE" <<<"$2"
}

apply_services() {
  local have service now flags waiting=0
  find_addresses
  have=$(services_there)
  for service in "${SERVICES[@]}"; do
    # The api checks every caller itself. A grant to allUsers would do the same, but most organisations forbid it.
    flags=(--no-invoker-iam-check)
    # What Cloud Tasks' tokens are meant for: named here, so that nothing rests on which address Google shows.
    [ "$service" = "$API_SERVICE" ] || flags=(--invoker-iam-check "--set-custom-audiences=$WORKER_ADDRESS")
    if ! has_line "$service" <<<"$have"; then
      # Cloud Run refuses --no-traffic for a service that does not exist yet.
      deploy_service "$service" "${flags[@]}" --no-allow-unauthenticated
      continue
    fi
    now=$(facts "$service")
    if ! is_current "$service" "$now"; then
      deploy_service "$service" "${flags[@]}" --no-traffic --tag=candidate
      waiting=1
    elif ! has_line serving=newest <<<"$now"; then
      waiting=1
    fi
  done
  each_service_grant grant
  "$INFRA/roll_out.sh" smoke
  [ "$waiting" = 0 ] || "$INFRA/roll_out.sh" shift
}

each_service_grant() {
  local service
  "$1" "service:$WORKER_SERVICE" roles/run.invoker "serviceAccount:$TASKS_ACCOUNT"
  "$1" "service:$WORKER_SERVICE" roles/run.invoker "serviceAccount:$SCHEDULER_ACCOUNT"
  for service in "${SERVICES[@]}"; do
    "$1" "service:$service" roles/run.developer "serviceAccount:$BUILD_ACCOUNT"
  done
}

check_services() {
  local have service now wanted line gone=0
  find_addresses
  have=$(services_there)
  for service in "${SERVICES[@]}"; do
    has_line "$service" <<<"$have" || {
      missing "Cloud Run service $service"
      gone=1
      continue
    }
    now=$(facts "$service") wanted=$(wanted_facts "$service")
    while read -r line; do
      has_line "$line" <<<"$now" || differs "$service should have $line"
    done <<<"$wanted"
    while read -r line; do
      has_line "$line" <<<"$wanted" || differs "$service has $line, which no setting asks for"
    done < <(settings_of_facts <<<"$now")
    has_line serving=newest <<<"$now" || differs "$service does not serve its newest revision"
  done
  [ "$gone" = 0 ] || return 0
  each_service_grant check_grant
  check_callers
}

#: Nobody but the two accounts may call the worker.
check_callers() {
  local callers caller
  policy_of "service:$WORKER_SERVICE"
  callers=$(gcloud "${GROUP[@]}" get-iam-policy "${WHERE[@]}" --flatten='bindings[].members' \
    --filter='bindings.role=roles/run.invoker' --format='value(bindings.members)')
  for caller in $callers; do
    case $caller in
      "serviceAccount:$TASKS_ACCOUNT" | "serviceAccount:$SCHEDULER_ACCOUNT") ;;
      *) differs "$caller may call $WORKER_SERVICE" ;;
    esac
  done
}

remove_services() {
  local have service
  have=$(services_there)
  for service in "${SERVICES[@]}"; do
    ! has_line "$service" <<<"$have" ||
      change "service $service goes" gcloud run services delete "$service" --region="$REGION"
  done
}
