"""New readings to the screens that wait for them, as server-sent events that lose nothing.

    Store.on_change ──► Live ──► one bounded queue for each screen ──► frames

An event's id is the Observation's `meta.lastUpdated` in microseconds, never smaller than the one before. A screen that
comes back with `Last-Event-ID` first gets everything stored since that moment, by an ordinary search with its own
permissions. The search begins OVERLAP earlier, because with several writers a transaction may commit after one that
took its time later. So an event can come twice, and is then the same: a page keeps readings by (id, meta.versionId).
What cannot happen is that one is missing: a screen joins the queue before the search begins.

Of Tasks a screen only hears that there is something new (`call-back`): it searches, and does so on `ready` as well.

A screen that is too slow for its queue is told `reload` and let go: it comes back with the id of the last event it has.
https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from gateway.errors import Forbidden, Malformed, Unavailable
from gateway.fhir import json as fhir_json
from gateway.fhir.rest import Request
from gateway.identity import Actor, Interaction, Principal, permit, restrict
from gateway.store import Change, Store

__all__ = ["CHECK_S", "OVERLAP", "Live"]

CHECK_S: Final = 3.0
"""How often a stream asks whether its sign-in still lasts; also the rhythm of the heartbeat."""

OVERLAP: Final = timedelta(seconds=30)
"""As long as the longest transaction may take."""

_QUEUE: Final = 256
_MOST_SCREENS: Final = 2000
_PAGE: Final = 100
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Event:
    moment: int
    body: bytes
    resource: Mapping[str, Any]


_LOOK: Final = _Event(moment=0, body=b"", resource={})
"""There is something new among those who are to be called back."""


@dataclass(slots=True, kw_only=True, eq=False)
class _Screen:
    """One open stream; `queue` ends with None when the server stops or the screen is too slow."""

    patient: str | None
    queue: asyncio.Queue[_Event | None] = field(default_factory=lambda: asyncio.Queue(_QUEUE))
    overflowed: bool = False
    ended: bool = False

    def offer(self, event: _Event) -> None:
        try:
            self.queue.put_nowait(event)
        except asyncio.QueueFull:
            self.overflowed = True
            self.end()

    def end(self) -> None:
        self.ended = True
        with contextlib.suppress(asyncio.QueueFull):
            self.queue.put_nowait(None)


class Live:
    """All the open streams of one gateway; `opened()` connects it to the store for as long as it lasts."""

    def __init__(self, store: Store, *, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now
        self._screens: set[_Screen] = set()

    @contextlib.contextmanager
    def opened(self) -> Iterator[Live]:
        """Hear of each change from now on; at the end every stream ends."""
        unsubscribe = self._store.on_change(self._changed)
        try:
            yield self
        finally:
            unsubscribe()
            self.end()

    def end(self) -> None:
        """End every stream; the screens come back by themselves, to whichever server then answers."""
        for screen in tuple(self._screens):
            screen.end()

    async def stream(
        self,
        principal: Principal,
        *,
        patient: str | None,
        last_event_id: str | None,
        lasts: Callable[[], Awaitable[bool]],
    ) -> AsyncIterator[bytes]:
        """Yield the frames of one screen until it is let go, the server stops, or the sign-in no longer *lasts*.

        Raises Forbidden, Malformed or Unavailable before the first frame.
        """
        patient = _whose(principal, patient)
        since = _moment(last_event_id)
        with self._screen(patient) as screen:
            at = _microseconds(self._now()) if since is None else since
            yield f"retry: 1000\nid: {at}\nevent: ready\ndata: {{}}\n\n".encode()
            if since is not None:
                async for event in self._missed(principal, patient, since):
                    at = max(at, event.moment)
                    yield _frame(event, at)
            async for frame in _watch(screen, principal, at, lasts):
                yield frame

    def _changed(self, change: Change) -> None:
        if change.type == "Task":
            for screen in self._screens:
                if not screen.ended:
                    screen.offer(_LOOK)
        if change.type != "Observation" or not change.body:
            return
        waiting = [screen for screen in self._screens if screen.patient in (None, change.patient)]
        if waiting:
            event = _event(fhir_json.loads(change.body, own=True), change.body)
            for screen in waiting:
                if not screen.ended:
                    screen.offer(event)

    @contextlib.contextmanager
    def _screen(self, patient: str | None) -> Iterator[_Screen]:
        if len(self._screens) >= _MOST_SCREENS:
            raise Unavailable("Too many screens are open on this server.", remedy="Close one, or try again later.")
        screen = _Screen(patient=patient)
        self._screens.add(screen)
        try:
            yield screen
        finally:
            self._screens.discard(screen)

    async def _missed(self, principal: Principal, patient: str | None, since: int) -> AsyncIterator[_Event]:
        """Yield what was stored since, oldest first, as far as the principal may see it."""
        start = _EPOCH + since * _MICROSECOND - OVERLAP
        query: tuple[tuple[str, str], ...] = (
            ("_lastUpdated", f"ge{start.isoformat(timespec='milliseconds')}"),
            ("_sort", "_lastUpdated"),
            ("_count", str(_PAGE)),
        )
        if patient is not None:
            query = (("patient", f"Patient/{patient}"), *query)
        more: tuple[tuple[str, str], ...] | None = query
        while more is not None:
            bundle = await self._search(principal, more)
            for entry in bundle.get("entry", ()):
                yield _event(entry["resource"], fhir_json.dumps(entry["resource"]))
            more = _next(bundle)

    async def _search(self, principal: Principal, query: tuple[tuple[str, str], ...]) -> dict[str, Any]:
        answer = await self._store.handle(Request(method="GET", path="Observation", base="", query=query), principal)
        bundle: dict[str, Any] = fhir_json.loads(answer.body, own=True)
        if bundle.get("resourceType") != "Bundle":
            raise Unavailable("What was stored meanwhile cannot be read just now.", remedy="Try again later.")
        return bundle


async def _watch(
    screen: _Screen, principal: Principal, at: int, lasts: Callable[[], Awaitable[bool]]
) -> AsyncIterator[bytes]:
    """Yield a frame for each event and a heartbeat in between; ask every CHECK_S seconds whether the sign-in lasts."""
    loop = asyncio.get_running_loop()
    check_at = loop.time() + CHECK_S
    may_look = bool(principal.scopes.of(Interaction.SEARCH, "Task"))
    while True:
        try:
            async with asyncio.timeout_at(check_at):
                event = await screen.queue.get()
        except TimeoutError:
            if not await lasts():
                yield b"event: signed-out\ndata: {}\n\n"
                return
            check_at = loop.time() + CHECK_S
            yield b": still here\n\n"
            continue
        if event is None or screen.ended:
            if screen.overflowed:
                yield b"event: reload\ndata: {}\n\n"
            return
        if event is _LOOK:
            if may_look:
                yield b"event: call-back\ndata: {}\n\n"
        elif _may_see(principal, event.resource):
            at = max(at, event.moment)
            yield _frame(event, at)


def _whose(principal: Principal, patient: str | None) -> str | None:
    """Return whose readings the stream has, None for everybody's; raises Forbidden where these are not the caller's."""
    permit(principal, Interaction.READ, "Observation")
    if principal.kind is Actor.RECIPIENT:
        raise Forbidden("What patients share is read from the FHIR endpoint alone.")
    own = restrict(principal, "Observation")
    if own is not None and patient not in (None, own):
        raise Forbidden("These readings are not in your own record.", where="patient")
    return patient if own is None else own


def _moment(last_event_id: str | None) -> int | None:
    if last_event_id is None:
        return None
    if not (last_event_id.isascii() and last_event_id.isdecimal()) or len(last_event_id) > len("9999999999999999"):
        raise Malformed("This is no event id of ours.", where="Last-Event-ID", remedy="Leave it out, then search.")
    return int(last_event_id)


def _event(resource: Mapping[str, Any], body: bytes) -> _Event:
    updated = datetime.fromisoformat(resource["meta"]["lastUpdated"])
    return _Event(moment=_microseconds(updated), body=body, resource=resource)


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND


def _may_see(principal: Principal, resource: Mapping[str, Any]) -> bool:
    try:
        permit(principal, Interaction.READ, "Observation", resource=resource)
    except Forbidden:
        return False
    return True


def _frame(event: _Event, at: int) -> bytes:
    # A body keeps its client's line ends; each line of an event is a `data:` line of its own.
    lines = b"".join(b"data: " + line + b"\n" for line in event.body.splitlines())
    return b"id: %d\n%b\n" % (at, lines)


def _next(bundle: Mapping[str, Any]) -> tuple[tuple[str, str], ...] | None:
    url = next((link["url"] for link in bundle.get("link", ()) if link["relation"] == "next"), None)
    return None if url is None else tuple(parse_qsl(urlsplit(url).query, keep_blank_values=True))
