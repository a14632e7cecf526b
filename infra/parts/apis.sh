# shellcheck shell=bash
# The Google APIs that the project needs. A teardown leaves them on: others may use them, and they cost nothing.

APIS=(
  artifactregistry.googleapis.com
  cloudbuild.googleapis.com
  cloudscheduler.googleapis.com
  cloudtasks.googleapis.com
  firestore.googleapis.com
  iam.googleapis.com
  iamcredentials.googleapis.com
  logging.googleapis.com
  run.googleapis.com
  secretmanager.googleapis.com
  sheets.googleapis.com
  storage.googleapis.com
)

apis_off() {
  local on api
  on=$(gcloud services list --enabled --format='value(config.name)')
  for api in "${APIS[@]}"; do
    has_line "$api" <<<"$on" || printf '%s\n' "$api"
  done
}

apply_apis() {
  local off
  off=$(apis_off)
  [ -n "$off" ] || return 0
  # Word splitting is meant: one command switches all of them on.
  # shellcheck disable=SC2086
  change "switch on: $(tr '\n' ' ' <<<"$off")" gcloud services enable $off
}

check_apis() {
  local off api
  off=$(apis_off)
  for api in $off; do missing "API $api"; done
}

remove_apis() { :; }
