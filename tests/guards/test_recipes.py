"""A recipe is data: what the API lets in, and what the command line takes, are the recipes there are."""

from __future__ import annotations

from typing import get_args

from backend.domain.recipes import RECIPES
from backend.entrypoints.payloads.base import RecipeName
from backend.local.local_job import recipe_of


def test_the_api_takes_every_recipe_and_no_other() -> None:
    assert get_args(RecipeName) == tuple(RECIPES)


def test_the_command_line_takes_every_recipe() -> None:
    assert {recipe_of(name.removeprefix("case_")) for name in RECIPES} == set(RECIPES)
