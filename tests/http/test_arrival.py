"""Codes of arrival: a notebook's and a letter's, good once and for a while; a booth learns who it is, or why not."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.fhir.codes import HTEST
from gateway.fhir.json import dumps
from gateway.fhir.patient import identified_patient, provisional_patient
from gateway.http.arrival import LASTS
from gateway.identity.arrival import arrival_code
from tests.peers.running import FHIR_JSON, OTHER_PATIENT, PATIENT, Running, running_gateway

TRAITS = {"birth_name": "DUBOIS", "given_names": ["MARCELLE"], "sex": "female", "born": "1942-01-05"}


async def known(there: Running) -> None:
    """Let a program write down Marcelle, whole, and somebody of whom little is known."""
    marcelle = identified_patient(
        id=PATIENT,
        family="Dubois",
        given=["Marcelle"],
        birth_date=datetime(1942, 1, 5, tzinfo=UTC).date(),
        gender="female",
        birth_place="59999",
        status="PROV",
        test=True,
    )
    async with there.program() as program:
        for patient in (marcelle, provisional_patient(id=OTHER_PATIENT) | {"meta": {"security": [dict(HTEST)]}}):
            url = f"{there.fhir}/Patient/{patient['id']}"
            async with program.put(url, data=dumps(patient), headers=FHIR_JSON) as answer:
                assert answer.status == 201, await answer.text()


async def made(who: aiohttp.ClientSession, there: Running, asked: Any = None) -> tuple[int, Any]:
    async with who.post(f"{there.url}/arrival", json=asked or {}) as answer:
        return answer.status, await answer.json()


async def shown(booth: aiohttp.ClientSession, there: Running, code: str) -> Any:
    async with booth.post(f"{there.booths_url}/people/arrival", json={"code": code}) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.json()


async def test_a_notebooks_code_says_who_it_is_to_one_booth_and_once(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as there, there.person("marcelle") as marcelle:
        await known(there)
        async with there.booth() as mairie, there.booth("pharmacie") as pharmacie:
            status, told = await made(marcelle, there)
            assert status == 200
            assert told["path"].startswith("M")
            assert "DUBOIS" not in told["code"].upper()
            assert await shown(mairie, there, told["code"]) == {
                "person": TRAITS | {"birth_place": "59999"},
                "invented": True,
            }
            for booth in (mairie, pharmacie):
                assert await shown(booth, there, told["code"]) == {"refused": "used"}
            _, before = await made(marcelle, there)
            _, told = await made(marcelle, there)
            assert await shown(mairie, there, before["code"]) == {"refused": "used"}  # a new one ends the one before
            answers = await asyncio.gather(*(shown(booth, there, told["code"]) for booth in (mairie, pharmacie) * 4))
            assert sum("person" in each for each in answers) == 1


async def test_a_code_that_is_too_old_or_of_somebody_elses_key_says_nothing(tmp_path: Path) -> None:
    clock = [datetime.now(UTC)]
    async with running_gateway(tmp_path, now=lambda: clock[0]) as there, there.person("marcelle") as marcelle:
        await known(there)
        _, told = await made(marcelle, there)
        clock[0] += LASTS
        async with there.booth() as mairie:
            assert await shown(mairie, there, told["code"]) == {"refused": "expired"}
            span = {"start": clock[0], "end": clock[0] + LASTS}
            forged = arrival_code(ec.generate_private_key(ec.SECP256R1()), jti="x", **span)
            head, _, signature = told["code"].split(".")
            for code in (forged, f"{head}.{forged.split('.')[1]}.{signature}", "eyJ.a.b", "", "https://example.org"):
                assert await shown(mairie, there, code) == {"refused": "unknown"}


async def test_the_code_of_an_appointments_letter_is_good_from_its_hour_on(tmp_path: Path) -> None:
    clock = [datetime.now(UTC)]
    start = clock[0] + timedelta(days=3)
    asked = {"patient": PATIENT, "start": start.isoformat(), "end": (start + timedelta(hours=2)).isoformat()}
    async with running_gateway(tmp_path, now=lambda: clock[0]) as there:
        await known(there)
        async with there.program() as program:
            status, told = await made(program, there, asked)
            assert status == 200
            status, another = await made(program, there, asked)
            for wrong in (
                {},
                asked | {"end": (start + timedelta(days=2)).isoformat()},
                asked | {"start": start.replace(tzinfo=None).isoformat()},
                asked | {"end": asked["start"]},
            ):
                assert (await made(program, there, wrong))[0] == 422, wrong
            assert (await made(program, there, asked | {"patient": "nobody"}))[0] == 404
        async with there.booth() as mairie:
            assert await shown(mairie, there, told["code"]) == {"refused": "early"}
            clock[0] = start
            assert (await shown(mairie, there, told["code"]))["person"]["birth_name"] == "DUBOIS"
            assert (await shown(mairie, there, another["code"]))["person"]["birth_name"] == "DUBOIS"


async def test_somebody_without_the_five_traits_is_not_named(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    asked = {"patient": OTHER_PATIENT, "start": now.isoformat(), "end": (now + timedelta(hours=1)).isoformat()}
    async with running_gateway(tmp_path) as there:
        await known(there)
        async with there.program() as program, there.booth() as mairie:
            _, told = await made(program, there, asked)
            assert await shown(mairie, there, told["code"]) == {"refused": "incomplete"}


async def test_nobody_else_makes_or_takes_a_code(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as there:
        await known(there)
        async with aiohttp.ClientSession() as stranger:
            assert (await made(stranger, there))[0] == 401
        async with there.person("claire") as claire, there.person("marcelle") as marcelle, there.booth() as mairie:
            assert (await made(claire, there))[0] == 403
            stolen = {"Sec-Fetch-Site": "cross-site", "Origin": "https://elsewhere.example"}
            async with marcelle.post(f"{there.url}/arrival", headers=stolen) as answer:
                assert answer.status == 403
            _, told = await made(marcelle, there)
            async with claire.post(f"{there.url}/people/arrival", json={"code": told["code"]}) as answer:
                assert answer.status == 404
            async with mairie.post(f"{there.booths_url}/arrival") as answer:
                assert answer.status == 404
        async with there.program("reader", scope="system/Observation.rs") as reader:
            assert (await made(reader, there))[0] == 403


@pytest.mark.parametrize("body", [b"{", b'{"code": 3}', b'{"code": "x", "more": 1}'])
async def test_what_cannot_be_read_is_refused(tmp_path: Path, body: bytes) -> None:
    async with (
        running_gateway(tmp_path) as there,
        there.booth() as mairie,
        mairie.post(f"{there.booths_url}/people/arrival", data=body) as answer,
    ):
        assert answer.status == 400
