# shellcheck shell=bash
# The Firestore database, with the indexes and the expiry policies of infra/firestore.indexes.json.

database_exists() {
  local names
  names=$(gcloud firestore databases list --format='value(name.basename())') || exit
  has_line "$DATABASE_NAME" <<<"$names"
}

database_protection() {
  gcloud firestore databases describe --database="$DATABASE_NAME" --format='value(deleteProtectionState)'
}

#: What $1 (composite, ttl or field) of firestore.indexes.json the database lacks: a command's words a line.
lacking() {
  local have
  case $1 in
    composite) have=$(gcloud firestore indexes composite list --database="$DATABASE_NAME" --format=json) ;;
    ttl) have=$(gcloud firestore fields ttls list --database="$DATABASE_NAME" --format=json) ;;
    field) have=$(gcloud firestore indexes fields list --database="$DATABASE_NAME" --format=json) ;;
  esac
  python3 "$INFRA/firestore_indexes.py" "$1" "$INFRA/firestore.indexes.json" <<<"$have"
}

#: Runs the command $3… once for each line of what is lacking of kind $1, which $2 names.
settle() {
  local lines line words kind=$1 what=$2
  shift 2
  lines=$(lacking "$kind")
  [ -n "$lines" ] || return 0
  # Two changes of one field at the same time are refused.
  wait_while 'changes of the database' changes_under_way
  mapfile -t lines <<<"$lines"
  for line in "${lines[@]}"; do
    read -ra words <<<"$line"
    # They are built at the same time; waiting for one after another would take most of an hour.
    change "$what $line" "$@" "${words[@]}" --database="$DATABASE_NAME" --async
  done
}

apply_database() {
  database_exists ||
    change "database $DATABASE_NAME in $REGION" gcloud firestore databases create \
      --database="$DATABASE_NAME" --location="$REGION" --type=firestore-native --delete-protection
  [ "$(database_protection)" = DELETE_PROTECTION_ENABLED ] ||
    change "database $DATABASE_NAME is protected against deletion" gcloud firestore databases update \
      --database="$DATABASE_NAME" --delete-protection
  settle composite index gcloud firestore indexes composite create
  settle field 'no index' gcloud firestore indexes fields update
  settle ttl expiry gcloud firestore fields ttls update
  # A query whose index is not ready fails; the rest may go on by itself.
  wait_while indexes indexes_being_built
}

indexes_being_built() {
  gcloud firestore indexes composite list --database="$DATABASE_NAME" --filter='state!=READY' \
    --format='value(name.basename())'
}

changes_under_way() {
  local all
  all=$(gcloud firestore operations list --database="$DATABASE_NAME" --format='value(name.basename(),done)')
  grep -v $'\tTrue$' <<<"$all" | grep . || true
}

#: Waits for $1 while the command $2 names some; on an empty database that takes some minutes.
wait_while() {
  local left tries=0
  left=$("$2")
  while [ -n "$left" ]; do
    tries=$((tries + 1))
    [ $tries -le 120 ] || fail "$1 are still under way after 20 minutes; run this again later."
    say "   waiting for $1: $(wc -l <<<"$left")"
    sleep "${POLL_S:-10}"
    left=$("$2")
  done
}

check_database() {
  local kind lines line building
  database_exists || {
    missing "Firestore database $DATABASE_NAME"
    return
  }
  [ "$(database_protection)" = DELETE_PROTECTION_ENABLED ] ||
    differs "database $DATABASE_NAME is not protected against deletion"
  for kind in composite field ttl; do
    lines=$(lacking $kind)
    while read -r line; do [ -z "$line" ] || missing "Firestore $kind setting $line"; done <<<"$lines"
  done
  building=$(indexes_being_built)
  [ -z "$building" ] || differs "Firestore indexes are still being built: $(tr '\n' ' ' <<<"$building")"
}

remove_database() {
  database_exists || return 0
  change "database $DATABASE_NAME gives up its protection" gcloud firestore databases update \
    --database="$DATABASE_NAME" --no-delete-protection
  change "database $DATABASE_NAME goes, with every job and result" gcloud firestore databases delete \
    --database="$DATABASE_NAME"
}
