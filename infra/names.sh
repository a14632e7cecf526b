# shellcheck shell=bash disable=SC2034  # sourced: each name is used by another file
# Names and limits that the deployment and the code share: tests/infra/test_names.py holds them equal to
# backend/config.py. What an operator chooses stands in settings.sh.

# Queues, as backend/config.py calls them.
readonly BACKGROUND_QUEUE=rowmill-background
readonly LIVE_QUEUE=rowmill-live
readonly LIVE_PLACES=1

# Seconds until each gives a request up: gunicorn < Cloud Run < Cloud Tasks.
readonly GUNICORN_TIMEOUT_S=240
readonly RUN_TIMEOUT_S=300
readonly DISPATCH_DEADLINE_S=330

# A failed delivery is tried again a few times within about a minute and then dropped: the sweep, not the
# queue, guarantees progress, and a task that is tried for hours only hides what is wrong.
readonly TASK_MAX_ATTEMPTS=6
readonly TASK_MAX_RETRY_S=60
readonly TASK_MIN_BACKOFF_S=1
readonly TASK_MAX_BACKOFF_S=10
readonly TASK_MAX_DOUBLINGS=4
readonly TASK_MAX_PER_SECOND=10

readonly SWEEP_SCHEDULE='* * * * *'
readonly SWEEP_DEADLINE_S=120

readonly API_SERVICE=rowmill-api
readonly WORKER_SERVICE=rowmill-worker
readonly SWEEP_JOB=rowmill-sweep
# A database of our own, so that a teardown never meets another application's documents.
readonly DATABASE_NAME=rowmill
readonly REPOSITORY=rowmill
readonly OPENAI_SECRET=rowmill-openai-api-key
readonly SIGNING_SECRET=rowmill-signing-keys
readonly ENCRYPTION_SECRET=rowmill-encryption-keys

# Open sidebars wait in a thread each; Cloud Run sends fewer, so that a probe always finds one free.
readonly API_THREADS=64
readonly API_CONCURRENCY=60
# A batch fills one processor: each running job gets an instance of its own.
readonly WORKER_THREADS=8
readonly WORKER_CONCURRENCY=1

readonly API_CPU=1 API_MEMORY=1Gi
readonly WORKER_CPU=2 WORKER_MEMORY=2Gi
