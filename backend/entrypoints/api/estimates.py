"""What a run would find, cost and ask, before it is queued."""

from __future__ import annotations

from backend.domain.estimate import Range
from backend.entrypoints.payloads.estimates import EstimateAsked, EstimateGiven, PromptGiven
from backend.entrypoints.payloads.estimates import Range as RangeGiven
from backend.entrypoints.routing import Call, Guard, Route
from backend.entrypoints.wishes import wish
from backend.usecases.estimate_job import estimate_job


def estimate(call: Call) -> EstimateGiven:
    body: EstimateAsked = call.body
    service = call.service
    found = estimate_job(
        call.who,
        wish(body, body.sheet_id),
        documents=service.documents,
        sheets=service.sheets,
        clock=service.clock,
        limits=service.job_limits,
        settings=service.batch_settings,
        places=service.settings.max_running_jobs,
        live_places=service.settings.live_places,
    )
    prompt = found.prompt
    return EstimateGiven(
        rows_found=found.rows_found,
        without_inputs=found.without_inputs,
        already_filled=found.already_filled,
        duplicates=found.duplicates,
        already_answered=found.already_answered,
        calls=found.calls,
        cost_microusd=_range(found.cost),
        cost_from="bills" if found.from_bills else "lengths",
        model=found.model,
        seconds=_range(found.seconds),
        place_in_line=found.place_in_line,
        sample_prompt=PromptGiven(row=found.prompt_row, system=prompt.system, user=prompt.user)
        if prompt
        else None,
        warnings=found.warnings,
    )


def _range(found: Range) -> RangeGiven:
    return RangeGiven(low=found.low, mid=found.mid, high=found.high)


ROUTES = (
    Route(
        "POST",
        "/api/estimates",
        Guard.SPREADSHEET,
        estimate,
        "What a run would find, cost and ask; nothing is asked or written.",
        asks=EstimateAsked,
        gives=EstimateGiven,
        sheets=True,
    ),
)
