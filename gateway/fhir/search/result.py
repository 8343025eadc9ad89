"""How the answer to a search is to look: its order, its pages, its total, and what comes along.

https://hl7.org/fhir/R4/search.html#return
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from gateway.errors import Malformed, NotSupported
from gateway.fhir.search.asked import fields_of
from gateway.fhir.search.chain import link
from gateway.fhir.search.cursor import decode
from gateway.fhir.search.parameters import TYPES, Kind, Parameter, ResourceType
from gateway.fhir.search.query import (
    LAST_UPDATED,
    Clause,
    DateClause,
    Include,
    Query,
    Sort,
)

__all__ = ["DEFAULT_COUNT", "MOST", "RESULT_PARAMETERS", "default_order", "is_result", "shaped"]

DEFAULT_COUNT: Final = 50
MOST: Final = 500
"""The most matches on one page; a client that asks for more gets this many, and a link to the next page."""

RESULT_PARAMETERS: Final = (
    "_count",
    "_sort",
    "_total",
    "_summary",
    "_elements",
    "_include",
    "_revinclude",
    "_cursor",
    "_format",
    "_pretty",
    "_totalMethod",
)
"""How the answer is to look; everything else says what is searched. `_totalMethod=count` is how fhirpy asks a total."""

_INCLUDES: Final = ("_include", "_include:iterate", "_revinclude", "_revinclude:iterate")
_RESULTS: Final = frozenset({*RESULT_PARAMETERS, *_INCLUDES})
_SORTS: Final = 3
_MOST_INCLUDES: Final = 60
_SORTED: Final = {Kind.DATE: "moment", Kind.NUMBER: "amount", Kind.QUANTITY: "amount"}


def is_result(name: str) -> bool:
    """Return whether a parameter says how the answer is to look."""
    return name in _RESULTS


def default_order(row: ResourceType, clauses: tuple[Clause, ...]) -> tuple[Sort, ...]:
    """Return newest first: by what happened where that has a date, else, or where asked for it, by the last update."""
    asked = any(isinstance(each, DateClause) and each.updated for each in clauses)
    if row.date is None or row.date.name == "birthdate" or asked:
        return (LAST_UPDATED,)
    return (Sort(row.date.name, "date", descending=True),)


def shaped(row: ResourceType, query: Query, pairs: Sequence[tuple[str, str]]) -> Query:
    """Return *query* with the order, the page and what else the result parameters ask for; refuses by name."""
    seen: set[str] = set()
    # The cursor belongs to an order, and _summary=count outdoes _count: both are read last.
    for name, text in sorted(pairs, key=lambda pair: pair[0] in ("_summary", "_cursor")):
        if name in seen and name not in _INCLUDES:
            raise Malformed(f"{name} is given twice.", where=name)
        seen.add(name)
        if name in _INCLUDES:
            query = replace(query, includes=(*query.includes, *_included(row, name, text)))
        elif name in _SHAPES:
            query = _SHAPES[name](row, query, text)
    if len(query.includes) > _MOST_INCLUDES:
        raise NotSupported(f"More than {_MOST_INCLUDES} inclusions at once.", where="_include")
    return query


def _sort(row: ResourceType, query: Query, text: str) -> Query:
    names = text.split(",")
    if len(names) > _SORTS or len({each.removeprefix("-") for each in names}) < len(names):
        raise NotSupported(f"_sort={text[:80]} has more than {_SORTS} keys, or one twice.", where="_sort")
    return replace(query, order=tuple(_sorted(row, each) for each in names))


def _sorted(row: ResourceType, text: str) -> Sort:
    name = text.removeprefix("-")
    parameter, descending = row.named.get(name), text != name
    if name in ("_id", "_lastUpdated"):
        return Sort(name, "id" if name == "_id" else "updated", descending)
    if parameter is None or parameter.kind not in _SORTED:
        offered = [each.name for each in row.named.values() if each.kind in _SORTED]
        raise NotSupported(
            f"_sort={text[:80]} is not offered for {row.name}.",
            where="_sort",
            remedy=f"Supported are, up to {_SORTS} of them, also after a minus: {', '.join(['_id', *offered])}.",
        )
    if parameter is row.date:
        return Sort(name, "date", descending)
    return Sort(name, _SORTED[parameter.kind], descending, fields_of(parameter))


def _count(_row: ResourceType, query: Query, text: str) -> Query:
    if not (text.isascii() and text.isdigit() and len(text) < 10):  # noqa: PLR2004  more matches than anybody has
        raise Malformed(f"_count={text[:80]} is no number of matches.", where="_count", remedy="Write 0 or more.")
    count = min(int(text), MOST)
    return replace(query, count=count, total=query.total or count == 0)


def _total(_row: ResourceType, query: Query, text: str) -> Query:
    if text not in ("none", "estimate", "accurate"):
        raise NotSupported(f"_total={text[:80]} is not known.", where="_total", remedy="Write none or accurate.")
    return replace(query, total=query.total or text != "none")


def _total_method(row: ResourceType, query: Query, text: str) -> Query:
    if text != "count":
        raise NotSupported(f"_totalMethod={text[:80]} is not known.", where="_totalMethod", remedy="Write _total.")
    return _total(row, query, "accurate")


def _summary(_row: ResourceType, query: Query, text: str) -> Query:
    return replace(query, count=0, total=True) if text == "count" else query


def _cursor(_row: ResourceType, query: Query, text: str) -> Query:
    return replace(query, cursor=decode(text, query.order))


def _included(row: ResourceType, name: str, text: str) -> list[Include]:
    """Read `Source:parameter[:Target]`; `*` stands for every reference."""
    reverse, iterate = name.startswith("_rev"), name.endswith(":iterate")
    source, _, rest = text.partition(":")
    if text == "*":
        source, rest = row.name, "*"
    wanted, _, target = rest.partition(":")
    parameters = _linked(source, wanted)
    if not parameters or (target and target not in TYPES):
        raise NotSupported(
            f"{name}={text[:80]} names no reference of a type that is served here.",
            where=name,
            remedy="Write Type:parameter or Type:parameter:Target, e.g. Observation:subject:Patient.",
        )
    if not iterate and not reverse and source != row.name:
        raise NotSupported(
            f"{name}={text[:80]}: the matches are no {source[:40]}.",
            where=name,
            remedy=f"Write {name}:iterate={text[:80]}.",
        )
    targets = (target,) if target else (row.name,) if reverse and not iterate else ()
    return [
        Include(link=link(TYPES[source], each, targets), reverse=reverse, iterate=iterate, every=wanted == "*")
        for each in parameters
    ]


def _linked(source: str, wanted: str) -> list[Parameter]:
    row = TYPES.get(source)
    found = row.named.values() if row else ()
    return [each for each in found if each.kind is Kind.REFERENCE and wanted in ("*", each.name)]


_SHAPES: Final[dict[str, Callable[[ResourceType, Query, str], Query]]] = {
    "_sort": _sort,
    "_count": _count,
    "_total": _total,
    "_totalMethod": _total_method,
    "_summary": _summary,
    "_cursor": _cursor,
}
