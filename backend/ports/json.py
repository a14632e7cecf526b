"""JSON values, as documents and tasks carry them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Json = Any
Data = Mapping[str, Json]
