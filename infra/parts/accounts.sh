# shellcheck shell=bash
# Six service accounts, each with the least it needs. None has a key: Google's machines sign for them.

ACCOUNTS=(
  "$SHEETS_ACCOUNT=Rowmill: spreadsheets are shared with this one"
  "$API_ACCOUNT=Rowmill: runs the api"
  "$WORKER_ACCOUNT=Rowmill: runs the worker"
  "$TASKS_ACCOUNT=Rowmill: Cloud Tasks calls the worker as this one"
  "$SCHEDULER_ACCOUNT=Rowmill: Cloud Scheduler calls the worker as this one"
  "$BUILD_ACCOUNT=Rowmill: Cloud Build tests, builds and rolls out as this one"
)

# Documents of our own database alone.
DATABASE_ONLY="expression=resource.name==\"projects/$PROJECT/databases/$DATABASE_NAME\",title=rowmill-database"

#: Calls `$1 resource role member [condition]` for each role that needs nothing but accounts.
each_account_grant() {
  local service
  for service in "$API_ACCOUNT" "$WORKER_ACCOUNT"; do
    "$1" "project:$PROJECT" roles/datastore.user "serviceAccount:$service" "$DATABASE_ONLY"
    # It reads and writes spreadsheets as the one account that they are shared with.
    "$1" "account:$SHEETS_ACCOUNT" roles/iam.serviceAccountTokenCreator "serviceAccount:$service"
    # A task that is to be signed by an account needs the right to act as it.
    "$1" "account:$TASKS_ACCOUNT" roles/iam.serviceAccountUser "serviceAccount:$service"
    "$1" "account:$service" roles/iam.serviceAccountUser "serviceAccount:$BUILD_ACCOUNT"
  done
  "$1" "project:$PROJECT" roles/logging.logWriter "serviceAccount:$BUILD_ACCOUNT"
  # The smoke test calls the worker the way Cloud Scheduler does.
  "$1" "account:$SCHEDULER_ACCOUNT" roles/iam.serviceAccountOpenIdTokenCreator "serviceAccount:$BUILD_ACCOUNT"
}

#: Who runs this script, as IAM writes them.
deployer() {
  local email
  email=$(gcloud config get-value account 2>/dev/null)
  [ -n "$email" ] || fail "nobody is signed in: run gcloud auth login."
  case $email in
    *.gserviceaccount.com) printf 'serviceAccount:%s' "$email" ;;
    *) printf 'user:%s' "$email" ;;
  esac
}

apply_accounts() {
  local have entry email
  have=$(gcloud iam service-accounts list --format='value(email)')
  for entry in "${ACCOUNTS[@]}"; do
    email=${entry%%=*}
    has_line "$email" <<<"$have" ||
      change "service account $email" gcloud iam service-accounts create "${email%%@*}" \
        "--display-name=${entry#*=}"
  done
  each_account_grant grant
  grant "account:$SCHEDULER_ACCOUNT" roles/iam.serviceAccountOpenIdTokenCreator "$(deployer)"
}

check_accounts() {
  local have entry email gone=0
  have=$(gcloud iam service-accounts list --format='value(email)')
  for entry in "${ACCOUNTS[@]}"; do
    email=${entry%%=*}
    has_line "$email" <<<"$have" || { missing "service account $email" && gone=1; }
  done
  [ "$gone" = 1 ] || each_account_grant check_grant
}

remove_accounts() {
  local have entry email
  have=$(gcloud iam service-accounts list --format='value(email)')
  for entry in "$API_ACCOUNT" "$WORKER_ACCOUNT"; do
    revoke "project:$PROJECT" roles/datastore.user "serviceAccount:$entry" "$DATABASE_ONLY"
  done
  revoke "project:$PROJECT" roles/logging.logWriter "serviceAccount:$BUILD_ACCOUNT"
  for entry in "${ACCOUNTS[@]}"; do
    email=${entry%%=*}
    # What others may do with an account goes with it.
    ! has_line "$email" <<<"$have" ||
      change "service account $email goes" gcloud iam service-accounts delete "$email"
  done
}
