"""SMART Backend Services over real HTTP: the token endpoint, what it gives and what it refuses."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest
from joserfc import jws
from joserfc.jwk import ECKey

from tests.peers.running import ASSERTION_TYPE, FHIR_JSON, PATIENT, Running, heart_rate

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


async def post(running: Running, form: dict[str, str] | str, **options: Any) -> tuple[int, dict[str, Any]]:
    async with aiohttp.ClientSession() as session, session.post(running.token_url, data=form, **options) as answer:
        assert answer.headers["Cache-Control"] == "no-store"
        told: dict[str, Any] = await answer.json(content_type=None)
        return answer.status, told


async def test_a_signed_assertion_becomes_a_token_for_five_minutes(running: Running) -> None:
    status, told = await post(running, running.programs["everything"].form(running.token_url))
    assert status == 200
    assert told.pop("access_token")
    assert told == {"token_type": "bearer", "expires_in": 300, "scope": "system/*.cruds"}


async def test_rs384_and_es384_both_work_as_the_configuration_says(running: Running) -> None:
    async with aiohttp.ClientSession() as session:
        for path in ("", "/fhir/R4"):
            async with session.get(f"{running.url}{path}/.well-known/smart-configuration") as answer:
                told = await answer.json()
                assert answer.status == 200
                assert told["token_endpoint"] == running.token_url
                assert told["token_endpoint_auth_signing_alg_values_supported"] == ["RS384", "ES384"]
    assert await running.token("everything")
    assert await running.token("reader", "system/Observation.rs")


@pytest.mark.parametrize(
    ("program", "asked", "granted"),
    [
        ("everything", "system/Patient.rs", "system/Patient.rs"),
        ("everything", "system/Observation.read system/Patient.write", "system/Observation.rs system/Patient.cud"),
        ("everything", "system/*.*", "system/*.cruds"),
        ("reader", "system/*.cruds", "system/Observation.rs"),
        ("reader", "system/Observation.cruds user/Observation.rs", "system/Observation.rs"),
        ("reader", "launch system/Observation.rs offline_access", "system/Observation.rs"),
    ],
)
async def test_what_is_granted_is_asked_for_and_registered(
    running: Running, program: str, asked: str, granted: str
) -> None:
    status, told = await post(running, running.programs[program].form(running.token_url, asked))
    assert (status, told["scope"]) == (200, granted)
    assert ("scope_ignored" in told) == ("launch" in asked)


async def test_a_scope_with_a_search_part_is_not_granted_without_it_and_is_named(running: Running) -> None:
    asked = "system/Observation.rs?category=laboratory system/Patient.rs"
    status, told = await post(running, running.programs["everything"].form(running.token_url, asked))
    assert (status, told["scope"]) == (200, "system/Patient.rs")
    assert "category=laboratory" in told["scope_ignored"]


async def test_a_token_does_what_its_scopes_say_and_no_more(running: Running) -> None:
    async with (
        running.program("everything") as all_scopes,
        all_scopes.post(f"{running.fhir}/Observation", json=heart_rate(), headers=FHIR_JSON) as answer,
    ):
        assert answer.status == 201, await answer.text()
        location = answer.headers["Location"].partition("/_history/")[0]
    async with running.program("reader", "system/Observation.rs") as reader:
        async with reader.get(location) as answer:
            assert answer.status == 200
        async with reader.get(f"{running.fhir}/Observation", params={"patient": PATIENT}) as answer:
            assert len((await answer.json(content_type=None))["entry"]) == 1
        for refused in (
            reader.get(f"{running.fhir}/Patient"),
            reader.get(f"{running.fhir}/Patient/{PATIENT}"),
            reader.post(f"{running.fhir}/Observation", json=heart_rate(), headers=FHIR_JSON),
            reader.put(location, json=heart_rate(), headers=FHIR_JSON),
        ):
            async with refused as answer:
                assert answer.status == 403
                assert (await answer.json(content_type=None))["issue"][0]["code"] == "forbidden"


Change = Callable[[Running, dict[str, str]], dict[str, str]]


def with_assertion(**claims: Any) -> Change:
    def change(running: Running, form: dict[str, str]) -> dict[str, str]:
        return form | {"client_assertion": running.programs["everything"].assertion(running.token_url, **claims)}

    return change


def forged(running: Running, form: dict[str, str]) -> dict[str, str]:
    program = running.programs["everything"]
    header = {"alg": program.alg, "kid": program.kid}
    text = json.dumps(program.claims(running.token_url))
    stranger = ECKey.generate_key("P-384")
    return form | {"client_assertion": jws.serialize_compact(header, text, stranger, algorithms=[program.alg])}


def put(**fields: str) -> Change:
    return lambda _running, form: form | fields


def without(name: str) -> Change:
    return lambda _running, form: {key: value for key, value in form.items() if key != name}


WRONG: dict[str, tuple[Change, int, str]] = {
    "no grant": (without("grant_type"), 400, "unsupported_grant_type"),
    "another grant": (put(grant_type="password"), 400, "unsupported_grant_type"),
    "no assertion": (without("client_assertion"), 400, "invalid_request"),
    "no assertion type": (without("client_assertion_type"), 400, "invalid_request"),
    "another assertion type": (put(client_assertion_type="saml"), 400, "invalid_request"),
    "another client_id": (put(client_id="reader"), 400, "invalid_request"),
    "no scope": (without("scope"), 400, "invalid_scope"),
    "empty scope": (put(scope=""), 400, "invalid_scope"),
    "scope that is none": (put(scope="system/Observation"), 400, "invalid_scope"),
    "scope with a search part": (put(scope="system/Observation.rs?code=1"), 400, "invalid_scope"),
    "scope that is not registered": (put(scope="user/Observation.rs"), 400, "invalid_scope"),
    "not a token": (put(client_assertion="x"), 401, "invalid_client"),
    "expired": (with_assertion(exp=1), 401, "invalid_client"),
    "valid too long": (with_assertion(exp=9999999999), 401, "invalid_client"),
    "issued in the future": (with_assertion(iat=9999999999), 401, "invalid_client"),
    "for somebody else": (with_assertion(aud="https://elsewhere.example/token"), 401, "invalid_client"),
    "no jti": (with_assertion(jti=None), 401, "invalid_client"),
    "another subject": (with_assertion(sub="reader"), 401, "invalid_client"),
    "another issuer": (with_assertion(iss="nobody", sub="nobody"), 401, "invalid_client"),
    "forged": (forged, 401, "invalid_client"),
}


@pytest.mark.parametrize("case", WRONG)
async def test_a_wrong_request_is_refused_with_the_error_of_rfc_6749(running: Running, case: str) -> None:
    change, expected, error = WRONG[case]
    status, told = await post(running, change(running, running.programs["everything"].form(running.token_url)))
    assert (status, told["error"]) == (expected, error)
    assert told["error_description"].isascii()
    assert '"' not in told["error_description"]


async def test_a_form_that_cannot_be_read_is_refused(running: Running) -> None:
    good = running.programs["everything"].form(running.token_url)
    twice = "&".join(f"{name}={value}" for name, value in [*good.items(), ("scope", "system/*.rs")])
    for body in (twice, "a=1&" * 30, "grant_type=%ff", "é"):
        status, told = await post(running, body, headers=FORM)
        assert (status, told["error"]) == (400, "invalid_request")
    status, told = await post(running, json.dumps(good), headers={"Content-Type": "application/json"})
    assert (status, told["error"]) == (400, "invalid_request")
    status, told = await post(running, good, headers={"Authorization": "Basic eDp5"})
    assert (status, told["error"]) == (400, "invalid_request")


async def test_an_assertion_works_once(running: Running) -> None:
    form = running.programs["everything"].form(running.token_url)
    assert (await post(running, form))[0] == 200
    status, told = await post(running, form)
    assert (status, told["error"]) == (401, "invalid_client")
    assert "jti was used before" in told["error_description"]


async def test_of_many_uses_of_one_assertion_at_once_exactly_one_gets_a_token(running: Running) -> None:
    form = running.programs["everything"].form(running.token_url)
    answers = await asyncio.gather(*(post(running, form) for _ in range(16)))
    assert sorted(status for status, _ in answers) == [200] + [401] * 15


async def test_two_clients_may_use_the_same_jti(running: Running) -> None:
    for name, scope in (("everything", "system/*.cruds"), ("reader", "system/Observation.rs")):
        form = running.programs[name].form(running.token_url, scope, jti="1")
        assert (await post(running, form))[0] == 200


async def test_64_requests_of_one_client_at_once_are_all_served(running: Running) -> None:
    program = running.programs["everything"]
    answers = await asyncio.gather(*(post(running, program.form(running.token_url)) for _ in range(64)))
    assert [status for status, _ in answers] == [200] * 64
    token = answers[0][1]["access_token"]
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as session:

        async def create(value: int) -> int:
            body = heart_rate(value=value)
            async with session.post(f"{running.fhir}/Observation", json=body, headers=FHIR_JSON) as answer:
                return answer.status

        assert await asyncio.gather(*(create(40 + n) for n in range(64))) == [201] * 64


@pytest.mark.parametrize(
    "authorization",
    ["Bearer", "Bearer ", "Bearer x", "bearer " + "x" * 500, "Basic eDp5", "Bearer x y", "x"],
)
async def test_what_is_no_token_of_ours_proves_nothing(running: Running, authorization: str) -> None:
    async with (
        aiohttp.ClientSession(headers={"Authorization": authorization}) as session,
        session.get(f"{running.fhir}/Observation") as answer,
    ):
        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert (await answer.json(content_type=None))["resourceType"] == "OperationOutcome"


async def test_two_proofs_at_once_are_one_too_many(running: Running) -> None:
    async with running.person("claire") as browser:
        token = await running.token()
        headers = {"Authorization": f"Bearer {token}"}
        async with browser.get(f"{running.fhir}/Observation", headers=headers) as answer:
            assert answer.status == 400
    headers_twice = [("Authorization", f"Bearer {token}"), ("Authorization", f"Bearer {token}")]
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{running.fhir}/Patient", headers=headers_twice) as answer,
    ):
        assert answer.status == 400


async def test_the_assertion_type_of_the_standard_is_the_one_taken(running: Running) -> None:
    assert ASSERTION_TYPE == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    async with aiohttp.ClientSession() as session, session.get(running.token_url) as answer:
        assert answer.status == 405
        assert answer.headers["Allow"] == "POST"
