# shellcheck shell=bash
# Metrics made from the log's lines: one file each in infra/metrics, named like the metric.

metric_names() {
  local file
  for file in "$INFRA"/metrics/*.json; do basename "$file" .json; done
}

metrics_there() { gcloud logging metrics list --format='value(name.basename())'; }

metric_file() { printf '%s/metrics/%s.json' "$INFRA" "$1"; }

#: Whether metric $1 is as its file has it.
metric_is_current() {
  local now wanted
  now=$(gcloud logging metrics describe "$1" --format=json | python3 "$INFRA/read_metric.py")
  wanted=$(python3 "$INFRA/read_metric.py" <"$(metric_file "$1")")
  [ "$now" = "$wanted" ]
}

apply_metrics() {
  local have name
  have=$(metrics_there)
  for name in $(metric_names); do
    if ! has_line "$name" <<<"$have"; then
      change "metric $name" gcloud logging metrics create "$name" "--config-from-file=$(metric_file "$name")"
    elif ! metric_is_current "$name"; then
      change "metric $name gets its definition" gcloud logging metrics update "$name" \
        "--config-from-file=$(metric_file "$name")"
    fi
  done
}

check_metrics() {
  local have name
  have=$(metrics_there)
  for name in $(metric_names); do
    if ! has_line "$name" <<<"$have"; then
      missing "metric $name"
    elif ! metric_is_current "$name"; then
      differs "metric $name is not as infra/metrics/$name.json has it"
    fi
  done
}

remove_metrics() {
  local have name
  have=$(metrics_there)
  for name in $(metric_names); do
    ! has_line "$name" <<<"$have" || change "metric $name goes" gcloud logging metrics delete "$name"
  done
}
