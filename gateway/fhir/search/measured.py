"""Dates, numbers and quantities of a search, with their prefixes.

https://hl7.org/fhir/R4/search.html#prefix
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Final

from gateway.errors import Malformed
from gateway.fhir.search import date
from gateway.fhir.search.asked import Asked, plain, refused, split
from gateway.fhir.search.index import UCUM
from gateway.fhir.search.number import exact, value_of
from gateway.fhir.search.query import AmountClause, AmountValue, Clause, DateClause, DateValue, Prefix
from gateway.fhir.search.ucum import unit

__all__ = ["date_clause", "number_clause", "quantity_clause"]

_PREFIXES: Final = frozenset(Prefix)


def date_clause(asked: Asked, parts: list[str]) -> tuple[Clause, ...]:
    """Read dates with their prefixes; raises Malformed."""
    if asked.modifier:
        raise refused(asked)
    values = tuple(_date_value(asked.name, plain(part)) for part in parts)
    if asked.parameter.name == "_lastUpdated":
        return (DateClause(updated=True, alternatives=values),)
    fields = () if asked.parameter is asked.row.date else asked.fields
    return (DateClause(fields=fields, alternatives=values),)


@lru_cache(maxsize=1024)
def _date_value(name: str, part: str) -> DateValue:
    prefix = part[:2] if part[:2] in _PREFIXES else ""
    # An unescaped + of a zone arrives as a blank.
    found = date.parse(part.removeprefix(prefix).replace(" ", "+"))
    if found is None:
        raise Malformed(
            f"{name}={part[:80]} is no date.",
            where=name,
            remedy="Write YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss+zone, after eq ne gt lt ge le sa eb or ap.",
        )
    return DateValue(prefix=Prefix(prefix or "eq"), low=found.low, high=found.high)


def number_clause(asked: Asked, parts: list[str]) -> tuple[Clause, ...]:
    """Read numbers with their prefixes; raises Malformed."""
    if asked.modifier:
        raise refused(asked)
    values = tuple(value_of(asked.name, plain(part)) for part in parts)
    return (AmountClause(fields=asked.fields, alternatives=values),)


def quantity_clause(asked: Asked, parts: list[str]) -> tuple[Clause, ...]:
    """Read quantities with their prefixes; raises Malformed."""
    if asked.modifier:
        raise refused(asked)
    return (AmountClause(fields=asked.fields, alternatives=tuple(_amount(asked, part) for part in parts)),)


def _amount(asked: Asked, part: str) -> AmountValue:
    pieces = [plain(piece) for piece in split(part, "|")]
    if len(pieces) not in (1, 3) or not pieces[0] or (len(pieces) > 1 and not pieces[2]):
        raise Malformed(
            f"{asked.name}={part[:80]} is no quantity.",
            where=asked.name,
            remedy="Write 5.4, 5.4||mg or 5.4|http://unitsofmeasure.org|mg, after eq ne gt lt ge le sa eb or ap.",
        )
    amount = value_of(asked.name, pieces[0])
    if len(pieces) == 1:
        return amount
    system, code = pieces[1], pieces[2]
    known = unit(code) if system in ("", UCUM) else None
    if known is None:
        return replace(amount, unit=code, system=system)
    low, value, high = (exact(known.converted(each)) for each in (amount.low, amount.value, amount.high))
    return replace(amount, low=low, value=value, high=high, unit=known.base, base=True)
