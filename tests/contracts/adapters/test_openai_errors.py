"""When the model refuses, breaks off or is slow: whose matter it is, and whether to ask again."""

from __future__ import annotations

import time
from typing import Any

import pytest

from backend.adapters.event_loop import EventLoop
from backend.local.model.app import ModelSettings, create_app
from backend.local.model.limits import Allowance
from tests.contracts.adapters.asking import KEY, Asker, an_asker
from tests.contracts.adapters.scripted import Scripted
from tests.contracts.adapters.standin import Standin
from tests.serving import serving


@pytest.mark.parametrize(
    ("fault", "reason"), [("insufficient_quota", "quota_gone"), ("invalid_api_key", "key_refused")]
)
def test_what_no_row_can_get_past_pauses_the_job(
    asker: Asker, standin: Standin, fault: str, reason: str
) -> None:
    """The client's own retries would repeat `insufficient_quota`; here it is asked once."""
    standin.switch(rules=[{"fault": fault, "probability": 1.0}])
    paused = asker.pauses()
    assert paused.reason == reason
    assert KEY not in paused.message
    assert paused.__cause__ is not None
    assert len(standin.ledger()) == 1


def test_an_unknown_model_pauses_the_job_and_is_named(asker: Asker) -> None:
    paused = asker.pauses(model="no-such-model")
    assert paused.reason == "model_unknown"
    assert "no-such-model" in paused.message


def test_a_rate_limit_says_how_long_to_wait_and_is_not_waited_for(asker: Asker, standin: Standin) -> None:
    """The client's own retries would obey any Retry-After: 120 s blocked a call for 120 s."""
    standin.switch(rules=[{"fault": "rate_limited", "probability": 1.0, "retry_after_s": 120}])
    began = time.monotonic()
    failed = asker.fails()
    assert time.monotonic() - began < 2
    assert (failed.error_class, failed.transient, failed.delay_s) == ("model_rate_limited", True, 120)
    assert not failed.maybe_billed
    assert len(standin.ledger()) == 1


def test_the_providers_own_limit_is_a_rate_limit(loop: EventLoop) -> None:
    app = create_app(ModelSettings(allowance=Allowance(1, 1_000_000)))
    with serving(app) as url, an_asker(loop, Standin(url)) as asker:
        asker.ask()
        failed = asker.fails()
    assert failed.error_class == "model_rate_limited"
    assert failed.delay_s is not None
    assert 50 < failed.delay_s <= 60


def test_a_request_larger_than_a_minutes_tokens_is_not_tried_again(loop: EventLoop) -> None:
    """It comes as a 429, but no wait would help."""
    app = create_app(ModelSettings(allowance=Allowance(100, 50)))
    with serving(app) as url, an_asker(loop, Standin(url)) as asker:
        failed = asker.fails()
    assert (failed.error_class, failed.transient) == ("input_too_long", False)


@pytest.mark.parametrize(
    ("fault", "billed"),
    [("server_error", False), ("overloaded", False), ("html", False), ("cut", True), ("cut_body", True)],
)
def test_a_fault_of_the_service_or_the_line_is_worth_another_try(
    asker: Asker, standin: Standin, fault: str, billed: bool
) -> None:
    """A cut connection may have been billed, and is no timeout, although the client calls it one."""
    standin.switch(rules=[{"fault": fault, "probability": 1.0}])
    failed = asker.fails()
    assert (failed.error_class, failed.transient, failed.maybe_billed) == ("model_error", True, billed)
    assert failed.__cause__ is not None
    assert len(standin.ledger()) == 1


@pytest.mark.parametrize("fault", ["slow", "slow_headers", "slow_body"])
def test_a_slow_answer_ends_at_its_time_however_it_comes(asker: Asker, standin: Standin, fault: str) -> None:
    standin.switch(rules=[{"fault": fault, "probability": 1.0, "delay_ms": 1_000}])
    failed = asker.fails(timeout_s=0.1)
    assert (failed.error_class, failed.transient, failed.maybe_billed) == ("model_timeout", True, True)


