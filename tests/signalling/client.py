"""A participant, written from docs/signalling.md with plain JSON, knowing nothing of the server's code."""

from __future__ import annotations

import asyncio
import itertools
import json
from dataclasses import dataclass, field
from typing import Any, Self

import aiohttp

from tests.peers.patience import PATIENCE

_ids = itertools.count(1)
_open: list[aiohttp.ClientWebSocketResponse] = []


async def hang_up_all() -> None:
    """Close what the test left open."""
    while _open:
        await _open.pop().close()


@dataclass(kw_only=True)
class Client:
    http: aiohttp.ClientSession
    address: str
    who: str
    origin: str | None = None
    resume: str | None = None
    last_seq: int = 0
    patience_s: float = 5
    heard: list[dict[str, Any]] = field(default_factory=list)
    socket: aiohttp.ClientWebSocketResponse | None = None

    @classmethod
    def booth(cls, http: aiohttp.ClientSession, address: str, name: str) -> Self:
        return cls(http=http, address=address, who=f"booth|urn:teleborne:booth:{name}|{name}")

    @classmethod
    def physician(cls, http: aiohttp.ClientSession, address: str, number: int, name: str) -> Self:
        who = f"physician|rpps:{number:011}|{name}"
        return cls(http=http, address=address, who=who, origin="https://gateway.example")

    @property
    def headers(self) -> dict[str, str]:
        return {"X-Who": self.who} | ({"Origin": self.origin} if self.origin else {})

    async def ticket(self) -> str:
        async with self.http.post(f"{self.address}/signalling/ticket", headers=self.headers) as answer:
            assert answer.status == 200, await answer.text()
            return str((await answer.json())["ticket"])

    async def open(self, ticket: str | None = None, **options: Any) -> None:
        url = f"{self.address}/signalling/v1?ticket={ticket or await self.ticket()}"
        settings: Any = {"protocols": ("teleborne.v1",), "headers": self.headers, "max_msg_size": 1 << 20} | options
        self.socket = await self.http.ws_connect(url, **settings)
        _open.append(self.socket)

    async def join(self) -> dict[str, Any]:
        """Connect and say hello; return the body of the welcome."""
        await self.open()
        body = {"resume": self.resume, "last_seq": self.last_seq} if self.resume else {}
        await self.say("hello", body)
        welcome = await self.hear("welcome")
        if welcome["body"]["fresh"]:
            self.last_seq = 0
        self.resume = welcome["body"]["resume"]
        return dict(welcome["body"])

    async def say(self, kind: str, body: dict[str, Any] | None = None, **fields: Any) -> str:
        assert self.socket is not None
        name = f"m-{next(_ids)}"
        await self.socket.send_str(json.dumps({"v": 1, "type": kind, "id": name, "body": body or {}} | fields))
        return name

    async def next(self) -> dict[str, Any]:
        assert self.socket is not None
        frame = await self.socket.receive(timeout=self.patience_s)
        assert frame.type is aiohttp.WSMsgType.TEXT, (frame, self.socket.close_code)
        message: dict[str, Any] = json.loads(frame.data)
        if "seq" in message:
            assert message["seq"] == self.last_seq + 1, f"after {self.last_seq} came {message}"
            self.last_seq = message["seq"]
        self.heard.append(message)
        return message

    async def hear(self, kind: str, **body: Any) -> dict[str, Any]:
        """Return the next message of that type whose body has these values."""
        async with asyncio.timeout(PATIENCE):
            while True:
                message = await self.next()
                if message["type"] == kind and body.items() <= message["body"].items():
                    return message

    async def closed(self) -> int | None:
        """Read to the end and return the close code."""
        assert self.socket is not None
        async with asyncio.timeout(PATIENCE):
            async for frame in self.socket:
                self.heard.append(json.loads(frame.data))
        return self.socket.close_code

    async def drop(self) -> None:
        """Lose the connection without a word."""
        assert self.socket is not None
        self.socket._response.close()
        await asyncio.sleep(0)
