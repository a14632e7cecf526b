# shellcheck shell=bash
# Metrics made from the log's lines: one file each in infra/metrics, named like the metric.

metric_names() {
  local file
  for file in "$INFRA"/metrics/*.yaml; do basename "$file" .yaml; done
}

metrics_there() { gcloud logging metrics list --format='value(name.basename())'; }

apply_metrics() {
  local have name
  have=$(metrics_there)
  for name in $(metric_names); do
    has_line "$name" <<<"$have" ||
      change "metric $name" gcloud logging metrics create "$name" "--config-from-file=$INFRA/metrics/$name.yaml"
  done
}

check_metrics() {
  local have name
  have=$(metrics_there)
  for name in $(metric_names); do has_line "$name" <<<"$have" || missing "metric $name"; done
}

remove_metrics() {
  local have name
  have=$(metrics_there)
  for name in $(metric_names); do
    ! has_line "$name" <<<"$have" || change "metric $name goes" gcloud logging metrics delete "$name"
  done
}
