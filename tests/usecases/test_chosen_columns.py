"""What a person chose as columns holds from the creation of a job to its last row."""

from __future__ import annotations

from backend.usecases.batch.frozen_rows import FrozenRows
from tests.usecases.world import World

HEADER = ["Company Name", "Company Keywords", "Company Short Description", "Firm"]


def test_a_column_chosen_by_hand_is_the_one_that_is_read(world: World) -> None:
    world.sheets.has_tab("book", 1, [HEADER, ["Wrong", "tools", "", "Right"]])
    (job_id,) = world.create(1, columns={"company_name": "Firm"})
    world.run_until_quiet()
    assert world.job(job_id).columns["company_name"] == "Firm"
    assert set(world.model.asked) == {"Right"}


def test_a_column_that_was_left_out_is_not_sent_though_it_would_be_recognised(world: World) -> None:
    world.sheets.has_tab("book", 1, [HEADER[:3], ["Acme", "secret words", "Sells tools."]])
    (job_id,) = world.create(1, columns={"company_keywords": ""})
    world.run_until_quiet()
    assert world.counts(job_id)["done"] == 1
    job = world.job(job_id)
    assert set(job.columns) == {"company_name", "company_short_description"}
    assert "secret words" not in FrozenRows(world.documents, job).rows(0)[0].inputs.values()
