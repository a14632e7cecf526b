"""Every class of failure of a row: its sentence, and whether and how often it is worth trying again."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Failure:
    """`sentence` is what a person reads; `tries` bounds the calls of one attempt, the first included."""

    sentence: str
    tries: int = 1


FAILURES: dict[str, Failure] = {
    "model_rate_limited": Failure("The model's rate limit was reached again and again.", tries=6),
    "model_timeout": Failure("The model did not answer in time.", tries=3),
    "model_error": Failure("The model's service had an error.", tries=4),
    "model_refused": Failure("The model declined to answer for this row."),
    "bad_answer": Failure("The model's answer did not have the agreed form.", tries=2),
    "too_long": Failure("The model's answer was longer than the column allows.", tries=2),
    "input_too_long": Failure("The row's text is longer than the model takes."),
    "poison": Failure("The worker died three times while this row was being processed."),
    "page_none": Failure("The row has no website."),
    "page_bad_url": Failure("The website is not a usable address."),
    "page_not_found": Failure("The website's name does not exist (DNS)."),
    "page_unreachable": Failure("The website could not be reached.", tries=2),
    "page_timeout": Failure("The website did not answer in time.", tries=2),
    "page_http_error": Failure("The website answered with an error."),
    "page_blocked": Failure("The website does not allow automatic reading."),
    "page_not_html": Failure("The address is not a web page."),
    "page_too_big": Failure("The page is too big."),
    "page_bad_tls": Failure("The website's certificate is not valid."),
    "page_no_content": Failure("The page has no readable text."),
    "page_refused": Failure("The address is not a public one."),
}

#: Seconds before the first repeat; doubled each time, up to the longest.
FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 60.0


def sentence(error_class: str) -> str:
    return FAILURES[error_class].sentence


def may_try_again(error_class: str, tries_so_far: int) -> bool:
    return tries_so_far < FAILURES[error_class].tries


def wait_s(tries_so_far: int, asked_s: float | None, jitter: float) -> float:
    """Seconds until the next try: what the other side asked for, else doubling; `jitter` is in [0, 1).

    Full jitter over the upper half keeps rows that failed together from coming back together.
    """
    if asked_s is not None:
        return min(asked_s, LONGEST_WAIT_S) + jitter
    longest = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** (tries_so_far - 1))
    return longest * (0.5 + jitter / 2)
