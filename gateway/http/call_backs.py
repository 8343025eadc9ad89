"""What a physician does with those who are to be called back; the list is a search for Tasks.

POST /visits/{encounter}/call-back   {"phone": "…"}?                     the patient of one's own visit, taken at once
POST /call-backs/{id}/take           {"version": "…"}                    also what another has taken: it is taken over
POST /call-backs/{id}/give-back      {"version": "…"}                    back on the list
POST /call-backs/{id}/close          {"version": "…", "ending": "…"}     how it ended

Each answers the Task as it is then. `version` is the one that was seen: what changed since is 409. docs/network.md.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, TypeVar

import msgspec
from aiohttp import web

from gateway.call_backs import CallBacks
from gateway.care.call_back import Act, Ending
from gateway.errors import Malformed, NotFound, Unauthenticated
from gateway.fhir import json as fhir_json
from gateway.http.authentication import Authenticate
from gateway.identity import Principal

__all__ = ["routes"]

_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_PHONE: Final = r"^\+?[0-9][0-9 .]{2,24}$"


class _Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    phone: Annotated[str, msgspec.Meta(pattern=_PHONE)] | None = None


class _Seen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: Annotated[str, msgspec.Meta(max_length=20)]
    ending: Ending | None = None


T = TypeVar("T", _Asked, _Seen)


def routes(calls: CallBacks, authenticate: Authenticate) -> list[web.RouteDef]:
    """Return the people's routes."""

    async def ask(request: web.Request) -> web.Response:
        who, encounter = await _who(request, authenticate), _id(request, "encounter")
        asked = await _body(request, _Asked)
        return _answer(await calls.ask(who, encounter, phone=asked.phone))

    async def act(request: web.Request) -> web.Response:
        who, id_ = await _who(request, authenticate), _id(request, "id")
        seen = await _body(request, _Seen)
        wanted = Act(request.match_info["act"])
        return _answer(await calls.act(who, id_, wanted, version=seen.version, ending=seen.ending))

    acts = "|".join(Act)
    return [web.post("/visits/{encounter}/call-back", ask), web.post(f"/call-backs/{{id}}/{{act:{acts}}}", act)]


async def _who(request: web.Request, authenticate: Authenticate) -> Principal:
    who = await authenticate(request)
    if who is None:
        raise Unauthenticated("This needs somebody who is signed in.", remedy="Sign in.")
    return who


def _id(request: web.Request, name: str) -> str:
    id_ = request.match_info[name]
    if not _UUID.fullmatch(id_):
        raise NotFound("There is no such visit or call.")
    return id_


async def _body(request: web.Request, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(await request.read(), type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Malformed(f"This cannot be read: {error}.", remedy="docs/network.md has the fields.") from None


def _answer(task: dict[str, Any]) -> web.Response:
    return web.Response(body=fhir_json.dumps(task), content_type="application/fhir+json")
