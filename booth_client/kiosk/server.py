"""The kiosk's web server: the page, its files, and one WebSocket that shows the journey and brings the touches.

It is for one browser, the booth's own. Its address carries a token made at each boot, changed for a cookie that scripts
cannot read. Every request must name our own host, and the WebSocket must come from our own page (Origin).
https://www.rfc-editor.org/rfc/rfc6455#section-10.2
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import hmac
import json
import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec
from aiohttp import WSMsgType, web

from booth_client.config import BoothSettings
from booth_client.curves import Piece
from booth_client.guide import Guide
from booth_client.journey import TOUCHES, Act, ForbiddenAct, Journey, State
from booth_client.kiosk.address import Address
from booth_client.kiosk.beside import READING_S, read_slowly
from booth_client.kiosk.said import Hearer, PageMessage, parse
from booth_client.kiosk.screen import live_message, screen_message, wave_message
from booth_client.measure import Live
from gateway.devices.reading import Name
from gateway.errors import SettingsError
from gateway.ui import static_root

__all__ = ["Kiosk"]

_PAGE: Final = Path(__file__).parent / "page"
_VOICE: Final = Path(__file__).parent / "voice"
_LONGEST_MESSAGE: Final = 64 * 1024
_HEARTBEAT_S: Final = 15.0
_BEHIND: Final = 256
_ALIVE: Final = {"alive": True}
_CONDITIONAL: Final = frozenset({"If-Modified-Since", "If-None-Match"})
_SILENT_S: Final = 12.0

_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types lit-html"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(self), geolocation=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}

Handler = Callable[[web.Request], Any]
Beat = Callable[[float], None]
H = TypeVar("H", bound=Hearer)


class Kiosk:
    """The server of one kiosk page. `url` is where the booth's browser begins, once `open` is entered."""

    def __init__(self, guide: Guide, settings: BoothSettings, *, address: Address | None = None) -> None:
        self._guide = guide
        self._settings = settings
        self._known = address or Address(token=secrets.token_urlsafe(32))
        self._token = self._known.token
        self._origin = ""
        self._pages: list[asyncio.Queue[str]] = []
        self._beside: list[web.RouteDef] = []
        self._standing: dict[str, Any] = {}
        self._face: Hearer | None = None
        self._once: set[str] = set()
        self._beat: Beat = lambda _good_s: None
        guide.listen(self._changed)

    @property
    def url(self) -> str:
        """Return the address with the token, for the booth's own browser only."""
        return f"{self._origin}/borne/{self._token}"

    def once(self) -> str:
        """Return an address that opens the page one time: a browser's command line is everybody's to read."""
        self._once = {secrets.token_urlsafe(32)}
        return f"{self._origin}/borne/{next(iter(self._once))}"

    def hear(self, beat: Beat) -> None:
        """Call *beat* whenever a page says that it lives, with the seconds for which it may now be silent."""
        self._beat = beat

    @property
    def address(self) -> Address:
        """Return what has to be kept so that the open page finds back to a new process."""
        return Address(token=self._token, port=int(self._origin.rpartition(":")[2]))

    def serve(self, *routes: web.RouteDef, read: bool = True) -> None:
        """Serve what is beside the kiosk's own page, to the same browser: pages to *read*, or not; before `open`."""
        self._beside.extend(read_slowly(each, lambda: self._beat(READING_S)) if read else each for each in routes)

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Listen on the settings' loopback address. Raises SettingsError where the port is taken."""
        app = web.Application(middlewares=[self._guarded])
        app.router.add_get("/borne/{token}", self._enter)
        app.router.add_get("/", self._page)
        app.router.add_get("/ws", self._talk)
        app.router.add_routes(self._beside)
        for path, folder in {"/static": Path(str(static_root())), "/page": _PAGE, "/voice": _VOICE}.items():
            app.router.add_static(path, folder)
        runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=1.0)
        await runner.setup()
        try:
            await self._listen(runner)
            host, port = runner.addresses[0][:2]
            self._origin = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
            yield
        finally:
            for page in tuple(self._pages):
                self._put(page, "")
            await runner.cleanup()

    async def _listen(self, runner: web.AppRunner) -> None:
        host, port = self._settings.kiosk.host, self._settings.kiosk.port
        if port == 0 and self._known.port:
            with contextlib.suppress(OSError):  # taken meanwhile: then any, and the page has to be opened anew
                await web.TCPSite(runner, host, self._known.port).start()
                return
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            why = "is in use" if error.errno == errno.EADDRINUSE else f"cannot be used: {error.strerror}"
            raise SettingsError(f"kiosk.port: {port} {why}; choose another, or 0 for any") from error

    @contextlib.contextmanager
    def attached(self, to: H) -> Iterator[H]:
        """Let the newest page carry the visit's picture and sound, for which *to* signs; nothing of it is kept then."""
        self._face = to
        to.page(there=bool(self._pages))
        try:
            yield to
        finally:
            if self._face is to:
                self._face = None

    def say(self, message: dict[str, Any]) -> None:
        """Say something about the visit's connection to the page that carries it: the newest."""
        if self._pages:
            self._put(self._pages[-1], json.dumps({"visit": message}))

    def show(self, live: Live) -> None:
        """Show a live value on every open page; no numbers while a helper looks on."""
        self.tell(live_message(live, hidden=self._guide.journey.helped))

    def draw(self, piece: Piece) -> None:
        """Draw a piece of a pulse wave on every open page, while the clip is read."""
        if self._guide.journey.state is State.LIVE and piece.name is Name.PLETH and not self._guide.journey.helped:
            self.tell(wave_message(piece))

    @property
    def _cookie(self) -> str:
        return f"kiosk-{self._origin.rpartition(':')[2]}"  # cookies ignore ports: two booths on one machine

    @web.middleware
    async def _guarded(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if f"http://{request.host}" != self._origin:
            raise web.HTTPForbidden(text=f"This page is only served as {self._origin}.")
        token = request.match_info.get("token") or request.cookies.get(self._cookie, "")
        if token in self._once:
            self._once.clear()
        elif not hmac.compare_digest(token.encode(), self._token.encode()):
            raise web.HTTPForbidden(text="Open the kiosk by the address that the booth wrote into its status file.")
        response: web.StreamResponse = await handler(request)
        if not response.prepared:
            file = request.path.startswith(("/static/", "/page/")) and not request.path.endswith(".woff2")
            if file and not _CONDITIONAL & request.headers.keys():  # a packed 304 would have a body, and break the line
                response.enable_compression()
            for name, value in _HEADERS.items():  # the helper's page has a policy of its own
                response.headers.setdefault(name, value)
        return response

    async def _enter(self, request: web.Request) -> web.StreamResponse:
        wanted, beside = request.query.get("to", "/"), {route.path for route in self._beside}
        response = web.Response(status=303, headers={"Location": wanted if wanted in beside else "/"})
        response.set_cookie(self._cookie, self._token, httponly=True, samesite="Strict", path="/")
        return response

    async def _page(self, _request: web.Request) -> web.StreamResponse:
        return web.FileResponse(_PAGE / "index.html")

    async def _talk(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Origin") != self._origin:
            raise web.HTTPForbidden(text="Only the kiosk's own page may speak to the booth.")
        socket = web.WebSocketResponse(heartbeat=_HEARTBEAT_S, max_msg_size=_LONGEST_MESSAGE)
        await socket.prepare(request)
        outgoing: asyncio.Queue[str] = asyncio.Queue(_BEHIND)
        outgoing.put_nowait(json.dumps(self._message(self._guide.journey)))
        for name, value in self._standing.items():
            outgoing.put_nowait(json.dumps({name: value}))
        self._pages.append(outgoing)
        self._beat(_SILENT_S)  # its scripts have just opened this
        self._carried()
        try:
            async with asyncio.TaskGroup() as tasks:
                writer = tasks.create_task(_write(socket, outgoing))
                await self._read(socket, outgoing)
                writer.cancel()
        finally:
            self._drop(outgoing)
        return socket

    def _drop(self, page: asyncio.Queue[str]) -> None:
        if page in self._pages:
            carried = page is self._pages[-1]
            self._pages.remove(page)
            if carried:
                self._carried()

    def _carried(self) -> None:
        """Tell the visit that another page, or none, carries its picture now."""
        if self._face is not None:
            self._face.page(there=bool(self._pages))

    async def _read(self, socket: web.WebSocketResponse, page: asyncio.Queue[str]) -> None:
        async for message in socket:
            if message.type is not WSMsgType.TEXT or not await self._said(message.data, page):
                await socket.close(code=1008, message=b"not a message of the kiosk page")
                return

    async def _said(self, text: str, page: asyncio.Queue[str]) -> bool:
        """Take in a touch, or what the page says of the visit's connection; False where it is neither."""
        try:
            message = json.loads(text)
            if message == _ALIVE:
                self._beat(_SILENT_S)
                return True
            if "visit" in message:
                self._of_the_visit(parse(message["visit"]), page)
                return True
            act, screen = Act(message["act"]), int(message["screen"])
        except (ValueError, TypeError, LookupError, RecursionError, msgspec.ValidationError):
            return False
        return await self._touch(act, screen)

    def _of_the_visit(self, said: PageMessage, page: asyncio.Queue[str]) -> None:
        if self._face is not None and self._pages and page is self._pages[-1]:
            self._face.said(said)

    async def _touch(self, act: Act, screen: int) -> bool:
        """Let a touch act; False where it is none."""
        if act not in TOUCHES:
            return False
        with contextlib.suppress(ForbiddenAct):  # a touch on a button that has just gone
            await self._guide.act(act, screen=screen)
        return True

    def _changed(self, journey: Journey) -> None:
        self.tell(self._message(journey))

    def _message(self, journey: Journey) -> dict[str, Any]:
        return screen_message(journey, self._settings, screen=self._guide.screen, now=self._guide.now())

    def tell(self, message: dict[str, Any]) -> None:
        """Send a message to every open page."""
        text = json.dumps(message)
        for page in tuple(self._pages):
            self._put(page, text)

    def stand(self, name: str, value: str | None) -> None:
        """Show *value* on every open page and on those that open later, until it is None."""
        self._standing.pop(name, None)
        if value is not None:
            self._standing[name] = value
        self.tell({name: value})

    def _put(self, page: asyncio.Queue[str], text: str) -> None:
        if page.full():  # a page that does not read: cut off, it comes back and gets the present screen
            self._drop(page)
            page.get_nowait()
            text = ""
        page.put_nowait(text)


async def _write(socket: web.WebSocketResponse, outgoing: asyncio.Queue[str]) -> None:
    """Send what is queued; the empty text ends it."""
    while text := await outgoing.get():
        await socket.send_str(text)
    await socket.close(code=1001, message=b"")
