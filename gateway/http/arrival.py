"""Codes with which people tell a booth who they are (gateway.identity.arrival).

POST /arrival          a citizen, for themselves: {} → {"code", "size", "path", "expires"}, good for five minutes
                       a program that may read Patients, for the letter of an appointment:
                       {"patient": ID, "start": …, "end": …}, for at most a day and within 90 days
POST /people/arrival   booths only: {"code": …} → {"person": {…the five strict traits…}, "invented": …}
                       or {"refused": "used"}; a code is used up by the asking
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

import msgspec
import structlog
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.database import Database
from gateway.errors import Forbidden, Invalid, Malformed, NotFound, Unauthenticated
from gateway.fhir.codes import HTEST
from gateway.fhir.json import loads
from gateway.fhir.patient import as_trait, birth_place_of, given_names_of
from gateway.http.authentication import Authenticate
from gateway.http.statement_key import arrival_key
from gateway.identity import Actor, Interaction, Principal, Role, permit
from gateway.identity.arrival import Refused, arrival_claims, arrival_code
from gateway.squares import squares
from gateway.store import Store
from gateway.store.arrivals import Arrivals

__all__ = ["LASTS", "Arriving", "booth_routes", "routes"]

LASTS: Final = timedelta(minutes=5)
"""How long a notebook's code is good."""

_LONGEST: Final = timedelta(days=1)
_FARTHEST: Final = timedelta(days=90)
_log: Final[Any] = structlog.get_logger("identity")


class _Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    patient: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9\-.]{1,64}$")] | None = None
    start: datetime | None = None
    end: datetime | None = None


class _Shown(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    code: Annotated[str, msgspec.Meta(max_length=4096)]


T = TypeVar("T", _Asked, _Shown)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arriving:
    """What makes and takes the codes of one gateway; *base* is its FHIR base."""

    store: Store
    arrivals: Arrivals
    key: ec.EllipticCurvePrivateKey
    base: str
    now: Callable[[], datetime]

    @classmethod
    def of(cls, store: Store, database: Database, folder: Path, *, base: str, now: Callable[[], datetime]) -> Arriving:
        """Return it with its key in *folder*. Raises SettingsError."""
        return cls(store=store, arrivals=Arrivals(database), key=arrival_key(folder), base=base, now=now)

    async def make(self, who: Principal, asked: _Asked) -> dict[str, Any]:
        """Return a new code that *who* may make. Raises Forbidden, Invalid, NotFound."""
        now = self.now()
        patient, start, end = _own(who, now) if who.kind is Actor.PERSON else _letter(who, asked, now)
        if await self._patient(patient) is None:
            raise NotFound("There is no such patient.", where="patient")
        maker = patient if who.kind is Actor.PERSON else who.subject
        jti = await self.arrivals.new(patient, maker=maker, expires=end, now=now)
        code = arrival_code(self.key, jti=jti, start=start, end=end)
        size, path = squares(code)
        return {"code": code, "size": size, "path": path, "expires": end}

    async def take(self, booth: Principal, code: str) -> dict[str, Any]:
        """Return whom *code* names, or why it names nobody; it is used up."""
        claims = arrival_claims(code, self.key.public_key())
        why = Refused.UNKNOWN if claims is None else claims.refused(self.now())
        if claims is None or why is not None:
            return {"refused": why}
        whose = await self.arrivals.use(claims.jti, booth=booth.name, now=self.now())
        if isinstance(whose, Refused):
            return {"refused": whose}
        person = _traits(await self._patient(whose) or {})
        _log.info("a code of arrival was used", booth=booth.subject, known=person is not None)
        return {"refused": Refused.INCOMPLETE} if person is None else person

    async def _patient(self, id_: str) -> dict[str, Any] | None:
        stored = await self.store.consult(lambda repository: repository.read("Patient", id_), base=self.base)
        return None if stored is None or stored.body is None else loads(stored.body, own=True)


def routes(arriving: Arriving, authenticate: Authenticate) -> list[web.RouteDef]:
    """Return the people's and the programs' route."""

    async def make(request: web.Request) -> web.Response:
        who = await authenticate(request)
        if who is None:
            raise Unauthenticated("This needs somebody who is signed in.", remedy="Sign in.")
        return _json(await arriving.make(who, _read(await request.read(), _Asked)))

    return [web.post("/arrival", make)]


def booth_routes(arriving: Arriving, authenticate: Authenticate) -> list[web.RouteDef]:
    """Return the booths' route."""

    async def take(request: web.Request) -> web.Response:
        who = await authenticate(request)
        if who is None or who.kind is not Actor.BOOTH:
            raise Forbidden("Only a booth asks this.")
        return _json(await arriving.take(who, _read(await request.read(), _Shown).code))

    return [web.post("/people/arrival", take)]


def _own(who: Principal, now: datetime) -> tuple[str, datetime, datetime]:
    if Role.CITIZEN not in who.roles or who.patient is None:
        raise Forbidden("Only somebody with a notebook of their own has a code.")
    return who.patient, now, now + LASTS


def _letter(who: Principal, asked: _Asked, now: datetime) -> tuple[str, datetime, datetime]:
    permit(who, Interaction.READ, "Patient")
    if asked.patient is None or asked.start is None or asked.end is None:
        raise Invalid("A code for a letter needs a patient, a start and an end.", remedy="docs/identity.md has them.")
    if asked.start.tzinfo is None or asked.end.tzinfo is None:
        raise Invalid("Start and end need their offset from UTC.", where="start")
    if not asked.start < asked.end <= asked.start + _LONGEST or not now < asked.end <= now + _FARTHEST:
        raise Invalid("A code is good for at most a day, within 90 days.", where="end")
    return asked.patient, asked.start, asked.end


def _traits(patient: dict[str, Any]) -> dict[str, Any] | None:
    """Return the five strict traits; None where one of them is not known."""
    name: dict[str, Any] = next((each for each in patient.get("name", ()) if each.get("use") == "official"), {})
    person = {
        "birth_name": as_trait(str(name.get("family", ""))),
        "given_names": given_names_of(name),
        "sex": patient.get("gender"),
        "born": patient.get("birthDate"),
        "birth_place": birth_place_of(patient),
    }
    if not all(person.values()):
        return None
    marks = patient.get("meta", {}).get("security", ())
    return {"person": person, "invented": any(each.get("code") == HTEST["code"] for each in marks)}


def _read(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body or b"{}", type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Malformed(f"This cannot be read: {error}.", remedy="docs/identity.md has the fields.") from None


def _json(value: dict[str, Any]) -> web.Response:
    headers = {"Cache-Control": "no-store"}
    return web.Response(body=msgspec.json.encode(value), content_type="application/json", headers=headers)
