"""Signalling on both listeners: who takes part in visits, and for how long.

A physician is a session's cookie with a national number behind it, a booth its client certificate, a guest the cookie
that their link was changed for. What let somebody
in is looked at again every second while their socket is open: a session that ended closes it, a revoked certificate or
physician's key ends their talk too. A talk counts as using the session, so that nobody is signed out in one.

docs/signalling.md, *Connection*; routes: POST /signalling/ticket, GET /signalling/v1; for guests both under /visite.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final

from aiohttp import web

from gateway.config import PracticeSettings, TurnSettings, is_loopback
from gateway.errors import Forbidden, Problem, SettingsError, Unavailable
from gateway.fhir.outcome import answer
from gateway.http.authentication import Booths, People
from gateway.http.directory import Directory
from gateway.http.edge import GUEST_SOCKET, SOCKET
from gateway.http.guest import FOLDER, Guests
from gateway.http.revocation import RevocationList
from gateway.identity import Principal
from gateway.identity import Role as PersonRole
from gateway.store.credentials import Credentials
from gateway.store.visits import Visits
from signalling.presence import Peer, Practice, participant_id
from signalling.server import SignallingServer
from signalling.side import Role
from signalling.turn import Turn

__all__ = ["Attendance", "admitted", "guest_routes", "origins", "practices", "routes", "subject_of", "took", "turn"]

_LOOK_AGAIN_S: Final = 1.0
_NUMBER: Final = re.compile(r"[0-9]{11}", re.ASCII)
_LOOPBACK: Final = ("localhost", "127.0.0.1", "[::1]")

Admit = Callable[[web.Request], Awaitable[Peer | None]]
"""Returns who asks on one listener, None for nobody we know; raises a Problem."""

_ADMIT: Final[web.AppKey[Admit]] = web.AppKey("admit")
_ADMIT_GUEST: Final[web.AppKey[Admit]] = web.AppKey("admit_guest")


def subject_of(rpps: str) -> str | None:
    """Return what a physician's binding must prove, None where the number is none."""
    return f"rpps:{rpps}" if _NUMBER.fullmatch(rpps) else None


def origins(host: str, url: str) -> frozenset[str]:
    """Return what our own pages' browsers write as Origin: *url*'s, and on loopback this machine's other names."""
    scheme, _, authority = url.partition("://")
    port = authority.rpartition(":")[2] if ":" in authority and not authority.endswith("]") else ""
    own = {f"{scheme}://{name}{f':{port}' if port else ''}" for name in _LOOPBACK} if is_loopback(host) else set()
    return frozenset({url, *own})


async def took(visits: Visits, directory: Directory, who: Principal, encounter: str) -> bool | None:
    """Tell whether *who* has the visit with this Encounter id; None: nobody has it."""
    physician, have = await directory.physician(who), await visits.physicians_of(encounter)
    subject = subject_of(physician.rpps) if physician else None
    return None if not have else subject is not None and participant_id(subject) in have


def turn(settings: TurnSettings) -> Turn:
    """Return our relays with the secret that they share; raises SettingsError."""
    if settings.secret_file is None:
        return Turn()
    try:
        secret = settings.secret_file.read_text("utf-8").strip()
        return Turn(urls=settings.urls, secret=secret, lifetime=timedelta(seconds=settings.ttl_s))
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise SettingsError(f"turn.secret_file: {settings.secret_file}: cannot be read ({why})") from None
    except ValueError as error:
        raise SettingsError(f"turn: {error}") from None


