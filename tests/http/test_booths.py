"""The booths' listener: mutual TLS 1.3, and a booth that is revoked is refused at its next request."""

from __future__ import annotations

import ssl
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from cryptography import x509

from certs_example.make import make
from gateway.app import gateway
from gateway.config import GatewaySettings, HubSettings
from tests.peers.running import FHIR_JSON, PATIENT, Running, heart_rate, running_gateway


async def put(running: Running, session: aiohttp.ClientSession, id_: str = "o-1", **options: object) -> int:
    body = heart_rate(id=id_)
    url = f"{running.booths_fhir}/Observation/{id_}"
    async with session.put(url, json=body, headers={**FHIR_JSON, **options.pop("headers", {})}) as answer:  # type: ignore[dict-item]  # headers only
        return answer.status


async def test_a_certified_booth_delivers_and_delivers_again(running: Running) -> None:
    async with running.booth() as booth:
        assert await put(running, booth) == 201
        assert await put(running, booth) == 200


async def test_without_a_certificate_there_is_no_connection(running: Running) -> None:
    async with running.booth(None) as stranger:
        with pytest.raises((aiohttp.ClientConnectorError, aiohttp.ServerDisconnectedError, aiohttp.ClientOSError)):
            await put(running, stranger)


async def test_a_certificate_of_another_authority_makes_no_connection(running: Running, tmp_path: Path) -> None:
    strangers = make(tmp_path / "elsewhere", booths=["mairie"])
    context = ssl.create_default_context(cafile=str(running.certificates.ca))
    context.load_cert_chain(strangers.booths["mairie"].certificate, strangers.booths["mairie"].key)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context)) as stranger:
        with pytest.raises((aiohttp.ClientConnectorError, aiohttp.ServerDisconnectedError, aiohttp.ClientOSError)):
            await put(running, stranger)


async def test_the_server_s_own_certificate_is_no_booth_s(running: Running) -> None:
    context = ssl.create_default_context(cafile=str(running.certificates.ca))
    server = running.certificates.server
    context.load_cert_chain(server.certificate, server.key)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context)) as stranger:
        with pytest.raises((aiohttp.ClientConnectorError, aiohttp.ServerDisconnectedError, aiohttp.ClientOSError)):
            await put(running, stranger)


async def test_tls_below_1_3_and_plain_http_are_refused(running: Running) -> None:
    old = running.booth_tls("mairie")
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=old)) as booth:
        with pytest.raises(aiohttp.ClientConnectorError):
            await put(running, booth)
    async with aiohttp.ClientSession() as booth:
        with pytest.raises(aiohttp.ClientError):
            await booth.get(running.booths_fhir.replace("https:", "http:") + "/metadata")


@pytest.mark.parametrize("by", ["name", "serial number"])
async def test_a_revoked_booth_is_refused_at_its_next_request_on_the_same_connection(running: Running, by: str) -> None:
    assert running.settings.booths is not None
    assert running.settings.booths.revoked is not None
    certificate = x509.load_pem_x509_certificate(running.certificates.booths["mairie"].certificate.read_bytes())
    async with running.booth() as booth, running.booth("pharmacie") as another:
        assert await put(running, booth) == 201
        line = "mairie" if by == "name" else f"{certificate.serial_number:X}"
        running.settings.booths.revoked.write_text(f"# stolen\n{line}\n")
        assert await put(running, booth) == 401
        assert await put(running, another, "o-2") == 201
        running.settings.booths.revoked.unlink()
        assert await put(running, another, "o-2") == 503


async def test_a_certificate_counts_until_it_ends_even_on_an_open_connection(tmp_path: Path) -> None:
    clock = [datetime.now(UTC)]
    async with running_gateway(tmp_path, now=lambda: clock[0]) as running, running.booth() as booth:
        assert await put(running, booth) == 201
        clock[0] += timedelta(days=31)
        assert await put(running, booth) == 401


async def test_a_booth_reads_nothing_and_shows_one_proof(running: Running) -> None:
    token = await running.token()
    async with running.booth() as booth:
        assert await put(running, booth) == 201
        for path in ("Observation/o-1", "Observation", "Patient"):
            async with booth.get(f"{running.booths_fhir}/{path}") as answer:
                assert answer.status == 403
        assert await put(running, booth, headers={"Authorization": f"Bearer {token}"}) == 400
        assert await put(running, booth, headers={"Cookie": "teleborne=x"}) == 400


async def test_a_hub_tells_of_whom_the_settings_give_it_and_a_booth_of_no_patient_that_is_known(
    tmp_path: Path,
) -> None:
    def serving(settings: GatewaySettings) -> GatewaySettings:
        return replace(settings, hubs=(HubSettings(booth="mairie", patient=PATIENT),))

    async with running_gateway(tmp_path, change=serving) as running:
        async with running.program() as program:
            url = f"{running.fhir}/Patient/{PATIENT}"
            async with program.put(url, json={"resourceType": "Patient", "id": PATIENT}, headers=FHIR_JSON) as answer:
                assert answer.status == 201
        async with running.booth("mairie") as hub, running.booth("pharmacie") as another:
            assert await put(running, another, "o-2") == 403
            assert await put(running, hub) == 201


async def test_pages_and_sign_in_are_not_on_the_booths_listener(running: Running) -> None:
    async with running.booth() as booth:
        for path in ("/", "/medecin/", "/session", "/demo/sign-in?person=claire", "/oauth/token", "/live"):
            async with booth.get(running.booths_url + path) as answer:
                assert answer.status == 404


async def test_without_booth_settings_there_is_no_such_listener(tmp_path: Path) -> None:
    found: list[GatewaySettings] = []

    def alone(settings: GatewaySettings) -> GatewaySettings:
        found.append(replace(settings, booths=None, data_dir=tmp_path / "alone"))
        return settings

    async with running_gateway(tmp_path, change=alone), gateway(found[0]) as other:
        assert other.booths_url is None
