"""Papers checked by whoever holds them: the keys, and the physician's signature in exchange for a paper's code.

GET  /verifier/keys     whose signatures count: this gateway's over codes, the registration authority's over physicians
POST /verifier/proof    {"code": …}: the physician's signature over that paper (docs/report.md); 404 where there is none

Neither says anything of anybody's health; the page /verifier/ does the checking, in the browser.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.care.report import Report
from gateway.errors import Malformed
from gateway.fhir.report import PaperKind, ids
from gateway.identity.paper import paper_claims, paper_code
from gateway.reporting import Reporting
from signalling import jws

__all__ = ["PATH", "routes", "sealing"]

PATH: Final = "/verifier"


class _Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    code: str


def sealing(key: ec.EllipticCurvePrivateKey, *, base_url: str) -> Callable[[Report, PaperKind], str]:
    """Return what makes the link on each paper of a gateway at *base_url*."""

    def seal(report: Report, kind: PaperKind) -> str:
        made = ids(report.visit.encounter)
        by = report.physician
        code = paper_code(
            key,
            kind=kind,
            by=by.name,
            rpps=by.rpps,
            written=report.written,
            doc=made.papers[kind],
            proof=made.provenance,
        )
        return f"{base_url}{PATH}/#{code}"

    return seal


def routes(
    reporting: Reporting, *, key: ec.EllipticCurvePublicKey, authority: ec.EllipticCurvePublicKey | None
) -> list[web.RouteDef]:
    """Return the routes; nobody signs in for them: a pharmacist has the paper and nothing else."""
    keys = {
        "papers": jws.jwk_of(key),
        "authority": jws.jwk_of(authority) if authority is not None else None,
    }

    async def say_keys(request: web.Request) -> web.Response:  # noqa: ARG001 - the same for everybody
        return web.json_response(keys, headers={"Cache-Control": "max-age=3600"})

    async def prove(request: web.Request) -> web.Response:
        try:
            asked = msgspec.json.decode(await request.read(), type=_Asked)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise Malformed(f"The code cannot be read: {error}.", where="code") from None
        claims = paper_claims(asked.code, key)
        proof = await reporting.proof(claims.proof, f"DocumentReference/{claims.doc}")
        return web.json_response({"signature": proof}, headers={"Cache-Control": "no-store"})

    return [web.get(f"{PATH}/keys", say_keys, allow_head=False), web.post(f"{PATH}/proof", prove)]
