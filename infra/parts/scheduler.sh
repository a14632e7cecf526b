# shellcheck shell=bash
# Cloud Scheduler calls the worker's sweep every minute: it starts, re-enqueues, verifies and cleans up.

sweep_there() {
  local jobs
  jobs=$(gcloud scheduler jobs list --location="$REGION" --format='value(name.basename())') || exit
  has_line "$SWEEP_JOB" <<<"$jobs"
}

sweep_flags() {
  find_addresses
  SWEEP_FLAGS=(
    "--location=$REGION"
    "--schedule=$SWEEP_SCHEDULE"
    --time-zone=Etc/UTC
    "--uri=$WORKER_ADDRESS/tasks/sweep"
    --http-method=POST
    "--oidc-service-account-email=$SCHEDULER_ACCOUNT"
    "--oidc-token-audience=$WORKER_ADDRESS"
    "--attempt-deadline=${SWEEP_DEADLINE_S}s"
    # The next minute tries again anyway.
    --max-retry-attempts=0
  )
}

sweep_settings() {
  gcloud scheduler jobs describe "$SWEEP_JOB" --location="$REGION" --format='value(
    schedule, httpTarget.uri, httpTarget.oidcToken.serviceAccountEmail, httpTarget.oidcToken.audience,
    attemptDeadline)' | tr '\t' '|'
}

wanted_sweep() {
  printf '%s|%s|%s|%s|%ss\n' "$SWEEP_SCHEDULE" "$WORKER_ADDRESS/tasks/sweep" "$SCHEDULER_ACCOUNT" \
    "$WORKER_ADDRESS" "$SWEEP_DEADLINE_S"
}

apply_scheduler() {
  local now wanted
  sweep_flags
  if ! sweep_there; then
    change "schedule $SWEEP_JOB" gcloud scheduler jobs create http "$SWEEP_JOB" "${SWEEP_FLAGS[@]}"
    return
  fi
  now=$(sweep_settings) wanted=$(wanted_sweep)
  [ "$now" = "$wanted" ] ||
    change "schedule $SWEEP_JOB gets its settings" gcloud scheduler jobs update http "$SWEEP_JOB" \
      "${SWEEP_FLAGS[@]}"
}

check_scheduler() {
  local now wanted state
  find_addresses
  sweep_there || {
    missing "schedule $SWEEP_JOB"
    return
  }
  now=$(sweep_settings) wanted=$(wanted_sweep)
  [ "$now" = "$wanted" ] || differs "schedule $SWEEP_JOB has $now; wanted $wanted"
  # Somebody may have stopped it on purpose: said, and left to a person, as with a paused queue.
  state=$(gcloud scheduler jobs describe "$SWEEP_JOB" --location="$REGION" --format='value(state)')
  [ "$state" = ENABLED ] ||
    differs "schedule $SWEEP_JOB is $state: gcloud scheduler jobs resume $SWEEP_JOB --location=$REGION"
}

remove_scheduler() {
  ! sweep_there ||
    change "schedule $SWEEP_JOB goes" gcloud scheduler jobs delete "$SWEEP_JOB" --location="$REGION"
}
