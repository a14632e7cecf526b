"""What a log-based metric is, one fact a line, from its definition or from `gcloud logging metrics describe`.

Usage: read_metric.py < JSON
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any


def facts(metric: dict[str, Any]) -> Iterator[str]:
    """What we define; Google adds names and times of its own."""
    described = metric.get("metricDescriptor", {})
    # Line breaks of a definition are no difference.
    yield f"filter={' '.join(metric.get('filter', '').split())}"
    yield f"value={metric.get('valueExtractor', '')}"
    yield f"kind={described.get('metricKind', '')} {described.get('valueType', '')}"
    for label, extractor in sorted(metric.get("labelExtractors", {}).items()):
        yield f"label={label} {extractor}"


if __name__ == "__main__":
    for line in facts(json.load(sys.stdin)):
        print(line)
