"""The demo's programs one by one, each in a process of its own, so that a test can kill one and start it again."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from gateway.demo.authority import STRONG
from gateway.demo.folder import Folder, prepare
from gateway.demo.places import BOOTHS
from tests.peers.demo import free_port
from tests.peers.patience import PATIENCE

__all__ = ["AGREED", "ANSWERED", "KIOSK", "TO_CONSENT", "TO_THE_QUEUE", "Programs", "alive", "programs"]

KIOSK = BOOTHS[0]
_TOLD = 30
"""Lines of each program's log that a failed test tells."""

TO_CONSENT = ("touch>language", "french>safety", "no>who", "nothing>who-phone", "without>consent")
AGREED = ("continue>consent-visit", "yes>company", "no>consent-share", "yes>reason")
ANSWERED = (
    *("cough>questions:since", "days>questions:allergies", "no>questions:medicines"),
    *("yes>questions:oxygen", "no>waiting"),
)
TO_THE_QUEUE = (*TO_CONSENT, "yes>do-cuff", "skip>skip", *AGREED, *ANSWERED)
"""What a person touches at that booth, from the first screen to the queue."""


@dataclass(kw_only=True)
class Programs:
    """Authority, gateway and the kiosk's booth, with the demo's own settings files."""

    folder: Folder
    settings: dict[str, str]
    running: dict[str, Process] = field(default_factory=dict)

    @property
    def kiosk(self) -> str:
        """Return the address of the kiosk's page."""
        return str(json.loads(self.folder.status(KIOSK).read_text())["kiosk"])

    async def start(self, name: str) -> None:
        """Start "authority", "gateway" or the booth, and wait until it is ready."""
        if name == KIOSK:
            self.folder.status(KIOSK).unlink(missing_ok=True)
        with (self.folder.path / "logs" / f"{name}.log").open("ab") as log:
            self.running[name] = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "gateway.cli", *self._command(name)),
                env={**os.environ, **self.settings},
                stdin=DEVNULL,
                stdout=log,
                stderr=log,
            )
        ready: dict[str, Callable[[], Awaitable[bool]]] = {"gateway": self._answers, KIOSK: self._said}
        async with asyncio.timeout(PATIENCE):
            while name in ready and not await ready[name]():
                assert self.running[name].returncode is None, self.log(name)
                await asyncio.sleep(0.05)

    async def kill(self, name: str) -> None:
        """End it as a power cut would."""
        with suppress(ProcessLookupError):
            self.running[name].kill()
        await self.running[name].wait()

    def log(self, name: str) -> str:
        """Return what it has written."""
        return (self.folder.path / "logs" / f"{name}.log").read_text(encoding="utf-8")

    def _command(self, name: str) -> list[str]:
        if name == "authority":
            strong = [word for acr in STRONG for word in ("--acr", acr)]
            return [
                "authority",
                "serve",
                str(self.folder.authority),
                "--port",
                str(self.folder.authority_port),
                *strong,
            ]
        return ["gateway" if name == "gateway" else "booth", "--config", str(self.folder.settings(name))]

    async def _answers(self) -> bool:
        with suppress(aiohttp.ClientError):
            async with (
                aiohttp.ClientSession() as session,
                session.get(f"{self.folder.gateway_url}/readyz") as answer,
            ):
                return answer.status == 200
        return False

    async def _said(self) -> bool:
        with suppress(FileNotFoundError, json.JSONDecodeError):
            return bool(json.loads(self.folder.status(KIOSK).read_text()).get("ready"))
        return False


@asynccontextmanager
async def programs(folder: Path, **settings: str) -> AsyncIterator[Programs]:
    """Run all three with *settings* as variables; at the end they are killed, and a failure says what they logged."""
    made = Programs(folder=prepare(folder, port=free_port()), settings=settings)
    try:
        for name in ("authority", "gateway", KIOSK):
            await made.start(name)
        yield made
    except Exception as wrong:
        for name in made.running:
            wrong.add_note("\n".join((f"the log of {name} ends:", *made.log(name).splitlines()[-_TOLD:])))
        raise
    finally:
        for name in made.running:
            await made.kill(name)


def alive(pid: int) -> bool:
    """Say whether a process runs; one that is only not waited for does not."""
    with suppress(ProcessLookupError, FileNotFoundError):
        os.kill(pid, 0)
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    return False
