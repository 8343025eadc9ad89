"""The kiosk's server lets in one browser, the booth's own, and takes nothing but touches from it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, CookieJar, WSMsgType, WSServerHandshakeError, web

from booth_client.config import KioskListener
from booth_client.guide import Guide
from booth_client.journey import Act, Effect, Plan, State
from booth_client.kiosk.server import Kiosk
from tests.peers.patience import PATIENCE
from tests.peers.town import booth_settings


@dataclass(frozen=True, kw_only=True)
class Open:
    guide: Guide
    kiosk: Kiosk
    client: ClientSession

    @property
    def origin(self) -> str:
        return self.kiosk.url.split("/borne/")[0]

    async def enter(self) -> None:
        async with self.client.get(self.kiosk.url, allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, "/")

    async def send(self, *messages: str, origin: str | None = None) -> list[Any]:
        """Open the WebSocket, send, and return what came back until it closed or stayed silent."""
        heard: list[Any] = []
        async with self.client.ws_connect(f"{self.origin}/ws", origin=origin or self.origin) as socket:
            heard.append(json.loads(await socket.receive_str(timeout=PATIENCE)))
            for message in messages:
                await socket.send_str(message)
            try:
                while (answer := await socket.receive(timeout=0.5)).type is WSMsgType.TEXT:
                    heard.append(json.loads(answer.data))
                heard.append(answer.data)
            except TimeoutError:
                pass
        return heard


@asynccontextmanager
async def opened(folder: Path, *beside: web.RouteDef) -> AsyncIterator[Open]:
    async def nothing() -> Act | None:
        return None

    guide = Guide(Plan(), dict.fromkeys(Effect, nothing))
    kiosk = Kiosk(guide, booth_settings(folder, "https://localhost:9"))
    kiosk.serve(*beside)
    async with kiosk.open(), ClientSession(cookie_jar=CookieJar(unsafe=True)) as client:
        yield Open(guide=guide, kiosk=kiosk, client=client)


@pytest.mark.parametrize("path", ["/", "/ws", "/page/app.js", "/static/shared/base.css", "/borne/guessed", "/borne/"])
async def test_without_the_token_nothing_is_served(tmp_path: Path, path: str) -> None:
    async with opened(tmp_path) as door, door.client.get(door.origin + path) as answer:
        assert answer.status in (403, 404)
        assert "borne" not in await answer.text()


async def test_the_token_becomes_a_cookie_that_scripts_cannot_read(tmp_path: Path) -> None:
    async with opened(tmp_path) as door, door.client.get(door.kiosk.url, allow_redirects=False) as answer:
        cookie = answer.headers["Set-Cookie"]
        assert all(word in cookie for word in ("HttpOnly", "SameSite=Strict", "Path=/"))
        assert door.origin.rpartition(":")[2] in cookie.split("=")[0]


async def test_each_start_has_another_token(tmp_path: Path) -> None:
    async with opened(tmp_path) as first, opened(tmp_path) as second:
        assert first.kiosk.url.split("/borne/")[1] != second.kiosk.url.split("/borne/")[1]


async def test_the_page_comes_with_a_strict_policy(tmp_path: Path) -> None:
    async with opened(tmp_path) as door:
        await door.enter()
        async with door.client.get(f"{door.origin}/") as answer:
            assert answer.status == 200
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert "require-trusted-types-for 'script'" in policy


@pytest.mark.parametrize("origin", ["http://localhost:1", "https://evil.example", "null"])
async def test_another_pages_websocket_is_refused(tmp_path: Path, origin: str) -> None:
    async with opened(tmp_path) as door:
        await door.enter()
        with pytest.raises(WSServerHandshakeError) as refused:
            await door.send(origin=origin)
        assert refused.value.status == 403


async def test_another_name_pointed_at_the_booth_is_refused(tmp_path: Path) -> None:
    async with opened(tmp_path) as door:
        await door.enter()
        async with door.client.get(f"{door.origin}/", headers={"Host": "rebound.example"}) as answer:
            assert answer.status == 403


NO_TOUCHES = (
    "",
    "{",
    "[]",
    '"touch"',
    "{}",
    '{"act": "touch"}',
    '{"act": "fly", "screen": 0}',
    '{"act": "touch", "screen": "x"}',
    '{"act": "saved", "screen": 0}',
    '{"act": "wiped", "screen": 0}',
    '{"act": "elapsed", "screen": 0}',
)


@pytest.mark.parametrize("message", NO_TOUCHES)
async def test_a_message_that_is_no_touch_closes_the_page_and_changes_nothing(tmp_path: Path, message: str) -> None:
    async with opened(tmp_path) as door:
        await door.enter()
        assert (await door.send(message))[-1] == 1008
        assert door.guide.journey.state is State.IDLE


async def test_a_longer_message_than_any_touch_closes_the_page(tmp_path: Path) -> None:
    async with opened(tmp_path) as door:
        await door.enter()
        assert (await door.send('{"act": "' + "x" * 5000 + '"}'))[-1] in (1009, 1008)


async def test_a_touch_on_an_earlier_screen_is_passed_over(tmp_path: Path) -> None:
    async with opened(tmp_path) as door:
        await door.enter()
        touch = json.dumps({"act": "touch", "screen": 0})
        heard = await door.send(touch, touch, json.dumps({"act": "french", "screen": 0}))
        assert [one["state"] for one in heard] == ["idle", "language"]


async def test_a_touch_that_the_screen_does_not_offer_is_passed_over(tmp_path: Path) -> None:
    async with opened(tmp_path) as door:
        await door.enter()
        heard = await door.send(json.dumps({"act": "yes", "screen": 0}), json.dumps({"act": "touch", "screen": 0}))
        assert [one["state"] for one in heard] == ["idle", "language"]


async def test_a_used_port_is_one_clear_error(tmp_path: Path) -> None:
    async with opened(tmp_path) as door:
        port = int(door.origin.rpartition(":")[2])
        taken = booth_settings(tmp_path, "https://localhost:9", kiosk=KioskListener(port=port))
        second = Kiosk(Guide(Plan(), {}), taken)
        with pytest.raises(Exception, match=f"kiosk.port: {port} is in use"):
            async with second.open():
                pass


async def test_a_page_that_says_that_it_lives_is_heard_and_one_without_scripts_may_be_read_for_long(
    tmp_path: Path,
) -> None:
    async def devices(_request: web.Request) -> web.Response:
        return web.Response(text="no scripts")

    heard: list[float] = []
    async with opened(tmp_path, web.get("/appareils", devices)) as door:
        door.kiosk.hear(heard.append)
        await door.enter()
        assert await door.send('{"alive": true}') == await door.send()
        async with door.client.get(f"{door.origin}/appareils") as answer:
            assert await answer.text() == "no scripts"
    assert heard == [12.0, 12.0, 12.0, 600.0]


async def test_a_file_that_the_browser_has_is_not_sent_again_and_leaves_the_line_whole(tmp_path: Path) -> None:
    async with opened(tmp_path) as door:
        await door.enter()
        async with door.client.get(f"{door.origin}/page/app.js") as first:
            assert first.headers["Content-Encoding"]
            known = {"If-None-Match": first.headers["ETag"]}
        cookie = "; ".join(f"{each.key}={each.value}" for each in door.client.cookie_jar)
        host = door.origin.removeprefix("http://")
        reader, writer = await asyncio.open_connection(*host.split(":"))
        lines = ["GET /page/app.js HTTP/1.1", f"Host: {host}", f"Cookie: {cookie}", "Accept-Encoding: gzip, deflate"]
        lines += [f"{name}: {value}" for name, value in known.items()]
        for _ in range(2):  # what followed the first answer on the line would be taken for the second
            writer.write("\r\n".join([*lines, "", ""]).encode())
            answer = await reader.readuntil(b"\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 304 ")
        writer.close()
