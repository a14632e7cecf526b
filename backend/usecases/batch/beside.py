"""What rightly stands beside a row, told by the freeze and by our own verified results."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from backend.domain.results import Result


class Beside:
    """What rightly stands beside a row; asked for only when something has to be found or put right."""

    def __init__(
        self,
        accepted: Callable[[], Mapping[str, tuple[int, ...]]],
        frozen_outputs: Callable[[str], Mapping[str, str]],
        placed: Callable[[set[int], set[int]], Mapping[int, Result]],
        frozen_inputs: Callable[[int], Mapping[str, str]],
    ) -> None:
        #: The indexes of the job's rows, by fingerprint.
        self.accepted = accepted
        #: Output cells that stood beside a fingerprint when the rows were frozen.
        self.frozen_outputs = frozen_outputs
        #: Results of those of the given rows that were verified at a place, or are said to be now.
        self.placed = placed
        #: A row's inputs as they were sent: trimmed, and cut where they are long.
        self.frozen_inputs = frozen_inputs
