"""What a resource is found by: computed from its content alone, so that the index can always be rebuilt.

A string is found by how it starts: each of its beginnings is a term, and so is the whole as written. This lets the
store keep names as keyed hashes, and still answer with one look into one index.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from gateway.fhir.search.date import Range, range_of
from gateway.fhir.search.element import elements, folded, patient_of, references, strings, tokens
from gateway.fhir.search.parameters import TYPES, Kind, Parameter
from gateway.fhir.search.query import Term

__all__ = ["Index", "beginning", "extract", "whole"]

_LONGEST: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """What is known of a resource outside its body: whose it is, when it was true, and its terms, each one once."""

    patient: str | None
    date: Range | None
    terms: tuple[Term, ...]


def extract(resource: Mapping[str, Any], *, base: str) -> Index:
    """Return the index of *resource*, whose references to *base* are references to us."""
    row = TYPES[resource["resourceType"]]
    terms = {term: None for parameter in row.parameters for term in _terms(parameter, resource, base)}
    return Index(patient=owner(resource, base=base), date=_date(row.date, resource), terms=tuple(terms))


def owner(resource: Mapping[str, Any], *, base: str) -> str | None:
    """Return the id of the patient in whose record *resource* stands, None where it stands in nobody's."""
    row = TYPES[resource["resourceType"]]
    if row.name == "Patient":
        return str(resource["id"])
    found = (
        patient_of(each, base=base)
        for path in (row.owner.paths if row.owner else ())
        for each in elements(resource, path)
    )
    return next((each for each in found if each is not None), None)


def beginning(text: str) -> str | None:
    """Return the term of everything that starts like *text*; None where it is longer than what is indexed."""
    start = folded(text)
    return f"^{start}" if len(start) <= _LONGEST else None


def whole(text: str) -> str:
    """Return the term of a string that is exactly *text*."""
    return f"={text}"


def _terms(parameter: Parameter, resource: Mapping[str, Any], base: str) -> Iterator[Term]:
    if parameter.kind is Kind.DATE:
        return  # like the patient whose it is, the date has its own column
    for path in parameter.paths:
        for element in elements(resource, path):
            for code, system in _codes(parameter, element, base):
                yield Term(parameter=parameter.name, code=code, system=system, personal=parameter.personal)


def _codes(parameter: Parameter, element: Any, base: str) -> Iterator[tuple[str, str]]:
    match parameter.kind:
        case Kind.TOKEN:
            yield from tokens(element, system=parameter.system)
        case Kind.REFERENCE:
            found = references(element, base=base)
            yield from ((each, "") for each in found if not (parameter.owner and each.startswith("Patient/")))
        case _:
            for text in strings(element):
                start = folded(text)[:_LONGEST]
                yield from ((f"^{start[:end]}", "") for end in range(1, len(start) + 1))
                yield whole(text), ""


def _date(parameter: Parameter | None, resource: Mapping[str, Any]) -> Range | None:
    if parameter is None:
        return None
    found = (range_of(each) for path in parameter.paths for each in elements(resource, path))
    return next((each for each in found if each is not None), None)
