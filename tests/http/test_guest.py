"""A guest's way in over HTTP: what is refused, in which words, how often, and what the cookie is good for."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.config import GatewaySettings, TurnSettings
from signalling.third import INVITATION_LIFE
from tests.peers.patience import PATIENCE
from tests.peers.running import Running
from tests.peers.second_guest import GuestLine, commitment_of, proof_of, ticket_of
from tests.peers.second_leg import jwk_of, text, thumbprint
from tests.peers.visitors import CALL, Participant, consulting, talking, visiting
from tests.signalling.client import hang_up_all

SECRET = text(bytes(range(16)))
OTHER = text(bytes(range(1, 17)))
NAME = "Amina B."


@dataclass(kw_only=True)
class Clock:
    """The gateway's; it can be put forward."""

    ahead: timedelta = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass(kw_only=True)
class Talk:
    """A physician and a booth who talk, and a guest's browser."""

    running: Running
    clock: Clock
    physician: Participant
    guest: GuestLine
    jwk: dict[str, str]

    async def invites(self, secret: str = SECRET, invitation: str = "i-1") -> None:
        body = {"invitation": invitation, "part": "interpreter", "commitment": commitment_of(ticket_of(secret))}
        await self.physician.say("invite", body, call=CALL)
        await self.physician.hear("thirds")

    async def tries(self, secret: str = SECRET) -> tuple[int, str]:
        return await self.guest.enters(ticket_of(secret), self.jwk, NAME)

    async def posts(self, path: str, **headers: str) -> tuple[int, Any]:
        async with self.guest.http.post(f"{self.running.url}{path}", headers=headers) as answer:
            return answer.status, await answer.json()


@pytest.fixture
async def talk(tmp_path: Path) -> AsyncIterator[Talk]:
    (tmp_path / "secret").write_text("north-of-the-mill", encoding="utf-8")
    relays = TurnSettings(urls=("turn:relay.example:3478",), secret_file=tmp_path / "secret", ttl_s=600)

    def change(settings: GatewaySettings) -> GatewaySettings:
        return replace(consulting(settings), turn=relays)

    clock = Clock()
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        running = await enter(visiting(tmp_path, change=change, now=clock))
        stack.push_async_callback(hang_up_all)
        booth = Participant.at_a_booth(running, await enter(running.booth()))
        physician = Participant.at_a_desk(running, await enter(running.person("claire")))
        await talking(booth, physician)
        browser = await enter(aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)))
        guest = GuestLine(http=browser, address=running.url)
        jwk = jwk_of(ec.generate_private_key(ec.SECP256R1()))
        yield Talk(running=running, clock=clock, physician=physician, guest=guest, jwk=jwk)
        if guest.socket is not None:
            await guest.socket.close()


async def test_a_link_that_was_used_taken_back_too_old_or_never_made_is_told_in_the_same_words(talk: Talk) -> None:
    never = await talk.tries()
    assert never[0] == 404
    assert {"what", "remedy"} <= json.loads(never[1]).keys()
    await talk.invites()
    assert await talk.tries() == (204, "")
    assert await talk.tries() == never
    await talk.invites(OTHER, "i-2")
    await talk.physician.say("remove", {"invitation": "i-2"}, call=CALL)
    await talk.physician.hear("thirds")
    assert await talk.tries(OTHER) == never


async def test_a_link_is_good_for_half_an_hour_and_not_a_second_longer(talk: Talk) -> None:
    never = await talk.tries()
    await talk.invites()
    talk.clock.ahead = INVITATION_LIFE
    assert await talk.tries() == never


async def test_who_tries_wrong_links_is_stopped_and_who_has_a_right_one_is_not(talk: Talk) -> None:
    await talk.invites()
    began = time.monotonic()
    found = [await talk.tries(text(number.to_bytes(16, "big"))) for number in range(40)]
    statuses = [status for status, _ in found]
    allowed = 20 + int((time.monotonic() - began) / 5) + 1
    assert statuses[:20] == [404] * 20
    assert statuses.count(404) <= allowed
    assert "Too many" in json.loads(found[-1][1])["what"]
    assert await talk.tries() == (204, "")


