"""What a Cloud Run service is, one fact a line, from `gcloud run services describe --format=json`.

The lines are those of `wanted_facts` in parts/services.sh, and besides `image=…` and `serving=newest`, the
latter when every request goes to the newest revision.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any


def facts(service: dict[str, Any]) -> Iterator[str]:
    annotations = service["metadata"].get("annotations", {})
    template = service["spec"]["template"]
    scale = template["metadata"].get("annotations", {})
    spec = template["spec"]
    container = spec["containers"][0]
    limits = container.get("resources", {}).get("limits", {})
    yield f"image={container['image']}"
    yield f"account={spec.get('serviceAccountName', '')}"
    yield f"timeout={spec.get('timeoutSeconds', '')}"
    yield f"concurrency={spec.get('containerConcurrency', '')}"
    yield f"cpu={_cores(limits.get('cpu', ''))}"
    yield f"memory={limits.get('memory', '')}"
    yield f"max={scale.get('autoscaling.knative.dev/maxScale', '')}"
    yield f"min={scale.get('autoscaling.knative.dev/minScale', '0')}"
    for audience in json.loads(annotations.get("run.googleapis.com/custom-audiences", "[]")):
        yield f"audience={audience}"
    # gcloud writes it with a capital.
    if annotations.get("run.googleapis.com/invoker-iam-disabled", "").lower() == "true":
        yield "open=yes"
    for variable in container.get("env", []):
        if "value" in variable:
            yield f"env:{variable['name']}={variable['value']}"
        elif "valueFrom" in variable:
            source = variable["valueFrom"]["secretKeyRef"]
            yield f"secret:{variable['name']}={source['name']}:{source['key']}"
    if _serves_newest(service):
        yield "serving=newest"


def _cores(limit: str) -> str:
    """`1000m` and `1` are the same."""
    return str(int(limit[:-1]) // 1000) if limit.endswith("000m") else limit


def _serves_newest(service: dict[str, Any]) -> bool:
    newest = service["status"].get("latestCreatedRevisionName")
    return any(
        target.get("percent") == 100 and target.get("revisionName") == newest
        for target in service["status"].get("traffic", [])
    )


if __name__ == "__main__":
    for line in facts(json.load(sys.stdin)):
        print(line)
