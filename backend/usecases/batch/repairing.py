"""Puts right what our text displaced: where it stands beside other inputs, what belongs there comes back.

A write hits the rows and columns that stand at its places when it arrives, and they may move on before the
next look. So our text is looked for in every cell of the tab, whatever its row or column: a row that holds
a result's longest text and another of its texts holds that result. A repair is a write like any other, and
somebody may move things at the same moment: the next search compares each row with what it showed before
the repair, until a whole search finds nothing wrong.

What comes back: our own verified result for that row; else what the cell held before the write, by the
intent; else what it showed at the freeze. In a column of the person's own: what the look before the write
saw there. A cell that no look saw (its row came from elsewhere, or the look was another process's, while
columns moved, too) is left empty.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from backend.domain import results
from backend.domain.recipes import Recipe
from backend.domain.results import Result
from backend.domain.rows import fingerprint
from backend.domain.selection import Layout
from backend.ports import Entered
from backend.usecases.batch.beside import Beside
from backend.usecases.batch.comparing import holds
from backend.usecases.batch.displaced import Belongs, Suspect, Wrong, displaced, texts_of
from backend.usecases.batch.entered import as_read, as_shown, strings
from backend.usecases.batch.fixes import that_fit
from backend.usecases.batch.intents import Fix
from backend.usecases.batch.looks import Looks
from backend.usecases.batch.seen import Keep, Seen


@dataclass(frozen=True, slots=True)
class _Identity:
    """Which row it is, by inputs that were not hit, and what its other inputs held."""

    fingerprint: str
    inputs: Mapping[int, Entered] = field(default_factory=dict)
    #: By which looks knew it, where somebody has edited its inputs since.
    looked_like: str | None = None


class Repairs:
    """Finds what is displaced. Keeps the repairs until a search has verified them."""

    def __init__(self, recipe: Recipe, beside: Beside) -> None:
        self._recipe, self._beside = recipe, beside
        #: Announced repairs that no search has verified yet.
        self.unverified: list[Fix] = []
        #: How often each picture was seen by the search before those repairs; None: not known.
        self._pictured: Counter[int] | None = None
        #: The fingerprints of those rows.
        self._known: set[str] = set()
        self._looks = Looks()

    def recall(self, fixes: Iterable[Fix]) -> None:
        """Repairs that an earlier holder announced."""
        self.unverified = list(fixes)

    def keep(self, suspects: Mapping[int, Suspect]) -> Keep:
        """What a search has to remember of the tab."""
        longest = {texts.longest for texts in texts_of(self._recipe, suspects)}
        longest |= {max(texts, key=len) for texts in map(put_in, self.unverified) if texts}
        return Keep(longest, self._mended, other_than=self._pictured)

    def announced(self, fixes: list[Fix], rows: Sequence[Seen]) -> None:
        """`fixes` are about to be sent; `rows` are what the search saw."""
        if self._pictured is None:
            self._pictured = Counter(row.picture for row in rows)
            self._known = {row.fingerprint for row in rows}
        self.unverified = [*self.unverified, *fixes]
        for fix in fixes:
            if fix.seen is not None:
                cells = {**fix.seen.cells, **{column: as_read(value) for column, value in fix.cells.items()}}
                kept = {column: cell for column, cell in cells.items() if cell != ""}
                self._looks.saw(fix.headers, Seen(fix.fingerprint, kept))

    def verified(self) -> None:
        """A whole search found nothing wrong."""
        self.unverified = []
        self._pictured, self._known = None, set()
        self._looks.forget()

    def find(
        self,
        where: Layout,
        rows: Sequence[Seen],
        suspects: Mapping[int, Suspect],
        lost: set[int],
        settled: set[int],
        pending: Iterable[Result],
    ) -> list[Fix]:
        """What is to be put back now. `pending` were written, too, and wait to be looked at.

        `lost` are suspects whose inputs stand nowhere: somebody edited them. `settled` are rows that were
        verified just now, which no document tells yet.
        """
        belongs: dict[str, list[Result]] = {}
        for result in (*pending, *(suspect.result for suspect in suspects.values())):
            belongs.setdefault(result.fingerprint, []).append(result)
        wrong = [
            *displaced(self._recipe, where, rows, suspects, belongs),
            *self._missed(where, rows, belongs),
            *self._unsent(rows),
        ]
        if not wrong:
            return []
        self._looks.remember(suspect.sent for suspect in suspects.values())
        present = {row.fingerprint for row in rows}
        whose = [self._identified(where, one, suspects, present) for one in wrong]
        known_as = {identity.looked_like or identity.fingerprint for identity in whose}
        own = self._own(known_as | {identity.fingerprint for identity in whose}, settled)
        befores = {
            suspect.result.fingerprint: suspect.sent.before_of(index) for index, suspect in suspects.items()
        }
        fixes: dict[int, Fix] = {}
        for one, identity in zip(wrong, whose, strict=True):
            like = own.get(identity.looked_like or "")
            if like is not None and holds(self._recipe, one.row, like, where):
                continue  # somebody edited its inputs after the result had come: it stays
            suspect = suspects.get(one.index) if one.index is not None else None
            if one.guessed and one.row.fingerprint in self._beside.accepted().keys() - own.keys():
                continue
            outputs = self._outputs(identity.fingerprint, suspect, own, befores, lost)
            cells = self._right_cells(where, one, identity, outputs)
            if cells:
                earlier = fixes.get(one.place)
                cells = {**cells, **earlier.cells} if earlier is not None else cells
                held = {column: one.row.cell(column) for column in cells}
                fixes[one.place] = Fix(one.place, identity.fingerprint, one.row.fingerprint, cells, held)
        return that_fit(fixes.values())

    # ── what may be wrong ──────────────────────────────────────────────────────────────────────────

    def _missed(self, where: Layout, rows: Sequence[Seen], belongs: Belongs) -> list[Wrong]:
        """Cells that hold now what a repair put in, and did not before it: it may have been for others.

        And cells of mended rows that hold still what a repair was to replace, as their column moved away.
        """
        held: dict[str, set[str]] = {}
        for fix in self.unverified:
            for cells in fix.fingerprints:
                held.setdefault(cells, set()).update(fix.held.values())
        by_longest: dict[str, list[Fix]] = {}
        for fix in self.unverified:
            if texts := put_in(fix):
                by_longest.setdefault(max(texts, key=len), []).append(fix)
        emptied = any(None in fix.cells.values() for fix in self.unverified)
        mended = self._mended
        now = Counter(row.picture for row in rows)
        outputs = set(where.columns.outputs.values())
        wrong: list[Wrong] = []
        for place, row in enumerate(rows) if self.unverified else ():
            left = {c for c in row.cells if row.cell(c) in held.get(row.fingerprint, ())}
            rightly = [results.cells(self._recipe, one).values() for one in belongs.get(row.fingerprint, ())]
            left -= {c for c in left & outputs if any(row.cell(c) in texts for texts in rightly)}
            columns = set(left)
            if place >= where.first_row and (row.fingerprint in mended or not self._stood(row, now)):
                shown = {row.cell(column) for column in row.cells}
                may_have = (fix for text in shown for fix in by_longest.get(text, ()))
                beside = {row.cell(column) for column in outputs} - {""}
                hit = [fix for fix in may_have if _may_have_hit(fix, shown, beside)]
                left |= _columns_with(row, {text for fix in hit for text in fix.held.values()}) - outputs
                columns |= left | _columns_with(row, {text for fix in hit for text in put_in(fix)})
                if emptied and (self._pictured is not None or row.fingerprint in self._beside.accepted()):
                    may = outputs if row.fingerprint else set()
                    if row.fingerprint in mended or self._is_stranger(row):
                        may = set(range(len(where.headers)))
                    columns |= {c for c in may if row.cell(c) == ""}
            if columns:
                guessed = self._pictured is None
                wrong.append(Wrong(place, row, tuple(columns), guessed=guessed, held=frozenset(left)))
        return wrong

    def _unsent(self, rows: Sequence[Seen]) -> list[Wrong]:
        """Cells that still hold what a repair was to replace: its worker may have died before it was sent."""
        fixes: dict[str, list[Fix]] = {}
        for fix in self.unverified if self._pictured is None else ():
            for cells in fix.fingerprints:
                fixes.setdefault(cells, []).append(fix)
        wrong: list[Wrong] = []
        for place, row in enumerate(rows):
            for fix in fixes.get(row.fingerprint, ()):
                if all(row.cell(column) == text for column, text in fix.held.items()):
                    wrong.append(Wrong(place, row, tuple(fix.held)))
        return wrong

    @property
    def _mended(self) -> set[str]:
        return {cells for fix in self.unverified for cells in fix.fingerprints}

    def _stood(self, row: Seen, now: Mapping[int, int]) -> bool:
        """Whether the row is as it was before the repairs, and no other one looks like it since."""
        return self._pictured is not None and 0 < now[row.picture] <= self._pictured[row.picture]

    def _is_stranger(self, row: Seen) -> bool:
        return self._pictured is not None and row.fingerprint not in self._known

    # ── whose cells they are ───────────────────────────────────────────────────────────────────────

    def _identified(
        self, where: Layout, one: Wrong, suspects: Mapping[int, Suspect], present: set[str]
    ) -> _Identity:
        """A row whose inputs were overwritten is known by the others, and by its fingerprint once put right.

        Not found, it keeps the fingerprint that it has now, and its inputs are unknown.
        """
        row, inputs = one.row, where.columns.inputs
        hit = {name for name, column in inputs.items() if column in one.columns}
        if row.fingerprint in self._looks or (not hit and row.fingerprint in self._beside.accepted()):
            return _Identity(row.fingerprint)
        # Somebody may have edited one input since the look, which hit none: any one may differ.
        for unlike in [hit] if hit else [{name} for name in inputs]:
            same = {name: c for name, c in inputs.items() if name not in unlike}
            may_differ = {*one.columns, *where.columns.outputs.values(), *(inputs[name] for name in unlike)}
            if look := self._looks.of(where, row, same, may_differ):
                headers, seen = look
                if not hit and seen.fingerprint in present:
                    # Its equal stands elsewhere: what is written beside that one is not this one's.
                    return _Identity(row.fingerprint, looked_like=seen.fingerprint)
                known = {
                    c: where.headers[c] for name in hit for c in [inputs[name]] if where.headers[c] in headers
                }
                return _Identity(
                    seen.fingerprint,
                    {column: seen.entered(headers.index(header)) for column, header in known.items()},
                )
        if hit and (without := self._fingerprint_without(where, row, hit)) in self._beside.accepted():
            return _Identity(without, dict.fromkeys((inputs[name] for name in hit), None))
        if hit and one.index is not None:
            return self._by_frozen_inputs(where, row, hit, suspects[one.index].result)
        return _Identity(row.fingerprint)

    def _fingerprint_without(self, where: Layout, row: Seen, hit: set[str]) -> str:
        """The fingerprint if the inputs that were hit had been empty before."""
        inputs = where.columns.inputs
        names = (column.name for column in self._recipe.inputs)
        return fingerprint(["" if name in hit else row.cell(inputs.get(name)) for name in names])

    def _by_frozen_inputs(self, where: Layout, row: Seen, hit: set[str], result: Result) -> _Identity:
        """After a takeover: what was sent of the row is what stood there, if the fingerprint says so."""
        sent = self._beside.frozen_inputs(result.index)
        inputs = where.columns.inputs
        cells = [
            sent.get(column.name, "") if column.name in hit else row.cell(inputs.get(column.name))
            for column in self._recipe.inputs
        ]
        if fingerprint(cells) != result.fingerprint:
            return _Identity(row.fingerprint)
        entered = strings(sent)
        return _Identity(result.fingerprint, {inputs[name]: entered.get(name) for name in hit})

    # ── what belongs there ─────────────────────────────────────────────────────────────────────────

    def _own(self, fingerprints: set[str], settled: set[int]) -> dict[str, Result]:
        owners = {index: cells for cells in fingerprints for index in self._beside.accepted().get(cells, ())}
        placed = self._beside.placed(set(owners), settled) if owners else {}
        return {owners[index]: result for index, result in placed.items()}

    def _outputs(
        self,
        fingerprint: str,
        suspect: Suspect | None,
        own: Mapping[str, Result],
        befores: Mapping[str, Mapping[str, Entered]],
        lost: set[int],
    ) -> Mapping[str, Entered]:
        """Our own verified result for that row; else what stood beside it before we came."""
        if fingerprint in own:
            before = self._beside.frozen_outputs(fingerprint)
            return strings({**before, **results.cells(self._recipe, own[fingerprint])})
        if fingerprint in befores:
            return befores[fingerprint]
        if (
            suspect is not None
            and suspect.result.index in lost
            and fingerprint not in self._beside.accepted()
        ):
            return suspect.sent.before_of(suspect.result.index)
        return strings(self._beside.frozen_outputs(fingerprint))

    def _right_cells(
        self, where: Layout, one: Wrong, identity: _Identity, outputs: Mapping[str, Entered]
    ) -> dict[int, Entered]:
        """The cells that are to be changed, with what they shall hold."""
        names = {column: name for name, column in where.columns.outputs.items()}
        right: dict[int, Entered] = {}
        for column in one.columns:
            if column in names:
                value = outputs.get(names[column])
            elif column in identity.inputs:
                value = identity.inputs[column]
            else:
                known, value = self._looks.in_column(
                    where, column, one.row, identity.looked_like or identity.fingerprint
                )
                if not known and not self._must_be_ours(where, column, one):
                    continue
            if one.row.cell(column) != as_shown(value):
                right[column] = value
        return right

    def _must_be_ours(self, where: Layout, column: int, one: Wrong) -> bool:
        """Of a cell that no look saw: a copy that a person made has its original in our columns beside it."""
        if column in one.held:
            return True
        if one.index is None:
            return False
        header = where.headers[column] if column < len(where.headers) else ""
        outputs = {one.row.cell(c) for c in where.columns.outputs.values()}
        return not header.strip() or one.row.cell(column) not in outputs


def put_in(fix: Fix) -> set[str]:
    """The texts that a repair writes."""
    return {as_shown(value) for value in fix.cells.values() if value}


def _may_have_hit(fix: Fix, shown: set[str], in_outputs: set[str]) -> bool:
    """Whether a row shows the texts of a repair, or two of them and no others where they would stand."""
    texts = put_in(fix)
    return texts <= shown or (len(texts & shown) >= 2 and in_outputs <= texts)


def _columns_with(row: Seen, texts: set[str]) -> set[int]:
    return {column for column in row.cells if row.cell(column) in texts}
