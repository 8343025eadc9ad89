"""A real `teleborne demo` in a process of its own, and a real SMART client for it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import socket
import sys
import time
import uuid
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from joserfc import jwt
from joserfc.jwk import ECKey

from tests.peers.patience import PATIENCE


@dataclass(kw_only=True)
class Demo:
    """A running demo: what its `demo.json` says, and when it was ready."""

    process: Process
    folder: Path
    described: dict[str, Any]
    described_before_ready: bool
    ready_at: float

    def children(self) -> list[int]:
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in path.read_text().split()]


@asynccontextmanager
async def running_demo(folder: Path, **settings: str) -> AsyncIterator[Demo]:
    """Start the demo on a free port, with *settings* as variables of its programs; wait until it is ready, end it."""
    port = free_port()
    command = [sys.executable, "-m", "gateway.cli", "demo", "--port", str(port), "--data", str(folder), "--no-browser"]
    with (folder / "demo.log").open("ab") as log:
        before = log.tell()
        process = await asyncio.create_subprocess_exec(
            *command, env={**os.environ, **settings}, stdin=DEVNULL, stdout=log, stderr=log
        )
    try:
        described_first = await _wait_until_ready(process, folder, port, before=before)
        yield Demo(
            process=process,
            folder=folder,
            described=json.loads((folder / "demo.json").read_text()),
            described_before_ready=described_first,
            ready_at=time.monotonic(),
        )
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        async with asyncio.timeout(PATIENCE):
            await process.wait()


async def _wait_until_ready(process: Process, folder: Path, port: int, *, before: int) -> bool:
    async with asyncio.timeout(90), aiohttp.ClientSession() as session:
        while True:
            if process.returncode is not None:
                raise AssertionError(f"the demo ended early: {(folder / 'demo.log').read_text()}")
            described = (folder / "demo.json").exists()
            with contextlib.suppress(aiohttp.ClientError):
                async with session.get(f"http://localhost:{port}/readyz") as answer:
                    if answer.status == 200:
                        break
            await asyncio.sleep(0.1)
        while b"ready." not in (folder / "demo.log").read_bytes()[before:]:  # as somebody at the terminal waits for it
            await asyncio.sleep(0.1)
        return described


async def smart_token(session: aiohttp.ClientSession, described: dict[str, Any], scope: str = "system/*.cruds") -> str:
    """Get an access token as an integrator would, from what `demo.json` says."""
    smart = described["smart"]
    now = int(time.time())
    claims: dict[str, Any] = {
        "iss": smart["client_id"],
        "sub": smart["client_id"],
        "aud": smart["token_url"],
        "iat": now,
        "exp": now + 60,
        "jti": str(uuid.uuid4()),
    }
    key = ECKey.import_key(Path(smart["private_key"]).read_text())
    assertion = jwt.encode({"alg": "ES384", "kid": smart["kid"]}, claims, key, algorithms=["ES384"])
    form = {
        "grant_type": "client_credentials",
        "scope": scope,
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": assertion,
    }
    async with session.post(smart["token_url"], data=form) as answer:
        assert answer.status == 200, await answer.text()
        return str((await answer.json())["access_token"])


def free_port() -> int:
    """Return a port below those the system gives away by itself, so that it is still free in a moment."""
    while True:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", random.randrange(10000, 20000)))
            return int(probe.getsockname()[1])
