"""The demo's own provider: the whole way in, with real redirects, and what it refuses."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from playwright.async_api import async_playwright

from tests.oidc.liar import browser
from tests.peers.kiosk import CHROMIUM, FLAGS
from tests.peers.running import Running, running_gateway


@pytest.fixture
async def demo(tmp_path: Path) -> AsyncIterator[Running]:
    async with running_gateway(tmp_path) as found:
        yield found


async def _page(session: aiohttp.ClientSession, running: Running, language: str = "fr") -> str:
    async with session.get(f"{running.url}/sign-in", headers={"Accept-Language": language}) as answer:
        assert answer.status == 200
        assert answer.url.path == "/demo/oidc/authorize"
        return await answer.text()


def _fields(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))


async def _choose(session: aiohttp.ClientSession, running: Running, fields: dict[str, str], person: str) -> Any:
    url = f"{running.url}/demo/oidc/authorize"
    async with session.post(url, data={**fields, "person": person}, allow_redirects=False) as answer:
        return answer.status, answer.headers.get("Location", "")


async def test_one_signs_in_as_an_invented_person_through_the_whole_protocol(demo: Running) -> None:
    async with browser() as session:
        page = await _page(session, demo)
        status, back = await _choose(session, demo, _fields(page), "claire")
        assert (status, back.partition("?")[0]) == (303, f"{demo.url}/sign-in/callback")
        async with session.get(back, allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, "/medecin/")
        async with session.get(f"{demo.url}/session") as answer:
            told = await answer.json()
        assert (told["name"], told["role"]) == ("Dr Claire Martin", "physician")


async def test_both_ways_of_signing_in_to_the_demo_are_the_same_person(demo: Running) -> None:
    told = []
    async with browser() as session:
        _, back = await _choose(session, demo, _fields(await _page(session, demo)), "marcelle")
        await session.get(back, allow_redirects=False)
        told.append(await (await session.get(f"{demo.url}/session")).json())
    async with demo.person("marcelle") as session:
        told.append(await (await session.get(f"{demo.url}/session")).json())
    first, second = (datetime.fromisoformat(each.pop("signed_in_at")) for each in told)  # each its own second
    assert first <= second
    assert told[0] == told[1]
    assert told[0]["patient"]


async def test_the_page_lists_everybody_in_the_person_s_language(demo: Running) -> None:
    async with browser() as session:
        for language, heading in (("fr", "Qui voulez-vous être ?"), ("en", "Who do you want to be?")):
            page = await _page(session, demo, language)
            assert f'<html lang="{language}">' in page
            assert f"<h1>{heading}</h1>" in page
            assert page.count("<button") == 2
            assert "<script" not in page


async def test_a_code_is_used_once_and_only_with_its_verifier_and_our_secret(demo: Running) -> None:
    async with browser() as session:
        _, back = await _choose(session, demo, _fields(await _page(session, demo)), "claire")
        code = parse_qs(urlsplit(back).query)["code"][0]
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": f"{demo.url}/sign-in/callback"}
        for headers in ({}, {"Authorization": "Basic dGVsZWJvcm5lOndyb25n"}, {"Authorization": "Basic ?"}):
            async with session.post(f"{demo.url}/demo/oidc/token", data=form, headers=headers) as answer:
                assert (answer.status, (await answer.json())["error"]) == (401, "invalid_client")
        # The way back still works: a stranger's tries have not used up the code. A second time it does not.
        assert (await session.get(back, allow_redirects=False)).status == 303
        assert (await session.get(back, allow_redirects=False)).status == 401


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("client_id", "another"),
        ("redirect_uri", "https://elsewhere.example/callback"),
        ("response_type", "token"),
        ("code_challenge_method", "plain"),
        ("code_challenge", ""),
        ("scope", "profile"),
        ("state", "short"),
        ("nonce", ""),
    ],
)
async def test_a_request_that_the_gateway_would_not_make_is_refused(demo: Running, name: str, value: str) -> None:
    async with browser() as session:
        fields = _fields(await _page(session, demo)) | {name: value}
        assert (await _choose(session, demo, fields, "claire"))[0] == 422
        async with session.get(f"{demo.url}/demo/oidc/authorize", params=fields) as answer:
            assert answer.status == 422


async def test_nobody_else_can_be_chosen(demo: Running) -> None:
    async with browser() as session:
        fields = _fields(await _page(session, demo))
        assert (await _choose(session, demo, fields, "somebody"))[0] == 404


@pytest.mark.parametrize("header", [{"X-Forwarded-For": "192.0.2.1"}, {"Sec-Fetch-Site": "cross-site"}])
async def test_the_page_is_for_this_machine_only(demo: Running, header: dict[str, str]) -> None:
    async with browser() as session:
        fields = _fields(await _page(session, demo))
        session.headers.update(header)
        assert (await _choose(session, demo, fields, "claire"))[0] == 403


async def test_the_userinfo_is_for_who_has_its_token(demo: Running) -> None:
    async with browser() as session:
        for headers in ({}, {"Authorization": "Bearer x"}):
            async with session.get(f"{demo.url}/demo/oidc/userinfo", headers=headers) as answer:
                assert answer.status == 401


async def test_outside_a_demo_there_is_no_such_provider(tmp_path: Path) -> None:

    async with (
        running_gateway(tmp_path, change=lambda usual: replace(usual, demo=False, people=())) as running,
        browser() as session,
    ):
        for path in ("/sign-in", "/sign-in/callback", "/demo/oidc/authorize", "/demo/oidc/jwks"):
            async with session.get(running.url + path) as answer:
                assert answer.status == 404
        async with session.get(f"{running.url}/session") as answer:
            assert await answer.json() == {"signed_in": False, "demo": False}


@pytest.mark.browser
async def test_the_page_works_by_keyboard_alone_in_a_real_browser_and_axe_finds_nothing(demo: Running) -> None:
    axe = (Path(__file__).parents[1] / "vendor" / "axe.min.js").read_text()
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        page = await chromium.new_page(locale="fr-FR")
        await page.goto(f"{demo.url}/sign-in")
        await page.evaluate(axe + ";0")
        assert [each["id"] for each in (await page.evaluate("axe.run()"))["violations"]] == []
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/medecin/")
        told = await page.evaluate("fetch('/session').then(answer => answer.json())")
        assert told["name"] == "Dr Claire Martin"
        await chromium.close()
