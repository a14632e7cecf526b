# shellcheck shell=bash disable=SC2034  # sourced: each name is used by another file
# Copy to infra/settings.sh, which git ignores, and fill in. Lists have commas between their entries.
# No secret belongs here: deploy.sh asks for the model's key, and makes the others.

# The Google Cloud project; it exists and has billing.
PROJECT=
# One region for everything; Cloud Scheduler and Cloud Tasks have to offer it.
REGION=europe-west1

# Client ids of the scripts whose users may sign in: none means nobody. `infra/audiences.sh` prints them.
AUDIENCES=
# Whose Google accounts may use this: domains, and single addresses besides. None of both means anybody.
ALLOWED_DOMAINS=
ALLOWED_EMAILS=

# Any server of OpenAI's protocol, and the model that is asked there.
OPENAI_BASE_URL=https://api.openai.com/v1
MODEL=gpt-5-nano

# Background jobs that run at once: for the code and for the queue.
MAX_RUNNING_JOBS=3
# Most that is spent in a day (UTC), in micro-dollars (1000000 is a dollar). Empty means no limit.
USER_DAY_BUDGET_MICROUSD=
DEPLOYMENT_DAY_BUDGET_MICROUSD=20000000

# Instances of the api: one serves 60 open sidebars. 1 at least avoids cold starts, and costs all day.
API_MIN_INSTANCES=0
API_MAX_INSTANCES=4

# Where browsers reach the api, when a domain of yours leads there. Empty means Google's own address.
PUBLIC_URL=

# More settings of the backend, as the README's table names them: MORE_SETTINGS=('HISTORY_DAYS=60')
MORE_SETTINGS=()
