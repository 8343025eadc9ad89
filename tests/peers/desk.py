"""A physician's desk: a browser that is signed in, its key, and a visit to write the report of."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from gateway.config import GatewaySettings, PersonSettings, ReportSettings
from gateway.identity.signature import TYPE
from signalling import jws
from signalling.credential import make_credential
from tests.peers.running import FHIR_JSON, PATIENT, Running, heart_rate, running_gateway

__all__ = ["DRAFT", "ENCOUNTER", "PEOPLE", "RPPS", "VISIT", "Desk", "certified", "visited"]

RPPS = "10001234567"
ENCOUNTER = "8d0f2b9e-1c44-4d0a-b5a1-3f6a1f9c0d21"
VISIT = f"/visits/{ENCOUNTER}/report"
PRACTICE = {"title": "Médecine générale", "address": "12 rue du Moulin\n59540 Caudry", "phone": "+33 3 27 00 00 01"}
PEOPLE = (
    PersonSettings(id="claire", name="Dr Claire Martin", role="physician", rpps=RPPS, **PRACTICE),
    PersonSettings(id="roy", name="Dr Paul Roy", role="physician", rpps="10009876543", **PRACTICE),
    PersonSettings(id="locum", name="Dr Ada Noël", role="physician"),
    PersonSettings(id="marcelle", name="Marcelle Dubois", role="citizen", patient=PATIENT),
)
DRAFT: dict[str, Any] = {
    "reason": "Maux de tête depuis trois jours",
    "history": "Hypertension. Pas d'allergie.",
    "examination": "Consciente, parle normalement.",
    "conclusion": "Hypertension insuffisamment contrôlée.",
    "plan": "Automesure trois jours.",
    "prescription": [{"name": "Amlodipine", "dose": "10 mg", "frequency": "le matin", "duration": "3 mois"}],
    "follow_up": "Dans trois semaines.",
    "present": ["la patiente"],
    "place": "Mairie de Caudry",
    "remote_because": "pas de rendez-vous au cabinet",
    "limits": "pas d'auscultation",
}
JSON = {"Content-Type": "application/json"}


class Desk:
    """A physician's browser: signed in, with a key that the registration authority certified."""

    def __init__(self, running: Running, session: aiohttp.ClientSession, *, rpps: str = RPPS) -> None:
        self.running = running
        self.session = session
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.credential = certified(running, self.key, rpps=rpps)

    async def send(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        data = None if body is None else json.dumps(body)
        async with self.session.request(method, self.running.url + path, data=data, headers=JSON) as answer:
            raw = await answer.read()
            return answer.status, json.loads(raw) if raw else None

    async def prepare(self, **changed: Any) -> dict[str, Any]:
        status, told = await self.send("POST", VISIT, DRAFT | changed)
        assert status == 200, told
        assert isinstance(told, dict)
        return told

    def jws(self, to_sign: str, **header: Any) -> str:
        return jws.sign({"typ": TYPE, "cred": self.credential} | header, json.loads(to_sign), self.key)

    async def sign(self, token: str) -> tuple[int, Any]:
        return await self.send("POST", f"{VISIT}/sign", {"jws": token})


def certified(running: Running, key: ec.EllipticCurvePrivateKey, *, rpps: str = RPPS, age: int = 0) -> str:
    pem = running.certificates.registration_authority.key.read_bytes()
    authority = load_pem_private_key(pem, None)
    assert isinstance(authority, ec.EllipticCurvePrivateKey)
    return make_credential(
        authority,
        subject=f"rpps:{rpps}",
        name="Dr Claire Martin",
        jwk=jws.jwk_of(key.public_key()),
        now=datetime.now(UTC) - timedelta(days=age),
    )


def _settings(folder: Path) -> Callable[[GatewaySettings], GatewaySettings]:
    authority = folder / "certificates" / "registration-authority.pem"
    report = ReportSettings(organisation="Centre du Cambrésis", authority=authority)
    return lambda usual: replace(usual, people=PEOPLE, report=report)


@asynccontextmanager
async def visited(folder: Path, *, arrived: bool = True, **options: Any) -> AsyncIterator[Running]:
    """Run a gateway to which a booth has delivered one visit with one reading; not *arrived*: it did so before."""
    patient = {
        "resourceType": "Patient",
        "id": PATIENT,
        "meta": {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HTEST"}]},
        "name": [{"use": "official", "family": "Dubois", "given": ["Marcelle"]}],
        "gender": "female",
        "birthDate": "1942-01-05",
    }
    encounter = {
        "resourceType": "Encounter",
        "id": ENCOUNTER,
        "status": "in-progress",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "VR"},
        "subject": {"reference": f"Patient/{PATIENT}"},
        "period": {"start": "2026-11-22T12:48:00+01:00"},
        "location": [{"location": {"display": "Mairie de Caudry"}}],
    }
    reading = {**heart_rate(), "id": "r1", "code": {**heart_rate()["code"], "text": "Pouls"}}
    async with running_gateway(folder, change=_settings(folder), **options) as running:
        async with running.booth() as booth:
            for each in (patient, encounter, reading) if arrived else ():
                url = f"{running.booths_fhir}/{each['resourceType']}/{each['id']}"
                async with booth.put(url, data=json.dumps(each), headers=FHIR_JSON) as answer:
                    assert answer.status == 201, await answer.text()
        yield running
