"""What every answer has in common: headers, errors a caller can read, limits, and a log without people in it."""

from __future__ import annotations

import asyncio
import gzip
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yarl
from structlog.testing import capture_logs

from gateway.config import GatewaySettings, Limits
from gateway.http import health
from gateway.http.headers import HEADERS
from gateway.store import Store
from tests.peers.running import FHIR_JSON, PATIENT, Running, heart_rate, running_gateway

ADDRESSES = (
    "/",
    "/medecin/",
    "/carnet/",
    "/medecin",
    "/static/shared/base.css",
    "/session",
    "/healthz",
    "/readyz",
    "/.well-known/smart-configuration",
    "/fhir/R4/metadata",
    "/fhir/R4/Patient",
    "/oauth/token",
    "/live",
    "/nothing",
    "/favicon.ico",
)


@pytest.mark.parametrize("address", ADDRESSES)
async def test_every_answer_carries_the_security_headers(running: Running, address: str) -> None:
    url = running.url + address
    async with aiohttp.ClientSession() as session, session.get(url, allow_redirects=False) as answer:
        for name, value in HEADERS.items():
            assert answer.headers.getall(name) == [value]
        assert "aiohttp" not in answer.headers["Server"]
        assert answer.headers["X-Request-Id"]
        assert answer.status < 500


async def test_what_may_be_personal_is_kept_by_no_cache(running: Running) -> None:
    async with running.person("claire") as claire:
        for path in ("/session", "/fhir/R4/Patient", "/fhir/R4/Patient/none", "/nothing"):
            async with claire.get(running.url + path) as answer:
                assert answer.headers["Cache-Control"] == "no-store"


async def test_hsts_is_not_said_on_loopback(running: Running) -> None:
    async with aiohttp.ClientSession() as session, session.get(running.url) as answer:
        assert "Strict-Transport-Security" not in answer.headers


async def test_the_policy_lets_pages_load_our_own_files_only(running: Running) -> None:
    async with aiohttp.ClientSession() as session, session.get(f"{running.url}/medecin/") as answer:
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'self';")
        assert "unsafe" not in policy
        assert "http" not in policy
        assert "require-trusted-types-for 'script'; trusted-types lit-html" in policy


async def test_a_file_is_sent_small_and_only_when_it_changed(running: Running) -> None:
    url = f"{running.url}/static/shared/base.css"
    async with aiohttp.ClientSession(auto_decompress=False) as session:
        async with session.get(url, headers={"Accept-Encoding": "gzip"}) as answer:
            small, tag = await answer.read(), answer.headers["ETag"]
            assert answer.headers["Content-Encoding"] == "gzip"
        async with session.get(url, headers={"Accept-Encoding": "gzip, deflate, br"}) as answer:
            assert answer.headers["Content-Encoding"] == "br"
            assert len(await answer.read()) < len(small)
        async with session.get(url, headers={"Accept-Encoding": "identity"}) as answer:
            assert len(small) < len(await answer.read()) / 2
        async with session.get(url, headers={"If-None-Match": tag}) as answer:
            assert (answer.status, await answer.read()) == (304, b"")


@pytest.mark.parametrize(
    "path",
    [
        "../__init__.py",
        "%2e%2e/__init__.py",
        "..%2f__init__.py",
        "__init__.py",
        "shared/../__init__.py",
        "shared",
        "",
        "shared/vendor/VENDOR.toml",
    ],
)
async def test_no_other_file_can_be_had(running: Running, path: str) -> None:
    url = yarl.URL(f"{running.url}/static/{path}", encoded=True)
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        assert answer.status == 404


async def test_a_person_gets_a_page_in_their_language_and_a_program_gets_json(running: Running) -> None:
    html = {"Accept": "text/html,*/*;q=0.8"}
    async with aiohttp.ClientSession() as session:
        for lang, words in (
            ("fr-FR,fr;q=0.9", "page n'existe pas"),
            ("en-GB", "no such page"),
            ("de", "page n'existe pas"),
        ):
            headers = html | {"Accept-Language": lang}
            async with session.get(f"{running.url}/nothing", headers=headers) as answer:
                text = (await answer.text()).replace("&#x27;", "'")
                assert (answer.status, answer.content_type) == (404, "text/html")
                assert f'<html lang="{"en" if lang.startswith("en") else "fr"}">' in text
                assert words in text
                assert answer.headers["X-Request-Id"] in text
        async with session.get(f"{running.url}/nothing") as answer:
            told = await answer.json(content_type="application/problem+json")
            assert told["status"] == 404
            assert told["instance"].endswith(answer.headers["X-Request-Id"])


async def test_a_page_of_errors_shows_nothing_that_a_caller_wrote(running: Running) -> None:
    async with aiohttp.ClientSession(headers={"Accept": "text/html", "Accept-Language": "en"}) as session:
        url = yarl.URL(f"{running.url}/demo/sign-in?person=<script>alert(1)</script>", encoded=True)
        async with session.get(url) as answer:
            assert answer.status == 404
            assert "<script" not in await answer.text()


async def test_a_wrong_method_is_answered_with_the_right_ones(running: Running) -> None:
    async with aiohttp.ClientSession() as session:
        for method, path, allow in (("DELETE", "/session", "GET"), ("GET", "/sign-out", "POST"), ("TRACE", "/", "GET")):
            async with session.request(method, running.url + path) as answer:
                assert answer.status == 405
                assert allow in answer.headers["Allow"]


