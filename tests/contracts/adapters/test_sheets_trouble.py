"""When Google Sheets is busy, broken, slow or gone: what the adapter says, and that it sends only once."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest
from google.auth.credentials import AnonymousCredentials

from backend.adapters.google_sheets import GoogleSheets
from backend.errors import Forbidden, Invalid, NotFound, RowmillError, TryLater
from backend.ports import Area, Block
from tests.contracts.adapters.conftest import ROBOT, credentials, sheets_at
from tests.contracts.adapters.scripted import Scripted
from tests.contracts.adapters.standin import Standin
from tests.contracts.adapters.workbook import Workbook, a_workbook
from tests.serving import serving

ID = "1234567890abcdefghij"
CELL = Area(0, 0, 1, 0, 1)


def anonymous() -> Any:
    return AnonymousCredentials()  # type: ignore[no-untyped-call]


def write_new(sheets: GoogleSheets, workbook: Workbook, **options: Any) -> TryLater:
    """A write that is expected to end in doubt."""
    with pytest.raises(TryLater) as doubt:
        sheets.write(workbook.id, [Block(workbook.area(0, 1, 0, 1), [["new"]])], **options)
    return doubt.value


def test_a_used_up_quota_comes_back_later_and_nothing_was_written(
    sheets: GoogleSheets, workbooks: Standin
) -> None:
    """60 reads and 60 writes a minute for one service account; a 429 applies nothing."""
    workbook = a_workbook(workbooks, ["old"])
    workbooks.switch(quotas=True, quota_per_user=1)
    sheets.read(workbook.id, [workbook.area(0, 1)])
    with pytest.raises(TryLater, match="quota") as busy:
        sheets.read(workbook.id, [workbook.area(0, 1)])
    assert 5 <= busy.value.delay_s <= 60
    workbooks.switch(fail_code=429, fail_next=1)
    assert not write_new(sheets, workbook).maybe_applied
    assert len(workbooks.ledger("write")) == 2  # the set-up's and the refused one: none was repeated


@pytest.mark.parametrize("code", [500, 503])
def test_an_error_of_googles_own_leaves_a_write_in_doubt(
    sheets: GoogleSheets, workbooks: Standin, code: int
) -> None:
    workbook = a_workbook(workbooks, ["old"])
    workbooks.switch(fail_code=code, fail_next=2)
    assert write_new(sheets, workbook).maybe_applied
    with pytest.raises(TryLater, match=str(code)) as later:
        sheets.read(workbook.id, [workbook.area(0, 1)])
    assert not later.value.maybe_applied


def test_a_write_whose_answer_is_lost_is_sent_once_and_left_in_doubt(
    sheets: GoogleSheets, workbooks: Standin
) -> None:
    """httplib2 alone would send it again on a fresh connection."""
    workbook = a_workbook(workbooks, ["old"])
    sheets.describe(workbook.id)
    workbooks.forget()
    workbooks.switch(lose_next=1)
    assert write_new(sheets, workbook).maybe_applied
    assert len(workbooks.ledger("write")) == 1
    assert workbook.shows("A1") == [["new"]]


def test_a_column_is_never_added_twice_by_a_lost_answer(sheets: GoogleSheets, workbooks: Standin) -> None:
    workbook = a_workbook(workbooks, ["a", "b", "c", "d", "e", "f"])
    [tab] = sheets.describe(workbook.id).tabs
    workbooks.switch(lose_next=1)
    with pytest.raises(TryLater):
        sheets.add_columns(workbook.id, tab, 0, 6, ["Status"])
    assert sheets.describe(workbook.id).tabs[0].columns == 7


def test_a_write_that_was_cut_on_its_way_is_left_in_doubt(sheets: GoogleSheets, workbooks: Standin) -> None:
    workbook = a_workbook(workbooks, ["old"])
    workbooks.switch(cut_next=1, only="write")
    assert write_new(sheets, workbook).maybe_applied
    assert workbook.shows("A1") == [["old"]]


def test_the_next_call_after_a_cut_works(sheets: GoogleSheets, workbooks: Standin) -> None:
    workbook = a_workbook(workbooks, ["old"])
    workbooks.switch(cut_next=1, only="read")
    with pytest.raises(TryLater):
        sheets.read(workbook.id, [workbook.area(0, 1, 0, 1)])
    assert sheets.read(workbook.id, [workbook.area(0, 1, 0, 1)]) == [[["old"]]]


def test_a_call_ends_at_its_time_while_the_other_side_still_thinks(
    sheets: GoogleSheets, workbooks: Standin
) -> None:
    workbook = a_workbook(workbooks, ["old"])
    sheets.describe(workbook.id)
    workbooks.switch(hold="before", only="write")
    began = time.monotonic()
    assert write_new(sheets, workbook, timeout_s=0.2).maybe_applied
    assert time.monotonic() - began < 1.5
    workbooks.switch()


def test_an_answer_that_drips_ends_at_its_time(script: Scripted) -> None:
    """A socket's timeout counts from byte to byte, so it never fires here."""
    script.drips()
    with sheets_at(script.url, anonymous()) as sheets:
        began = time.monotonic()
        with pytest.raises(TryLater, match="in time"):
            sheets.read(ID, [CELL], timeout_s=0.2)
        assert time.monotonic() - began < 1.5


