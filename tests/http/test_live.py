"""Readings reach the screens that wait: live, after a break, only whom they concern, while one is signed in."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import aiohttp
import pytest

from gateway import live
from gateway.config import GatewaySettings
from tests.peers.patience import PATIENCE
from tests.peers.running import FHIR_JSON, OTHER_PATIENT, PATIENT, Running, heart_rate, running_gateway


class Screen:
    """The other side of a stream, read as a browser reads it."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer
        self.last_id: str | None = None

    async def next(self) -> tuple[str, Any]:
        """Return the next event's name and data; heartbeats do not count. The end of the stream is ("end", None)."""
        name, lines = "message", list[str]()
        async with asyncio.timeout(PATIENCE):
            async for raw in self._answer.content:
                line = raw.decode().rstrip("\n")
                field, _, value = line.partition(":")
                if line == "" and lines:
                    return name, json.loads("\n".join(lines))
                if field == "event":
                    name = value.strip()
                elif field == "id":
                    self.last_id = value.strip()
                elif field == "data":
                    lines.append(value.removeprefix(" "))
        return "end", None

    async def reading(self) -> str:
        name, resource = await self.next()
        assert name == "message"
        return str(resource["id"])


@asynccontextmanager
async def watching(
    session: aiohttp.ClientSession, running: Running, query: str = "", last_id: str | None = None
) -> AsyncIterator[Screen]:
    headers = {"Last-Event-ID": last_id} if last_id else {}
    async with session.get(f"{running.url}/live{query}", headers=headers) as answer:
        assert answer.status == 200, await answer.text()
        assert answer.content_type == "text/event-stream"
        screen = Screen(answer)
        assert await screen.next() == ("ready", {})
        yield screen


async def deliver(running: Running, id_: str, patient: str = PATIENT, **changed: Any) -> None:
    body = heart_rate(patient, id=id_, **changed)
    async with running.booth() as booth:
        url = f"{running.booths_fhir}/Observation/{id_}"
        async with booth.put(url, json=body, headers=FHIR_JSON) as answer:
            assert answer.status in {200, 201}, await answer.text()


async def test_what_a_booth_delivers_appears_on_the_physician_s_screen_exactly_as_it_is_stored(
    running: Running,
) -> None:
    async with running.person("claire") as claire, watching(claire, running, f"?patient={PATIENT}") as screen:
        await deliver(running, "o-1")
        name, shown = await screen.next()
        async with claire.get(f"{running.fhir}/Observation/o-1") as answer:
            assert (name, shown) == ("message", await answer.json(content_type=None))


async def test_numbers_keep_their_digits_and_line_ends_do_no_harm(running: Running) -> None:
    async with running.person("claire") as claire, watching(claire, running) as screen, running.booth() as booth:
        text = json.dumps(heart_rate(id="o-1"), indent=2).replace('"value": 62', '"value": 62.00')
        url = f"{running.booths_fhir}/Observation/o-1"
        async with booth.put(url, data=text, headers=FHIR_JSON) as answer:
            assert answer.status == 201
        raw = b""
        while b"62.00" not in raw:
            raw = await asyncio.wait_for(screen._answer.content.readline(), 5)
        assert raw.startswith(b"data: ")


async def test_an_unchanged_delivery_appears_once(running: Running) -> None:
    async with running.person("claire") as claire, watching(claire, running) as screen:
        for id_ in ("o-1", "o-1", "o-2"):
            await deliver(running, id_)
        assert [await screen.reading(), await screen.reading()] == ["o-1", "o-2"]


async def test_after_a_break_nothing_is_missing(running: Running) -> None:
    async with running.person("claire") as claire:
        async with watching(claire, running, f"?patient={PATIENT}") as screen:
            await deliver(running, "o-0")
            assert await screen.reading() == "o-0"
            last = screen.last_id
        for number in range(1, 8):
            await deliver(running, f"o-{number}", PATIENT if number % 2 else OTHER_PATIENT)
        async with watching(claire, running, f"?patient={PATIENT}", last) as screen:
            caught_up = {await screen.reading() for _ in range(5)}
            assert caught_up == {"o-0", "o-1", "o-3", "o-5", "o-7"}  # what was seen may come again, and is the same
            await deliver(running, "o-8")
            assert await screen.reading() == "o-8"


async def test_breaks_at_any_moment_lose_nothing(running: Running) -> None:
    seen: set[str] = set()
    wanted = {f"o-{number}" for number in range(30)}
    async with running.person("claire") as claire, watching(claire, running) as first, asyncio.TaskGroup() as tasks:
        assert first.last_id
        tasks.create_task(look_from(claire, running, first.last_id, seen, wanted))
        for id_ in sorted(wanted):
            await deliver(running, id_)
    assert seen == wanted


