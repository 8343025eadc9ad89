"""What a client says in headers and in `_format`: the formats it takes, what it prefers, what it expects to be stored.

https://hl7.org/fhir/R4/http.html#general
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Final

from gateway.errors import Malformed, NotAcceptable, NotSupported, PreconditionFailed, UnsupportedMedia
from gateway.fhir.repository import Stored
from gateway.fhir.rest import FHIR_JSON, Request

__all__ = [
    "GENERAL",
    "JSON_PATCH",
    "Preference",
    "check_acceptable",
    "check_json",
    "check_match",
    "check_media",
    "etag",
    "parameter",
    "preference",
    "unchanged",
]

GENERAL: Final = ("_format", "_pretty", "_summary", "_elements")
"""The parameters that every interaction takes: https://hl7.org/fhir/R4/http.html#parameters."""

JSON_PATCH: Final = frozenset({"application/json-patch+json"})

_JSON: Final = frozenset({FHIR_JSON, "application/json", "text/json"})
_FORMATS: Final = _JSON | {"json"}
_ANY: Final = frozenset({"*/*", "application/*"})
_VERSIONS: Final = frozenset({"4.0", "4.0.1"})
_TAG: Final = re.compile(r'\s*(?:W/)?"([^"]*)"\s*')
_RETURNS: Final = ("minimal", "representation", "OperationOutcome")


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference:
    """The `Prefer` header: what a write answers, and whether unknown search parameters are left out."""

    returns: str = "representation"
    lenient: bool = False


def preference(request: Request) -> Preference:
    """Read the `Prefer` header (https://hl7.org/fhir/R4/http.html#ops); preferences that are not known do not bind."""
    return _preference(request.headers.get("prefer", ""))


@lru_cache(maxsize=256)
def _preference(header: str) -> Preference:
    words = {word.strip() for word in re.split("[,;]", header)}
    returns = next((each for each in _RETURNS if f"return={each}" in words), "representation")
    return Preference(returns=returns, lenient="handling=lenient" in words)


def parameter(request: Request, name: str) -> str | None:
    """Return the last value of the query parameter *name*, None where it is not given."""
    for each, value in reversed(request.query):
        if each == name:
            return value
    return None


def check_acceptable(request: Request) -> None:
    """Raise NotAcceptable unless the client takes FHIR JSON; `_format` overrides the Accept header."""
    wanted = parameter(request, "_format")
    # An unescaped + of application/fhir+json arrives as a blank.
    types = [wanted.replace(" ", "+")] if wanted is not None else request.headers.get("accept", "*/*").split(",")
    if not any(_acceptable(each) for each in types if each.strip()):
        raise NotAcceptable(
            f"This server does not answer in {', '.join(types)[:200]}.",
            where="_format" if wanted is not None else "accept",
            remedy=f"Ask for {FHIR_JSON}, FHIR version 4.0.",
        )


@lru_cache(maxsize=256)
def _acceptable(text: str) -> bool:
    media, parameters = _media(text)
    refused = parameters.get("q", "1") in ("0", "0.0", "0.00", "0.000")
    return (media in _FORMATS or media in _ANY) and not refused and parameters.get("fhirversion", "4.0") in _VERSIONS


def _media(text: str) -> tuple[str, dict[str, str]]:
    media, *rest = (part.strip() for part in text.split(";"))
    pairs = (part.partition("=") for part in rest)
    return media.lower(), {name.strip().lower(): value.strip().strip('"').lower() for name, _, value in pairs}


def check_json(request: Request) -> None:
    """Raise UnsupportedMedia unless the body says that it is FHIR JSON in UTF-8."""
    check_media(request, _JSON, what="A resource")


def check_media(request: Request, read: frozenset[str], *, what: str) -> None:
    """Raise UnsupportedMedia unless the body says that it is one of the media *read*, in UTF-8; *what* it should be."""
    given = request.headers.get("content-type", "")
    media, parameters = _media(given)
    right = (
        parameters.get("charset", "utf-8") in ("utf-8", "utf8") and parameters.get("fhirversion", "4.0") in _VERSIONS
    )
    if media not in read or not right:
        wanted = FHIR_JSON if FHIR_JSON in read or not read else min(read)
        raise UnsupportedMedia(
            f"{what} is not read from {given[:200]}." if given else "The body has no Content-Type.",
            where="content-type",
            remedy=f"Send {wanted}, in UTF-8 and FHIR version 4.0; XML is not offered.",
        )


def etag(stored: Stored) -> str:
    """Return the weak entity tag of a version."""
    return f'W/"{stored.version}"'


def _tags(header: str, name: str) -> Iterator[str]:
    for part in header.split(","):
        match = _TAG.fullmatch(part)
        if match is None:
            raise Malformed(f"{name}: {header[:80]} is no entity tag.", where=name.lower(), remedy='Write e.g. W/"3".')
        yield match[1]


def check_match(request: Request, stored: Stored | None) -> None:
    """Raise PreconditionFailed unless If-Match and If-None-Match allow to replace *stored*."""
    expected = request.headers.get("if-match")
    if expected is not None:
        tags = () if expected.strip() == "*" else tuple(_tags(expected, "If-Match"))
        if stored is None or (tags and str(stored.version) not in tags):
            found = f"version {stored.version}" if stored else "nothing"
            raise PreconditionFailed(
                f"If-Match is {expected[:80]}, but {found} is stored.",
                where="if-match",
                remedy="Read the resource again and decide anew.",
            )
    absent = request.headers.get("if-none-match")
    if absent is not None:
        if absent.strip() != "*":
            raise NotSupported("If-None-Match takes only * here.", where="if-none-match")
        if stored is not None:
            raise PreconditionFailed(f"It exists already, in version {stored.version}.", where="if-none-match")


def unchanged(request: Request, stored: Stored) -> bool:
    """Return whether the client's copy is this version (https://hl7.org/fhir/R4/http.html#cread)."""
    known = request.headers.get("if-none-match")
    if known is not None:
        return known.strip() == "*" or str(stored.version) in _tags(known, "If-None-Match")
    since = request.headers.get("if-modified-since")
    if since is None:
        return False
    try:
        moment = parsedate_to_datetime(since)
    except ValueError:
        return False  # RFC 9110 §13.1.3: a date that cannot be read is ignored
    return stored.updated.replace(microsecond=0) <= moment.replace(tzinfo=moment.tzinfo or UTC)


def http_date(moment: datetime) -> str:
    """Return an aware moment as an HTTP date (RFC 9110 §5.6.7)."""
    utc = moment.astimezone(UTC)
    day = f"{_DAYS[utc.weekday()]}, {utc.day:02} {_MONTHS[utc.month - 1]} {utc.year:04}"
    return f"{day} {utc.hour:02}:{utc.minute:02}:{utc.second:02} GMT"


_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