@pytest.mark.parametrize(
    "changed",
    [
        {"name": ""},
        {"name": " \t "},
        {"name": "A\u202eB"},
        {"name": "x" * 61},
        {"ticket": "short"},
        {"ticket": None},
        {"jwk": {}},
        {"jwk": {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}},
        {"jwk": {"kty": "EC", "crv": "P-256", "x": "A" * 43, "y": "A" * 43}},
        {"jwk": {"kty": "RSA", "n": "AA", "e": "AQAB"}},
        {"more": True},
    ],
)
async def test_what_no_guest_sends_uses_no_link(talk: Talk, changed: dict[str, Any]) -> None:
    await talk.invites()
    body = {"ticket": ticket_of(SECRET), "jwk": talk.jwk, "name": NAME} | changed
    address, origin = f"{talk.running.url}/visite/enter", {"Origin": talk.running.url}
    async with talk.guest.http.post(address, json=body, headers=origin) as answer:
        assert answer.status == 400, await answer.text()
        assert {"what", "remedy"} <= (await answer.json()).keys()
        assert "Set-Cookie" not in answer.headers
    assert await talk.tries() == (204, "")


@pytest.mark.parametrize("origin", [{}, {"Origin": "null"}, {"Origin": "https://elsewhere.example"}])
async def test_only_our_own_page_uses_a_link(talk: Talk, origin: dict[str, str]) -> None:
    await talk.invites()
    body = {"ticket": ticket_of(SECRET), "jwk": talk.jwk, "name": NAME}
    async with talk.guest.http.post(f"{talk.running.url}/visite/enter", json=body, headers=origin) as answer:
        assert answer.status == 403
    assert await talk.tries() == (204, "")


async def test_the_cookie_is_good_for_this_visit_alone_and_no_longer_than_the_guest_is_in_it(talk: Talk) -> None:
    own = {"Origin": talk.running.url, "Sec-Fetch-Site": "same-origin"}
    assert (await talk.posts("/visite/signalling/ticket", **own))[0] == 401
    assert (await talk.posts("/visite/signalling/relays", **own))[0] == 401
    await talk.invites()
    body = {"ticket": ticket_of(SECRET), "jwk": talk.jwk, "name": NAME}
    async with talk.guest.http.post(f"{talk.running.url}/visite/enter", json=body, headers=own) as answer:
        cookie = answer.headers["Set-Cookie"]
        assert all(word in cookie for word in ("HttpOnly", "SameSite=Strict", "Path=/visite/"))
        value = answer.cookies["guest"].value
    status, passes = await talk.posts("/visite/signalling/relays", **own)
    (server,) = passes["ice_servers"]
    assert (status, server["urls"]) == (200, ["turn:relay.example:3478"])
    assert 0 < int(server["username"].split(":")[0]) - time.time() <= 121
    assert (await talk.posts("/visite/signalling/relays", Origin="https://elsewhere.example"))[0] == 403
    shown = {"Cookie": f"guest={value}; session={value}", **own}
    async with aiohttp.ClientSession(headers=shown) as elsewhere:
        for path in ("/signalling/ticket", "/signalling/relays", "/credential"):
            async with elsewhere.post(f"{talk.running.url}{path}") as answer:
                assert answer.status == 401, path
        async with elsewhere.get(f"{talk.running.url}/fhir/R4/Observation") as answer:
            assert answer.status == 401
        wrong = {"Cookie": f"guest={value[:-1]}{'A' if value[-1] != 'A' else 'B'}", **own}
        async with elsewhere.post(f"{talk.running.url}/visite/signalling/ticket", headers=wrong) as answer:
            assert answer.status == 401
    await goes(talk, own)


async def goes(talk: Talk, own: dict[str, str]) -> None:
    """The guest knocks with a proof, is turned away, told so, and the cookie is worth nothing."""
    (call,) = (await talk.guest.join())["calls"]
    subject = f"urn:teleborne:guest:{thumbprint(talk.jwk)}"
    await talk.guest.say("join", {"proof": proof_of(SECRET, call, subject)}, call=call)
    knocks = (await talk.physician.hear("thirds"))["body"]["thirds"]
    while knocks[0]["standing"] != "knocking":
        knocks = (await talk.physician.hear("thirds"))["body"]["thirds"]
    assert (knocks[0]["subject"], knocks[0]["proof"]) == (subject, proof_of(SECRET, call, subject))
    await talk.physician.say("remove", {"invitation": "i-1"}, call=CALL)
    await talk.guest.hear("ended", reason="removed")
    assert (await talk.posts("/visite/signalling/ticket", **own))[0] == 401
    async with asyncio.timeout(PATIENCE):
        assert await talk.guest.closed() == 4004
