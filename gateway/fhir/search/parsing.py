"""From the parameters of a URL to a `Query`: everything that is asked for is understood, or refused by name.

A parameter that is silently ignored answers another question than the one asked; with patients that is dangerous.
Only a client that says `Prefer: handling=lenient` gets such an answer, and is told what was left out.
https://hl7.org/fhir/R4/search.html#errors
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from gateway.errors import Malformed, NotSupported
from gateway.fhir.search import date
from gateway.fhir.search.cursor import decode
from gateway.fhir.search.element import target
from gateway.fhir.search.index import beginning, whole
from gateway.fhir.search.parameters import TYPES, Kind, Parameter, ResourceType
from gateway.fhir.search.query import (
    Clause,
    DateClause,
    DateValue,
    IdClause,
    Order,
    OwnerClause,
    Prefix,
    Query,
    Term,
    TermClause,
)

__all__ = ["DEFAULT_COUNT", "MOST", "RESULT_PARAMETERS", "Search", "criteria", "search"]

DEFAULT_COUNT: Final = 50
MOST: Final = 500
"""The most matches on one page; a client that asks for more gets this many, and a link to the next page."""

RESULT_PARAMETERS: Final = ("_count", "_sort", "_total", "_summary", "_cursor", "_format", "_pretty", "_totalMethod")
"""How the answer is to look; everything else says what is searched. `_totalMethod=count` is how fhirpy asks a total."""

_ALTERNATIVES: Final = 100
_CLAUSES: Final = 20
_ID: Final = re.compile(r"[A-Za-z0-9\-.]{1,64}", re.ASCII)
_PIECES: Final = re.compile(r"\\.|[^\\,|]+|[\\,|]", re.DOTALL)
_ESCAPED: Final = re.compile(r"\\([\\,|$])")

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """A search as understood: the query, the parameters it was made of, and the names of those left out."""

    query: Query
    used: tuple[tuple[str, str], ...]
    ignored: tuple[str, ...] = ()


def search(type_: str, pairs: Pairs, *, base: str, lenient: bool = False) -> Search:
    """Read the parameters of a search of *type_*; raises NotSupported or Malformed, naming the parameter."""
    row = TYPES[type_]
    results = [pair for pair in pairs if pair[0] in RESULT_PARAMETERS]
    known = [pair for pair in pairs if pair[0] not in RESULT_PARAMETERS and _offers(row, pair[0])]
    ignored = tuple(
        dict.fromkeys(name for name, _ in pairs if name not in RESULT_PARAMETERS and not _offers(row, name))
    )
    if ignored and not lenient:
        raise _unknown(row, ignored[0])
    query = Query(type=type_, clauses=tuple(_clauses(row, known, base)))
    query = _shaped(row, replace(query, order=_default_order(row, query.clauses)), results)
    shown = tuple(pair for pair in pairs if pair in known or pair in results)
    return Search(query=query, used=shown, ignored=ignored)


def criteria(type_: str, pairs: Pairs, *, base: str) -> Query:
    """Read the criteria of a conditional interaction: at least one, and none about the look of the answer."""
    row = TYPES[type_]
    for name, _ in pairs:
        if name in RESULT_PARAMETERS or not _offers(row, name):
            raise _unknown(row, name)
    if not pairs:
        raise Malformed(
            "If-None-Exist names no criteria.", where="If-None-Exist", remedy="Write e.g. identifier=system|value."
        )
    return Query(type=type_, clauses=tuple(_clauses(row, pairs, base)), count=2)


def _offers(row: ResourceType, name: str) -> bool:
    return name.partition(":")[0].partition(".")[0] in row.named


def _unknown(row: ResourceType, name: str) -> NotSupported:
    offered = ", ".join(sorted([*row.named, *RESULT_PARAMETERS[:4]]))
    return NotSupported(
        f"{row.name} has no search parameter {name[:80]!r} here.",
        where=name[:80],
        remedy=f"Supported are: {offered}. With the header Prefer: handling=lenient, unknown ones are ignored.",
    )


def _clauses(row: ResourceType, pairs: Pairs, base: str) -> Iterator[Clause]:
    if len(pairs) > _CLAUSES:
        raise NotSupported(f"More than {_CLAUSES} search parameters at once.", remedy="Ask in several searches.")
    for name, text in pairs:
        bare, _, modifier = name.partition(":")
        if "." in bare:
            raise NotSupported(f"Chained parameters ({name[:80]}) are not offered.", where=name[:80])
        yield _READERS[row.named[bare].kind](row, row.named[bare], modifier, _alternatives(name, text), base)


def _alternatives(name: str, text: str) -> list[str]:
    parts = _split(text, ",")
    if not all(parts):
        raise Malformed(f"The search parameter {name[:80]} has an empty value.", where=name[:80])
    if len(parts) > _ALTERNATIVES:
        raise NotSupported(f"{name[:80]} has more than {_ALTERNATIVES} alternatives.", where=name[:80])
    return parts


def _split(text: str, mark: str) -> list[str]:
    r"""Split at *mark*, but not where a backslash stands before it (https://hl7.org/fhir/R4/search.html#escaping)."""
    parts = [""]
    for piece in _PIECES.findall(text):
        if piece == mark:
            parts.append("")
        elif piece == "\\":
            raise Malformed("A search value ends in a lone backslash.", remedy=r"Write \\ for a backslash.")
        else:
            parts[-1] += piece
    return parts


def _plain(text: str) -> str:
    return _ESCAPED.sub(r"\1", text)


def _refuse(name: str, modifier: str) -> NotSupported:
    return NotSupported(f"The modifier of {name}:{modifier[:80]} is not offered.", where=f"{name}:{modifier[:80]}")


def _token(row: ResourceType, parameter: Parameter, modifier: str, parts: list[str], _base: str) -> Clause:
    if modifier:
        raise _refuse(parameter.name, modifier)
    if parameter.name == "_id":
        return IdClause(ids=tuple(map(_plain, parts)))
    return TermClause(alternatives=tuple(each for part in parts for each in _token_terms(row, parameter, part)))


def _token_terms(row: ResourceType, parameter: Parameter, part: str) -> Iterator[Term]:
    pieces = [_plain(piece) for piece in _split(part, "|")]
    if len(pieces) > 2 or not pieces[-1]:  # noqa: PLR2004  system|code
        raise Malformed(
            f"{parameter.name}={part[:80]} is no token.",
            where=parameter.name,
            remedy=r"Write code, system|code or |code, with \| for a bar inside.",
        )
    system = pieces[0] if len(pieces) > 1 else None
    yield from _terms(row, parameter, pieces[-1], system)


def _terms(row: ResourceType, parameter: Parameter, code: str, system: str | None) -> Iterator[Term]:
    for name in parameter.indexed:
        yield Term(parameter=name, code=code, system=system, personal=row.named[name].personal)


def _string(row: ResourceType, parameter: Parameter, modifier: str, parts: list[str], _base: str) -> Clause:
    if modifier not in ("", "exact"):
        raise _refuse(parameter.name, modifier)
    codes = [whole(_plain(part)) if modifier else beginning(_plain(part)) for part in parts]
    # An over-long beginning matches nothing: names are not that long.
    terms = (each for code in codes if code is not None for each in _terms(row, parameter, code, ""))
    return TermClause(alternatives=tuple(terms))


def _reference(row: ResourceType, parameter: Parameter, modifier: str, parts: list[str], base: str) -> Clause:
    if modifier and modifier not in parameter.targets:
        raise _refuse(parameter.name, modifier)
    types = (modifier,) if modifier else parameter.targets
    found = tuple(each for part in parts for each in _targets(_plain(part), types, base))
    # The patient whose record it stands in has its own column, whichever of the two names is used.
    if row.owner and row.owner.paths == parameter.paths and all(each.startswith("Patient/") for each in found):
        return OwnerClause(patients=tuple(each[8:] for each in found if each.startswith("Patient/")))
    return TermClause(alternatives=tuple(term for each in found for term in _terms(row, parameter, each, "")))


def _targets(text: str, types: tuple[str, ...], base: str) -> Iterator[str]:
    if _ID.fullmatch(text):
        yield from (f"{each}/{text}" for each in types)
    else:
        yield target(text, base=base)


def _date(_row: ResourceType, parameter: Parameter, modifier: str, parts: list[str], _base: str) -> Clause:
    if modifier:
        raise _refuse(parameter.name, modifier)
    values = tuple(_date_value(parameter, _plain(part)) for part in parts)
    return DateClause(updated=parameter.name == "_lastUpdated", alternatives=values)


def _date_value(parameter: Parameter, part: str) -> DateValue:
    prefix = part[:2] if part[:2] in _PREFIXES else ""
    # An unescaped + of a zone arrives as a blank.
    found = date.parse(part.removeprefix(prefix).replace(" ", "+"))
    if found is None:
        raise Malformed(
            f"{parameter.name}={part[:80]} is no date.",
            where=parameter.name,
            remedy="Write YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss+zone, after eq ne gt lt ge le sa eb or ap.",
        )
    return DateValue(prefix=Prefix(prefix or "eq"), low=found.low, high=found.high)


_PREFIXES: Final = frozenset(Prefix)

_READERS: Final[dict[Kind, Callable[[ResourceType, Parameter, str, list[str], str], Clause]]] = {
    Kind.TOKEN: _token,
    Kind.STRING: _string,
    Kind.REFERENCE: _reference,
    Kind.DATE: _date,
}


def _default_order(row: ResourceType, clauses: tuple[Clause, ...]) -> Order:
    """Return newest first: by what happened where that has a date, else, or where asked for it, by the last update."""
    asked = any(isinstance(each, DateClause) and each.updated for each in clauses)
    return Order.NEWEST if "date" in row.named and not asked else Order.LAST_UPDATED


def _shaped(row: ResourceType, query: Query, pairs: Pairs) -> Query:
    seen: set[str] = set()
    # The cursor belongs to an order, and _summary=count outdoes _count: both are read last.
    for name, text in sorted(pairs, key=lambda pair: pair[0] in ("_summary", "_cursor")):
        if name in seen:
            raise Malformed(f"{name} is given twice.", where=name)
        seen.add(name)
        if name in _SHAPES:
            query = _SHAPES[name](row, query, text)
    return query


def _sort(row: ResourceType, query: Query, text: str) -> Query:
    orders = {"_lastUpdated": Order.UPDATED, "-_lastUpdated": Order.LAST_UPDATED, "_id": Order.ID}
    if row.date is not None:
        orders |= {row.date.name: Order.DATE, f"-{row.date.name}": Order.NEWEST}
    if text not in orders:
        raise NotSupported(
            f"_sort={text[:80]} is not offered for {row.name}.",
            where="_sort",
            remedy=f"Supported are: {', '.join(orders)}.",
        )
    return replace(query, order=orders[text])


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
    if text not in ("false", "count"):
        raise NotSupported(f"_summary={text[:80]} is not offered.", where="_summary", remedy="Write count or false.")
    return replace(query, count=0, total=True) if text == "count" else query


def _cursor(_row: ResourceType, query: Query, text: str) -> Query:
    return replace(query, cursor=decode(text, query.order))


_SHAPES: Final[dict[str, Callable[[ResourceType, Query, str], Query]]] = {
    "_sort": _sort,
    "_count": _count,
    "_total": _total,
    "_totalMethod": _total_method,
    "_summary": _summary,
    "_cursor": _cursor,
}
