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
from gateway.fhir.search.query import Cursor, Sort

__all__ = ["decode", "encode"]

_LARGEST: Final = 2**63
_TEXTS: Final = {
    "id": re.compile(r"[A-Za-z0-9\-.]{1,64}", re.ASCII),
    "amount": re.compile(r"|1|[02]\d{5,24}~?", re.ASCII),
}


def encode(cursor: Cursor, order: tuple[Sort, ...]) -> str:
    """Return *cursor* of a search in *order* as a word that is safe in a URL."""
    said = msgspec.json.encode([_name(order), cursor.keys, cursor.serial])
    return base64.urlsafe_b64encode(said).decode().rstrip("=")


def decode(word: str, order: tuple[Sort, ...]) -> Cursor:
    """Return the cursor that `encode` made for the same order; raises Malformed for any other word."""
    try:
        name, keys, serial = msgspec.json.decode(
            base64.b64decode(word + "=" * (-len(word) % 4), altchars=b"-_", validate=True),
            type=tuple[str, tuple[int | str, ...], int],
        )
    except (msgspec.DecodeError, UnicodeError, binascii.Error, ValueError) as error:
        raise _foreign() from error
    fits = len(keys) == len(order) and all(map(_fits, keys, order))
    if name != _name(order) or not fits or not -_LARGEST < serial < _LARGEST:
        raise _foreign()
    return Cursor(keys=keys, serial=serial)


def _name(order: tuple[Sort, ...]) -> str:
    return ",".join(f"{'-' if each.descending else ''}{each.name}" for each in order)


def _fits(key: int | str, sort: Sort) -> bool:
    if isinstance(key, str):
        return sort.key in _TEXTS and _TEXTS[sort.key].fullmatch(key) is not None
    return sort.key not in _TEXTS and -_LARGEST < key < _LARGEST


def _foreign() -> Malformed:
    return Malformed(
        "The _cursor is not one of this search.", where="_cursor", remedy="Follow the link with relation next as it is."
    )
