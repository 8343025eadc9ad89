"""A registration authority that certifies booths for a gateway of the tests: its own device authority."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from certs_example.make import make
from gateway.authority import AuthoritySettings, initialise, register, run_authority
from gateway.http.statement_key import PUBLIC, statement_key

__all__ = ["certifying_booths"]


@asynccontextmanager
async def certifying_booths(folder: Path) -> AsyncIterator[str]:
    """Run an authority that knows the gateway with its files in *folder* as `cambresis`; give its address.

    The gateway's clock may be ahead of the authority's by no more than a minute when a booth is enrolled.
    """
    device, own = make(folder / "certificates").device_ca, folder / "authority"
    initialise(own)
    shutil.copy2(device.certificate, own)
    shutil.copy2(device.key, own)
    statement_key(folder / "data")
    register(own, "cambresis", json.loads((folder / "data" / PUBLIC).read_text()))
    listening: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    settings = AuthoritySettings(directory=own, acr=("demo",), port=0)
    running = asyncio.ensure_future(run_authority(settings, started=listening.set_result))
    try:
        yield await listening
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
