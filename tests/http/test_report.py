"""A report over HTTP on a whole gateway: written, prepared, signed by its physician, found, printed at the booth."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import io
import json
import time
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from fhirpy import AsyncFHIRClient

from gateway.fhir.provenance import signature
from gateway.identity.signature import TYPE, check, covered
from signalling import jws
from signalling.credential import make_credential
from tests.peers.desk import DRAFT, ENCOUNTER, RPPS, VISIT, Desk, certified, visited
from tests.peers.running import FHIR_JSON, PATIENT, Running, heart_rate


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    async with visited(tmp_path) as found:
        yield found


@pytest.fixture
async def desk(running: Running) -> AsyncIterator[Desk]:
    async with running.person("claire") as session:
        yield Desk(running, session)


async def _read(desk: Desk, reference: str) -> dict[str, Any]:
    status, told = await desk.send("GET", f"/fhir/R4/{reference}")
    assert status == 200, told
    assert isinstance(told, dict)
    return told


async def test_a_draft_starts_at_the_visit_s_place_and_comes_back_as_saved(desk: Desk) -> None:
    assert (await desk.send("GET", f"{VISIT}/draft"))[1]["place"] == "Mairie de Caudry"
    assert await desk.send("PUT", f"{VISIT}/draft", {"reason": "Toux", "prescription": [{"name": "Miel"}]}) == (
        204,
        None,
    )
    saved = (await desk.send("GET", f"{VISIT}/draft"))[1]
    assert saved["reason"] == "Toux"
    assert saved["prescription"] == [{"name": "Miel", "dose": "", "frequency": "", "duration": ""}]


async def test_what_is_missing_is_told_by_field(desk: Desk) -> None:
    told = await desk.prepare(conclusion=" ", prescription=[{"name": "Amlodipine", "dose": "1", "frequency": "soir"}])
    assert told == {
        "ready": False,
        "gaps": [
            {"field": "conclusion", "flaw": "missing"},
            {"field": "prescription[0].duration", "flaw": "missing"},
        ],
    }


async def test_a_report_is_prepared_looked_at_signed_and_found(desk: Desk) -> None:
    ready = await desk.prepare(readings=["Observation/r1"])
    assert [each["kind"] for each in ready["papers"]] == ["report", "prescription"]
    for paper in ready["papers"]:
        async with desk.session.get(desk.running.url + paper["preview"]) as answer:
            assert answer.content_type == "application/pdf"
            assert len(await answer.read()) == paper["size"]
    status, signed = await desk.sign(desk.jws(ready["to_sign"]))
    assert (status, signed["composition"]) == (200, ready["composition"])
    assert signed["documents"] == [each["reference"] for each in ready["papers"]]

    composition = await _read(desk, signed["composition"])
    assert composition["type"]["coding"][0]["code"] == "85208-7"
    assert composition["meta"]["security"][0]["code"] == "HTEST"
    (examination,) = [each for each in composition["section"] if each["title"] == "Examen"]
    assert examination["entry"] == [{"reference": "Observation/r1"}]
    assert "62" in examination["text"]["div"]
    encounter = await _read(desk, signed["encounter"])
    assert (encounter["status"], encounter["location"][0]["location"]["display"]) == ("finished", "Mairie de Caudry")
    practitioner = await _read(desk, encounter["participant"][0]["individual"]["reference"])
    assert practitioner["identifier"][0]["value"] == RPPS


async def test_a_stored_report_is_verified_with_the_authority_s_key_alone(desk: Desk) -> None:
    ready = await desk.prepare()
    _, signed = await desk.sign(desk.jws(ready["to_sign"]))
    provenance = await _read(desk, signed["provenance"])
    token, statement = signature(provenance), json.loads(ready["to_sign"])
    pem = desk.running.certificates.registration_authority.certificate.read_bytes()
    authority = x509.load_pem_x509_certificate(pem).public_key()
    assert isinstance(authority, ec.EllipticCurvePublicKey)
    recorded = datetime.fromisoformat(provenance["recorded"])
    check(token, signed=ready["to_sign"], physician=f"rpps:{RPPS}", authority=authority, now=recorded)
    composition = await _read(desk, signed["composition"])
    assert statement["composition"]["sha256"] == jws.digest(covered(composition))
    for said in statement["documents"]:
        attachment = (await _read(desk, said["reference"]))["content"][0]["attachment"]
        pdf = base64.b64decode(attachment["data"])
        assert (said["sha256"], attachment["size"]) == (jws.digest(pdf), len(pdf))
        assert base64.b64decode(attachment["hash"]) == hashlib.sha1(pdf).digest()
    assert [each["reference"] for each in provenance["target"]] == [signed["composition"], *signed["documents"]]


async def test_an_integrator_finds_the_report_with_fhirpy(desk: Desk) -> None:
    ready = await desk.prepare()
    await desk.sign(desk.jws(ready["to_sign"]))
    token = await desk.running.token()
    client = AsyncFHIRClient(desk.running.fhir, authorization=f"Bearer {token}")
    found = await client.resources("Composition").search(patient=PATIENT, type="http://loinc.org|85208-7").fetch()
    assert [f"Composition/{each.id}" for each in found] == [ready["composition"]]
    search = client.resources("DocumentReference").search(encounter=f"Encounter/{ENCOUNTER}").sort("date")
    documents = await search.fetch()
    assert {each["type"]["coding"][0]["code"] for each in documents} == {"85208-7", "57833-6"}
    (proof,) = await client.resources("Provenance").search(target=ready["composition"]).fetch()
    assert proof["signature"][0]["sigFormat"] == "application/jose"


async def test_a_report_is_signed_once_and_the_same_signature_again_is_the_same_answer(desk: Desk) -> None:
    token = desk.jws((await desk.prepare())["to_sign"])
    answers = await asyncio.gather(*(desk.sign(token) for _ in range(4)))
    assert [status for status, _ in answers] == [200] * 4
    assert all(told == answers[0][1] for _, told in answers)
    assert (await desk.send("POST", VISIT, DRAFT))[0] == 409
    assert (await desk.send("PUT", f"{VISIT}/draft", DRAFT))[0] == 409
    encounter = await _read(desk, f"Encounter/{ENCOUNTER}")
    assert encounter["meta"]["versionId"] == "2"


async def test_a_signature_over_anything_else_is_refused(desk: Desk) -> None:
    ready = await desk.prepare()
    statement = json.loads(ready["to_sign"])
    for changed in (
        statement | {"encounter": "Encounter/another"},
        statement | {"documents": statement["documents"][:1]},
        statement | {"composition": statement["composition"] | {"sha256": jws.digest(b"another")}},
    ):
        assert (await desk.sign(desk.jws(jws.canonical(changed).decode())))[0] == 403
    before = desk.jws(ready["to_sign"])
    await desk.prepare(conclusion="Une autre conclusion.")
    assert (await desk.sign(before))[0] == 403


async def test_a_signature_that_proves_nothing_is_refused(desk: Desk) -> None:
    to_sign = (await desk.prepare())["to_sign"]
    good, other = desk.jws(to_sign), ec.generate_private_key(ec.SECP256R1())
    head, payload, tail = good.split(".")
    signed_by_another = jws.sign({"typ": TYPE, "cred": desk.credential}, json.loads(to_sign), other)
    own = make_credential(
        other, subject=f"rpps:{RPPS}", name="Dr X", jwk=jws.jwk_of(other.public_key()), now=datetime.now(UTC)
    )
    refused = {
        "another key": signed_by_another,
        "a key that certifies itself": jws.sign({"typ": TYPE, "cred": own}, json.loads(to_sign), other),
        "a credential out of date": desk.jws(to_sign, cred=certified(desk.running, desk.key, age=31)),
        "another physician's credential": desk.jws(to_sign, cred=certified(desk.running, desk.key, rpps="10009876543")),
        "no signature": f"{head}.{payload}.{'A' * 86}",
        "another type": desk.jws(to_sign, typ="JWT"),
        "no credential": jws.sign({"typ": TYPE}, json.loads(to_sign), desk.key),
        "a shorter token": f"{head}.{payload}.",
        "a key of its own": desk.jws(to_sign, jwk=jws.jwk_of(other.public_key())),
        "not a token": "x",
        "a credential that is none": desk.jws(to_sign, cred=7),
        "alg none": f"{jws.text(json.dumps({'alg': 'none', 'typ': TYPE, 'cred': own}).encode())}.{payload}.{tail}",
    }
    for what, token in refused.items():
        assert (await desk.sign(token))[0] in (400, 403), what
    assert (await desk.send("GET", f"/fhir/R4/Composition?encounter=Encounter/{ENCOUNTER}"))[1].get("entry") is None
    assert (await desk.sign(good))[0] == 200


async def test_what_was_prepared_waits_a_quarter_of_an_hour_for_its_signature(tmp_path: Path) -> None:
    began = time.time()
    moments = [datetime.fromtimestamp(began, UTC)]
    async with visited(tmp_path, now=lambda: moments[-1]) as running, running.person("claire") as session:
        desk = Desk(running, session)
        ready = await desk.prepare()
        for _ in range(2):  # what is done meanwhile keeps the session
            moments.append(moments[-1] + timedelta(minutes=8))
            assert (await desk.send("GET", f"{VISIT}/draft"))[0] == 200
        assert (await desk.sign(desk.jws(ready["to_sign"])))[0] == 409
        assert (await desk.sign(desk.jws((await desk.prepare())["to_sign"])))[0] == 200


async def test_another_physician_neither_reads_nor_signs_it(desk: Desk) -> None:
    ready = await desk.prepare()
    async with desk.running.person("roy") as session:
        other = Desk(desk.running, session, rpps="10009876543")
        assert (await other.send("GET", f"{VISIT}/draft"))[0] == 409
        assert (await other.send("POST", VISIT, DRAFT))[0] == 409
        assert (await other.sign(other.jws(ready["to_sign"])))[0] == 409


@pytest.mark.parametrize("person", ["marcelle", "locum"])
async def test_only_a_physician_with_a_number_writes(running: Running, person: str) -> None:
    async with running.person(person) as session:
        desk = Desk(running, session)
        for method, path, body in (
            ("GET", f"{VISIT}/draft", None),
            ("PUT", f"{VISIT}/draft", DRAFT),
            ("POST", VISIT, DRAFT),
            ("POST", f"{VISIT}/sign", {"jws": "x"}),
        ):
            assert (await desk.send(method, path, body))[0] == 403


async def test_a_stranger_gets_nothing(running: Running) -> None:
    async with aiohttp.ClientSession() as session:
        for path in ("", "/draft", "/sign", "/report.pdf", "/preview/report.pdf"):
            method = session.post if path in ("", "/sign") else session.get
            async with method(running.url + VISIT + path) as answer:
                assert answer.status == 401


@pytest.mark.parametrize("reference", ["Observation/none", "Patient/r1", "Observation/other", "../Patient"])
async def test_a_reading_of_somebody_else_is_refused_by_its_place(desk: Desk, reference: str) -> None:
    async with desk.running.booth() as booth:
        other = {**heart_rate(str(uuid.uuid4())), "id": "other"}
        url = f"{desk.running.booths_fhir}/Observation/other"
        async with booth.put(url, data=json.dumps(other), headers=FHIR_JSON) as answer:
            assert answer.status == 201
    status, told = await desk.send("POST", VISIT, DRAFT | {"readings": ["Observation/r1", reference]})
    assert status == 422
    assert "no reading of this patient" in told["detail"]


@pytest.mark.parametrize("body", [b"", b"[]", b'{"reason": 1}', b'{"prescription": {}}', b"\xff"])
async def test_a_draft_that_cannot_be_read_is_refused(desk: Desk, body: bytes) -> None:
    async with desk.session.put(f"{desk.running.url}{VISIT}/draft", data=body) as answer:
        assert answer.status == 400


async def test_the_patient_reads_the_papers_and_the_booth_of_the_visit_prints_them(desk: Desk) -> None:
    ready = await desk.prepare()
    await desk.sign(desk.jws(ready["to_sign"]))
    paper = f"{desk.running.url}{VISIT}/report.pdf"
    async with desk.running.person("marcelle") as marcelle, marcelle.get(paper) as answer:
        assert (await answer.read()).startswith(b"%PDF-")
    for booth, expected in (("mairie", 200), ("pharmacie", 404)):
        async with desk.running.booth(booth) as session:
            for kind in ("report", "prescription"):
                async with session.get(f"{desk.running.booths_url}{VISIT}/{kind}.pdf") as answer:
                    assert answer.status == expected
            async with session.get(f"{desk.running.booths_url}{VISIT}/draft") as answer:
                assert answer.status == 404


async def test_a_booth_prints_for_two_hours(tmp_path: Path) -> None:
    moments = [datetime.now(UTC)]
    async with visited(tmp_path, now=lambda: moments[-1]) as running:
        async with running.person("claire") as session:
            desk = Desk(running, session)
            await desk.sign(desk.jws((await desk.prepare())["to_sign"]))
        for hours, expected in ((1, 200), (2, 404)):
            moments.append(moments[-1] + timedelta(hours=hours))
            async with running.booth() as booth, booth.get(f"{running.booths_url}{VISIT}/report.pdf") as answer:
                assert answer.status == expected


async def test_there_is_no_paper_before_the_signature(desk: Desk) -> None:
    await desk.prepare(prescription=[])
    for path in ("/report.pdf", "/prescription.pdf", "/preview/prescription.pdf", "/other.pdf"):
        async with desk.session.get(desk.running.url + VISIT + path) as answer:
            assert answer.status == 404


async def test_what_is_written_is_sealed_on_the_disk(desk: Desk) -> None:
    secret = "Une phrase que personne ne lit sur le disque"
    await desk.send("PUT", f"{VISIT}/draft", {"reason": secret})
    await desk.prepare(reason=secret)
    folder = desk.running.settings.data_dir
    written = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert len(written) > 100_000
    assert secret.encode() not in written


JPEG = b"\xff\xd8\xff\xe0 not much of a picture"


async def attach(
    desk: Desk, still: str, body: bytes = JPEG, *, caption: str = "", kind: str = "image/jpeg", **more: str
) -> Any:
    path, asked = f"{desk.running.url}{VISIT}/pictures/{still}", {"caption": caption, **more}
    async with desk.session.put(path, params=asked, data=io.BytesIO(body), headers={"Content-Type": kind}) as answer:
        return answer.status, await answer.json()


async def test_a_still_is_in_the_record_once_with_its_caption(desk: Desk) -> None:
    status, told = await attach(desk, "s-1", caption="Grain de beauté, dos")
    assert status == 200
    assert await attach(desk, "s-1", caption="Grain de beauté, dos") == (200, told)
    found = await _read(desk, told["document"])
    assert found["description"] == "Grain de beauté, dos"
    assert base64.b64decode(found["content"][0]["attachment"]["data"]) == JPEG
    assert found["context"]["encounter"] == [{"reference": f"Encounter/{ENCOUNTER}"}]
    assert found["meta"]["versionId"] == "1"
    url = f"{desk.running.url}/fhir/R4/{told['document']}"
    async with desk.running.person("marcelle") as marcelle, marcelle.get(url) as answer:
        assert answer.status == 200


async def test_what_is_no_still_is_refused(desk: Desk) -> None:
    assert (await attach(desk, "s-1", b"GIF89a"))[0] == 415
    assert (await attach(desk, "s-1", kind="image/png"))[0] == 415
    assert (await attach(desk, "s-1", caption="x" * 121))[0] == 400
    assert (await attach(desk, "s 1"))[0] == 404
    async with desk.running.person("roy") as roy:
        await desk.send("PUT", f"{VISIT}/draft", {"reason": "Toux"})
        assert (await attach(Desk(desk.running, roy), "s-2"))[0] == 409


async def test_a_still_of_many_megabytes_is_kept_whole_and_one_beyond_sixteen_is_not(desk: Desk) -> None:
    large = JPEG + bytes(range(256)) * 4096 * 5
    status, told = await attach(desk, "s-1", large)
    assert (status, len(large) > 5 * 1024 * 1024) == (200, True)
    found = await _read(desk, told["document"])
    assert base64.b64decode(found["content"][0]["attachment"]["data"]) == large
    assert (await attach(desk, "s-2", JPEG + bytes(16 * 1024 * 1024)))[0] == 413


async def test_what_comes_after_the_signature_stands_beside_the_report_which_stays_as_it_was(desk: Desk) -> None:
    assert (await attach(desk, "s-1", addendum="true"))[0] == 409  # nothing is signed yet
    _, signed = await desk.sign(desk.jws((await desk.prepare())["to_sign"]))
    before = [await _read(desk, each) for each in (signed["composition"], *signed["documents"])]
    assert (await attach(desk, "s-1"))[0] == 409
    assert (await attach(desk, "s-1", addendum="perhaps"))[0] == 400
    url = f"{desk.running.booths_url}{VISIT}/printing"
    async with desk.running.booth("mairie") as booth, booth.put(url, json={"step": "printed", "sheets": 2}) as answer:
        assert answer.status == 204  # what the booth says of the papers is no other physician's writing
    status, told = await attach(desk, "s-1", caption="Ordonnance de l'hôpital", addendum="true")
    assert status == 200
    assert await attach(desk, "s-1", caption="Ordonnance de l'hôpital", addendum="true") == (200, told)
    found = await _read(desk, told["document"])
    report = next(each for each in before if each["resourceType"] == "DocumentReference")
    assert found["relatesTo"] == [{"code": "appends", "target": {"reference": f"DocumentReference/{report['id']}"}}]
    assert [await _read(desk, each) for each in (signed["composition"], *signed["documents"])] == before


async def test_the_booth_of_the_visit_says_how_the_papers_are_and_nobody_else(desk: Desk) -> None:
    url, printed = f"{desk.running.booths_url}{VISIT}/printing", {"step": "printed", "sheets": 1, "of": 2}
    async with desk.running.booth("mairie") as booth, booth.put(url, json=printed) as answer:
        assert answer.status == 404  # nothing is signed yet: nothing can be printed
    await desk.sign(desk.jws((await desk.prepare())["to_sign"]))
    assert await desk.send("GET", f"{VISIT}/printing") == (200, None)
    for name, expected in (("mairie", 204), ("pharmacie", 404)):
        async with desk.running.booth(name) as booth, booth.put(url, json=printed) as answer:
            assert answer.status == expected
    assert await desk.send("GET", f"{VISIT}/printing") == (200, printed)
    async with desk.running.booth("mairie") as booth:
        async with booth.put(url, json={"step": "eaten"}) as answer:
            assert answer.status == 400
        async with booth.put(url, json={"step": "taken", "sheets": 2, "of": 2}) as answer:
            assert answer.status == 204
    assert (await desk.send("GET", f"{VISIT}/printing"))[1]["step"] == "taken"
