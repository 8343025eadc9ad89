"""Which way to our relays works here: by UDP, by TCP, or by TLS where a town hall lets nothing else out.

The WebRTC library uses one relay address a connection, and says nothing where credentials are refused or nobody
answers. So every way is tried for itself, with a real allocation that is given back at once, and the best that worked
is used: https://www.rfc-editor.org/rfc/rfc8656
"""

from __future__ import annotations

import asyncio
import re
import ssl
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

import msgspec
import structlog
from aiohttp import ClientError, ClientSession, ClientTimeout
from aioice.stun import TransactionError, TransactionFailed
from aioice.turn import create_turn_endpoint

from booth_client.machine.row import Row, State
from signalling.messages import IceServer

__all__ = ["Outcome", "Relays", "Tried", "keep_looking", "passes"]

_log = structlog.get_logger("relays")

TRY_S: Final = 4.0
"""How long one way may take to give an address."""

EVERY_S: Final = 3600.0
"""How often the ways are tried again while nothing changes."""

_ASK_S: Final = 10.0

_SOON_S: Final = 30.0
"""A pass that is good for less than this is not begun with any more."""

_URL: Final = re.compile(r"(turns?):(\[[0-9a-fA-F:]+\]|[^:\[\]?]+)(?::(\d+))?(?:\?transport=(udp|tcp))?", re.ASCII)
_PORTS: Final = {"turn": 3478, "turns": 5349}
_REFUSALS: Final = frozenset({401, 403, 441})


class Outcome(StrEnum):
    """What came of trying one way."""

    WORKS = "works"
    SILENT = "silent"
    REFUSED = "refused"
    UNTRUSTED = "untrusted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One way to a relay, what came of it, and after how many milliseconds; *detail* is for an operator."""

    url: str
    outcome: Outcome
    ms: float
    detail: str = ""


class _Passes(msgspec.Struct, frozen=True):
    """What the gateway answers."""

    ice_servers: list[IceServer]


class _Unheard(asyncio.DatagramProtocol):
    """An address that nobody sends to, as it is given back at once; `gone` is set when it was."""

    def __init__(self) -> None:
        self.gone = asyncio.Event()

    def connection_lost(self, _error: Exception | None) -> None:
        """Note that the address was given back."""
        self.gone.set()


