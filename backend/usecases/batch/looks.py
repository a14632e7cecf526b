"""What looks before our writes saw: whole rows, found again by their inputs or by most of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from backend.domain.selection import Layout
from backend.ports import Entered
from backend.usecases.batch.intents import Sent
from backend.usecases.batch.packing import unpack
from backend.usecases.batch.seen import Seen

#: Headers, and a row below them.
Look = tuple[tuple[str, ...], Seen]


class Looks:
    """Kept until a search has found nothing wrong."""

    def __init__(self) -> None:
        self._by_fingerprint: dict[str, list[Look]] = {}
        #: Numbers of the writes whose looks are among them.
        self._of: set[int] = set()
        #: By the texts under some of their headers, made when first asked for.
        self._indexed: dict[frozenset[str], dict[frozenset[tuple[str, str]], list[Look]]] = {}

    def __contains__(self, fingerprint: str) -> bool:
        return fingerprint in self._by_fingerprint

    def forget(self) -> None:
        self._by_fingerprint.clear()
        self._of.clear()
        self._indexed.clear()

    def saw(self, headers: tuple[str, ...], row: Seen) -> None:
        self._by_fingerprint.setdefault(row.fingerprint, []).append((headers, row))
        self._indexed.clear()

    def remember(self, writes: Iterable[Sent]) -> None:
        for sent in writes:
            if sent.n not in self._of:
                self._of.add(sent.n)
                for row in unpack(sent.seen):
                    self.saw(sent.headers, row)

    def of(self, where: Layout, row: Seen, inputs: Mapping[str, int], unlike: Collection[int]) -> Look | None:
        """The look whose row has the same in these columns, and in all others but the `unlike`."""
        key = frozenset((where.headers[column], row.cell(column)) for column in inputs.values())
        if not any(text for _, text in key):
            return None
        found = [
            look
            for look in self._under(frozenset(header for header, _ in key)).get(key, ())
            if all(
                row.cell(column) == look[1].cell(look[0].index(header))
                for column, header in enumerate(where.headers)
                if header.strip() and header in look[0] and column not in unlike
            )
        ]
        return max(reversed(found), key=lambda look: likeness(where, row, *look), default=None)

    @property
    def fingerprints(self) -> set[str]:
        return set(self._by_fingerprint)

    def like(self, where: Layout, row: Seen) -> Look | None:
        """The look whose row has the same inputs, and most of the other cells."""
        looks = self._by_fingerprint.get(row.fingerprint, ())
        return max(reversed(looks), key=lambda look: likeness(where, row, *look), default=None)

    def in_column(self, where: Layout, column: int, row: Seen, known_as: str) -> tuple[bool, Entered]:
        """What a person's own column held beside a row, and whether any look tells."""
        header = where.headers[column] if column < len(where.headers) else ""
        looks = [look for look in self._by_fingerprint.get(known_as, ()) if header in look[0]]
        if not header.strip() or not looks:
            return False, None
        headers, seen = max(reversed(looks), key=lambda look: likeness(where, row, *look))
        return True, seen.entered(headers.index(header))

    def _under(self, headers: frozenset[str]) -> dict[frozenset[tuple[str, str]], list[Look]]:
        """Looks by what stood under some headers."""
        if headers not in self._indexed:
            found: dict[frozenset[tuple[str, str]], list[Look]] = {}
            for look in (look for looks in self._by_fingerprint.values() for look in looks):
                if headers <= set(look[0]):
                    key = frozenset((header, look[1].cell(look[0].index(header))) for header in headers)
                    found.setdefault(key, []).append(look)
            self._indexed[headers] = found
        return self._indexed[headers]


def likeness(where: Layout, row: Seen, headers: tuple[str, ...], seen: Seen) -> int:
    """In how many columns two sights of a row agree: rows with equal inputs are told apart by the others."""
    return sum(
        1
        for column, header in enumerate(where.headers)
        if header.strip() and header in headers and row.cell(column) == seen.cell(headers.index(header))
    )
