"""The registration authority as a program: two routes, on this machine only, for the gateways that it knows.

POST /credential     {"statement", "jwk"}           → {"credential"}     a physician's key
POST /certificate    {"statement", "csr"}           → {"certificate"}    a booth's key, upon a code of enrolment
                     {"statement", "csr", "renews"} → {"certificate"}    the same key once more
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from gateway.authority.folder import open_authority
from gateway.config import is_loopback
from gateway.errors import SettingsError
from signalling.errors import BindingError

__all__ = ["AuthoritySettings", "run_authority"]

_LARGEST: Final = 16 * 1024
_Certified = Callable[[dict[str, Any], datetime], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthoritySettings:
    """Where the authority keeps its things and listens; `acr` lists the ways to sign in that it takes for strong.

    Port 0 lets the system choose.
    """

    directory: Path
    acr: tuple[str, ...]
    host: str = "127.0.0.1"
    port: int = 8090

    def __post_init__(self) -> None:
        if not is_loopback(self.host):
            raise ValueError(f"host {self.host}: the authority listens on this machine only; use 127.0.0.1")
        if not self.acr:
            raise ValueError("acr: name at least one way to sign in that is strong enough")


async def run_authority(settings: AuthoritySettings, *, started: Callable[[str], None] = lambda _address: None) -> None:
    """Serve both routes on this machine until cancelled; *started* is told the address once it listens."""
    authority = open_authority(settings.directory)
    one_at_a_time = asyncio.Lock()

    def credential(asked: dict[str, Any], now: datetime) -> str:
        statement, jwk = asked["statement"], asked["jwk"]
        if not isinstance(statement, str) or not isinstance(jwk, dict):
            raise TypeError("statement and jwk")
        return authority.certify_stated(statement, jwk, acr=settings.acr, now=now)

    def certificate(asked: dict[str, Any], now: datetime) -> str:
        statement, csr, renews = asked["statement"], asked["csr"], asked.get("renews")
        if not isinstance(statement, str) or not isinstance(csr, str) or not isinstance(renews, str | None):
            raise TypeError("statement, csr and renews")
        return authority.certify_booth(statement, csr, renews=renews, now=now)

    app = web.Application(client_max_size=_LARGEST)
    app.router.add_post("/credential", _route("credential", credential, one_at_a_time))
    app.router.add_post("/certificate", _route("certificate", certificate, one_at_a_time))
    runner = web.AppRunner(app, shutdown_timeout=1, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, settings.host, settings.port).start()
        host, port = runner.addresses[0][:2]
        started(f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}")
        await asyncio.Event().wait()
    except OSError as error:
        raise SettingsError(f"{settings.host}:{settings.port}: cannot listen: {error.strerror}") from None
    finally:
        await runner.cleanup()


def _route(
    what: str, certified: _Certified, one_at_a_time: asyncio.Lock
) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(request: web.Request) -> web.Response:
        try:
            asked = json.loads(await request.text())
        except (ValueError, RecursionError):
            return _refusal(400, "Not a JSON object.")
        try:
            async with one_at_a_time:  # or a statement sent twice at once would be used twice
                made = await asyncio.to_thread(partial(certified, asked, datetime.now(UTC)))
        except (TypeError, KeyError):
            return _refusal(400, f"Not a JSON object with what a {what} needs.")
        except (BindingError, ValueError) as error:
            return _refusal(403, f"Not certified: {error}.")
        return web.json_response({what: made}, headers={"Cache-Control": "no-store"})

    return answer


def _refusal(status: int, what: str) -> web.Response:
    remedy = "Ask for a new credential or enrol again."
    return web.json_response({"what": what, "remedy": remedy}, status=status, headers={"Cache-Control": "no-store"})