async def look_from(
    claire: aiohttp.ClientSession, running: Running, last: str, seen: set[str], wanted: set[str]
) -> None:
    while seen != wanted:
        async with watching(claire, running, f"?patient={PATIENT}", last) as screen:
            new = 0
            while new < 3 and seen != wanted:  # after three new readings the line breaks
                id_ = await screen.reading()
                new += id_ not in seen
                seen.add(id_)
                last = screen.last_id or last


async def test_the_events_ids_only_grow(running: Running) -> None:
    async with running.person("claire") as claire, watching(claire, running) as screen:
        ids = [int(screen.last_id or 0)]
        for number in range(5):
            await deliver(running, f"o-{number}")
            await screen.reading()
            ids.append(int(screen.last_id or 0))
        assert ids == sorted(ids)


async def test_a_citizen_sees_their_own_readings_and_no_others(running: Running) -> None:
    async with running.person("marcelle") as marcelle:
        for query in ("", f"?patient={PATIENT}"):
            async with watching(marcelle, running, query) as screen:
                await deliver(running, f"other{len(query)}", OTHER_PATIENT)
                await deliver(running, f"own{len(query)}")
                assert await screen.reading() == f"own{len(query)}"
        async with marcelle.get(f"{running.url}/live?patient={OTHER_PATIENT}") as answer:
            assert answer.status == 403
        async with watching(marcelle, running, "", "0") as screen:
            assert {await screen.reading(), await screen.reading()} == {"own0", f"own{len(f'?patient={PATIENT}')}"}


async def test_a_program_with_a_token_may_watch_too(running: Running) -> None:
    async with running.program("reader", "system/Observation.rs") as reader, watching(reader, running) as screen:
        await deliver(running, "o-1")
        assert await screen.reading() == "o-1"
    async with (
        running.program("everything", "system/Patient.rs") as other,
        other.get(f"{running.url}/live") as answer,
    ):
        assert answer.status == 403


async def test_nobody_watches_without_signing_in(running: Running) -> None:
    async with aiohttp.ClientSession() as nobody, nobody.get(f"{running.url}/live") as answer:
        assert answer.status == 401


@pytest.mark.parametrize("last_id", ["x", "-1", "1e3", "9" * 30, "٣"])
async def test_an_event_id_that_is_none_is_refused(running: Running, last_id: str) -> None:
    async with (
        running.person("claire") as claire,
        claire.get(f"{running.url}/live", headers={"Last-Event-ID": last_id}) as answer,
    ):
        assert answer.status == 400


async def test_signing_out_ends_the_stream_within_five_seconds(running: Running) -> None:
    async with running.person("claire") as claire, watching(claire, running) as screen:
        cookies = {cookie.key: cookie.value for cookie in claire.cookie_jar}
        async with claire.post(f"{running.url}/sign-out") as answer:
            assert answer.status == 204
        assert cookies
        async with asyncio.timeout(PATIENCE):
            assert await screen.next() == ("signed-out", {})
            assert await screen.next() == ("end", None)


def patient(settings: GatewaySettings) -> GatewaySettings:
    return replace(settings, limits=replace(settings.limits, stop_s=60))


async def test_a_stream_ends_with_the_gateway_and_at_once(tmp_path: Any) -> None:
    async with asyncio.timeout(PATIENCE):
        async with aiohttp.ClientSession() as session:
            async with running_gateway(tmp_path, change=patient) as running:
                session.headers["Authorization"] = f"Bearer {await running.token()}"
                answer = await session.get(f"{running.url}/live")
                screen = Screen(answer)
                assert await screen.next() == ("ready", {})
                began = asyncio.get_running_loop().time()
            assert asyncio.get_running_loop().time() - began < 30  # not what open requests are given
            assert await screen.next() == ("end", None)


async def test_a_screen_that_is_too_slow_is_told_to_reload_and_finds_everything_again(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "_QUEUE", 2)
    async with running.person("claire") as claire:
        async with watching(claire, running) as screen:
            async with running.program() as program:

                async def create(value: int) -> None:
                    body = heart_rate(value=value)
                    async with program.post(f"{running.fhir}/Observation", json=body, headers=FHIR_JSON) as answer:
                        assert answer.status == 201

                await asyncio.gather(*(create(40 + n) for n in range(40)))
            seen = set()
            while (event := await screen.next())[0] == "message":
                seen.add(event[1]["id"])
            assert event[0] == "reload"
            last = screen.last_id
        async with watching(claire, running, "", last) as screen:
            while len(seen) < 40:
                seen.add(await screen.reading())
