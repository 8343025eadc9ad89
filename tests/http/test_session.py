"""Signing in and out of the demo: from this machine only, by our own pages only, for a limited time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from gateway.config import GatewaySettings, PeopleListener, SessionLimits
from tests.peers.running import FHIR_JSON, PATIENT, Running, heart_rate, running_gateway


async def who(session: aiohttp.ClientSession, running: Running) -> dict[str, Any]:
    async with session.get(f"{running.url}/session") as answer:
        assert answer.status == 200
        told: dict[str, Any] = await answer.json()
        return told


async def test_signing_in_leads_to_one_s_own_page_and_says_who_one_is(running: Running) -> None:
    for person, page, role, patient in (
        ("claire", "/medecin/", "physician", None),
        ("marcelle", "/carnet/", "citizen", PATIENT),
    ):
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
            assert (await who(browser, running))["signed_in"] is False
            async with browser.get(f"{running.url}/demo/sign-in?person={person}", allow_redirects=False) as answer:
                assert (answer.status, answer.headers["Location"]) == (303, page)
            told = await who(browser, running)
            assert (told["signed_in"], told["role"], told["patient"]) == (True, role, patient)
            assert told["language"] == "fr"
            async with browser.get(running.url + page) as answer:
                assert answer.status == 200
                assert answer.content_type == "text/html"


async def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(running: Running) -> None:
    async with aiohttp.ClientSession() as browser:
        async with browser.get(f"{running.url}/demo/sign-in?person=claire", allow_redirects=False) as answer:
            cookie = SimpleCookie(answer.headers["Set-Cookie"])["teleborne"]
        assert cookie["httponly"]
        assert cookie["samesite"] == "Strict"
        assert cookie["path"] == "/"
        assert not cookie["domain"]
        assert len(cookie.value) >= 43  # 256 bits


async def test_over_tls_the_cookie_is_bound_to_the_host(tmp_path: Path) -> None:
    def over_tls(settings: GatewaySettings) -> GatewaySettings:
        assert settings.booths is not None
        listen = PeopleListener(port=0, certificate=settings.booths.certificate, key=settings.booths.key)
        return replace(settings, listen=listen)

    async with running_gateway(tmp_path, change=over_tls) as running:
        connector = aiohttp.TCPConnector(ssl=running.booth_tls(None))
        async with aiohttp.ClientSession(connector=connector) as browser:
            assert running.url.startswith("https://localhost:")
            async with browser.get(f"{running.url}/demo/sign-in?person=claire", allow_redirects=False) as answer:
                cookie = SimpleCookie(answer.headers["Set-Cookie"])["__Host-teleborne"]
                assert cookie["secure"]
            assert (await who(browser, running))["name"] == "Dr Claire Martin"


async def test_the_demo_says_whom_one_can_be(running: Running) -> None:
    async with aiohttp.ClientSession() as browser:
        told = await who(browser, running)
        assert [(one["id"], one["role"]) for one in told["people"]] == [
            ("claire", "physician"),
            ("marcelle", "citizen"),
        ]
        for one in told["people"]:
            async with browser.get(running.url + one["sign_in"], allow_redirects=False) as answer:
                assert answer.status == 303
        async with browser.get(f"{running.url}/demo/sign-in?person=nobody") as answer:
            assert answer.status == 404


async def test_the_first_page_learns_where_the_demo_s_kiosk_is(tmp_path: Path) -> None:
    def with_kiosk(settings: GatewaySettings) -> GatewaySettings:
        return replace(settings, kiosk="http://127.0.0.1:8001/#token")

    async with running_gateway(tmp_path, change=with_kiosk) as running, aiohttp.ClientSession() as browser:
        assert (await who(browser, running))["kiosk"] == "http://127.0.0.1:8001/#token"


async def test_without_demo_there_is_no_sign_in_without_proof(tmp_path: Path) -> None:
    def in_earnest(settings: GatewaySettings) -> GatewaySettings:
        return replace(settings, demo=False, people=())

    async with running_gateway(tmp_path, change=in_earnest) as running, aiohttp.ClientSession() as browser:
        async with browser.get(f"{running.url}/demo/sign-in?person=claire") as answer:
            assert answer.status == 404
        assert await who(browser, running) == {"signed_in": False, "demo": False}


@pytest.mark.parametrize("header", ["Forwarded", "X-Forwarded-For", "X-Real-IP", "Via"])
async def test_a_proxy_in_between_means_that_one_is_not_here(running: Running, header: str) -> None:
    url = f"{running.url}/demo/sign-in?person=claire"
    async with aiohttp.ClientSession() as browser, browser.get(url, headers={header: "for=192.0.2.1"}) as answer:
        assert answer.status == 403
        assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.2", "[::2]:80", ""]
)
async def test_under_a_stranger_s_name_nothing_is_answered(running: Running, host: str) -> None:
    for path in ("/demo/sign-in?person=claire", "/session", "/", "/fhir/R4/metadata"):
        async with (
            aiohttp.ClientSession() as browser,
            browser.get(running.url + path, headers={"Host": host}) as answer,
        ):
            assert answer.status == 400
            assert "Set-Cookie" not in answer.headers


async def test_another_site_cannot_sign_anybody_in(running: Running) -> None:
    headers = {"Sec-Fetch-Site": "cross-site"}
    url = f"{running.url}/demo/sign-in?person=claire"
    async with aiohttp.ClientSession() as browser, browser.get(url, headers=headers) as answer:
        assert answer.status == 403


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Origin": "OWN"}, True),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "OWN"}, True),
        ({}, False),
        ({"Sec-Fetch-Site": "none"}, False),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": "https://evil.example"}, False),
        ({"Origin": "http://localhost:1"}, False),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "OWN"}, False),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"}, False),
    ],
    ids=str,
)
async def test_a_cookie_writes_only_for_our_own_pages(
    running: Running, headers: dict[str, str], *, allowed: bool
) -> None:
    headers = {name: running.url if value == "OWN" else value for name, value in headers.items()}
    async with running.person("marcelle") as signed_in:
        cookies = {cookie.key: cookie.value for cookie in signed_in.cookie_jar}
        async with aiohttp.ClientSession(cookies=cookies, cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
            browser.cookie_jar.update_cookies(cookies)
            url = f"{running.fhir}/Observation"
            async with browser.post(url, json=heart_rate(), headers=FHIR_JSON | headers) as answer:
                assert (answer.status == 201) is allowed, await answer.text()
            async with browser.post(f"{running.url}/sign-out", headers=headers) as answer:
                assert (answer.status == 204) is allowed


@pytest.mark.parametrize("site", ["same-site", "cross-site"])
async def test_another_site_reads_nothing_with_a_cookie_either(running: Running, site: str) -> None:
    async with running.person("claire") as browser:
        for path in ("/fhir/R4/Observation", "/live", "/session"):
            async with browser.get(running.url + path, headers={"Sec-Fetch-Site": site}) as answer:
                assert answer.status == 403


async def test_signing_out_ends_the_session_whoever_kept_the_cookie(running: Running) -> None:
    async with running.person("claire") as browser:
        cookies = {cookie.key: cookie.value for cookie in browser.cookie_jar}
        async with browser.post(f"{running.url}/sign-out") as answer:
            assert answer.status == 204
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as thief:
            thief.cookie_jar.update_cookies(cookies)
            async with thief.get(f"{running.fhir}/Observation") as answer:
                assert answer.status == 401


async def test_signing_in_again_ends_the_session_before(running: Running) -> None:
    async with running.person("claire") as browser:
        before = {cookie.key: cookie.value for cookie in browser.cookie_jar}
        async with browser.get(f"{running.url}/demo/sign-in?person=marcelle", allow_redirects=False) as answer:
            assert answer.status == 303
        assert (await who(browser, running))["role"] == "citizen"
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as old:
            old.cookie_jar.update_cookies(before)
            assert (await who(old, running))["signed_in"] is False


@pytest.mark.parametrize("cookie", ["x", "x" * 5000, "é", '"', ""])
async def test_a_cookie_that_is_none_of_ours_is_nobody(running: Running, cookie: str) -> None:
    headers = {"Cookie": f"teleborne={cookie}", "Sec-Fetch-Site": "same-origin"}
    async with aiohttp.ClientSession() as browser, browser.get(f"{running.fhir}/Patient", headers=headers) as answer:
        assert answer.status == 401


async def test_a_session_ends_after_its_idle_time_and_at_the_latest_after_its_absolute_time(tmp_path: Path) -> None:
    clock = [datetime.now(UTC)]

    def short(settings: GatewaySettings) -> GatewaySettings:
        return replace(settings, session=SessionLimits(idle_s=600, absolute_s=3600))

    async with running_gateway(tmp_path, change=short, now=lambda: clock[0]) as running:
        async with running.person("claire") as browser:
            clock[0] += timedelta(seconds=599)
            assert (await who(browser, running))["signed_in"] is True
            clock[0] += timedelta(seconds=601)
            assert (await who(browser, running))["signed_in"] is False
        async with running.person("claire") as browser:
            for _ in range(6):
                assert (await who(browser, running))["signed_in"] is True
                clock[0] += timedelta(seconds=599)
            clock[0] += timedelta(seconds=10)
            assert (await who(browser, running))["signed_in"] is False


async def test_a_token_ends_after_five_minutes(tmp_path: Path) -> None:
    ahead = [timedelta()]
    async with (
        running_gateway(tmp_path, now=lambda: datetime.now(UTC) + ahead[0]) as running,
        running.program() as program,
    ):
        for seconds, status in ((0, 200), (298, 200), (302, 401)):
            ahead[0] = timedelta(seconds=seconds)
            async with program.get(f"{running.fhir}/Patient") as answer:
                assert answer.status == status


async def test_sessions_survive_a_restart_of_the_gateway_and_hold_no_secret_on_disk(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as running, running.person("claire") as browser:
        cookies = {cookie.key: cookie.value for cookie in browser.cookie_jar}
        token = await running.token()
    stored = b"".join(path.read_bytes() for path in (tmp_path / "data").iterdir())
    for secret in (*cookies.values(), token):
        assert secret.encode() not in stored
    async with running_gateway(tmp_path) as running:
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
            browser.cookie_jar.update_cookies(cookies)
            assert (await who(browser, running))["name"] == "Dr Claire Martin"
        headers = {"Authorization": f"Bearer {token}"}
        async with (
            aiohttp.ClientSession() as program,
            program.get(f"{running.fhir}/Patient", headers=headers) as answer,
        ):
            assert answer.status == 200
