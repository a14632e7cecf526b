# shellcheck shell=bash
# Secrets: values come from standard input or from the random source, go to Google through standard input,
# and never stand on a command line, in a file or in a message.

OUR_SECRETS=("$OPENAI_SECRET" "$SIGNING_SECRET" "$ENCRYPTION_SECRET")

secrets_there() { gcloud secrets list --format='value(name.basename())'; }

has_value() {
  local versions
  versions=$(gcloud secrets versions list "$1" --filter='state=ENABLED' --format='value(name.basename())') || exit
  [ -n "$versions" ]
}

#: Reads one line, unseen where a person types it, into VALUE.
read_value() {
  VALUE=
  if [ -t 0 ]; then
    read -rsp "$1: " VALUE || true
    printf '\n' >&2
  else
    read -r VALUE || true
  fi
  [ -n "$VALUE" ] || fail "no $1 came on standard input. Give it like this: infra/deploy.sh < key.txt"
}

random_value() { head -c 36 /dev/urandom | base64 | tr '+/' '-_' | tr -d '\n'; }

#: Adds what comes on standard input as the newest version of secret $1.
add_version() { change "a value for secret $1" gcloud secrets versions add "$1" --data-file=- --format=none; }

each_secret_grant() {
  local secret
  for secret in "$SIGNING_SECRET" "$ENCRYPTION_SECRET"; do
    "$1" "secret:$secret" roles/secretmanager.secretAccessor "serviceAccount:$API_ACCOUNT"
    "$1" "secret:$secret" roles/secretmanager.secretAccessor "serviceAccount:$WORKER_ACCOUNT"
  done
  # The api asks no model with the deployment's key, and does not get it.
  "$1" "secret:$OPENAI_SECRET" roles/secretmanager.secretAccessor "serviceAccount:$WORKER_ACCOUNT"
}

apply_secrets() {
  local have secret
  have=$(secrets_there)
  for secret in "${OUR_SECRETS[@]}"; do
    has_line "$secret" <<<"$have" ||
      change "secret $secret" gcloud secrets create "$secret" --replication-policy=user-managed --locations="$REGION"
  done
  for secret in "$SIGNING_SECRET" "$ENCRYPTION_SECRET"; do
    has_value "$secret" || random_value | add_version "$secret"
  done
  if ! has_value "$OPENAI_SECRET"; then
    read_value "key of the model's provider"
    printf '%s' "$VALUE" | add_version "$OPENAI_SECRET"
  fi
  VALUE=
  each_secret_grant grant
}

check_secrets() {
  local have secret gone=0
  have=$(secrets_there)
  for secret in "${OUR_SECRETS[@]}"; do
    if ! has_line "$secret" <<<"$have"; then
      missing "secret $secret"
      gone=1
    elif ! has_value "$secret"; then
      missing "a value of secret $secret"
    fi
  done
  [ "$gone" = 1 ] || each_secret_grant check_grant
}

remove_secrets() {
  local have secret
  have=$(secrets_there)
  for secret in "${OUR_SECRETS[@]}"; do
    ! has_line "$secret" <<<"$have" || change "secret $secret goes" gcloud secrets delete "$secret"
  done
}
