"""The CapabilityStatement, made from the tables that the server runs on: it cannot say what is not so.

https://hl7.org/fhir/R4/capabilitystatement.html, https://hl7.org/fhir/smart-app-launch/STU2.2/conformance.html
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

from gateway.fhir.rest import FHIR_JSON
from gateway.fhir.search.parameters import TYPES, Parameter, ResourceType

__all__ = ["statement"]

_PUBLISHED: Final = "2026-11-22"
_OAUTH_URIS: Final = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"
_SECURITY_SERVICES: Final = "http://terminology.hl7.org/CodeSystem/restful-security-service"


def statement(base: str, *, codes: tuple[str, ...]) -> dict[str, Any]:
    """Return the CapabilityStatement of the server at *base*, whose types all have the interactions *codes*."""
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": _PUBLISHED,
        "publisher": "Téléborne",
        "kind": "instance",
        "software": {"name": "Téléborne", "version": _version()},
        "implementation": {"description": "Téléborne gateway", "url": base},
        "fhirVersion": "4.0.1",
        "format": [FHIR_JSON, "json"],
        "rest": [
            {
                "mode": "server",
                "security": _security(base),
                "resource": [_resource(each, codes) for each in TYPES.values()],
            }
        ],
    }


def _version() -> str:
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


def _resource(row: ResourceType, codes: tuple[str, ...]) -> dict[str, Any]:
    return {
        "type": row.name,
        "profile": f"http://hl7.org/fhir/StructureDefinition/{row.name}",
        "interaction": [{"code": code} for code in codes],
        "versioning": "versioned-update",
        "readHistory": True,
        "updateCreate": True,
        "conditionalCreate": True,
        "conditionalRead": "full-support",
        "conditionalUpdate": False,
        "conditionalDelete": "not-supported",
        "searchParam": [_parameter(each) for each in row.named.values()],
    }


def _parameter(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "definition": parameter.definition,
        "type": str(parameter.kind),
        "documentation": parameter.documentation,
    }