def test_nobody_listening_is_worth_another_try_and_cost_nothing(loop: EventLoop) -> None:
    with serving(create_app(ModelSettings())) as url:
        pass
    with an_asker(loop, Standin(url)) as asker:
        failed = asker.fails()
    assert (failed.error_class, failed.transient, failed.maybe_billed) == ("model_error", True, False)


def an_error(message: str = "secret words", **facts: Any) -> dict[str, Any]:
    return {
        "error": {"message": message, "type": "invalid_request_error", "param": None, "code": None} | facts
    }


@pytest.mark.parametrize(
    ("status", "body", "error_class", "transient"),
    [
        (400, an_error(code="context_length_exceeded", param="messages"), "input_too_long", False),
        (400, an_error(code="string_above_max_length", param="messages[1].content"), "input_too_long", False),
        (413, an_error(), "input_too_long", False),
        (400, an_error(code="content_filter"), "model_refused", False),
        (400, an_error(code="invalid_prompt"), "model_refused", False),
        (400, an_error("We could not parse the JSON body of your request."), "model_error", False),
        (409, an_error(), "model_error", True),
        (529, an_error(), "model_error", True),
        (418, an_error(), "model_error", False),
    ],
)
def test_what_is_the_rows_own_fails_the_row(
    answered: Asker, script: Scripted, status: int, body: object, error_class: str, transient: bool
) -> None:
    script.says(status, body)
    failed = answered.fails()
    assert (failed.error_class, failed.transient) == (error_class, transient)
    assert "secret" not in failed.message


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (400, an_error(code="unsupported_value", param="reasoning_effort"), "model_unknown"),
        (400, an_error("Invalid parameter", param="response_format"), "model_unknown"),
        (400, an_error("Unrecognized request argument supplied: reasoning_effort"), "model_unknown"),
        (400, an_error(code="invalid_json_schema", param="response_format.json_schema"), "model_unknown"),
        (403, an_error(code="model_not_found"), "model_unknown"),
        (403, an_error(code="unsupported_country_region_territory"), "key_refused"),
        (404, b"<html>no such page</html>", "model_unknown"),
        (429, an_error(code="billing_not_active"), "quota_gone"),
        (400, an_error(code="billing_hard_limit_reached"), "quota_gone"),
    ],
)
def test_what_every_row_would_meet_pauses_the_job(
    answered: Asker, script: Scripted, status: int, body: object, reason: str
) -> None:
    script.says(status, body)
    paused = answered.pauses()
    assert paused.reason == reason
    assert "secret" not in paused.message


@pytest.mark.parametrize("body", [b"", b"<html>Welcome</html>", b"[]", b"{}", b'{"choices": []}', b"\xff"])
def test_a_200_that_is_no_completion_is_worth_another_try(
    answered: Asker, script: Scripted, body: bytes
) -> None:
    script.says(200, body)
    failed = answered.fails()
    assert (failed.error_class, failed.transient, failed.maybe_billed) == ("model_error", True, True)


@pytest.mark.parametrize(
    ("headers", "delay_s"),
    [
        ({"retry_after": "7"}, 7),
        ({"retry_after": "7", "retry_after_ms": "6500"}, 6.5),
        ({"retry_after": "86400"}, 3600),
        ({"retry_after": "Wed, 21 Oct 2026 07:28:00 GMT"}, None),
        ({"x_ratelimit_remaining_requests": "0", "x_ratelimit_reset_requests": "1m30.5s"}, 90.5),
        ({"x_ratelimit_remaining_tokens": "0", "x_ratelimit_reset_tokens": "17ms"}, 0.017),
        ({"x_ratelimit_remaining_tokens": "5", "x_ratelimit_reset_tokens": "17ms"}, None),
        ({}, None),
    ],
)
def test_the_wait_is_what_the_headers_say(
    answered: Asker, script: Scripted, headers: dict[str, str], delay_s: float | None
) -> None:
    script.says(429, an_error(type="requests", code="rate_limit_exceeded"), **headers)
    assert answered.fails().delay_s == delay_s