def test_a_connection_that_was_closed_while_idle_is_not_used_again() -> None:
    """The other side closes what is idle for long; a write on such a connection would be left in doubt."""
    before, after = Scripted(), Scripted()
    before.says(200, {"properties": {"title": "t"}})
    after.says(200, {})
    with ExitStack() as first:
        url = first.enter_context(serving(before.app()))
        with sheets_at(url, anonymous()) as sheets:
            sheets.describe(ID)
            first.close()
            with serving(after.app(), port=int(url.rpartition(":")[2])):
                sheets.write(ID, [Block(CELL, [["new"]])])
    assert len(after.asked) == 1


def test_calls_one_after_the_other_share_a_connection(script: Scripted) -> None:
    script.says(200, {"properties": {"title": "t"}})
    with sheets_at(script.url, anonymous()) as sheets:
        for _ in range(3):
            sheets.describe(ID)
    assert len({call["peer"] for call in script.asked}) == 1


def test_nobody_listening_means_nothing_was_written() -> None:
    with serving(Scripted().app()) as url:
        pass
    with sheets_at(url, anonymous()) as sheets, pytest.raises(TryLater, match="cannot be reached") as away:
        sheets.write(ID, [Block(CELL, [["new"]])])
    assert not away.value.maybe_applied
    assert isinstance(away.value.__cause__, ConnectionRefusedError)


def refused(script: Scripted, status: int, message: str, **said: Any) -> RowmillError:
    """What a write comes to when Google answers with this error."""
    headers = said.pop("headers", {})
    script.says(status, {"error": {"code": status, "message": message, **said}}, **headers)
    with sheets_at(script.url, anonymous()) as sheets, pytest.raises(RowmillError) as error:
        sheets.write(ID, [Block(CELL, [["new"]])])
    assert error.value.__cause__ is not None
    return error.value


def test_the_delay_that_google_names_is_taken(script: Scripted) -> None:
    error = refused(script, 429, "Quota exceeded", headers={"retry_after": "37"})
    assert isinstance(error, TryLater)
    assert error.delay_s == 37
    info = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "3.5s"}
    error = refused(script, 503, "Unavailable", details=[info])
    assert isinstance(error, TryLater)
    assert error.delay_s == 3.5


@pytest.mark.parametrize("reason", ["rateLimitExceeded", "userRateLimitExceeded"])
def test_a_quota_that_comes_as_403_is_a_quota(script: Scripted, reason: str) -> None:
    error = refused(script, 403, "Rate Limit Exceeded", errors=[{"reason": reason}])
    assert isinstance(error, TryLater)
    assert not error.maybe_applied


