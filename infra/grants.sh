# shellcheck shell=bash
# Who may do what on one resource. A resource is written `kind:name`; each kind has its own gcloud commands.

#: The commands' words for the resource $1, in GROUP and WHERE.
policy_of() {
  local kind=${1%%:*} name=${1#*:}
  case $kind in
    project) GROUP=(projects) WHERE=("$name") ;;
    account) GROUP=(iam service-accounts) WHERE=("$name") ;;
    queue) GROUP=(tasks queues) WHERE=("$name" "--location=$REGION") ;;
    secret) GROUP=(secrets) WHERE=("$name") ;;
    repository) GROUP=(artifacts repositories) WHERE=("$name" "--location=$REGION") ;;
    bucket) GROUP=(storage buckets) WHERE=("$name") ;;
    service) GROUP=(run services) WHERE=("$name" "--region=$REGION") ;;
    *) fail "no such kind of resource: $kind" ;;
  esac
}

#: Whether member $3 has role $2 on resource $1.
is_granted() {
  local held
  policy_of "$1"
  held=$(gcloud "${GROUP[@]}" get-iam-policy "${WHERE[@]}" --flatten='bindings[].members' \
    --format='value(bindings.role,bindings.members)') || exit
  has_line "$2"$'\t'"$3" <<<"$held"
}

#: Roles on a project are asked for without a condition unless $4 gives one.
condition_for() {
  CONDITION=()
  case $1 in project:* | secret:* | bucket:*) CONDITION=("--condition=${2:-None}") ;; esac
}

#: Gives member $3 the role $2 on resource $1, under condition $4, unless it has it.
grant() {
  is_granted "$1" "$2" "$3" && return 0
  policy_of "$1"
  condition_for "$1" "${4:-}"
  change "$3 becomes $2 on $1" once_known gcloud "${GROUP[@]}" add-iam-policy-binding "${WHERE[@]}" \
    "--member=$3" "--role=$2" "${CONDITION[@]}" --format=none
}

#: Runs a command again while Google does not know an account yet that was made a moment ago.
once_known() {
  local complaint tries=0
  until complaint=$("$@" 2>&1 >/dev/null); do
    tries=$((tries + 1))
    if [ $tries -gt 12 ] || ! grep -Eqi 'does not exist|not found' <<<"$complaint"; then
      say "$complaint"
      return 1
    fi
    say "   Google does not know it everywhere yet; again in ${POLL_S:-10} s"
    sleep "${POLL_S:-10}"
  done
}

check_grant() { is_granted "$1" "$2" "$3" || missing "$2 for $3 on $1"; }

revoke() {
  is_granted "$1" "$2" "$3" || return 0
  policy_of "$1"
  condition_for "$1" "${4:-}"
  change "$3 is no longer $2 on $1" gcloud "${GROUP[@]}" remove-iam-policy-binding "${WHERE[@]}" \
    "--member=$3" "--role=$2" "${CONDITION[@]}" --format=none
}
