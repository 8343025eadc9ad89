"""What a resource is found by: computed from its content alone, so that the index can always be rebuilt.

Each type's parameters become one plan: a tree of element names, so that a resource is walked once, along what it has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any, Final, NamedTuple

from gateway.fhir.alike import again, is_alike
from gateway.fhir.search.date import ALWAYS, NEVER, Range, range_of
from gateway.fhir.search.element import measures, patient_of, references, tokens, typed
from gateway.fhir.search.number import exact
from gateway.fhir.search.parameters import COMMON, TYPES, Kind, Parameter
from gateway.fhir.search.text import pieces, sounds
from gateway.fhir.search.ucum import unit

__all__ = ["UCUM", "Amount", "Found", "Index", "Moment", "extract", "field_of", "owner"]

UCUM: Final = "http://unitsofmeasure.org"
_PLACES: Final = 256


class Found(NamedTuple):
    """A term under a field: `part` tells list elements apart, `text` are the words beside a code."""

    field: str
    code: str
    system: str = ""
    part: int = 0
    text: str = ""


class Moment(NamedTuple):
    """A stretch of time under a field: [low, high) in microseconds since 1970 UTC."""

    field: str
    part: int
    low: int
    high: int


class Amount(NamedTuple):
    """A number or quantity under a field, as written and, where its unit is UCUM's, in base units."""

    field: str
    part: int
    low: Decimal | None
    high: Decimal | None
    code: str = ""
    system: str = ""
    unit: str = ""
    base: str = ""
    base_low: Decimal | None = None
    base_high: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """What is known of a resource outside its body: whose it is, when it was true, and what it is found by."""

    patient: str | None
    date: Range | None
    terms: tuple[Found, ...]
    moments: tuple[Moment, ...] = ()
    amounts: tuple[Amount, ...] = ()


def extract(resource: Mapping[str, Any], *, base: str) -> Index:
    """Return the index of *resource*, whose references to *base* are references to us."""
    type_ = resource["resourceType"]
    terms: dict[Found, None] = {}
    moments: dict[Moment, None] = {}
    amounts: dict[Amount, None] = {}
    for name, member in resource.items():
        read = _reader(type_, name, base)
        if read is not None:
            said = read(member)
            terms |= said.terms
            moments |= said.moments
            amounts |= said.amounts
    if type_ == "Patient":
        terms[Found("deceased", "true" if _deceased(resource) else "false")] = None
    return Index(
        patient=owner(resource, base=base),
        date=_date(resource),
        terms=tuple(terms),
        moments=tuple(moments),
        amounts=tuple(amounts),
    )


def owner(resource: Mapping[str, Any], *, base: str) -> str | None:
    """Return the id of the patient in whose record *resource* stands, None where it stands in nobody's."""
    if resource["resourceType"] == "Patient":
        return str(resource["id"])
    path = TYPES[resource["resourceType"]].owner
    return patient_of(resource.get(path), base=base) if path else None


def field_of(parameter: Parameter, path: str) -> str:
    """Return the field that a parameter's path is kept under; how a name sounds has one of its own."""
    if parameter.name == "deceased":
        return "deceased"
    return f"{path}:phonetic" if parameter.name == "phonetic" else path


class _Reading(NamedTuple):
    """What is read from an element: the field it is kept under, and how."""

    field: str
    read: Callable[[_Reading, Any, int, str], Iterator[Found | Moment | Amount]]
    system: str = ""
    owns: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """A place in the tree of elements: what is read here, and what follows. `only` limits it to some elements."""

    readings: list[_Reading]
    next: dict[str, list[_Step]]
    only: tuple[str, str] | None = None


class _Said(NamedTuple):
    """What one element of a resource says, each thing once."""

    terms: dict[Found, None]
    moments: dict[Moment, None]
    amounts: dict[Amount, None]


@lru_cache(maxsize=4096)
def _reader(type_: str, name: str, base: str) -> Callable[[Any], _Said] | None:
    """Return what reads an element of a type, None where nothing is found by it."""
    steps = _plan(type_).next.get(name)
    if steps is None:
        return None

    def read(member: Any) -> _Said:
        said = _Said({}, {}, {})
        for step in steps:
            for reading, element, part in _walk(step, member, 0):
                for each in reading.read(reading, element, part, base):
                    said[_PLACE[type(each)]][each] = None  # type: ignore[index]  # each goes to its own kind
        return said

    # No two versions have the same `meta`: each has its instant in it.
    return again(read) if is_alike(type_, name) and name != "meta" else read


_PLACE: Final[dict[type, int]] = {Found: 0, Moment: 1, Amount: 2}


def _walk(step: _Step, element: Any, part: int) -> Iterator[tuple[_Reading, Any, int]]:
    if isinstance(element, list):
        for place, each in enumerate(element, 1):
            yield from _walk(step, each, part or place)
        return
    if step.only and not (isinstance(element, dict) and element.get(step.only[0]) == step.only[1]):
        return
    for reading in step.readings:
        yield reading, element, part
    if step.next and isinstance(element, dict):
        for name, member in element.items():
            for each in step.next.get(name, ()):
                yield from _walk(each, member, part)


