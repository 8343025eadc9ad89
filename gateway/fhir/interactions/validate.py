"""Say whether a resource could be stored, without storing it: https://hl7.org/fhir/R4/resource-operation-validate.html.

The resource is the body itself, or the parameter `resource` of a Parameters. `profile` names one more profile to hold
it against. The answer is an OperationOutcome with every broken rule, 200 whatever it says: the validation itself
succeeded.
"""

from __future__ import annotations

from typing import Any, Final

from gateway.errors import Invalid, Malformed, NotSupported
from gateway.fhir.definitions import profile
from gateway.fhir.interactions import content
from gateway.fhir.interactions.answer import found, json_response, language, missing
from gateway.fhir.interactions.negotiation import check_json, parameter
from gateway.fhir.interactions.own import check_own
from gateway.fhir.json import dumps, loads
from gateway.fhir.outcome import operation_outcome
from gateway.fhir.repository import Repository
from gateway.fhir.rest import Access, Act, Place, Request, Response
from gateway.fhir.validation import check

__all__ = ["PARAMETERS", "validate"]

PARAMETERS: Final = ("mode", "profile")
"""What may stand in the address."""

_MODES: Final = ("create", "update", "delete")


def validate(request: Request, access: Access, place: Place) -> Act:
    """Prepare to check the body, or the stored resource where the address names one and there is no body."""
    access.permit("r", place.type)
    given, mode, url = _given(request, place)
    if mode is not None and mode not in _MODES:
        raise NotSupported(f"mode={mode[:80]} is not offered.", where="mode", remedy=f"Use {', '.join(_MODES)}.")
    if url is not None and profile(url.partition("|")[0]) is None:
        raise NotSupported(
            f"The profile {url[:200]} is not known here.", where="profile", remedy="Leave it out, or name a known one."
        )

    def run(repository: Repository) -> Response:
        resource = given
        if resource is None:
            stored = repository.read(place.type, place.id)
            if stored is None:
                raise missing(place.type, place.id)
            check_own(access, "r", stored)
            resource = loads(found(stored), own=True)
        return json_response(request, dumps(_verdict(resource, url, request)))

    return Act(name="operation", writes=False, run=run)


def _given(request: Request, place: Place) -> tuple[dict[str, Any] | None, str | None, str | None]:
    mode, url = parameter(request, "mode"), parameter(request, "profile")
    if not request.body and request.content is None and (place.id or mode == "delete"):
        return None, mode, url
    if request.content is None:
        check_json(request)
    value = content.read(request.body) if request.content is None else request.content.value
    if isinstance(value, dict) and value.get("resourceType") == "Parameters" and place.type != "Parameters":
        named = {each.get("name"): each for each in value.get("parameter", ()) if isinstance(each, dict)}
        mode = named.get("mode", {}).get("valueCode", mode)
        url = named.get("profile", {}).get("valueUri", named.get("profile", {}).get("valueCanonical", url))
        value = named.get("resource", {}).get("resource")
        if value is None and place.id:
            return None, mode, url
    if not isinstance(value, dict) or value.get("resourceType") != place.type:
        raise Malformed(
            f"There is no {place.type} to validate.",
            where="Parameters.parameter.resource",
            remedy=f"Send a {place.type}, or a Parameters with one.",
        )
    return value, mode, url


def _verdict(resource: dict[str, Any], url: str | None, request: Request) -> dict[str, Any]:
    lang = language(request)
    try:
        check(resource, *((url.partition("|")[0],) if url else ()))
    except (Invalid, Malformed) as problem:
        return operation_outcome(problem, lang=lang)
    text = {"fr": "Aucune règle n'est enfreinte.", "en": "No rule is broken."}[lang]
    issue = {
        "severity": "information",
        "code": "informational",
        "details": {"text": text},
        "diagnostics": "Structure, required bindings, invariants and the known profiles that apply were checked.",
    }
    return {"resourceType": "OperationOutcome", "issue": [issue]}
