"""The invented citizen's record: who she is, and three weeks of readings, so that the trends have something to show.

Written over the gateway's own FHIR endpoint with the demo's SMART client, under ids that follow from the day: a second
start changes nothing.
"""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import aiohttp
from joserfc import jwt
from joserfc.jwk import ECKey

from gateway.demo.folder import Folder
from gateway.demo.people import CITIZEN, PATIENT_ID, SMART_CLIENT, SMART_SCOPES
from gateway.errors import LinkError
from gateway.fhir import json as fhir_json
from gateway.fhir.patient import identified_patient

__all__ = ["write_record"]

_DAYS: Final = 21
_NAMESPACE: Final = uuid.UUID(PATIENT_ID)
_LOINC: Final = "http://loinc.org"
_UCUM: Final = "http://unitsofmeasure.org"
_CREATED: Final = frozenset({200, 201})


async def write_record(folder: Folder) -> None:
    """PUT the citizen and her readings, all at once; raise LinkError where the gateway refuses one."""
    timeout = aiohttp.ClientTimeout(total=30)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        headers = {
            "Authorization": f"Bearer {await _token(session, folder)}",
            "Content-Type": "application/fhir+json",
            "Prefer": "return=minimal",
        }
        entries = [
            {"resource": each, "request": {"method": "PUT", "url": f"{each['resourceType']}/{each['id']}"}}
            for each in (_patient(), *_readings(datetime.now(UTC)))
        ]
        bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
        url = f"{folder.gateway_url}/fhir/R4"
        async with session.post(url, data=fhir_json.dumps(bundle), headers=headers) as answer:
            if answer.status not in _CREATED:
                raise LinkError(f"{url} answered {answer.status}: {(await answer.text())[:300]}")


async def _token(session: aiohttp.ClientSession, folder: Folder) -> str:
    url = f"{folder.gateway_url}/oauth/token"
    now = int(time.time())
    claims: dict[str, Any] = {"iss": SMART_CLIENT, "sub": SMART_CLIENT, "aud": url, "iat": now, "exp": now + 120}
    key = ECKey.import_key(folder.smart_key.read_text())
    header = {"alg": "ES384", "kid": folder.kid}
    assertion = jwt.encode(header, claims | {"jti": str(uuid.uuid4())}, key, algorithms=["ES384"])
    form = {
        "grant_type": "client_credentials",
        "scope": SMART_SCOPES,
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": assertion,
    }
    async with session.post(url, data=form) as answer:
        if answer.status not in _CREATED:
            raise LinkError(f"{url} answered {answer.status}: {(await answer.text())[:300]}")
        return str((await answer.json())["access_token"])


def _patient() -> dict[str, Any]:
    """Return who she is, with the five strict traits: a booth asks for them where it reads her notebook's code."""
    given, family = CITIZEN.name.split()
    known = identified_patient(
        id=PATIENT_ID,
        family=family,
        given=[given],
        birth_date=date(1942, 1, 17),
        gender="female",
        birth_place="59999",
        status="PROV",
        test=True,
    )
    known["name"][0]["text"] = CITIZEN.name
    return known


def _readings(now: datetime) -> Iterator[dict[str, Any]]:
    """Yield a weight each day and a pressure every second day, the same for a given day whenever they are made."""
    for back in range(_DAYS, 0, -1):
        morning = (now - timedelta(days=back)).replace(hour=7, minute=40, second=0, microsecond=0)
        chance = random.Random(morning.toordinal())  # noqa: S311 - invented readings, not secrets
        weight = Decimal(chance.randint(13590, 13650)) * Decimal("0.005")
        yield _observation("29463-7", "Poids", morning, value=(weight, "kg", "kg"))
        if back % 2 == 0:
            systolic, diastolic = chance.randint(124, 138), chance.randint(74, 84)
            yield _observation(
                "85354-9",
                "Tension artérielle",
                morning + timedelta(minutes=4),
                components={"8480-6": systolic, "8462-4": diastolic},
            )


def _observation(
    code: str,
    text: str,
    at: datetime,
    *,
    value: tuple[Decimal, str, str] | None = None,
    components: dict[str, int] | None = None,
) -> dict[str, Any]:
    resource: dict[str, Any] = {
        "resourceType": "Observation",
        "id": str(uuid.uuid5(_NAMESPACE, f"{code} {at.date()}")),
        "status": "final",
        "category": [
            {
                "coding": [
                    {"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "vital-signs"}
                ]
            }
        ],
        "code": {"coding": [{"system": _LOINC, "code": code}], "text": text},
        "subject": {"reference": f"Patient/{PATIENT_ID}"},
        "performer": [{"reference": f"Patient/{PATIENT_ID}"}],
        "effectiveDateTime": at.isoformat(),
    }
    if value is not None:
        resource["valueQuantity"] = _quantity(*value)
    if components is not None:
        resource["component"] = [
            {
                "code": {"coding": [{"system": _LOINC, "code": part}]},
                "valueQuantity": _quantity(number, "mmHg", "mm[Hg]"),
            }
            for part, number in components.items()
        ]
    return resource


def _quantity(value: Decimal | int, unit: str, code: str) -> dict[str, Any]:
    return {"value": value, "unit": unit, "system": _UCUM, "code": code}
