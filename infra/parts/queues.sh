# shellcheck shell=bash
# The two queues of Cloud Tasks: background jobs share MAX_RUNNING_JOBS places, live runs have their own.

QUEUES=("$BACKGROUND_QUEUE" "$LIVE_QUEUE")

places_of() { if [ "$1" = "$LIVE_QUEUE" ]; then printf '%s' "$LIVE_PLACES"; else printf '%s' "$MAX_RUNNING_JOBS"; fi; }

queue_flags() {
  QUEUE_FLAGS=(
    "--location=$REGION"
    "--max-concurrent-dispatches=$(places_of "$1")"
    "--max-dispatches-per-second=$TASK_MAX_PER_SECOND"
    "--max-attempts=$TASK_MAX_ATTEMPTS"
    "--max-retry-duration=${TASK_MAX_RETRY_S}s"
    "--min-backoff=${TASK_MIN_BACKOFF_S}s"
    "--max-backoff=${TASK_MAX_BACKOFF_S}s"
    "--max-doublings=$TASK_MAX_DOUBLINGS"
  )
}

queues_there() { gcloud tasks queues list --location="$REGION" --format='value(name.basename())'; }

#: Seconds come as "60s", "60.000s" or "0.100s".
queue_settings() {
  gcloud tasks queues describe "$1" --location="$REGION" --format='value(
    rateLimits.maxConcurrentDispatches, rateLimits.maxDispatchesPerSecond, retryConfig.maxAttempts,
    retryConfig.maxRetryDuration, retryConfig.minBackoff, retryConfig.maxBackoff, retryConfig.maxDoublings)' |
    tr '\t' ' ' | sed -E 's/\.0+(s| |$)/\1/g'
}

wanted_settings() {
  printf '%s %s %s %ss %ss %ss %s\n' "$(places_of "$1")" "$TASK_MAX_PER_SECOND" "$TASK_MAX_ATTEMPTS" \
    "$TASK_MAX_RETRY_S" "$TASK_MIN_BACKOFF_S" "$TASK_MAX_BACKOFF_S" "$TASK_MAX_DOUBLINGS"
}

queue_state() { gcloud tasks queues describe "$1" --location="$REGION" --format='value(state)'; }

each_queue_grant() {
  local service
  for service in "$API_ACCOUNT" "$WORKER_ACCOUNT"; do
    "$1" "queue:$2" roles/cloudtasks.enqueuer "serviceAccount:$service"
  done
}

apply_queues() {
  local have queue now wanted
  have=$(queues_there)
  for queue in "${QUEUES[@]}"; do
    queue_flags "$queue"
    if ! has_line "$queue" <<<"$have"; then
      change "queue $queue" gcloud tasks queues create "$queue" "${QUEUE_FLAGS[@]}"
    else
      now=$(queue_settings "$queue") wanted=$(wanted_settings "$queue")
      [ "$now" = "$wanted" ] ||
        change "queue $queue gets its limits" gcloud tasks queues update "$queue" "${QUEUE_FLAGS[@]}"
    fi
    each_queue_grant grant "$queue"
  done
}

check_queues() {
  local have queue state now wanted
  have=$(queues_there)
  for queue in "${QUEUES[@]}"; do
    has_line "$queue" <<<"$have" || {
      missing "queue $queue"
      continue
    }
    now=$(queue_settings "$queue") wanted=$(wanted_settings "$queue")
    [ "$now" = "$wanted" ] || differs "queue $queue has $now; wanted $wanted"
    state=$(queue_state "$queue")
    [ "$state" = RUNNING ] || differs "queue $queue is $state: gcloud tasks queues resume $queue --location=$REGION"
    each_queue_grant check_grant "$queue"
  done
}

remove_queues() {
  local have queue
  have=$(queues_there)
  for queue in "${QUEUES[@]}"; do
    ! has_line "$queue" <<<"$have" ||
      change "queue $queue goes (its name stays taken for some days)" gcloud tasks queues delete "$queue" \
        --location="$REGION"
  done
}
