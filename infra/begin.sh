# shellcheck shell=bash disable=SC2034  # sourced: each name is used by another file
# What every script begins with: strictness, names, settings, and how the scripts speak.

set -euo pipefail
# Without this a failure inside $(…) goes unseen.
shopt -s inherit_errexit 2>/dev/null || {
  echo 'These scripts need bash 4.4 or newer (macOS: brew install bash; or use Cloud Shell).' >&2
  exit 1
}

INFRA=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly INFRA
# shellcheck source=infra/names.sh
. "$INFRA/names.sh"

#: One line to a person; standard output stays free for what is asked for.
say() { printf '%s\n' "$*" >&2; }
step() { say "== $*"; }
fail() {
  say "Stopped: $*"
  exit 1
}

#: Tells what is about to change, and changes it.
change() {
  say "   $1"
  shift
  "$@"
}

# Cloud Build brings PROJECT and REGION in the environment; a person has them in settings.sh.
SETTINGS_FILE=${SETTINGS_FILE:-$INFRA/settings.sh}
if [ -f "$SETTINGS_FILE" ]; then
  # The example holds the defaults.
  # shellcheck source=infra/settings.example.sh
  . "$INFRA/settings.example.sh"
  # shellcheck source=infra/settings.example.sh
  . "$SETTINGS_FILE"
elif [ -z "${PROJECT:-}" ]; then
  fail "there is no $SETTINGS_FILE. Copy infra/settings.example.sh there and fill it in."
fi
[ -n "${PROJECT:-}" ] || fail "PROJECT is empty in $SETTINGS_FILE."
[ -n "${REGION:-}" ] || fail "REGION is empty in $SETTINGS_FILE."

# gcloud reads these, so no command has to repeat them; it never stops to ask.
export CLOUDSDK_CORE_PROJECT=$PROJECT CLOUDSDK_CORE_DISABLE_PROMPTS=1

account() { printf '%s@%s.iam.gserviceaccount.com' "$1" "$PROJECT"; }
SHEETS_ACCOUNT=$(account rowmill-sheets)
API_ACCOUNT=$(account rowmill-api)
WORKER_ACCOUNT=$(account rowmill-worker)
TASKS_ACCOUNT=$(account rowmill-tasks)
SCHEDULER_ACCOUNT=$(account rowmill-scheduler)
BUILD_ACCOUNT=$(account rowmill-build)
readonly SHEETS_ACCOUNT API_ACCOUNT WORKER_ACCOUNT TASKS_ACCOUNT SCHEDULER_ACCOUNT BUILD_ACCOUNT

IMAGE_PATH=$REGION-docker.pkg.dev/$PROJECT/$REPOSITORY/rowmill
BUILD_BUCKET=gs://$PROJECT-rowmill-build
readonly IMAGE_PATH BUILD_BUCKET

#: Whether standard input has the line $1.
has_line() { grep -Fxq -- "$1"; }

#: Google's own address of service $1 (with $2, of the revision tagged so): it can be told beforehand.
address_of() {
  if [ -z "${PROJECT_NUMBER:-}" ]; then
    PROJECT_NUMBER=$(gcloud projects describe "$PROJECT" --format='value(projectNumber)')
  fi
  printf 'https://%s%s-%s.%s.run.app' "${2:+$2---}" "$1" "$PROJECT_NUMBER" "$REGION"
}

#: doctor.sh counts what the checks find.
FOUND=0
missing() {
  say "   missing: $*"
  FOUND=$((FOUND + 1))
}
differs() {
  say "   differs: $*"
  FOUND=$((FOUND + 1))
}