def practices(settings: Iterable[PracticeSettings]) -> dict[str, Practice]:
    """Return what each physician takes, by their national number."""
    return {
        each.rpps: Practice(specialities=each.specialities, languages=each.languages, territories=each.territories)
        for each in settings
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Proof:
    """What let a participant in: `lasts` and `believed` ask it again, `use` counts as using it.

    Whoever is signed out has the visit's grace; whoever is believed no more is out of it at once.
    """

    lasts: Callable[[], Awaitable[bool]] | None = None
    believed: Callable[[], bool] = lambda: True
    use: Callable[[], Awaitable[object]] | None = None


class Attendance:
    """Who may take part, and who takes part with which proof. Run `watch` beside the server."""

    def __init__(self, credentials: Credentials, visits: Visits, practices: Mapping[str, Practice]) -> None:
        self._credentials = credentials
        self._visits = visits
        self._practices = practices
        self._proofs: dict[str, _Proof] = {}

    def physicians(self, people: People, *, cookie: str, revocations: RevocationList) -> Admit:
        """Return who lets physicians in, on the people's listener."""

        async def admit(request: web.Request) -> Peer | None:
            principal, token = await people(request), request.cookies.get(cookie)
            if principal is None or token is None:
                return None
            if PersonRole.PHYSICIAN not in principal.roles:
                raise Forbidden("Only physicians take patients.", remedy="Sign in as a physician.")
            person = await people.person(token)
            signs_as = person.physician if person else None
            subject = subject_of(signs_as.rpps) if signs_as else None
            if signs_as is None or subject is None:
                raise Forbidden("Your professional number is not known here.", remedy="Sign in with one that has it.")

            def believed() -> bool:
                return subject not in revocations.current()

            if not believed():
                raise Forbidden("Your keys were revoked.", remedy="Ask whoever runs this server.")
            lasts, use = partial(self._credentials.lasts, token), partial(self._credentials.person, token)
            self._note(request, subject, _Proof(lasts=lasts, use=use, believed=believed))
            practice = self._practices.get(signs_as.rpps, Practice())
            return Peer(role=Role.PHYSICIAN, subject=subject, name=signs_as.name, practice=practice)

        return admit

    def guests(self, guests: Guests) -> Admit:
        """Return who lets guests in, on the people's listener under FOLDER."""

        async def admit(request: web.Request) -> Peer | None:
            peer, session = await guests.admit(request), guests.session(request)
            if peer is not None and session is not None:
                self._note(request, peer.subject, _Proof(lasts=guests.lasts(session)))
            return peer

        return admit

    def booths(self, booths: Booths) -> Admit:
        """Return who lets booths in, on their listener."""

        async def admit(request: web.Request) -> Peer | None:
            principal = await booths(request)
            if principal is None:
                return None
            believed = partial(booths.stands, booths.certificate(request))
            self._note(request, principal.subject, _Proof(believed=believed))
            return Peer(role=Role.BOOTH, subject=principal.subject, name=principal.name)

        return admit

    def _note(self, request: web.Request, subject: str, proof: _Proof) -> None:
        """Remember what opens a socket; a ticket is no socket yet, and its use is asked for the proof again."""
        if request.method == "GET":
            self._proofs[subject] = proof

    async def watch(self, server: SignallingServer) -> None:
        """Close the socket of whoever is signed out or revoked, until cancelled."""
        while True:
            await asyncio.sleep(_LOOK_AGAIN_S)
            try:
                await self._look(server)
            except Unavailable:
                continue  # nothing can be known just now, and nobody new comes in meanwhile either

    async def _look(self, server: SignallingServer) -> None:
        talking = await self._visits.talking() if self._proofs else frozenset()
        for subject, proof in list(self._proofs.items()):
            revoked = not proof.believed()
            if revoked or (proof.lasts is not None and not await proof.lasts()):
                if self._proofs.get(subject) is proof:
                    del self._proofs[subject]
                    server.dismiss(subject, revoked=revoked)
            elif proof.use is not None and participant_id(subject) in talking:
                await proof.use()


def routes(server: SignallingServer, site: web.Application, admit: Admit) -> list[web.RouteDef]:
    """Return the server's two routes for *site*, where *admit* says who asks."""
    site[_ADMIT] = admit
    return [_route(each) for each in server.routes()]


def guest_routes(server: SignallingServer, site: web.Application, guests: Guests, admit: Admit) -> list[web.RouteDef]:
    """Return a guest's way in, and the same two routes under FOLDER, where only guests are let in."""
    site[_ADMIT_GUEST] = admit
    found = [web.RouteDef(one.method, FOLDER + one.path, one.handler, {}) for one in server.routes()]
    return [_route(each) for each in (web.post(f"{FOLDER}/enter", guests.enter), *found)]


async def admitted(request: web.Request) -> Peer | None:
    """Return who asks, as the listener and folder of the request have it: the server's `authenticate`."""
    key = _ADMIT_GUEST if request.path.startswith(f"{FOLDER}/") else _ADMIT
    return await request.app[key](request)


def _route(route: web.RouteDef) -> web.RouteDef:
    name = GUEST_SOCKET if route.path.startswith(FOLDER) else SOCKET
    options = {"name": name} if route.method == "GET" else {}

    async def handler(request: web.Request) -> web.StreamResponse:
        try:
            return await route.handler(request)
        except Problem as problem:
            # The two routes answer as docs/signalling.md has it, also for what the gateway's own checks refuse.
            told = {"what": problem.what, "remedy": problem.remedy or "Sign in again."}
            return web.json_response(told, status=answer(problem).status)

    return web.RouteDef(route.method, route.path, handler, options | ({"allow_head": False} if options else {}))
