"""The Bundle that answers a search: the stored bytes put in as they are, so that every client gets what one sent.

https://hl7.org/fhir/R4/bundle.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gateway.fhir.interactions.shape import Shape
from gateway.fhir.json import dumps
from gateway.fhir.repository import Stored

__all__ = ["searchset"]


def searchset(
    base: str,
    links: Mapping[str, str],
    matches: Iterable[Stored],
    included: Iterable[Stored] = (),
    *,
    shape: Shape,
    total: int | None = None,
    outcome: Mapping[str, Any] | None = None,
) -> bytes:
    """Return the Bundle: its *links* by their relation, the count where it was asked for, and an outcome at the end.

    What was erased is left out.
    """
    head: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset"}
    if total is not None:
        head["total"] = total
    head["link"] = [{"relation": relation, "url": url} for relation, url in links.items()]
    pieces = [*_entries(base, matches, "match", shape), *_entries(base, included, "include", shape)]
    if outcome is not None:
        pieces.append(b"," + dumps({"resource": outcome, "search": {"mode": "outcome"}}))
    if not pieces:
        return dumps(head)
    pieces[0] = dumps(head)[:-1] + b',"entry":[' + pieces[0][1:]
    pieces.append(b"]}")
    return b"".join(pieces)


def _entries(base: str, group: Iterable[Stored], mode: str, shape: Shape) -> Sequence[bytes]:
    """Return the pieces of the entries one after another, a comma before each entry."""
    # A type and an id are plain letters: nothing in the address needs to be escaped but what the base has.
    opening, closing = b',{"fullUrl":' + dumps(f"{base}/")[:-1], f',"search":{{"mode":"{mode}"}}}}'.encode()
    whole, named = shape.whole, b'","resource":'
    addresses: dict[str, bytes] = {}
    pieces: list[bytes] = []
    for each in group:
        if (body := each.body) is not None:
            if (address := addresses.get(each.type)) is None:
                address = addresses[each.type] = opening + f"{each.type}/".encode()
            pieces += (address, each.id.encode(), named, body if whole else shape.shown(body), closing)
    return pieces
