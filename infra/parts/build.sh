# shellcheck shell=bash
# Where images are kept, where sources wait for their build, and the build of one image for both services.

repositories_there() {
  gcloud artifacts repositories list --location="$REGION" --format='value(name.basename())'
}
buckets_there() { gcloud storage buckets list --format='value(name.basename())'; }

each_build_grant() {
  "$1" "repository:$REPOSITORY" roles/artifactregistry.writer "serviceAccount:$BUILD_ACCOUNT"
  "$1" "bucket:$BUILD_BUCKET" roles/storage.objectViewer "serviceAccount:$BUILD_ACCOUNT"
}

apply_build() {
  local have
  have=$(repositories_there)
  has_line "$REPOSITORY" <<<"$have" ||
    change "image repository $REPOSITORY" gcloud artifacts repositories create "$REPOSITORY" \
      --location="$REGION" --repository-format=docker --description='Rowmill: images'
  have=$(buckets_there)
  has_line "${BUILD_BUCKET#gs://}" <<<"$have" ||
    change "bucket $BUILD_BUCKET" gcloud storage buckets create "$BUILD_BUCKET" --location="$REGION" \
      --uniform-bucket-level-access --public-access-prevention
  each_build_grant grant
  [ -n "${IMAGE:-}" ] || {
    choose_image
    image_is_there || build_image
  }
}

#: Names IMAGE after the sources: their commit, and what stands beside it.
choose_image() {
  local tag changes
  tag=$(git -C "$INFRA/.." rev-parse --short=12 HEAD 2>/dev/null) ||
    fail "this is no git checkout: name an IMAGE to deploy."
  changes=$(cd "$INFRA/.." && git diff HEAD && git ls-files -z --others --exclude-standard | xargs -0r cat)
  [ -z "$changes" ] || tag=$tag-$(sha256sum <<<"$changes" | cut -c 1-8)
  IMAGE=$IMAGE_PATH:$tag
}

image_is_there() {
  local tags
  tags=$(gcloud artifacts docker images list "${IMAGE_PATH%/*}" --include-tags --format='value(tags)') || exit
  tr ',; ' '\n' <<<"$tags" | has_line "${IMAGE##*:}"
}

build_image() {
  change "build $IMAGE (checks and tests first; some minutes)" gcloud builds submit "$INFRA/.." \
    --config="$INFRA/../cloudbuild.yaml" --gcs-source-staging-dir="$BUILD_BUCKET/source" \
    --substitutions="_REGION=$REGION,_TAG=${IMAGE##*:},_ROLL_OUT=no"
}

check_build() {
  local have gone=0
  have=$(repositories_there)
  has_line "$REPOSITORY" <<<"$have" || { missing "image repository $REPOSITORY" && gone=1; }
  have=$(buckets_there)
  has_line "${BUILD_BUCKET#gs://}" <<<"$have" || { missing "bucket $BUILD_BUCKET" && gone=1; }
  [ "$gone" = 1 ] || each_build_grant check_grant
}

remove_build() {
  local have
  have=$(repositories_there)
  ! has_line "$REPOSITORY" <<<"$have" ||
    change "image repository $REPOSITORY goes, with every image" gcloud artifacts repositories delete \
      "$REPOSITORY" --location="$REGION"
  have=$(buckets_there)
  ! has_line "${BUILD_BUCKET#gs://}" <<<"$have" ||
    change "bucket $BUILD_BUCKET goes" gcloud storage rm --recursive "$BUILD_BUCKET"
}
