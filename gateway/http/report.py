"""The report of a visit, for the physician's page and for the booth's printer; docs/report.md says all of it.

GET  /visits/{encounter}/report/draft        the draft as last saved
PUT  /visits/{encounter}/report/draft        keep what was typed
POST /visits/{encounter}/report              what is missing, by field; or what is to be signed
GET  /visits/{encounter}/report/preview/{kind}.pdf    a paper before it is signed, for its writer
POST /visits/{encounter}/report/sign         {"jws": …}: check the signature and store everything
GET  /visits/{encounter}/report/{kind}.pdf   a signed paper; {kind} is report or prescription
PUT  /visits/{encounter}/report/pictures/{still}?caption=…   a picture of the visit (image/jpeg) into the record
PUT  …&addendum=true                         the same once the report is signed: beside it
GET  /visits/{encounter}/report/printing     how the papers are at the booth
PUT  /visits/{encounter}/report/printing     the same, told by the visit's booth

The booths' listener has the signed papers and the last one only.
"""

from __future__ import annotations

import asyncio
import re
from typing import Any, Final
from weakref import WeakValueDictionary

import msgspec
from aiohttp import web

from gateway.care.report import Draft, Gap
from gateway.errors import Malformed, NotFound, TooLarge, Unauthenticated, UnsupportedMedia
from gateway.fhir.report import PaperKind, ids
from gateway.http.authentication import Authenticate
from gateway.identity import Principal
from gateway.reporting import Attached, Prepared, Printing, Reporting

__all__ = ["PATH", "paper_routes", "routes"]

PATH: Final = "/visits/{encounter}/report"
_ID: Final = re.compile(r"[A-Za-z0-9\-.]{1,64}", re.ASCII)
_LONGEST_JWS: Final = 8192
_LONGEST_CAPTION: Final = 120
_JPEG: Final = b"\xff\xd8\xff"
_LARGEST_PICTURE: Final = 16 * 1024 * 1024


