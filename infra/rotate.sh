#!/usr/bin/env bash
# Gives a secret a new value; both services start anew with it.
#
#   infra/rotate.sh openai-key < key.txt   another key of the model's provider
#   infra/rotate.sh signing-keys           a new key signs; the one before it still counts, until the next time
#   infra/rotate.sh encryption-keys        a new key seals; all before it still open what they sealed

# shellcheck source=infra/begin.sh
. "$(dirname "${BASH_SOURCE[0]}")/begin.sh"
# shellcheck source=infra/parts/secrets.sh
. "$INFRA/parts/secrets.sh"

case ${1:-} in
  openai-key)
    read_value "key of the model's provider"
    printf '%s' "$VALUE" | add_version "$OPENAI_SECRET"
    ;;
  signing-keys)
    before=$(gcloud secrets versions access latest --secret="$SIGNING_SECRET")
    printf '%s,%s' "$(random_value)" "${before%%,*}" | add_version "$SIGNING_SECRET"
    ;;
  encryption-keys)
    before=$(gcloud secrets versions access latest --secret="$ENCRYPTION_SECRET")
    printf '%s,%s' "$(random_value)" "$before" | add_version "$ENCRYPTION_SECRET"
    ;;
  *) fail "say openai-key, signing-keys or encryption-keys." ;;
esac

# An instance reads its secrets when it starts; a new revision makes all of them start.
for service in "$WORKER_SERVICE" "$API_SERVICE"; do
  change "$service starts anew" gcloud run services update "$service" --region="$REGION" \
    "--update-labels=secrets-of=$(date -u +%Y%m%d-%H%M%S)"
done
