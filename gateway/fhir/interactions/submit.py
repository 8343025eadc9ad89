"""Several requests in one: a Bundle at the base address, as a batch or as a transaction.

https://hl7.org/fhir/R4/http.html#transaction
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from gateway.errors import Forbidden, Malformed, NotSupported
from gateway.fhir.interactions import content
from gateway.fhir.interactions.batch import batch
from gateway.fhir.interactions.entry import entries
from gateway.fhir.interactions.negotiation import check_json
from gateway.fhir.interactions.transaction import transaction
from gateway.fhir.rest import Access, Act, Place, Request

__all__ = ["submit"]

Route = Callable[[Request, Access], Act]


def submit(route: Callable[[], Route]) -> Callable[[Request, Access, Place], Act]:
    """Return the interaction whose entries go the same way as requests of their own: through `route()`."""

    def prepare(request: Request, access: Access, _place: Place) -> Act:
        if request.content is not None:
            raise NotSupported("A batch or a transaction cannot be an entry of another.", where="Bundle")
        _check_known(access)
        check_json(request)
        body = content.read(request.body)
        if not isinstance(body, dict) or body.get("resourceType") != "Bundle":
            raise Malformed(
                "The body is no Bundle.", where="Bundle", remedy="Send a resource to the address of its type."
            )
        match body.get("type"):
            case "batch":
                return batch(request, access, entries(request, body), route())
            case "transaction":
                return transaction(request, access, entries(request, body), route())
        raise Malformed(
            f"A Bundle of type {str(body.get('type'))[:40]} is not processed here.",
            where="Bundle.type",
            remedy="Send a batch or a transaction, or POST it to Bundle to store it.",
        )

    return prepare


def _check_known(access: Access) -> None:
    """Raise Unauthenticated for a caller nobody knows; what each entry needs is asked for it alone."""
    with suppress(Forbidden):
        access.permit("s", "Bundle")