class _Signature(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    jws: str


class _Pages:
    def __init__(self, reporting: Reporting, authenticate: Authenticate) -> None:
        self._reporting = reporting
        self._authenticate = authenticate
        self._turns = WeakValueDictionary[tuple[str, str], asyncio.Lock]()

    def _in_turn(self, who: Principal, encounter: str) -> asyncio.Lock:
        """Return whose turn it is: a page that is loaded again reads what it sent on its way out."""
        return self._turns.setdefault((who.subject, encounter), asyncio.Lock())

    async def draft(self, request: web.Request) -> web.Response:
        who, encounter = await self._who(request), _encounter(request)
        async with self._in_turn(who, encounter):
            return _json(await self._reporting.draft(who, encounter))

    async def save(self, request: web.Request) -> web.Response:
        who, encounter = await self._who(request), _encounter(request)
        async with self._in_turn(who, encounter):
            await self._reporting.save(who, encounter, await _draft(request))
        return web.Response(status=204)

    async def prepare(self, request: web.Request) -> web.Response:
        who, encounter = await self._who(request), _encounter(request)
        made = await self._reporting.prepare(who, encounter, await _draft(request))
        return _json(_ready(encounter, made) if isinstance(made, Prepared) else _not_ready(made))

    async def preview(self, request: web.Request) -> web.Response:
        prepared = await self._reporting.prepared(await self._who(request), _encounter(request))
        kind = _kind(request)
        paper = next((each for each in prepared.papers if each.kind is kind), None)
        if paper is None:
            raise NotFound("This report has no such paper.")
        return _pdf(paper.pdf, kind)

    async def sign(self, request: web.Request) -> web.Response:
        who, encounter = await self._who(request), _encounter(request)
        signed = await self._reporting.sign(who, encounter, await _jws(request))
        return _json(signed)

    async def paper(self, request: web.Request) -> web.Response:
        who, kind = await self._who(request), _kind(request)
        return _pdf(await self._reporting.paper(who, _encounter(request), kind), kind)

    async def attach(self, request: web.Request) -> web.Response:
        who, encounter, still = await self._who(request), _encounter(request), request.match_info["still"]
        if not _ID.fullmatch(still):
            raise NotFound("There is no such picture.")
        jpeg, caption = await _picture(request), request.query.get("caption", "").strip()
        addendum = {"true": True, "": False}.get(request.query.get("addendum", ""))
        if addendum is None:
            raise Malformed("It is true, or not there.", where="addendum")
        if request.content_type != "image/jpeg" or not jpeg.startswith(_JPEG):
            raise UnsupportedMedia("A picture is a JPEG here.", remedy="Send image/jpeg.")
        if len(caption) > _LONGEST_CAPTION:
            raise Malformed(f"A caption has at most {_LONGEST_CAPTION} characters.", where="caption")
        picture = Attached(still=still, jpeg=jpeg, caption=caption, addendum=addendum)
        return _json({"document": await self._reporting.attach(who, encounter, picture)})

    async def told(self, request: web.Request) -> web.Response:
        who, encounter = await self._who(request), _encounter(request)
        try:
            printing = msgspec.json.decode(await request.read(), type=Printing)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise Malformed(f"It cannot be read: {error}.", remedy="docs/report.md has its fields.") from None
        await self._reporting.told(who, encounter, printing)
        return web.Response(status=204)

    async def printing(self, request: web.Request) -> web.Response:
        return _json(await self._reporting.printing(await self._who(request), _encounter(request)))

    async def _who(self, request: web.Request) -> Principal:
        who = await self._authenticate(request)
        if who is None:
            raise Unauthenticated("This needs somebody who is signed in.", remedy="Sign in.")
        return who


def routes(reporting: Reporting, authenticate: Authenticate) -> list[web.RouteDef]:
    """Return the people's routes."""
    pages = _Pages(reporting, authenticate)
    return [
        web.get(f"{PATH}/draft", pages.draft, allow_head=False),
        web.put(f"{PATH}/draft", pages.save),
        web.post(PATH, pages.prepare),
        web.get(PATH + "/preview/{kind}.pdf", pages.preview, allow_head=False),
        web.post(f"{PATH}/sign", pages.sign),
        web.put(PATH + "/pictures/{still}", pages.attach),
        web.get(f"{PATH}/printing", pages.printing, allow_head=False),
        _papers(pages),
    ]


def paper_routes(reporting: Reporting, authenticate: Authenticate) -> list[web.RouteDef]:
    """Return the routes of booths: the signed papers, and how they are there."""
    pages = _Pages(reporting, authenticate)
    return [_papers(pages), web.put(f"{PATH}/printing", pages.told)]


def _papers(pages: _Pages) -> web.RouteDef:
    return web.get(PATH + "/{kind}.pdf", pages.paper, allow_head=False)


def _encounter(request: web.Request) -> str:
    encounter = request.match_info["encounter"]
    if not _ID.fullmatch(encounter):
        raise NotFound("There is no such visit.")
    return encounter


def _kind(request: web.Request) -> PaperKind:
    try:
        return PaperKind(request.match_info["kind"])
    except ValueError:
        raise NotFound("There is no such paper.") from None


async def _picture(request: web.Request) -> bytes:
    """Return the body: a picture may be larger than what other requests bring."""
    picture = bytearray()
    async for piece in request.content.iter_any():
        picture += piece
        if len(picture) > _LARGEST_PICTURE:
            raise TooLarge(f"A picture has at most {_LARGEST_PICTURE >> 20} MiB.", remedy="Send a smaller one.")
    return bytes(picture)


async def _draft(request: web.Request) -> Draft:
    try:
        return msgspec.json.decode(await request.read(), type=Draft)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Malformed(f"The draft cannot be read: {error}.", remedy="docs/report.md has its fields.") from None


async def _jws(request: web.Request) -> str:
    try:
        token = msgspec.json.decode(await request.read(), type=_Signature).jws
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Malformed(f"The signature cannot be read: {error}.", where="jws") from None
    if len(token) > _LONGEST_JWS:
        raise Malformed("The signature is longer than any real one.", where="jws")
    return token


def _ready(encounter: str, prepared: Prepared) -> dict[str, Any]:
    names = ids(encounter)
    return {
        "ready": True,
        "to_sign": prepared.to_sign,
        "composition": f"Composition/{names.composition}",
        "papers": [
            {
                "kind": each.kind,
                "reference": f"DocumentReference/{names.papers[each.kind]}",
                "size": len(each.pdf),
                "preview": PATH.format(encounter=encounter) + f"/preview/{each.kind}.pdf",
            }
            for each in prepared.papers
        ],
    }


def _not_ready(gaps: tuple[Gap, ...]) -> dict[str, Any]:
    return {"ready": False, "gaps": gaps}


def _json(value: Any) -> web.Response:
    return web.Response(body=msgspec.json.encode(value), content_type="application/json")


def _pdf(pdf: bytes, kind: PaperKind) -> web.Response:
    name = {PaperKind.REPORT: "compte-rendu.pdf", PaperKind.PRESCRIPTION: "ordonnance.pdf"}[kind]
    headers = {"Content-Disposition": f'inline; filename="{name}"'}
    return web.Response(body=pdf, content_type="application/pdf", headers=headers)
