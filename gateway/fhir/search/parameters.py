"""The table of resource types and search parameters: what is served is what is written here.

The parameters are R4's own, compiled from the official definitions by `scripts/search_parameters.py` into
`r4/parameters.json`; a type is served once it has a row there. Here stands what R4 leaves to a server: which element
says in whose record a resource stands, and which of its dates is the one that a patient's timeline is made of. The
CapabilityStatement, the router, the parser and the index follow.
https://hl7.org/fhir/R4/searchparameter-registry.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from importlib.resources import files
from typing import Any, Final

import msgspec

__all__ = ["COMMON", "COMPARTMENTS", "OWNERS", "TYPES", "VALUE_SETS", "Kind", "Parameter", "ResourceType"]


class Kind(StrEnum):
    """The types of search parameters that are served (https://hl7.org/fhir/R4/valueset-search-param-type.html)."""

    TOKEN = "token"  # noqa: S105  a kind of parameter, no password
    DATE = "date"
    REFERENCE = "reference"
    STRING = "string"
    NUMBER = "number"
    QUANTITY = "quantity"
    URI = "uri"
    COMPOSITE = "composite"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One search parameter of one type.

    `paths` are the elements it looks at: dotted, `telecom[system=email]` being those whose system is that. `systems`
    are those of plain codes, by path. `targets` are the types a reference may name, none being any; where it is
    `narrowed`, references to others are not meant. A composite one has two `components`, the names of others.
    """

    name: str
    kind: Kind
    definition: str
    documentation: str
    paths: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    narrowed: bool = False
    systems: Mapping[str, str] = field(default_factory=dict)
    components: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceType:
    """A type that is served, and how it is searched.

    `owner` is the element that says in whose record a resource stands, `date` the parameter of its clinical date;
    `refused` are parameters that R4 has and this server does not offer.
    """

    name: str
    parameters: tuple[Parameter, ...] = ()
    refused: tuple[str, ...] = ()
    owner: str | None = None
    date: Parameter | None = None
    named: Mapping[str, Parameter] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "named", {each.name: each for each in (*COMMON, *self.parameters)})


OWNERS: Final[Mapping[str, str]] = {
    "AllergyIntolerance": "patient",
    "CarePlan": "subject",
    "Communication": "subject",
    "Composition": "subject",
    "Condition": "subject",
    "Consent": "patient",
    "DetectedIssue": "patient",
    "Device": "patient",
    "DocumentReference": "subject",
    "Encounter": "subject",
    "Flag": "subject",
    "Goal": "subject",
    "List": "subject",
    "MedicationRequest": "subject",
    "MedicationStatement": "subject",
    "Observation": "subject",
    "QuestionnaireResponse": "subject",
    "RelatedPerson": "patient",
    "RiskAssessment": "subject",
    "ServiceRequest": "subject",
    "Task": "for",
}
"""The element that says in whose record a resource stands; a Patient stands in its own."""

_SAID: Final[Mapping[str, frozenset[str]]] = {
    "AuditEvent": frozenset({"action", "agent", "altid", "date", "entity", "outcome", "patient", "subtype", "type"}),
}
"""What can be asked of a type that is not stored but made of other rows: what those rows say."""

_DATES: Final[Mapping[str, str]] = {
    "Bundle": "timestamp",
    "Communication": "sent",
    "Condition": "onset-date",
    "DetectedIssue": "identified",
    "Goal": "start-date",
    "MedicationRequest": "authoredon",
    "MedicationStatement": "effective",
    "Patient": "birthdate",
    "Provenance": "recorded",
    "QuestionnaireResponse": "authored",
    "RelatedPerson": "birthdate",
    "ServiceRequest": "authored",
    "Slot": "start",
    "Task": "authored-on",
}
"""The parameter of a type's clinical date, where it is not called `date`."""


def _read(name: str) -> Any:
    return msgspec.json.decode(files("gateway.fhir.search").joinpath("r4", name).read_bytes())


def _parameters(rows: list[Any]) -> tuple[Parameter, ...]:
    return tuple(msgspec.convert(each, Parameter) for each in rows)


def _type(name: str, row: Any) -> ResourceType:
    known = _parameters(row["served"])
    parameters = tuple(each for each in known if name not in _SAID or each.name in _SAID[name])
    main = _DATES.get(name, "date")
    return ResourceType(
        name=name,
        parameters=parameters,
        refused=(
            *row["refused"],
            *(each.name for each in known if each not in parameters),
            *_TABLE["Resource"]["refused"],
        ),
        owner=OWNERS.get(name),
        date=next((each for each in parameters if each.name == main and each.kind is Kind.DATE), None),
    )


_TABLE: Final[dict[str, Any]] = _read("parameters.json")

COMMON: Final[tuple[Parameter, ...]] = _parameters(_TABLE["Resource"]["served"])
"""What every type has."""

TYPES: Final[Mapping[str, ResourceType]] = {
    name: _type(name, row) for name, row in _TABLE.items() if name != "Resource"
}
"""The types that are served, by name."""

COMPARTMENTS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    compartment: {type_: tuple(names) for type_, names in rows.items()}
    for compartment, rows in _read("compartments.json").items()
}
"""Which parameters of a type lead into a compartment; `{def}` is the resource that the compartment is of.

https://hl7.org/fhir/R4/compartmentdefinition.html
"""

VALUE_SETS: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    url: tuple((system, code) for system, code in codes) for url, codes in _read("value_sets.json").items()
}
"""The codes of the value sets that `:in` and `:not-in` know, as system and code."""