class Relays:
    """Our relays as this booth reaches them; `look` tries all ways, `choose` says which to use.

    *trust* verifies the relays' TLS certificates, the system's authorities where none is given. *ask* gives new passes,
    and *now* says whether those that there are have ended.
    """

    def __init__(
        self,
        *,
        trust: ssl.SSLContext | None = None,
        ask: Callable[[], Awaitable[list[IceServer]]] | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._now = now
        self.tried: dict[str, Tried] = {}
        self._trust = trust
        self._ask = ask

    async def fresh(self, servers: Sequence[IceServer]) -> list[IceServer]:
        """Return *servers* with passes that are still good; as they are where no new ones can be had just now.

        A visit may last longer than the passes it began with, and a refused one gives no address and no error.
        """
        if self._ask is not None and any(_expires(each) < self._now().timestamp() + _SOON_S for each in servers):
            with suppress(ClientError, OSError, TimeoutError, msgspec.MsgspecError):
                return await self._ask()
        return list(servers)

    async def look(self, servers: Sequence[IceServer]) -> tuple[Tried, ...]:
        """Try every way of *servers* at once and remember what came of it, in the order of *servers*."""
        ways = list(_ways(servers))
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(self._try(server, url)) for server, url in ways]
        found = tuple(task.result() for task in running)
        self.tried |= {each.url: each for each in found}
        return found

    def choose(self, servers: Sequence[IceServer]) -> list[IceServer]:
        """Return the one way to use: the first that worked, else the first not known to fail, else the first."""
        ways = list(_ways(servers))
        if not ways:
            return []
        server, url = min(ways, key=lambda way: self._rank(way[1]))
        return [IceServer(urls=[url], username=server.username, credential=server.credential)]

    def fail(self, servers: Sequence[IceServer]) -> None:
        """Remember that a connection with *servers*, as chosen, had no relay's address."""
        for _, url in _ways(servers):
            self.tried[url] = Tried(url=url, outcome=Outcome.SILENT, ms=0, detail="a connection got no address from it")

    def row(self) -> Row:
        """Return how the ways are, for the self-test."""
        tried = tuple(self.tried.values())
        works = [each for each in tried if each.outcome is Outcome.WORKS]
        failing = ", ".join(f"{each.url} {each.outcome}" for each in tried if each.outcome is not Outcome.WORKS)
        state = State.UNKNOWN if not tried else State.GOOD if works else State.ATTENTION
        remedy = "open one of the ways in the site's firewall" if state is State.ATTENTION else ""
        found = f"{len(works)} of {len(tried)} ways work" + (f"; {failing}" if failing else "")
        return Row(what="relays", state=state, found=found, wanted="one way", remedy=remedy)

    def _rank(self, url: str) -> int:
        tried = self.tried.get(url)
        return 1 if tried is None else 0 if tried.outcome is Outcome.WORKS else 2

    async def _try(self, server: IceServer, url: str) -> Tried:
        began = time.monotonic()
        try:
            async with asyncio.timeout(TRY_S):
                await self._allocate(server, url)
            outcome, detail = Outcome.WORKS, ""
        except TimeoutError:
            outcome, detail = Outcome.SILENT, f"no answer within {TRY_S:g} s"
        except TransactionFailed as error:
            code, reason = error.response.attributes.get("ERROR-CODE", (0, ""))
            outcome = Outcome.REFUSED if code in _REFUSALS else Outcome.SILENT
            detail = f"{code} {reason}".strip()
        except ssl.SSLError as error:
            outcome, detail = Outcome.UNTRUSTED, str(error.reason or error)
        except (OSError, TransactionError) as error:
            outcome, detail = Outcome.SILENT, str(error) or type(error).__name__
        return Tried(url=url, outcome=outcome, ms=(time.monotonic() - began) * 1000, detail=detail)

    async def _allocate(self, server: IceServer, url: str) -> None:
        """Ask the relay for an address and give it back."""
        scheme, host, port, transport = _parts(url)
        endpoint, address = await create_turn_endpoint(
            _Unheard,
            server_addr=(host, port),
            username=server.username,
            password=server.credential,
            ssl=(self._trust or True) if scheme == "turns" else None,
            transport=transport,
        )
        endpoint.close()
        await address.gone.wait()


def _expires(server: IceServer) -> float:
    """Return until when a pass is good, in seconds since 1970: its user name begins with it (docs/deploy-turn.md)."""
    until = (server.username or "").partition(":")[0]
    return float(until) if until.isascii() and until.isdecimal() else float("inf")


def _ways(servers: Sequence[IceServer]) -> Iterator[tuple[IceServer, str]]:
    for server in servers:
        for url in server.urls:
            if _URL.fullmatch(url):
                yield server, url


def _parts(url: str) -> tuple[str, str, int, str]:
    """Return scheme, host, port and transport of a relay's address (RFC 7065)."""
    found = _URL.fullmatch(url)
    if found is None:
        raise ValueError(f"{url!r} is no relay's address")
    scheme, host, port, transport = found.groups()
    return scheme, host.strip("[]"), int(port or _PORTS[scheme]), transport or ("tcp" if scheme == "turns" else "udp")


async def keep_looking(
    relays: Relays, session: ClientSession, base_url: str, *, again: asyncio.Event, every_s: float = EVERY_S
) -> None:
    """Try the gateway's relays at the start, when *again* is set and every now and then, for ever.

    *session* and *base_url* are the link to the gateway. What cannot be asked just now is asked the next time.
    """
    while True:
        again.clear()
        with suppress(ClientError, OSError, TimeoutError, msgspec.MsgspecError):
            for tried in await relays.look(await passes(session, base_url)):
                if tried.outcome is not Outcome.WORKS:
                    _log.warning(
                        "a way to the relay does not work", url=tried.url, outcome=tried.outcome, why=tried.detail
                    )
        with suppress(TimeoutError):
            async with asyncio.timeout(every_s):
                await again.wait()


async def passes(session: ClientSession, base_url: str) -> list[IceServer]:
    """Return our relays with passes that are good for a try."""
    url = f"{base_url.rstrip('/')}/signalling/relays"
    async with session.post(url, timeout=ClientTimeout(total=_ASK_S), raise_for_status=True) as answer:
        return msgspec.json.decode(await answer.read(), type=_Passes).ice_servers
