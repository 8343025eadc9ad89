"""The table of resource types and search parameters: what is served is what is written here.

Adding a type is a row of `TYPES`, adding a parameter a row of its tuple; the CapabilityStatement, the router, the
parser and the index follow. Names, types and definitions are R4's:
https://hl7.org/fhir/R4/searchparameter-registry.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

__all__ = ["COMMON", "TYPES", "Kind", "Parameter", "ResourceType"]

_DEFINITIONS: Final = "http://hl7.org/fhir/SearchParameter/"


class Kind(StrEnum):
    """The types of search parameters that are served (https://hl7.org/fhir/R4/valueset-search-param-type.html)."""

    TOKEN = "token"  # noqa: S105  a kind of parameter, no password
    DATE = "date"
    REFERENCE = "reference"
    STRING = "string"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One search parameter of one type.

    `paths` are the elements it looks at. `reads` names other parameters whose index rows it is answered from as well.
    `system` is that of a plain code; `targets` are the types a reference may name. `personal` values are indexed as
    keyed hashes only. `owner` marks the reference that says in whose record the resource stands.
    """

    name: str
    kind: Kind
    definition: str
    documentation: str
    paths: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    system: str = ""
    targets: tuple[str, ...] = ()
    personal: bool = False
    owner: bool = False

    @property
    def indexed(self) -> tuple[str, ...]:
        """Return the names of the index rows this parameter is answered from."""
        return (self.name, *self.reads) if self.paths else self.reads


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceType:
    """A type that is served, and how it is searched."""

    name: str
    parameters: tuple[Parameter, ...] = ()
    named: Mapping[str, Parameter] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "named", {each.name: each for each in (*COMMON, *self.parameters)})

    @property
    def date(self) -> Parameter | None:
        """Return the parameter of the type's clinical date: the only date, beside the last update, that is searched."""
        return next((each for each in self.parameters if each.kind is Kind.DATE), None)

    @property
    def owner(self) -> Parameter | None:
        """Return the parameter that says in whose record a resource stands."""
        return next((each for each in self.parameters if each.owner), None)


def _token(
    name: str, definition: str, documentation: str, *paths: str, system: str = "", reads: tuple[str, ...] = ()
) -> Parameter:
    return Parameter(
        name=name,
        kind=Kind.TOKEN,
        definition=_DEFINITIONS + definition,
        documentation=documentation,
        paths=paths,
        system=system,
        reads=reads,
    )


def _identifier(definition: str) -> Parameter:
    return Parameter(
        name="identifier",
        kind=Kind.TOKEN,
        definition=_DEFINITIONS + definition,
        documentation="An identifier, as system|value or value",
        paths=("identifier",),
        personal=True,
    )


def _date(name: str, definition: str, documentation: str, *paths: str) -> Parameter:
    return Parameter(
        name=name, kind=Kind.DATE, definition=_DEFINITIONS + definition, documentation=documentation, paths=paths
    )


def _string(name: str, definition: str, documentation: str, *paths: str, reads: tuple[str, ...] = ()) -> Parameter:
    return Parameter(
        name=name,
        kind=Kind.STRING,
        definition=_DEFINITIONS + definition,
        documentation=documentation,
        paths=paths,
        reads=reads,
        personal=True,
    )


def _reference(name: str, definition: str, documentation: str, path: str, *targets: str) -> Parameter:
    return Parameter(
        name=name,
        kind=Kind.REFERENCE,
        definition=_DEFINITIONS + definition,
        documentation=documentation,
        paths=(path,),
        targets=targets,
    )


def _written(status: str, system: str) -> tuple[Parameter, ...]:
    """Return what the report and its papers are both found by."""
    return (
        _patient("clinical-patient", "subject"),
        _token("type", "clinical-type", "The sort of document", "type"),
        _token("status", status, "The state of the document", "status", system=system),
    )


def _patient(definition: str, path: str) -> Parameter:
    return Parameter(
        name="patient",
        kind=Kind.REFERENCE,
        definition=_DEFINITIONS + definition,
        documentation="The patient it is about",
        paths=(path,),
        targets=("Patient",),
        owner=True,
    )


COMMON: Final[tuple[Parameter, ...]] = (
    _token("_id", "Resource-id", "The id of the resource", "id"),
    _date("_lastUpdated", "Resource-lastUpdated", "When this version was stored", "meta.lastUpdated"),
)
"""Every type has these two; they need no index rows."""

_GENDER: Final = "http://hl7.org/fhir/administrative-gender"

_PATIENT: Final = (
    _identifier("Patient-identifier"),
    _string("family", "individual-family", "The start of a family name", "name.family"),
    _string("given", "individual-given", "The start of a given name", "name.given"),
    _string(
        "name",
        "Patient-name",
        "The start of any part of a name",
        "name.text",
        "name.prefix",
        "name.suffix",
        reads=("family", "given"),
    ),
    _date("birthdate", "individual-birthdate", "The date of birth", "birthDate"),
    _token("gender", "individual-gender", "The administrative gender", "gender", system=_GENDER),
)

_OBSERVATION: Final = (
    _patient("clinical-patient", "subject"),
    _reference(
        "subject",
        "Observation-subject",
        "Whom or what it is about",
        "subject",
        "Patient",
        "Group",
        "Device",
        "Location",
    ),
    _token("code", "clinical-code", "What was observed", "code"),
    _token(
        "combo-code",
        "Observation-combo-code",
        "What was observed, in the whole or in a component",
        "component.code",
        reads=("code",),
    ),
    _token("category", "Observation-category", "The sort of observation", "category"),
    _date(
        "date",
        "clinical-date",
        "When it was true",
        "effectiveDateTime",
        "effectivePeriod",
        "effectiveInstant",
        "effectiveTiming",
    ),
    _identifier("clinical-identifier"),
    _reference("encounter", "clinical-encounter", "The visit it belongs to", "encounter", "Encounter"),
    _reference("device", "Observation-device", "The device that measured", "device", "Device", "DeviceMetric"),
    _token(
        "status",
        "Observation-status",
        "registered, preliminary, final, …",
        "status",
        system="http://hl7.org/fhir/observation-status",
    ),
)

_DEVICE: Final = (
    _identifier("Device-identifier"),
    _patient("Device-patient", "patient"),
    _token("type", "Device-type", "The sort of device", "type"),
)

_ENCOUNTER: Final = (
    _patient("clinical-patient", "subject"),
    _reference("subject", "Encounter-subject", "Who came", "subject", "Patient", "Group"),
    _token(
        "status",
        "Encounter-status",
        "planned, arrived, in-progress, finished, …",
        "status",
        system="http://hl7.org/fhir/encounter-status",
    ),
    _date("date", "clinical-date", "When it took place", "period"),
    _identifier("clinical-identifier"),
)

_CONSENT: Final = (
    _patient("clinical-patient", "patient"),
    _token(
        "status",
        "Consent-status",
        "draft, active, inactive, …",
        "status",
        system="http://hl7.org/fhir/consent-state-codes",
    ),
    _date("date", "clinical-date", "When it was given", "dateTime"),
    _identifier("clinical-identifier"),
)

_PRACTITIONER: Final = (
    _identifier("Practitioner-identifier"),
    _string("family", "individual-family", "The start of a family name", "name.family"),
    _string("given", "individual-given", "The start of a given name", "name.given"),
)

_COMPOSITION: Final = (
    *_written("Composition-status", "http://hl7.org/fhir/composition-status"),
    _reference("encounter", "clinical-encounter", "The visit it tells of", "encounter", "Encounter"),
    _date("date", "clinical-date", "When it was written", "date"),
    _identifier("clinical-identifier"),
)

_DOCUMENT: Final = (
    *_written("DocumentReference-status", "http://hl7.org/fhir/document-reference-status"),
    _reference("encounter", "clinical-encounter", "The visit it tells of", "context.encounter", "Encounter"),
    _token("category", "DocumentReference-category", "The class of the document", "category"),
    _date("date", "DocumentReference-date", "When it was written", "date"),
    _identifier("clinical-identifier"),
)

_PROVENANCE: Final = (
    _reference("target", "Provenance-target", "What was signed", "target", "Composition", "DocumentReference"),
    _date("recorded", "Provenance-recorded", "When it was signed", "recorded"),
)

TYPES: Final[Mapping[str, ResourceType]] = {
    each.name: each
    for each in (
        ResourceType(name="Composition", parameters=_COMPOSITION),
        ResourceType(name="Consent", parameters=_CONSENT),
        ResourceType(name="Device", parameters=_DEVICE),
        ResourceType(name="DocumentReference", parameters=_DOCUMENT),
        ResourceType(name="Encounter", parameters=_ENCOUNTER),
        ResourceType(name="Location", parameters=(_identifier("Location-identifier"),)),
        ResourceType(name="Observation", parameters=_OBSERVATION),
        ResourceType(name="Organization", parameters=(_identifier("Organization-identifier"),)),
        ResourceType(name="Patient", parameters=_PATIENT),
        ResourceType(name="Practitioner", parameters=_PRACTITIONER),
        ResourceType(name="Provenance", parameters=_PROVENANCE),
    )
}
"""The types that are served, by name."""
