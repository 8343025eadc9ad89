"""Where a page of a search starts, as an opaque word in the `next` link.

It names the last match before it (not a count of matches), so that paging neither skips nor repeats what did not
change, and the last page costs what the first one costs. https://hl7.org/fhir/R4/http.html#paging
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final

import msgspec

from gateway.errors import Malformed
from gateway.fhir.search.query import Cursor, Order

__all__ = ["decode", "encode"]

_LARGEST: Final = 2**63
_ID: Final = re.compile(r"[A-Za-z0-9\-.]{1,64}", re.ASCII)


def encode(cursor: Cursor, order: Order) -> str:
    """Return *cursor* of a search in *order* as a word that is safe in a URL."""
    return base64.urlsafe_b64encode(msgspec.json.encode([order.name, cursor.key, cursor.serial])).decode().rstrip("=")


def decode(word: str, order: Order) -> Cursor:
    """Return the cursor that `encode` made for the same order; raises Malformed for any other word."""
    try:
        name, key, serial = msgspec.json.decode(
            base64.b64decode(word + "=" * (-len(word) % 4), altchars=b"-_", validate=True),
            type=tuple[str, int | str, int],
        )
    except (msgspec.DecodeError, UnicodeError, binascii.Error, ValueError) as error:
        raise _foreign() from error
    if name != order.name or not _fits(key, order) or not -_LARGEST < serial < _LARGEST:
        raise _foreign()
    return Cursor(key=key, serial=serial)


def _fits(key: int | str, order: Order) -> bool:
    if isinstance(key, str):
        return order.key == "id" and _ID.fullmatch(key) is not None
    return order.key != "id" and -_LARGEST < key < _LARGEST


def _foreign() -> Malformed:
    return Malformed(
        "The _cursor is not one of this search.", where="_cursor", remedy="Follow the link with relation next as it is."
    )
