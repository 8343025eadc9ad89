"""The CapabilityStatement, made from the tables that the server runs on: it cannot say what is not so.

https://hl7.org/fhir/R4/capabilitystatement.html, https://hl7.org/fhir/smart-app-launch/STU2.2/conformance.html
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final, Protocol

from gateway.fhir.definitions import profiles_of
from gateway.fhir.rest import FHIR_JSON
from gateway.fhir.search.parameters import TYPES, Kind, Parameter, ResourceType

__all__ = ["software_version", "statement"]

_PUBLISHED: Final = "2026-11-22"
_OAUTH_URIS: Final = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"
_SECURITY_SERVICES: Final = "http://terminology.hl7.org/CodeSystem/restful-security-service"


_OPERATIONS: Final = {
    "$validate": "http://hl7.org/fhir/OperationDefinition/Resource-validate",
    "$everything": "http://hl7.org/fhir/OperationDefinition/Patient-everything",
    "$lastn": "http://hl7.org/fhir/OperationDefinition/Observation-lastn",
}
_SYSTEM: Final = ("transaction", "batch", "history-system")


class Row(Protocol):
    """A row of the router, as far as it is told."""

    @property
    def address(self) -> str:
        """Return the address, types and ids in braces."""

    @property
    def code(self) -> str:
        """Return FHIR's code of the interaction, or the name of the operation."""

    @property
    def only(self) -> tuple[str, ...]:
        """Return the types it is offered for; none means all."""

    @property
    def writes(self) -> bool:
        """Return whether it is not offered for types that only the server writes."""


def statement(base: str, rows: Sequence[Row], read_only: Collection[str]) -> dict[str, Any]:
    """Return the CapabilityStatement of the server at *base* that serves *rows*, types that are *read_only* in part."""
    codes = {row.code for row in rows} | {"batch"}
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": _PUBLISHED,
        "publisher": "Téléborne",
        "kind": "instance",
        "software": {"name": "Téléborne", "version": software_version()},
        "implementation": {"description": "Téléborne gateway", "url": base},
        "fhirVersion": "4.0.1",
        "format": [FHIR_JSON, "json"],
        "patchFormat": ["application/json-patch+json"],
        "rest": [
            {
                "mode": "server",
                "security": _security(base),
                "resource": [_resource(each, rows, each.name in read_only) for each in TYPES.values()],
                "interaction": [{"code": code} for code in _SYSTEM if code in codes],
            }
        ],
    }


def software_version() -> str:
    """Return the version of this release."""
    try:
        return version("teleborne")
    except PackageNotFoundError:  # run from a checkout that is not installed
        return "0"


def _security(base: str) -> dict[str, Any]:
    token = base.removesuffix("/fhir/R4") + "/oauth/token"
    return {
        "extension": [{"url": _OAUTH_URIS, "extension": [{"url": "token", "valueUri": token}]}],
        "cors": False,
        "service": [{"coding": [{"system": _SECURITY_SERVICES, "code": "SMART-on-FHIR"}]}],
        "description": "SMART Backend Services; this statement and the SMART configuration alone need no token.",
    }


def _resource(row: ResourceType, rows: Sequence[Row], read_only: bool) -> dict[str, Any]:  # noqa: FBT001  by name only
    offered = [
        each
        for each in rows
        if each.address.startswith("{type}")
        and (not each.only or row.name in each.only)
        and not (each.writes and read_only)
    ]
    codes = dict.fromkeys(each.code for each in offered if each.code not in _OPERATIONS)
    operations = dict.fromkeys(each.code for each in offered if each.code in _OPERATIONS)
    references = [each for each in row.parameters if each.kind is Kind.REFERENCE]
    found: dict[str, Any] = {
        "type": row.name,
        "profile": f"http://hl7.org/fhir/StructureDefinition/{row.name}",
        "supportedProfile": [*profiles_of(row.name)],
        "interaction": [{"code": code} for code in codes],
        "versioning": "versioned-update",
        "readHistory": True,
        "updateCreate": not read_only,
        "conditionalCreate": not read_only,
        "conditionalRead": "full-support",
        "conditionalUpdate": not read_only,
        "conditionalDelete": "not-supported" if read_only else "single",
        "referencePolicy": ["literal", "logical"],
        "searchInclude": [f"{row.name}:{each.name}" for each in references],
        "searchRevInclude": sorted(_pointing(row.name)),
        "searchParam": [_parameter(each) for each in row.named.values()],
        "operation": [{"name": code[1:], "definition": _OPERATIONS[code]} for code in operations],
    }
    return {name: value for name, value in found.items() if value != []}


def _pointing(type_: str) -> list[str]:
    """Return the parameters of all types by which they may refer to *type_*."""
    return [
        f"{row.name}:{each.name}"
        for row in TYPES.values()
        for each in row.parameters
        if each.kind is Kind.REFERENCE and type_ in each.targets
    ]


def _parameter(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "definition": parameter.definition,
        "type": str(parameter.kind),
        "documentation": parameter.documentation,
    }
