"""The FHIR endpoint called as plain values: no socket, but everything behind it is real."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from gateway.fhir.json import dumps, loads
from gateway.fhir.rest import Request, Response
from gateway.identity import Principal, Scopes
from gateway.identity.principal import Role, person, program
from gateway.store import Store

__all__ = ["BASE", "Endpoint", "everything", "heart_rate", "patient_alone"]

BASE = "https://gateway.example/fhir/R4"
LOINC = "http://loinc.org"


def everything() -> Principal:
    """Return a program that may do everything."""
    return program(client_id="integrator", name="An integrator", scopes=Scopes.parse("system/*.cruds"))


def patient_alone(patient: str) -> Principal:
    """Return a citizen: the patient and nobody else."""
    return person(subject=f"citizen-{patient}", name="A citizen", role=Role.CITIZEN, patient=patient)


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One caller at the endpoint."""

    store: Store
    principal: Principal | None

    async def ask(self, method: str, url: str, body: bytes = b"", **headers: str) -> Response:
        """Send a request; `if_match` is the header If-Match."""
        parts = urlsplit(url.removeprefix(BASE))
        request = Request(
            method=method,
            path=parts.path,
            base=BASE,
            query=tuple(parse_qsl(parts.query, keep_blank_values=True)),
            headers={name.replace("_", "-").lower(): value for name, value in headers.items()},
            body=body,
        )
        return await self.store.handle(request, self.principal)

    async def get(self, url: str, **headers: str) -> Response:
        return await self.ask("GET", url, b"", **headers)

    async def post(self, url: str, resource: Mapping[str, Any] | bytes, **headers: str) -> Response:
        return await self._send("POST", url, resource, headers)

    async def put(self, url: str, resource: Mapping[str, Any] | bytes, **headers: str) -> Response:
        return await self._send("PUT", url, resource, headers)

    async def _send(
        self, method: str, url: str, resource: Mapping[str, Any] | bytes, headers: dict[str, str]
    ) -> Response:
        body = resource if isinstance(resource, bytes) else dumps(resource)
        return await self.ask(method, url, body, **{"content_type": "application/fhir+json", **headers})

    async def save(self, resource: Mapping[str, Any]) -> str:
        """Create or update *resource*, which must succeed, and return its id."""
        if "id" in resource:
            response = await self.put(f"{resource['resourceType']}/{resource['id']}", resource)
        else:
            response = await self.post(str(resource["resourceType"]), resource)
        assert response.status in (200, 201), response.body
        return str(loads(response.body)["id"])

    async def bundle(self, url: str, **headers: str) -> dict[str, Any]:
        """Search, which must succeed, and return the Bundle."""
        response = await self.get(url, **headers)
        assert response.status == 200, response.body
        bundle = loads(response.body)
        assert isinstance(bundle, dict)
        return bundle

    async def ids(self, url: str, **headers: str) -> list[str]:
        """Search and return the ids of the matches of all pages, in order."""
        found = []
        next_url: str | None = url
        while next_url is not None:
            bundle = await self.bundle(next_url, **headers)
            found += [each["resource"]["id"] for each in bundle.get("entry", ()) if each["search"]["mode"] == "match"]
            next_url = next((each["url"] for each in bundle["link"] if each["relation"] == "next"), None)
        return found


def heart_rate(
    *, patient: str = "p1", value: str = "72", at: str = "2026-11-22T10:00:00Z", **more: Any
) -> dict[str, Any]:
    """Return a valid vital sign."""
    return {
        "resourceType": "Observation",
        "status": "final",
        "category": [
            {
                "coding": [
                    {"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "vital-signs"}
                ]
            }
        ],
        "code": {"coding": [{"system": LOINC, "code": "8867-4", "display": "Heart rate"}]},
        "subject": {"reference": f"Patient/{patient}"},
        "effectiveDateTime": at,
        "valueQuantity": {
            "value": Decimal(value),
            "unit": "beats/minute",
            "system": "http://unitsofmeasure.org",
            "code": "/min",
        },
        **more,
    }
