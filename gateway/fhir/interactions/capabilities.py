"""Say what this server can do: https://hl7.org/fhir/R4/http.html#capabilities."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from gateway.errors import NotSupported
from gateway.fhir.interactions.answer import json_response
from gateway.fhir.interactions.negotiation import parameter
from gateway.fhir.json import dumps
from gateway.fhir.repository import Repository
from gateway.fhir.rest import Access, Act, Place, Request, Response

__all__ = ["capabilities"]


def capabilities(statement: Callable[[str], dict[str, Any]]) -> Callable[[Request, Access, Place], Act]:
    """Return the interaction that answers with `statement(base)`; anybody may ask."""

    @lru_cache(maxsize=8)  # the bases by which we are reached: one a listener
    def body(base: str) -> bytes:
        return dumps(statement(base))

    def prepare(request: Request, _access: Access, _place: Place) -> Act:
        mode = parameter(request, "mode")
        if mode not in (None, "full"):
            raise NotSupported(f"mode={mode[:80]} is not offered.", where="mode", remedy="Ask for full.")

        def run(_repository: Repository) -> Response:
            return json_response(request, body(request.base))

        return Act(name="capabilities", writes=False, run=run)

    return prepare
