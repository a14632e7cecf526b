# shellcheck shell=bash
# Where images are kept, and where sources wait for their build. They are made well before the build: Google
# takes minutes until it knows new rights everywhere.

repositories_there() {
  gcloud artifacts repositories list --location="$REGION" --format='value(name.basename())'
}
buckets_there() { gcloud storage buckets list --format='value(name.basename())'; }

each_storage_grant() {
  "$1" "repository:$REPOSITORY" roles/artifactregistry.writer "serviceAccount:$BUILD_ACCOUNT"
  "$1" "bucket:$BUILD_BUCKET" roles/storage.objectViewer "serviceAccount:$BUILD_ACCOUNT"
}

apply_storage() {
  local have
  have=$(repositories_there)
  has_line "$REPOSITORY" <<<"$have" ||
    change "image repository $REPOSITORY" gcloud artifacts repositories create "$REPOSITORY" \
      --location="$REGION" --repository-format=docker --description='Rowmill: images'
  have=$(buckets_there)
  has_line "${BUILD_BUCKET#gs://}" <<<"$have" ||
    change "bucket $BUILD_BUCKET" gcloud storage buckets create "$BUILD_BUCKET" --location="$REGION" \
      --uniform-bucket-level-access --public-access-prevention
  each_storage_grant grant
}

check_storage() {
  local have gone=0
  have=$(repositories_there)
  has_line "$REPOSITORY" <<<"$have" || { missing "image repository $REPOSITORY" && gone=1; }
  have=$(buckets_there)
  has_line "${BUILD_BUCKET#gs://}" <<<"$have" || { missing "bucket $BUILD_BUCKET" && gone=1; }
  [ "$gone" = 1 ] || each_storage_grant check_grant
}

remove_storage() {
  local have
  have=$(repositories_there)
  ! has_line "$REPOSITORY" <<<"$have" ||
    change "image repository $REPOSITORY goes, with every image" gcloud artifacts repositories delete \
      "$REPOSITORY" --location="$REGION"
  have=$(buckets_there)
  ! has_line "${BUILD_BUCKET#gs://}" <<<"$have" ||
    change "bucket $BUILD_BUCKET goes" gcloud storage rm --recursive "$BUILD_BUCKET"
}
