"""A recipe is data: what the API lets in, and what the command line takes, are the recipes there are."""

from __future__ import annotations

import hashlib
import json
from typing import get_args

from backend.domain.answers import schema, user_message
from backend.domain.recipes import RECIPES, Recipe
from backend.entrypoints.payloads.base import RecipeName
from backend.local.local_job import recipe_of

#: Recipe and version → a digest of what the model is told.
ASKED = {("case_a", 1): "bd7d581612a9", ("case_b", 1): "5eca3e572082"}


def test_the_api_takes_every_recipe_and_no_other() -> None:
    assert get_args(RecipeName) == tuple(RECIPES)


def test_the_command_line_takes_every_recipe() -> None:
    assert {recipe_of(name.removeprefix("case_")) for name in RECIPES} == set(RECIPES)


def test_what_is_asked_changes_with_the_version_alone() -> None:
    """Answers are kept, and rows are stale, by the version: raise it, then put what is asked now here."""
    assert {(recipe.name, recipe.version): asked(recipe) for recipe in RECIPES.values()} == ASKED


def asked(recipe: Recipe) -> str:
    """A digest of all that the model is told beside a row's own words."""
    row = {column.name: "words" for column in recipe.inputs}
    page = "words" if recipe.website else None
    told = [recipe.instructions, schema(recipe), user_message(recipe, row, page, "data")]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:12]
