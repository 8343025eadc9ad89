"""The browser's twin of the bindings, in a real Chromium: the same vectors, and each side believes the other's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from playwright.async_api import Page, async_playwright

from signalling import binding as b
from signalling import confirm
from signalling.credential import make_credential
from signalling.errors import BindingError, Flaw
from signalling.sdp import fingerprint_of, sanitise
from tests.signalling.test_binding import EDGE, NOW, PRINTS, VECTORS, anchors, signer

pytestmark = pytest.mark.browser

SHARED = Path(__file__).parents[2] / "gateway" / "ui" / "shared"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@asynccontextmanager
async def page_of(address: str) -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        try:
            page = await browser.new_page()
            await page.goto(address)
            yield page
        finally:
            await browser.close()


async def _blank(_request: web.Request) -> web.Response:
    return web.Response(text="<!doctype html><title>twin</title>", content_type="text/html")


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    app = web.Application()
    app.router.add_get("/", _blank)
    app.router.add_static("/shared", SHARED)
    app.router.add_static("/test", Path(__file__).parent / "browser")
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        async with page_of(f"http://127.0.0.1:{runner.addresses[0][1]}/") as page:
            yield page
    finally:
        await runner.cleanup()


async def run(page: Page, name: str, given: object = None) -> Any:
    """Call a function of browser/twin.js."""
    return await page.evaluate(
        "([name, given]) => import('/test/twin.js').then((to) => to[name](given))", [name, given]
    )


async def test_every_vector_has_the_same_outcome_in_the_browser(page: Page) -> None:
    found = await run(page, "tryVectors", VECTORS)
    assert found["names"] == ["caudry-03", "Dr Hélène Roy"]
    for name in ("commitment", "peer", "transcript", "digits"):
        assert found[name] == VECTORS[name]
    assert dict(zip([one["name"] for one in VECTORS["attacks"]], found["attacks"], strict=True)) == {
        one["name"]: one["flaw"] for one in VECTORS["attacks"]
    }
    assert found["descriptions"] == [
        {name: one[name] for name in ("sane", "flaw") if name in one} for one in VECTORS["descriptions"]
    ]
    assert found["flaws"] == ["reveal", "seen", "confirm", "confirm", "seen", "seen"]


async def test_python_believes_a_key_that_cannot_leave_the_browser(page: Page) -> None:
    key = await run(page, "makeKey")
    assert key["extractable"] is False
    authority = signer("booth").key
    credential = make_credential(authority, subject="rpps:10001234567", name="Dr Roy", jwk=key["jwk"], now=NOW)
    made = await run(page, "answerWithThatKey", {"vectors": VECTORS, "credential": credential})
    device = anchors().device_authority
    believed = b.Anchors(device_authority=device, registration_authority=authority.public_key())
    given = (made["answer"], EDGE, b.Part.ANSWER)
    answer = b.verify_binding(*given, anchors=believed, now=NOW, peer=VECTORS["peer"])
    agreed = confirm.transcript(VECTORS["offer"], made["answer"], VECTORS["nonce"])
    assert agreed == made["agreed"]
    confirm.verify_confirm(made["confirm"], answer, EDGE, b.Part.ANSWER, agreed=agreed, own=PRINTS["booth"])
    with pytest.raises(BindingError) as refused:
        b.verify_binding(*given, anchors=anchors(), now=NOW, peer=VECTORS["peer"])
    assert refused.value.flaw is Flaw.CREDENTIAL


async def test_the_browser_believes_pythons_binding_and_signs_the_same_octets(page: Page) -> None:
    nonce = confirm.new_nonce()
    commitment, fingerprint = confirm.commit(nonce), PRINTS["booth"]
    offer = b.make_binding(signer("booth"), EDGE, b.Part.OFFER, fingerprint=fingerprint, now=NOW, commitment=commitment)
    made = await run(page, "believeAndMakeTheSame", {"vectors": VECTORS, "offer": offer, "nonce": nonce})
    assert made.rpartition(".")[0] == offer.rpartition(".")[0]


async def test_two_real_peer_connections_bind_see_and_confirm_each_other(page: Page) -> None:
    found = await run(page, "call", {"vectors": VECTORS, "tamper": False})
    assert "flaw" not in found, found
    assert fingerprint_of(found["sdp"]) == found["own"]
    assert fingerprint_of(sanitise(found["sdp"], found["own"])) == found["own"]


async def test_a_relay_that_changes_the_fingerprint_ends_the_call(page: Page) -> None:
    assert await run(page, "call", {"vectors": VECTORS, "tamper": True}) == {"flaw": "fingerprint"}