@cache
def _plan(type_: str) -> _Step:
    """Return the tree of what is read from a type's elements."""
    row, root, seen = TYPES[type_], _Step(readings=[], next={}), set()
    for parameter in (*COMMON, *row.parameters):
        if parameter.name in ("_id", "_lastUpdated", "deceased") or parameter is row.date:
            continue  # they have columns of their own
        for path in parameter.paths:
            field = field_of(parameter, path)
            read = _sound if parameter.name == "phonetic" else _READ[parameter.kind]
            if (field, read) not in seen:
                seen.add((field, read))
                reading = _Reading(field, read, parameter.systems.get(path, ""), path == row.owner)
                _reached(root, path).readings.append(reading)
    return root


def _reached(step: _Step, path: str) -> _Step:
    for word in path.split("."):
        name, _, condition = word.rstrip("]").partition("[")
        only = (condition.partition("=")[0], condition.partition("=")[2]) if condition else None
        steps = step.next.setdefault(name, [])
        found = next((each for each in steps if each.only == only), None)
        if found is None:
            found = _Step(readings=[], next={}, only=only)
            steps.append(found)
        step = found
    return step


def _token(reading: _Reading, element: Any, part: int, _base: str) -> Iterator[Found]:
    for code, system, text in tokens(element, system=reading.system):
        yield Found(reading.field, code, system, part, text)
    for code, system, _ in typed(element):
        yield Found(f"{reading.field}:of-type", code, system, part)


def _reference(reading: _Reading, element: Any, part: int, base: str) -> Iterator[Found]:
    for each in references(element, base=base):
        # The patient whose record it is has a column of its own.
        if not (reading.owns and each.startswith("Patient/")):
            yield Found(reading.field, each, each.partition("/")[0] if ":" not in each else "", part)
    if isinstance(element, dict) and "identifier" in element:
        for code, system, _ in tokens(element["identifier"]):
            yield Found(f"{reading.field}:identifier", code, system, part)


def _string(reading: _Reading, element: Any, part: int, _base: str) -> Iterator[Found]:
    if isinstance(element, str):
        for place, code in pieces(element):
            yield Found(reading.field, code, "", part * _PLACES + place)


def _sound(reading: _Reading, element: Any, part: int, _base: str) -> Iterator[Found]:
    if isinstance(element, str):
        for each in sounds(element):
            yield Found(reading.field, each, "", part)


def _uri(reading: _Reading, element: Any, part: int, _base: str) -> Iterator[Found]:
    if isinstance(element, str):
        yield Found(reading.field, element, "", part)


def _moment(reading: _Reading, element: Any, part: int, _base: str) -> Iterator[Moment]:
    found = range_of(element)
    if found is not None:
        yield Moment(reading.field, part, found.low, found.high)


def _amount(reading: _Reading, element: Any, part: int, _base: str) -> Iterator[Amount]:
    for low, high, code, system, name in measures(element):
        base = _in_base(low, high, code) if code and system == UCUM else ("", None, None)
        yield Amount(reading.field, part, low, high, code, system, name, *base)


@lru_cache(maxsize=20_000)
def _in_base(low: Decimal | None, high: Decimal | None, code: str) -> tuple[str, Decimal | None, Decimal | None]:
    """Return an amount of a UCUM unit in base units; the same readings come again and again."""
    known = unit(code)
    if known is None:
        return "", None, None
    low, high = (None if each is None else exact(known.converted(each)) for each in (low, high))
    return known.base, low, high


_READ: Final[dict[Kind, Callable[[_Reading, Any, int, str], Iterator[Found | Moment | Amount]]]] = {
    Kind.TOKEN: _token,
    Kind.REFERENCE: _reference,
    Kind.STRING: _string,
    Kind.URI: _uri,
    Kind.DATE: _moment,
    Kind.NUMBER: _amount,
    Kind.QUANTITY: _amount,
}


def _date(resource: Mapping[str, Any]) -> Range | None:
    """Return the clinical date: from the first of several to the last of them."""
    row = TYPES[resource["resourceType"]].date
    if row is None:
        return None
    paths = [path for path in row.paths if path in resource or "." in path]  # of a choice there is one at most
    ranges = [found for path in paths for each in _elements(resource, path) if (found := range_of(each))]
    if not ranges:
        return None
    return Range(max(ALWAYS, min(each.low for each in ranges)), min(NEVER, max(each.high for each in ranges)))


def _elements(resource: Mapping[str, Any], path: str) -> list[Any]:
    found: list[Any] = [resource]
    for name in path.split("."):
        members = [each[name] for each in found if isinstance(each, dict) and name in each]
        found = [item for member in members for item in (member if isinstance(member, list) else (member,))]
    return found


def _deceased(patient: Mapping[str, Any]) -> bool:
    return "deceasedDateTime" in patient or patient.get("deceasedBoolean") is True
