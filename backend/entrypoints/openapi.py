"""The OpenAPI document, from the same table and models that register and validate."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from backend.entrypoints.payloads.base import Problem
from backend.entrypoints.reading import IDEMPOTENCY_KEY_CHARS
from backend.entrypoints.routing import Guard, Route

_SCHEMES = {Guard.WATCH: "watchToken", Guard.UPLOAD: "uploadToken"}
_REF = "#/components/schemas/{model}"


def document(routes: Sequence[Route], version: str) -> dict[str, Any]:
    """OpenAPI 3.1 of the api's routes; OPTIONS, which browsers ask by themselves, is left out."""
    shown = [route for route in routes if route.method != "OPTIONS"]
    models: dict[type[BaseModel], None] = {Problem: None}
    for route in shown:
        models |= {model: None for model in (route.asks, route.gives) if model is not None}
    schemas, definitions = models_json_schema([(model, "validation") for model in models], ref_template=_REF)
    del schemas
    paths: dict[str, dict[str, Any]] = {}
    for route in shown:
        path = re.sub(r"<(\w+)>", r"{\1}", route.rule)
        paths.setdefault(path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Rowmill", "version": version},
        "paths": paths,
        "components": {
            "schemas": definitions["$defs"],
            "securitySchemes": {
                "idToken": {"type": "http", "scheme": "bearer", "bearerFormat": "Google ID token"},
                "watchToken": {"type": "http", "scheme": "bearer", "bearerFormat": "watch token"},
                "uploadToken": {"type": "http", "scheme": "bearer", "bearerFormat": "upload token"},
            },
        },
    }


def _operation(route: Route) -> dict[str, Any]:
    success: dict[str, Any] = {"description": "Done."}
    if route.gives is not None:
        success["content"] = {"application/json": {"schema": _ref(route.gives)}}
    operation: dict[str, Any] = {
        "operationId": _operation_id(route),
        "summary": route.summary,
        "parameters": [*_path_parameters(route), *_query_parameters(route), *_header_parameters(route)],
        "responses": {
            str(route.status): success,
            "default": {
                "description": "What went wrong, and what to do.",
                "content": {"application/problem+json": {"schema": _ref(Problem)}},
            },
        },
    }
    if route.guard is not Guard.PUBLIC:
        operation["security"] = [{_SCHEMES.get(route.guard, "idToken"): []}]
    if route.file:
        file = {"schema": {"type": "string", "format": "binary"}}
        operation["requestBody"] = {"required": True, "content": {"application/octet-stream": file}}
    if route.asks is not None:
        body = {"required": True, "content": {"application/json": {"schema": _ref(route.asks)}}}
        operation["requestBody"] = body
    return operation


def _operation_id(route: Route) -> str:
    return re.sub(r"\W+", "_", f"{route.method.lower()} {route.rule}").strip("_")


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    names = re.findall(r"<(\w+)>", route.rule)
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]


def _query_parameters(route: Route) -> list[dict[str, Any]]:
    if route.query is None:
        return []
    schema = route.query.model_json_schema(ref_template=_REF)
    required = schema.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in required, "schema": part}
        for name, part in schema["properties"].items()
    ]


def _header_parameters(route: Route) -> list[dict[str, Any]]:
    if not route.keyed:
        return []
    schema = {"type": "string", "minLength": 1, "maxLength": IDEMPOTENCY_KEY_CHARS}
    said = "The same key with the same call gives the first answer again; with another body, 422."
    key = {"name": "Idempotency-Key", "in": "header", "required": False, "schema": schema}
    return [{**key, "description": said}]


def _ref(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": _REF.format(model=model.__name__)}
