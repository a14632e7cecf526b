"""Cloud Run in memory: revisions, tags and traffic as `gcloud run services describe` shows them."""

from __future__ import annotations

import json

from tests.infra.cloud import NUMBER, PROJECT, Cloud, Command, Doc, Refused

INVOKER_CHECK_OFF = "run.googleapis.com/invoker-iam-disabled"


def deploy(cloud: Cloud, asked: Command) -> None:
    """A new revision from what is given; what is not given stays as it is."""
    name, new = asked.name, asked.name not in cloud.services
    if new and "no-traffic" in asked.flags:
        raise Refused("--no-traffic not supported when creating a new service.")
    service = cloud.services.get(name) or _empty(name)
    template = service["spec"]["template"]
    spec, scale = template["spec"], template["metadata"]["annotations"]
    container = spec["containers"][0]
    flags = asked.flags
    container["image"] = flags.get("image", container.get("image"))
    spec["serviceAccountName"] = flags.get("service-account", spec.get("serviceAccountName"))
    if not cloud.image_exists(container["image"]):
        raise Refused(f"Image '{container['image']}' not found.")
    if spec["serviceAccountName"] not in cloud.accounts:
        raise Refused(f"Service account {spec['serviceAccountName']} does not exist.")
    if "set-env-vars" in flags or "set-secrets" in flags:
        container["env"] = [*_variables(flags["set-env-vars"]), *_secrets(cloud, asked, spec)]
    if "timeout" in flags:
        spec["timeoutSeconds"] = int(flags["timeout"])
        spec["containerConcurrency"] = int(flags["concurrency"])
        container["resources"] = {"limits": {"cpu": f"{flags['cpu']}000m", "memory": flags["memory"]}}
        scale["autoscaling.knative.dev/maxScale"] = flags["max-instances"]
        if flags["min-instances"] != "0":
            scale["autoscaling.knative.dev/minScale"] = flags["min-instances"]
    if "set-custom-audiences" in flags:
        audiences = json.dumps([flags["set-custom-audiences"]])
        service["metadata"]["annotations"]["run.googleapis.com/custom-audiences"] = audiences
    for flag, off in (("no-invoker-iam-check", "True"), ("invoker-iam-check", "False")):
        if flag in flags:
            service["metadata"]["annotations"][INVOKER_CHECK_OFF] = off
    status = service["status"]
    number = int(status.get("latestCreatedRevisionName", "-0").rpartition("-")[2]) + 1
    revision = f"{name}-{number:05d}"
    status["revisions"].insert(0, revision)
    status["latestCreatedRevisionName"] = revision
    if "no-traffic" in flags:
        serving = next(target for target in status["traffic"] if target.get("percent"))
        serving.pop("latestRevision", None)
        status["traffic"] = [serving]
    elif new or any(target.get("latestRevision") for target in status["traffic"]):
        status["traffic"] = [{"percent": 100, "revisionName": revision, "latestRevision": True}]
    if "tag" in flags:
        status["traffic"].append({"revisionName": revision, "tag": flags["tag"]})
    cloud.services[name] = service


def is_open(service: Doc) -> bool:
    """Whether Cloud Run lets everybody through to it."""
    return bool(service["metadata"]["annotations"].get(INVOKER_CHECK_OFF) == "True")


def shift(cloud: Cloud, asked: Command) -> None:
    status = _service(cloud, asked)["status"]
    if "to-latest" in asked.flags:
        target: Doc = {"revisionName": status["latestCreatedRevisionName"], "latestRevision": True}
    else:
        target = {"revisionName": asked["to-revisions"].partition("=")[0]}
        if target["revisionName"] not in status["revisions"]:
            raise Refused(f"Revision {target['revisionName']} not found.")
    tagged = [entry for entry in status["traffic"] if "tag" in entry]
    status["traffic"] = [{"percent": 100, **target}, *tagged]


def _service(cloud: Cloud, asked: Command) -> Doc:
    if asked.name not in cloud.services:
        raise Refused(f"Cannot find service [{asked.name}]")
    return cloud.services[asked.name]


def _empty(name: str) -> Doc:
    return {
        "metadata": {"name": name, "annotations": {}},
        "spec": {"template": {"metadata": {"annotations": {}}, "spec": {"containers": [{}]}}},
        "status": {"traffic": [], "revisions": []},
    }


def _variables(text: str) -> list[Doc]:
    mark = "," if not text.startswith("^") else text[1]
    pairs = text.removeprefix(f"^{mark}^").split(mark)
    return [dict(zip(("name", "value"), pair.split("=", 1), strict=True)) for pair in pairs]


def _secrets(cloud: Cloud, asked: Command, spec: Doc) -> list[Doc]:
    found = []
    for pair in asked["set-secrets"].split(","):
        variable, _, source = pair.partition("=")
        secret, _, version = source.partition(":")
        account = f"serviceAccount:{spec['serviceAccountName']}"
        if not cloud.secrets.get(secret):
            raise Refused(f"Secret {secret} has no version.")
        if not cloud.allows("secrets", secret, "roles/secretmanager.secretAccessor", account):
            raise Refused(f"Permission denied on secret: {secret} for {account}.")
        reference = {"secretKeyRef": {"name": secret, "key": version}}
        found.append({"name": variable, "valueFrom": reference})
    return found


def variables(service: Doc) -> dict[str, str]:
    """The plain environment of the newest revision."""
    container = service["spec"]["template"]["spec"]["containers"][0]
    return {entry["name"]: entry["value"] for entry in container["env"] if "value" in entry}


def answer(cloud: Cloud, url: str, config: str) -> str:
    """The status that a request to a service gets; `config` is curl's, with the token if there is one."""
    host, _, path = url.removeprefix("https://").partition("/")
    host, suffix = host.split(".", 1)
    tag, _, place = host.rpartition("---")
    name = place.removesuffix(f"-{NUMBER}")
    service = cloud.services.get(name)
    if service is None or suffix != "europe-west1.run.app":
        return "404"
    if tag and not any(target.get("tag") == tag for target in service["status"]["traffic"]):
        return "404"
    if name.endswith("-api"):
        if not is_open(service):
            return "403"
        return {"api/openapi.json": "200", "api/jobs": "401"}.get(path, "404")
    token = config.partition("Bearer ")[2].rstrip('"\n')
    return _sweep(cloud, service, token)


def _sweep(cloud: Cloud, service: Doc, token: str) -> str:
    """First Cloud Run's own check, then the application's."""
    account, _, audience = token.removeprefix("token:").partition(":")
    accepted = service["metadata"]["annotations"]["run.googleapis.com/custom-audiences"]
    name = service["metadata"]["name"]
    if not is_open(service) and not cloud.allows(
        "run services", name, "roles/run.invoker", f"serviceAccount:{account}"
    ):
        return "403"
    if audience not in json.loads(accepted):
        return "403"
    given = variables(service)
    callers = {given["TASKS_INVOKER"], given["SWEEP_INVOKER"]}
    knows = account in callers and audience == given["WORKER_AUDIENCE"]
    return "200" if knows and given["GOOGLE_CLOUD_PROJECT"] == PROJECT else "401"
