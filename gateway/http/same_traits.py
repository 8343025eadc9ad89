"""POST /people/same: does somebody of exactly these strict traits exist? For the helper who writes down an identity.

The answer is {"same": true} or false and nothing else: nobody is named, listed or merged. Booths only. A booth that
wants to guess has to guess five traits at once, and each asking is in the log with the booth's name.
"""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Final

import msgspec
import structlog
from aiohttp import web

from gateway.errors import Forbidden, Malformed
from gateway.fhir.json import loads
from gateway.fhir.patient import as_trait, birth_place_of, given_names_of
from gateway.fhir.repository import Repository
from gateway.fhir.search import parsing
from gateway.http.authentication import Authenticate
from gateway.identity import Actor
from gateway.store import Store

__all__ = ["PATH", "routes"]

PATH: Final = "/people/same"
_log: Final = structlog.get_logger("identity")
_PAUSE_S: Final = 0.5

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class _Traits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    birth_name: Name
    given_names: Annotated[list[Name], msgspec.Meta(min_length=1, max_length=20)]
    sex: Annotated[str, msgspec.Meta(pattern="^(female|male)$")]
    born: Annotated[str, msgspec.Meta(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
    birth_place: Annotated[str, msgspec.Meta(pattern="^[0-9AB]{5}$")]


def routes(store: Store, authenticate: Authenticate, *, base: str) -> list[web.RouteDef]:
    """Return the booths' route on *store*."""
    turn = asyncio.Lock()

    async def same(request: web.Request) -> web.Response:
        who = await authenticate(request)
        if who is None or who.kind is not Actor.BOOTH:
            raise Forbidden("Only a booth asks this.")
        try:
            traits = msgspec.json.decode(await request.read(), type=_Traits)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise Malformed(f"The traits cannot be read: {error}.") from None
        async with turn:  # one after the other, and not fast: nobody goes through a register with it
            found = await store.consult(lambda repository: _exists(repository, traits, base), base=base)
            await asyncio.sleep(_PAUSE_S)
        _log.info("asked for the same traits", booth=who.subject, same=found)
        return web.json_response({"same": found}, headers={"Cache-Control": "no-store"})

    return [web.post(PATH, same)]


def _exists(repository: Repository, traits: _Traits, base: str) -> bool:
    pairs = [("family", traits.birth_name), ("birthdate", traits.born), ("gender", traits.sex), ("_count", "100")]
    page = repository.search(parsing.search("Patient", pairs, base=base).query)
    return any(_is(loads(each.body, own=True), traits) for each in page.entries if each.body is not None)


def _is(patient: dict[str, Any], traits: _Traits) -> bool:
    name: dict[str, Any] = next((each for each in patient.get("name", ()) if each.get("use") == "official"), {})
    given, place = given_names_of(name), birth_place_of(patient)
    return (
        as_trait(str(name.get("family", ""))) == traits.birth_name
        and given[:1] == traits.given_names[:1]
        and (len(given) < len(traits.given_names) or given == traits.given_names)
        and place in (None, traits.birth_place)
    )
