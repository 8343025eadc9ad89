"""`GET /fhir/R4/openapi.json`: the FHIR endpoint as an OpenAPI document, open without a token like `metadata`.

https://spec.openapis.org/oas/v3.1.0
"""

from __future__ import annotations

import asyncio
from functools import cache
from typing import Final

from aiohttp import web

from gateway.fhir.json import dumps
from gateway.fhir.openapi import document
from gateway.fhir.router import READ_ONLY, ROUTES
from gateway.http import fhir

__all__ = ["PATH", "routes"]

PATH: Final = fhir.PATH + "/openapi.json"


def routes(*, base_url: str) -> list[web.RouteDef]:
    """Return the route of the document; *base_url* is how this listener is reached, no slash at the end."""

    @cache
    def made() -> bytes:
        return dumps(document(base_url + fhir.PATH, ROUTES, READ_ONLY))

    async def answer(request: web.Request) -> web.Response:  # noqa: ARG001 - the same for everybody
        # Made at the first question, not at the start: it takes longer than most starts do.
        body = await asyncio.to_thread(made)
        response = web.Response(body=body, content_type="application/json", headers={"Cache-Control": "max-age=300"})
        response.enable_compression()
        return response

    return [web.get(PATH, answer)]
