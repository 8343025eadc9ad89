"""An operation that is asked for by POST: what it takes stands in a Parameters, in the address, or in both.

Many client libraries ask so unless they are told otherwise. https://hl7.org/fhir/R4/operations.html#request
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, Final

from msgspec import structs

from gateway.errors import Malformed, NotSupported
from gateway.fhir.interactions import content
from gateway.fhir.interactions.negotiation import GENERAL, check_json, preference
from gateway.fhir.rest import Access, Act, Place, Request

__all__ = ["posted"]

Prepare = Callable[[Request, Access, Place], Act]

_WHERE: Final = "Parameters.parameter"


def posted(prepare: Prepare, *, takes: tuple[str, ...] | None) -> Prepare:
    """Return the interaction that reads its parameters from the body too; *takes* as in the row of its GET."""

    def prepared(request: Request, access: Access, place: Place) -> Act:
        pairs = tuple(_pairs(request))
        unknown = [name for name, _ in pairs if takes is not None and name not in (*GENERAL, *takes)]
        if unknown and not preference(request).lenient:
            raise NotSupported(
                f"This operation has no parameter {unknown[0][:80]!r} here.",
                where=_WHERE,
                remedy=f"Supported are: {', '.join((*GENERAL, *(takes or ())))}.",
            )
        query = (*request.query, *(pair for pair in pairs if pair[0] not in unknown))
        return prepare(structs.replace(request, query=query, body=b"", content=None), access, place)

    return prepared


def _pairs(request: Request) -> Iterator[tuple[str, str]]:
    """Yield the names and values in the body, as an address would have them."""
    if request.content is None and not request.body:
        return
    if request.content is None:
        check_json(request)
    value = content.read(request.body) if request.content is None else request.content.value
    if not isinstance(value, dict) or value.get("resourceType") != "Parameters":
        raise Malformed("The body is no Parameters.", where="Parameters", remedy="Send a Parameters, or no body.")
    given = value.get("parameter", [])
    for number, each in enumerate(given if isinstance(given, list) else [given]):
        name = each.get("name") if isinstance(each, dict) else None
        values = [member for key, member in each.items() if key.startswith("value")] if isinstance(each, dict) else []
        if not isinstance(name, str) or len(values) != 1 or not isinstance(values[0], str | bool | int | Decimal):
            raise Malformed(
                "A parameter here has a name and one plain value.",
                where=f"{_WHERE}[{number}]",
                remedy='Write e.g. {"name": "_count", "valueInteger": 50}.',
            )
        yield name, _text(values[0])


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
