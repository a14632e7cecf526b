"""How a result looks in the sheet: the answer in its columns, an error in Status alone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from backend.domain import results
from backend.domain.cells import CELL_LIMIT, utf16_length
from backend.domain.recipes import CASE_A
from backend.domain.results import Result
from backend.domain.rows import Row

ROW = Row(3, 7, "f" * 20, {"company_name": "Acme"})


def test_a_done_row_fills_every_column() -> None:
    done = Result(3, 7, "f", "done", ("Tools", "Acme", "Who sells tools?"))
    assert results.cells(CASE_A, done) == {
        "category": "Tools",
        "brand_name": "Acme",
        "email_question": "Who sells tools?",
        "status": "✅ Complete",
    }


def test_errors_and_skips_go_to_status_alone() -> None:
    failed = results.failed(ROW, "model_timeout", "The model did not answer in time.", 0)
    assert results.cells(CASE_A, failed) == {"status": "❌ Error: The model did not answer in time."}
    assert results.cells(CASE_A, results.skipped(ROW, "no inputs", 0)) == {"status": "⏭️ Skipped (no inputs)"}


@given(st.sampled_from(["=IMPORTXML(1)", "+1", "@SUM(A1)", "\t=1", "-2", "x" * 60_000, "📈" * 30_000]))
def test_whatever_the_model_says_is_harmless_text_that_fits(text: str) -> None:
    written = results.cells(CASE_A, Result(0, 1, "f", "done", (text, "a", "b")))["category"]
    assert utf16_length(written) <= CELL_LIMIT
    assert written[0] not in "=+-@\t\r"


def test_results_survive_their_documents() -> None:
    done = Result(
        1, 2, "f", "done", ("a", "b", "c"), cached=True, tries=2, cost_microusd=5, page_url="u", at=1.5
    )
    failed = results.failed(ROW, "poison", "It died.", 2.0)
    for result in (done, failed, results.skipped(Row(0, 0, "", {}), "no inputs", 0)):
        assert results.from_data(results.to_data(result)) == result


def test_what_a_commit_adds_to_the_progress() -> None:
    done = Result(1, 2, "f", "done", ("a", "b", "c"), tokens_in=10, tokens_out=2, cost_microusd=7, tries=1)
    cached = Result(2, 3, "g", "done", ("a", "b", "c"), cached=True, saved_microusd=7)
    failed = results.failed(ROW, "poison", "It died.", 2.0)
    assert results.deltas([done, cached, failed]) == {
        "answered": 3,
        "cached": 1,
        "tokens_in": 10,
        "tokens_out": 2,
        "model_calls": 1,
        "cost_microusd": 7,
        "saved_microusd": 7,
        "f_poison": 1,
    }
