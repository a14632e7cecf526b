# shellcheck shell=bash disable=SC2034  # sourced: PARTS is used by every script
# The parts of a deployment, in the order in which they need each other. Each has three verbs: apply_NAME,
# check_NAME and remove_NAME.

# shellcheck source=infra/grants.sh
. "$INFRA/grants.sh"
# shellcheck source=infra/parts/apis.sh
. "$INFRA/parts/apis.sh"
# shellcheck source=infra/parts/accounts.sh
. "$INFRA/parts/accounts.sh"
# shellcheck source=infra/parts/storage.sh
. "$INFRA/parts/storage.sh"
# shellcheck source=infra/parts/database.sh
. "$INFRA/parts/database.sh"
# shellcheck source=infra/parts/queues.sh
. "$INFRA/parts/queues.sh"
# shellcheck source=infra/parts/secrets.sh
. "$INFRA/parts/secrets.sh"
# shellcheck source=infra/parts/image.sh
. "$INFRA/parts/image.sh"
# shellcheck source=infra/parts/services.sh
. "$INFRA/parts/services.sh"
# shellcheck source=infra/parts/scheduler.sh
. "$INFRA/parts/scheduler.sh"
# shellcheck source=infra/parts/metrics.sh
. "$INFRA/parts/metrics.sh"

PARTS=(
  'apis=Google APIs of the project'
  'accounts=service accounts and their roles'
  'secrets=the keys'
  'storage=where images and sources are kept'
  'database=Firestore, its indexes and expiry'
  'queues=Cloud Tasks'
  'image=the image of both services'
  'services=Cloud Run: worker and api'
  'scheduler=the sweep, every minute'
  'metrics=log-based metrics'
)
