# shellcheck shell=bash
# One image for both services, built from the sources as they stand here.

apply_image() {
  [ -z "${IMAGE:-}" ] || return 0
  choose_image
  image_is_there || build_image
}

#: Names IMAGE after the sources: their commit, and what stands beside it.
choose_image() {
  local tag changes
  tag=$(git -C "$INFRA/.." rev-parse --short=12 HEAD 2>/dev/null) ||
    fail "this is no git checkout: name an IMAGE to deploy."
  changes=$(cd "$INFRA/.." && git diff HEAD && git ls-files -z --others --exclude-standard | xargs -0r cat)
  [ -z "$changes" ] || tag=$tag-$(git hash-object --stdin <<<"$changes" | cut -c 1-8)
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

#: A roll-out or a way back that stopped half way leaves two versions that were never tried together.
check_image() {
  local have service image images=
  have=$(services_there)
  for service in "${SERVICES[@]}"; do
    has_line "$service" <<<"$have" || return 0
    image=$(facts "$service" | sed -n 's/^image=//p')
    [ -z "$images" ] || [ "$images" = "$image" ] || differs "${SERVICES[0]} has $images, and $service has $image"
    images=$image
  done
}

# Images go with their repository.
remove_image() { :; }
