"""Declared queries as SQL over one table of JSON documents: their indexes, filters, order and pages.

SQLite and Firestore order values alike (null, numbers, then strings by their UTF-8 bytes) once null is
kept from being SQL's NULL, which compares with nothing: it stands here as minus infinity, which no JSON
number is. Booleans become 0 and 1, so an ordered field must not mix them with numbers. Lists and objects
are not compared: a document whose ordered field holds one is not found, like one that lacks the field.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from backend.adapters.document_queries import id_descends, ordered
from backend.ports import Json, Query

#: A parameter that holds JSON text: SQLite then parses a float the same way on both sides.
_GIVEN = "ifnull(json_extract(?, '$'), -9e999)"


def _value(name: str) -> str:
    return f"ifnull(json_extract(data, '$.{name}'), -9e999)"


def _type(name: str) -> str:
    return f"json_type(data, '$.{name}')"


@dataclass(slots=True)
class Condition:
    """A WHERE clause that grows: its terms, and the values of their parameters."""

    terms: list[str]
    parameters: list[Json] = field(default_factory=list)

    def add(self, term: str, *parameters: Json) -> None:
        self.terms.append(term)
        self.parameters.extend(parameters)

    def __str__(self) -> str:
        return " AND ".join(self.terms)


def index_name(query: Query) -> str:
    """Unique for a declaration, and readable in a query plan."""
    return f"query {query.collection} ({','.join(query.equal)}) ({','.join(query.order)})"


def index_sql(query: Query) -> str:
    """The index that answers `query` by reading only what it returns, unless documents have expired."""
    # `collection` is the same in all of its entries; with it, SQLite never prefers the primary key's index.
    fields = ["collection", *map(_value, query.equal)]
    fields += [f"{_value(name)} {_way(descends)}" for name, descends in ordered(query)]
    fields.append(f"id {_way(id_descends(query))}")
    return f'CREATE INDEX "{index_name(query)}" ON documents ({", ".join(fields)}) WHERE {_members(query)}'


def condition(query: Query, values: Sequence[Json], now: float, low: Json, high: Json) -> Condition:
    """Which documents answer the question at `now`."""
    where = _members(query)
    where.add("(expires_at IS NULL OR expires_at > ?)", now)
    for name, value in zip(query.equal, values, strict=True):
        where.add(f"{_value(name)} = {_GIVEN}", json.dumps(value))
        where.add(f"{_type(name)} IN ({_types(value)})")
    if query.order:
        first, _ = ordered(query)[0]
        for bound, sign in ((low, ">="), (high, "<")):
            if bound is not None:
                where.add(f"{_value(first)} {sign} {_GIVEN}", json.dumps(bound))
                where.add(f"{_type(first)} IN ({_types(bound)})")
    return where


def add_cursor(where: Condition, query: Query, place: Sequence[Json]) -> None:
    """Keeps only what comes after `place`: the ordered values and the id of the page's last document."""
    columns = [(_value(name), _GIVEN, descends) for name, descends in ordered(query)]
    columns.append(("id", "?", id_descends(query)))
    given = [*map(json.dumps, place[:-1]), place[-1]]
    first, parameter, descends = columns[0]
    # Implied by what follows, but only a plain bound lets SQLite start in the middle of the index.
    where.add(f"{first} {'<=' if descends else '>='} {parameter}", given[0])
    alternatives, parameters = [], []
    for last, (column, parameter, descends) in enumerate(columns):
        same = [f"{before} = {its}" for before, its, _ in columns[:last]]
        alternatives.append(" AND ".join([*same, f"{column} {'<' if descends else '>'} {parameter}"]))
        parameters += given[: last + 1]
    where.add(f"({' OR '.join(alternatives)})", *parameters)


def order_sql(query: Query) -> str:
    """The ORDER BY list."""
    fields = [f"{_value(name)} {_way(descends)}" for name, descends in ordered(query)]
    return ", ".join([*fields, f"id {_way(id_descends(query))}"])


def sum_sql(name: str) -> str:
    """The sum of the numbers that stand in a field."""
    return f"sum(CASE WHEN {_type(name)} IN ('integer', 'real') THEN json_extract(data, '$.{name}') END)"


def _members(query: Query) -> Condition:
    """Which documents stand in the index. SQLite uses it only for a WHERE that repeats these terms."""
    where = Condition([f"collection = '{query.collection}'"])
    for name, _ in ordered(query):
        where.add(f"{_type(name)} NOT IN ('array', 'object')")
    return where


def _types(value: Json) -> str:
    """The JSON types that equal or bound `value`; 1 is not true."""
    if isinstance(value, bool):
        return "'true'" if value else "'false'"
    if isinstance(value, (int, float)):
        return "'integer', 'real'"
    return "'text'" if isinstance(value, str) else "'null'"


def _way(descends: bool) -> str:
    return "DESC" if descends else "ASC"
