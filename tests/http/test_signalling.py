"""Signalling on a whole gateway: booths by certificate, physicians by cookie, and nobody else; sign-out counts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from gateway.config import GatewaySettings, SessionLimits, TurnSettings
from gateway.http.signalling import origins
from gateway.store.visits import Visits
from signalling.errors import RecordError
from signalling.visit import Visit
from tests.peers.running import Running
from tests.peers.visitors import CALL, COUGH, MARTIN, Participant, consulting, eventually, talking, visiting
from tests.signalling.client import hang_up_all


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    async with visiting(tmp_path) as found:
        yield found
        await hang_up_all()


async def ticket(session: aiohttp.ClientSession, url: str, **headers: str) -> tuple[int, dict[str, Any]]:
    async with session.post(f"{url}/signalling/ticket", headers=headers) as answer:
        return answer.status, await answer.json()


async def opening(session: aiohttp.ClientSession, url: str, ticket: str, **headers: str) -> int:
    """Return the status of trying to open a socket with a ticket."""
    address = f"{url}/signalling/v1?ticket={ticket}"
    try:
        async with session.ws_connect(address, protocols=("teleborne.v1",), headers=headers) as socket:
            assert not socket.closed
            return 101
    except aiohttp.WSServerHandshakeError as refused:
        return refused.status


async def test_a_booth_and_a_physician_meet_and_each_knows_whose_proof_to_ask_for(running: Running) -> None:
    async with running.booth() as kiosk, running.person("claire") as desk:
        booth, physician = Participant.at_a_booth(running, kiosk), Participant.at_a_desk(running, desk)
        await talking(booth, physician)
        (to_booth,) = [message["body"] for message in booth.heard if message["type"] == "admitted"]
        (to_physician,) = [message["body"] for message in physician.heard if message["type"] == "admitted"]
        assert [peer["subject"] for peer in to_booth["peers"]] == [MARTIN]
        assert [peer["subject"] for peer in to_physician["peers"]] == ["urn:teleborne:booth:mairie"]
        assert to_booth["ice_servers"] == to_physician["ice_servers"] == []


async def test_the_second_physician_is_told_who_was_first(running: Running) -> None:
    async with running.booth() as kiosk, running.person("claire") as desk, running.person("roy") as another:
        booth, first = Participant.at_a_booth(running, kiosk), Participant.at_a_desk(running, desk)
        second = Participant.at_a_desk(running, another)
        await second.join()
        await second.say("available", {"on": True})
        await talking(booth, first)
        assert (await second.hear("taken"))["body"] == {"by": "Dr Claire Martin"}
        await second.say("take", call=CALL)
        assert (await second.hear("taken"))["body"] == {"by": "Dr Claire Martin"}


async def test_a_visit_that_was_stopped_is_an_alert_in_the_audit_and_no_question_of_fhir(running: Running) -> None:
    async with running.booth() as kiosk, running.person("claire") as desk, running.program() as auditor:
        booth, physician = Participant.at_a_booth(running, kiosk), Participant.at_a_desk(running, desk)
        await talking(booth, physician)
        await physician.say("stop", {"reason": "fingerprint"}, call=CALL)
        await booth.hear("ended", reason="fingerprint")
        found = {}
        for question in ("type=110113", f"altid={MARTIN}&type=rest", f"altid={MARTIN}&subtype:missing=true"):
            async with auditor.get(f"{running.fhir}/AuditEvent?{question}") as answer:
                found[question] = [each["resource"] for each in (await answer.json(content_type=None)).get("entry", ())]
        (alert,), rest, untyped = found.values()
        assert (alert["type"]["display"], alert["outcomeDesc"]) == (
            "Security Alert",
            "Stopped: fingerprint",
        )
        assert alert["agent"][0]["altId"] == MARTIN
        assert (rest, untyped) == ([], [alert])


async def test_signing_out_closes_the_socket_and_the_visit_goes_on(running: Running) -> None:
    async with running.booth() as kiosk, running.person("claire") as desk:
        booth, physician = Participant.at_a_booth(running, kiosk), Participant.at_a_desk(running, desk)
        await talking(booth, physician)
        unused = await physician.ticket()
        async with desk.post(f"{running.url}/sign-out") as answer:
            assert answer.status == 204
        assert await asyncio.wait_for(physician.closed(), 5) == 4004
        assert (await booth.hear("peer", present=False))["call"] == CALL
        assert await opening(desk, running.url, unused, Origin=running.url) == 401
        async with desk.get(f"{running.url}/demo/sign-in?person=claire", allow_redirects=False):
            pass
        assert (await physician.join())["calls"] == [CALL]


async def test_another_session_of_the_same_physician_ends_without_the_socket(running: Running) -> None:
    async with running.person("claire") as desk, running.person("claire") as elsewhere:
        physician = Participant.at_a_desk(running, desk)
        await physician.join()
        async with elsewhere.post(f"{running.url}/sign-out") as answer:
            assert answer.status == 204
        await asyncio.sleep(1.5)
        await physician.say("available", {"on": True})
        await physician.hear("waiting")


async def test_a_revoked_booth_s_socket_is_closed_within_seconds(running: Running) -> None:
    assert running.settings.booths is not None
    assert running.settings.booths.revoked is not None
    async with running.booth() as kiosk, running.booth("pharmacie") as good:
        booth, another = Participant.at_a_booth(running, kiosk), Participant.at_a_booth(running, good)
        await booth.join()
        await another.join()
        running.settings.booths.revoked.write_text("mairie\n")
        assert await asyncio.wait_for(booth.closed(), 5) == 4004
        assert (await ticket(kiosk, running.booths_url))[0] == 401
        await another.say("enqueue", COUGH, call=CALL)
        await another.hear("queued")


@pytest.mark.parametrize("whom", ["mairie", MARTIN], ids=["the booth", "the physician"])
async def test_whoever_is_revoked_in_a_talk_is_out_of_it_at_once_and_both_are_told_why(
    running: Running, whom: str
) -> None:
    assert running.settings.booths is not None
    assert running.settings.booths.revoked is not None
    async with running.booth() as kiosk, running.person("claire") as desk, running.program() as auditor:
        booth, physician = Participant.at_a_booth(running, kiosk), Participant.at_a_desk(running, desk)
        await talking(booth, physician)
        running.settings.booths.revoked.write_text(f"{whom}\n")
        for side in (booth, physician):
            assert (await side.hear("ended", reason="revoked"))["body"]["reporting"] is True
        out = booth if whom == "mairie" else physician
        assert await asyncio.wait_for(out.closed(), 5) == 4004
        url, headers = (running.booths_url, {}) if whom == "mairie" else (running.url, {"Origin": running.url})
        assert (await ticket(kiosk if whom == "mairie" else desk, str(url), **headers))[0] in (401, 403)
        async with auditor.get(f"{running.fhir}/AuditEvent?type=110113") as answer:
            (entry,) = (await answer.json(content_type=None))["entry"]
        assert entry["resource"]["outcomeDesc"] == "Stopped: revoked"


@pytest.mark.parametrize(
    ("person", "status"),
    [(None, 401), ("marcelle", 403), ("locum", 403)],
    ids=["nobody", "a citizen", "a physician without a number"],
)
async def test_who_takes_no_part_in_visits_gets_no_ticket_and_no_pass(
    running: Running, person: str | None, status: int
) -> None:
    async with running.person(person or "claire") as session:
        if person is None:
            session.cookie_jar.clear()
        got, told = await ticket(session, running.url, Origin=running.url)
        assert (got, set(told)) == (status, {"what", "remedy"})
        async with session.post(f"{running.url}/signalling/relays", headers={"Origin": running.url}) as answer:
            assert answer.status == status


async def test_passes_to_try_the_relays_are_short_lived_and_name_only_a_participant(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("north\n")
    relays = TurnSettings(urls=("turn:relay.example:3478?transport=udp",), secret_file=tmp_path / "secret", ttl_s=600)
    async with (
        visiting(tmp_path, change=lambda settings: replace(consulting(settings), turn=relays)) as running,
        running.booth() as kiosk,
        running.person("claire") as desk,
    ):
        assert running.booths_url is not None
        for session, url, headers in (
            (kiosk, running.booths_url, {}),
            (desk, running.url, {"Origin": running.url}),
        ):
            async with session.post(f"{url}/signalling/relays", headers=headers) as answer:
                (server,) = (await answer.json())["ice_servers"]
            expiry, _, who = server["username"].partition(":")
            assert 0 < int(expiry) - datetime.now(UTC).timestamp() <= 120
            assert "mairie" not in who
            assert "claire" not in who.lower()


async def test_a_program_s_token_is_no_participant(running: Running) -> None:
    async with running.program() as program:
        assert (await ticket(program, running.url, Origin=running.url))[0] == 401


async def test_another_site_gets_no_ticket_and_no_socket_with_a_person_s_cookie(running: Running) -> None:
    async with running.person("claire") as desk:
        for headers in (
            {"Origin": "https://attacker.example"},
            {"Origin": "https://attacker.example", "Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-origin"},
        ):
            assert (await ticket(desk, running.url, **headers))[0] == 403
        mine = (await ticket(desk, running.url, Origin=running.url))[1]["ticket"]
        assert await opening(desk, running.url, mine, Origin="https://attacker.example") == 403


async def test_a_ticket_opens_once_for_whom_it_was_given_on_their_listener(running: Running) -> None:
    own = {"Origin": running.url}
    async with (
        running.person("claire") as desk,
        running.person("roy") as another,
        running.booth() as kiosk,
        running.booth("pharmacie") as other_kiosk,
        aiohttp.ClientSession() as stranger,
    ):

        async def fresh() -> str:
            return str((await ticket(desk, running.url, **own))[1]["ticket"])

        async def fresh_at_the_booth() -> str:
            return str((await ticket(kiosk, running.booths_url))[1]["ticket"])

        assert await opening(stranger, running.url, await fresh(), **own) == 401
        assert await opening(another, running.url, await fresh(), **own) == 401
        assert await opening(kiosk, running.booths_url, await fresh()) == 403
        assert await opening(kiosk, running.booths_url, await fresh(), **own) == 401
        assert await opening(other_kiosk, running.booths_url, await fresh_at_the_booth()) == 401
        assert await opening(stranger, running.url, await fresh_at_the_booth()) == 401
        assert await opening(desk, running.url, await fresh_at_the_booth(), **own) == 401
        good = await fresh()
        assert await opening(desk, running.url, good, **own) == 101
        assert await opening(desk, running.url, good, **own) == 401
        assert await opening(desk, running.url, "guess", **own) == 401


async def test_a_ticket_is_good_for_half_a_minute(tmp_path: Path) -> None:
    clock = [datetime.now(UTC)]
    async with visiting(tmp_path, now=lambda: clock[0]) as running, running.person("claire") as desk:
        old = (await ticket(desk, running.url, Origin=running.url))[1]["ticket"]
        clock[0] += timedelta(seconds=31)
        assert await opening(desk, running.url, old, Origin=running.url) == 401


async def test_a_talk_keeps_the_session_and_waiting_does_not(tmp_path: Path) -> None:
    clock = [datetime.now(UTC)]

    def change(settings: GatewaySettings) -> GatewaySettings:
        return replace(consulting(settings), session=SessionLimits(idle_s=300))

    async with (
        visiting(tmp_path, change=change, now=lambda: clock[0]) as running,
        running.booth() as kiosk,
        running.person("claire") as desk,
        running.person("roy") as idle_desk,
    ):
        booth, physician = Participant.at_a_booth(running, kiosk), Participant.at_a_desk(running, desk)
        idle = Participant.at_a_desk(running, idle_desk)
        await talking(booth, physician)
        await idle.join()
        for _ in range(2):
            clock[0] += timedelta(seconds=100)
            await asyncio.sleep(1.2)
        async with asyncio.TaskGroup() as meanwhile:
            told = meanwhile.create_task(idle.closed())  # who does not listen when it is said finds the line cut
            for _ in range(2):
                clock[0] += timedelta(seconds=100)
                await asyncio.sleep(1.2)
        assert told.result() == 4004
        await physician.say("hang-up", {"reason": "finished"}, call=CALL)
        await physician.hear("ended", reporting=True)
        await hang_up_all()


async def test_both_sides_get_our_relays_with_a_pass_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("shared with coturn\n")
    relays = TurnSettings(urls=("turn:relay.example:3478?transport=udp",), secret_file=tmp_path / "secret", ttl_s=600)
    async with (
        visiting(tmp_path, change=lambda settings: replace(consulting(settings), turn=relays)) as running,
        running.booth() as kiosk,
        running.person("claire") as desk,
    ):
        booth, physician = Participant.at_a_booth(running, kiosk), Participant.at_a_desk(running, desk)
        await talking(booth, physician)
        passes = [
            message["body"]["ice_servers"][0]
            for side in (booth, physician)
            for message in side.heard
            if message["type"] == "admitted"
        ]
        assert {tuple(each["urls"]) for each in passes} == {relays.urls}
        assert len({each["credential"] for each in passes}) == 2
        await hang_up_all()


async def test_the_gateway_is_ready_once_the_record_of_visits_was_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    restore, broken = Visits.restore, [True]

    async def sometimes(visits: Visits) -> list[Visit]:
        if broken[0]:
            raise RecordError("the disk is full")
        return await restore(visits)

    monkeypatch.setattr(Visits, "restore", sometimes)
    async with visiting(tmp_path) as running, running.person("claire") as desk:

        async def ready() -> bool:
            async with desk.get(f"{running.url}/readyz") as answer:
                return answer.status == 200

        assert not await ready()
        early = (await ticket(desk, running.url, Origin=running.url))[1]["ticket"]
        assert await opening(desk, running.url, early, Origin=running.url) == 503
        broken[0] = False
        await eventually(ready)


def patient(settings: GatewaySettings) -> GatewaySettings:
    settings = consulting(settings)
    return replace(settings, limits=replace(settings.limits, stop_s=60))


async def test_the_gateway_stops_at_once_with_open_sockets(tmp_path: Path) -> None:
    async with AsyncExitStack() as sessions:
        async with visiting(tmp_path, change=patient) as running:
            kiosk = await sessions.enter_async_context(running.booth())
            desk = await sessions.enter_async_context(running.person("claire"))
            sides = (Participant.at_a_booth(running, kiosk), Participant.at_a_desk(running, desk))
            for side in sides:
                await side.join()
            reading = [asyncio.ensure_future(side.closed()) for side in sides]
            began = asyncio.get_running_loop().time()
        assert asyncio.get_running_loop().time() - began < 30  # not what open requests are given
        assert await asyncio.gather(*reading) == [1001, 1001]


@pytest.mark.parametrize(
    ("host", "url", "ours"),
    [
        ("0.0.0.0", "https://gateway.example", {"https://gateway.example"}),
        (
            "127.0.0.1",
            "http://localhost:8080",
            {"http://localhost:8080", "http://127.0.0.1:8080", "http://[::1]:8080"},
        ),
    ],
)
def test_our_pages_come_from_our_own_names_only(host: str, url: str, ours: set[str]) -> None:
    assert origins(host, url) == ours
