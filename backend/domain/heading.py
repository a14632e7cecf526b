"""A header row that our own text has overwritten, when somebody inserted a row above it at that moment."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from backend.domain.cells import as_text


def overwritten(
    top: Sequence[Sequence[object]],
    headers: Sequence[str],
    inputs: Collection[str],
    ours: Mapping[str, str],
    cleared: Collection[int] = (),
) -> tuple[int, dict[int, str]] | None:
    """Which of the top rows it is, and column → header to be put back; None when there is no such row.

    `headers` are those of the last look: the missing ones belong to the cells that hold our text, in their
    order. After a takeover no look tells (`headers` are none): then each belongs to the output whose text
    stands there, if all headers of `inputs` are to be seen. `ours`: text that was sent → its output's header;
    `cleared`: columns in which cells were emptied.
    """
    known = [header for header in headers if header.strip()]
    for number, cells in enumerate(top):
        row = [as_text(cell) for cell in cells]
        hit = [c for c, text in enumerate(row) if text in ours or (c in cleared and not text)]
        others = {text for text in row if text.strip() and text not in ours}
        if not hit:
            continue
        if known:
            missing = [header for header in known if header not in others]
            if others & set(known) and len(missing) == len(hit):
                return number, dict(zip(hit, missing, strict=True))
        elif inputs and others.issuperset(inputs) and all(row[column] in ours for column in hit):
            back = {column: ours[row[column]] for column in hit}
            if len(set(back.values())) == len(hit) and not others & set(back.values()):
                return number, back
    return None
