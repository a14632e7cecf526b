"""A workbook → the table of one of its tabs.

The parser is our own: compiled readers lay a tab out as a full grid and trust the counts that a file states,
so that a file of 1 KB can end the whole process. Here the worst a file can be is refused.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from backend.domain.cells import is_blank
from backend.domain.headers import folded
from backend.errors import Invalid, TooLarge
from backend.files.header_row import HEADER_SEARCH_ROWS, choose, lay_out
from backend.files.limits import Limits
from backend.files.table import Progress, Row, Table
from backend.files.xlsx_package import Attributes, Package, Relation, local
from backend.files.xlsx_sheet import SheetParser
from backend.files.xlsx_values import date_styles, shared_texts


@dataclass(frozen=True, slots=True)
class _Tab:
    name: str
    part: str
    visible: bool


@dataclass(frozen=True, slots=True)
class _Sheet:
    tab: _Tab
    rows: list[Row]
    notes: list[str]


def read_xlsx(
    data: bytes,
    *,
    name: str,
    sheet: str | None,
    limits: Limits,
    known: Collection[str],
    on_progress: Progress,
) -> Table:
    """The table of the tab called `sheet`, or of the first that fits; `known` holds folded header names.

    Raises Invalid (damaged, protected, no such tab, nothing in it) and TooLarge.
    """
    package = Package(data, name=name, limits=limits)
    workbook = _Workbook(package, limits, on_progress)
    read = workbook.read(workbook.named(sheet)) if sheet is not None else workbook.first_fitting(known)
    layout = lay_out(read.rows, known, name=name, blank=None)
    if len(layout.rows) > limits.rows:
        raise TooLarge(
            f'"{name}" has more than {limits.rows:,} rows. Split it into several files of fewer rows.'
        )
    first = len(layout.lead) + 2
    tab_notes = [] if sheet is not None or len(workbook.tabs) == 1 else [workbook.choice_note(read.tab)]
    return Table(
        name=name,
        kind="xlsx",
        headers=layout.headers,
        rows=layout.rows,
        lead_rows=layout.lead,
        tail_rows=layout.tail,
        sheet_name=read.tab.name,
        sheet_names=tuple(tab.name for tab in workbook.tabs),
        lines=range(first, first + len(layout.rows)),
        notes=(*tab_notes, *layout.notes, *read.notes),
    )


class _Workbook:
    """The tabs of a package, and what all of them share."""

    def __init__(self, package: Package, limits: Limits, on_progress: Progress) -> None:
        self._package = package
        self._limits = limits
        self._on_progress = on_progress
        start = next((r.target for r in package.relations() if r.kind == "officeDocument"), "xl/workbook.xml")
        relations = package.relations(start)
        self.tabs, self._from_1904 = _tabs(
            package, start, {r.id: r.target for r in relations if r.kind == "worksheet"}
        )
        if not self.tabs:
            raise Invalid(f'"{package.name}" is a workbook without a single tab of cells.')
        self._texts = shared_texts(package, _target(relations, "sharedStrings", "xl/sharedStrings.xml"))
        self._styles = date_styles(package, _target(relations, "styles", "xl/styles.xml"))

    def named(self, name: str) -> _Tab:
        """The tab of that name; case and spacing count only where two names differ by nothing else."""
        for tab in self.tabs:
            if tab.name == name:
                return tab
        for tab in self.tabs:
            if folded(tab.name) == folded(name):
                return tab
        raise Invalid(f'"{self._package.name}" has no tab "{name}". Its tabs: {self._listing()}.')

    def first_fitting(self, known: Collection[str]) -> _Sheet:
        """The first visible tab with a known header, else the first visible that holds anything, else any."""
        fallback: _Sheet | None = None
        for tab in sorted(self.tabs, key=lambda tab: not tab.visible):
            if fallback and not tab.visible:
                break
            read = self.read(tab)
            if all(is_blank(cell) for row in read.rows for cell in row):
                continue
            fallback = fallback or read
            choice = choose(read.rows[:HEADER_SEARCH_ROWS], known)
            if not known or (choice and choice.hits):
                return read
        if fallback is None:
            raise Invalid(
                f'"{self._package.name}" holds no text at all in any of its tabs: {self._listing()}.'
            )
        return fallback

    def read(self, tab: _Tab) -> _Sheet:
        parser = SheetParser(
            self._package,
            tab.part,
            texts=self._texts,
            styles=self._styles,
            from_1904=self._from_1904,
            limits=self._limits,
        )
        parser.parse(self._on_progress)
        return _Sheet(tab, parser.rows, parser.notes)

    def choice_note(self, tab: _Tab) -> str:
        return f'Read from the tab "{tab.name}". The workbook\'s tabs: {self._listing()}.'

    def _listing(self) -> str:
        return ", ".join(f'"{tab.name}"{"" if tab.visible else " (hidden)"}' for tab in self.tabs)


def _tabs(package: Package, part: str, targets: dict[str, str]) -> tuple[Sequence[_Tab], bool]:
    tabs: list[_Tab] = []
    from_1904 = False

    def start(tag: str, attributes: Attributes) -> None:
        nonlocal from_1904
        if local(tag) == "sheet":
            named = {local(key): value for key, value in attributes.items()}
            target = targets.get(named.get("id", ""))
            if target:
                tabs.append(_Tab(named.get("name", ""), target, named.get("state", "visible") == "visible"))
        elif local(tag) == "workbookPr":
            from_1904 = attributes.get("date1904") in ("1", "true")

    package.parse(part, start=start)
    return tabs, from_1904


def _target(relations: Sequence[Relation], kind: str, usual: str) -> str:
    return next((relation.target for relation in relations if relation.kind == kind), usual)