async def test_a_body_that_is_too_large_is_refused_as_an_outcome(tmp_path: Path) -> None:
    def small(settings: GatewaySettings) -> GatewaySettings:
        return replace(settings, limits=Limits(body_bytes=2000))

    async with running_gateway(tmp_path, change=small) as running, running.program() as program:
        url = f"{running.fhir}/Observation"
        body = json.dumps(heart_rate(note=[{"text": "x" * 3000}]))
        async with program.post(url, data=body, headers=FHIR_JSON) as answer:
            assert answer.status == 400
            issue = (await answer.json(content_type=None))["issue"][0]
            assert (issue["code"], issue["expression"]) == ("structure", ["$this"])
        bomb = gzip.compress(b" " * 1_000_000)
        headers = FHIR_JSON | {"Content-Encoding": "gzip"}
        async with program.post(url, data=bomb, headers=headers) as answer:
            assert answer.status == 400


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "Observation", b"{", 400),
        ("POST", "Observation", b"", 400),
        ("POST", "Observation", b"[]", 400),
        ("POST", "Observation", b"\xff\xfe", 400),
        ("POST", "Observation", b'{"resourceType":"Observation"}', 422),
        ("POST", "Observation", b'{"resourceType":"Patient"}', 400),
        ("POST", "Nothing", b"{}", 404),
        ("GET", "Observation?nothing=1", None, 400),
        ("GET", "Observation?" + "&".join("code=1" for _ in range(300)), None, 400),
        ("GET", "Observation?code=%ff", None, 400),
        ("GET", "Observation/%ff", None, 400),
        ("GET", "Observation/../../session", None, 404),
        ("GET", "Observation/a%2Fb", None, 404),
        ("GET", "Observation/none", None, 404),
        ("PATCH", "Observation/none", b"{}", 405),
    ],
    ids=str,
)
async def test_a_bad_fhir_request_is_an_outcome_never_a_bare_error(
    running: Running, method: str, path: str, body: bytes | None, status: int
) -> None:
    async with running.program() as program:
        url = yarl.URL(f"{running.fhir}/{path}", encoded=True)
        headers = FHIR_JSON if body is not None else {}
        async with program.request(method, url, data=body, headers=headers) as answer:
            told = await answer.json(content_type=None)
            assert told["resourceType"] == "OperationOutcome", told
            assert 400 <= answer.status < 500
            assert answer.status == status or status in {404, 405}


async def test_our_own_mistake_is_answered_with_a_number_and_logged_without_its_text(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_arguments: Any) -> None:
        raise KeyError("Marcelle Dubois")

    monkeypatch.setattr(Store, "handle", broken)
    with capture_logs() as logs:
        async with aiohttp.ClientSession() as session, session.get(f"{running.fhir}/Patient/{PATIENT}") as answer:
            told = await answer.json(content_type=None)
            number = answer.headers["X-Request-Id"]
            assert answer.status == 500
            assert told["resourceType"] == "OperationOutcome"
            assert number in told["issue"][0]["diagnostics"]
    (failed,) = [line for line in logs if line["event"] == "failed"]
    assert (failed["error"], failed["correlation"]) == ("KeyError", number)
    assert any("fhir.py" in place for place in failed["places"])
    assert "Marcelle" not in str(logs)


async def test_the_log_names_no_person_record_or_query(running: Running) -> None:
    with capture_logs() as logs:
        async with running.person("marcelle") as marcelle:
            for path in (f"/fhir/R4/Patient/{PATIENT}", f"/fhir/R4/Observation?patient={PATIENT}&code=8867-4"):
                async with marcelle.get(running.url + path) as answer:
                    assert answer.status in {200, 404}
            url = f"{running.fhir}/Observation"
            async with marcelle.post(url, json=heart_rate(value=1), headers=FHIR_JSON) as answer:
                assert answer.status == 201
    assert len(logs) == 4
    assert {line["who"] for line in logs} == {None, "person"}
    for secret in (PATIENT, "marcelle", "Marcelle", "8867-4"):
        assert secret not in str(logs)


async def test_a_request_that_takes_too_long_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def hasty(settings: GatewaySettings) -> GatewaySettings:
        return replace(settings, limits=Limits(request_s=0.2))

    async def slow(*_arguments: Any) -> None:
        await asyncio.sleep(30)

    monkeypatch.setattr(Store, "handle", slow)
    async with running_gateway(tmp_path, change=hasty) as running:
        async with aiohttp.ClientSession() as session, session.get(f"{running.fhir}/Patient") as answer:
            assert answer.status == 503
            assert answer.headers["Retry-After"]
        # A body that never comes costs no more than the deadline either.
        reader, writer = await asyncio.open_connection("127.0.0.1", int(running.url.rpartition(":")[2]))
        writer.write(b"POST /oauth/token HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n")
        writer.write(b"Content-Type: application/x-www-form-urlencoded\r\n\r\nx")
        assert b" 503 " in await asyncio.wait_for(reader.readline(), 5)
        writer.close()


async def test_what_is_no_http_ends_with_its_connection(running: Running) -> None:
    port = int(running.url.rpartition(":")[2])
    for text in (b"\x16\x03\x01\x02\x00", b"GET / HTTP/9.9\r\n\r\n", b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n\r\n"):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(text)
        writer.write_eof()
        answer = await asyncio.wait_for(reader.read(), 5)
        assert answer == b"" or b" 400 " in answer.splitlines()[0]
        writer.close()
    async with aiohttp.ClientSession() as session, session.get(f"{running.url}/healthz") as found:
        assert found.status == 200


async def test_a_database_that_does_not_answer_makes_the_server_unready_but_alive(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{running.url}/readyz") as answer:
            assert answer.status == 200
        monkeypatch.setattr(health, "_READY_S", 0.0)
        async with session.get(f"{running.url}/readyz") as answer:
            assert (answer.status, answer.headers["Retry-After"]) == (503, "2")
        async with session.get(f"{running.url}/healthz") as answer:
            assert answer.status == 200