def test_a_403_about_the_set_up_does_not_blame_the_spreadsheet(script: Scripted) -> None:
    reason = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "SERVICE_DISABLED"}
    error = refused(script, 403, "Google Sheets API has not been used", details=[reason])
    assert isinstance(error, TryLater)
    assert ROBOT in error.message


def test_a_protected_range_may_come_as_403_too(script: Scripted) -> None:
    error = refused(script, 403, "You are trying to edit a protected cell or object.")
    assert isinstance(error, Forbidden)
    assert error.code == "protected"


def test_an_office_file_says_how_to_make_a_sheet_of_it(script: Scripted) -> None:
    error = refused(script, 400, "This operation is not supported for this document")
    assert isinstance(error, Invalid)
    assert "Save as Google Sheet" in error.message


def test_what_a_refusal_quotes_is_not_passed_on(script: Scripted) -> None:
    error = refused(script, 400, "Invalid value at 'data[0].values[0]' (type), \"our secret\"")
    assert isinstance(error, Invalid)
    assert "secret" not in error.message


@pytest.mark.parametrize(
    ("status", "body"),
    [(502, b"<html>Bad Gateway</html>"), (200, b"<html>Sign in</html>"), (200, b"\xff\xfe")],
)
def test_what_is_not_the_api_leaves_a_write_in_doubt(script: Scripted, status: int, body: bytes) -> None:
    script.says(status, body)
    with sheets_at(script.url, anonymous()) as sheets, pytest.raises(TryLater) as doubt:
        sheets.write(ID, [Block(CELL, [["new"]])])
    assert doubt.value.maybe_applied


def test_an_answer_that_breaks_off_leaves_a_write_in_doubt(script: Scripted) -> None:
    script.cuts(after=b'{"totalUpdated')
    with sheets_at(script.url, anonymous()) as sheets, pytest.raises(TryLater, match="broke") as doubt:
        sheets.write(ID, [Block(CELL, [["new"]])])
    assert doubt.value.maybe_applied


def test_without_an_access_token_nothing_is_sent(workbooks: Standin, identity: Standin) -> None:
    workbook = a_workbook(workbooks, ["old"])
    unknown = credentials(identity, client_email="nobody@rowmill-local.iam.gserviceaccount.com")
    workbooks.forget()
    with sheets_at(workbooks.url, unknown) as sheets, pytest.raises(TryLater, match="access token") as later:
        sheets.write(workbook.id, [Block(workbook.area(0, 1, 0, 1), [["new"]])])
    assert not later.value.maybe_applied
    assert workbooks.ledger("write") == []


def test_an_unknown_spreadsheet_is_not_found_whatever_google_says(script: Scripted) -> None:
    assert isinstance(refused(script, 404, "Requested entity was not found."), NotFound)


def test_many_threads_at_once_each_get_their_own_answer(sheets: GoogleSheets, workbooks: Standin) -> None:
    """httplib2 is not thread-safe: shared connections mix answers up."""
    rows = 200
    workbook = a_workbook(workbooks, *[[f"row {n}"] for n in range(rows)])

    def look(row: int) -> tuple[int, Any]:
        return row, sheets.read(workbook.id, [workbook.area(row, row + 1, 0, 1)])

    with ThreadPoolExecutor(8) as threads:
        assert all(seen == [[[f"row {row}"]]] for row, seen in threads.map(look, range(rows)))


def test_a_write_of_2000_rows_is_one_request_of_advised_size(script: Scripted) -> None:
    """Google advises at most 2 MB a request."""
    script.says(200, {})
    value = "Independent Hardware Stores"
    block = Block(Area(0, 1, 2001, 1, 5), [[value, value, value, "✅ Complete"]] * 2000)
    with sheets_at(script.url, anonymous()) as sheets:
        sheets.write(ID, [block])
    [sent] = script.asked
    assert json.loads(sent["body"])["data"][0]["values"] == block.values
    assert len(sent["body"]) < 2_000_000
