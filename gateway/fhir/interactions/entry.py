"""The entries of a batch or a transaction as the requests that they stand for, and their answers as entries.

https://hl7.org/fhir/R4/bundle.html, https://hl7.org/fhir/R4/http.html#transaction
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from msgspec import structs

from gateway.errors import Invalid, Malformed, Problem
from gateway.fhir.json import dumps, loads
from gateway.fhir.rest import Content, Request, Response

__all__ = ["Entry", "bundle", "entries", "placed"]

_MOST: Final = 1000
_METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_CONDITIONS: Final = {
    "ifNoneMatch": "if-none-match",
    "ifModifiedSince": "if-modified-since",
    "ifMatch": "if-match",
    "ifNoneExist": "if-none-exist",
}
_PASSED_ON: Final = ("accept-language",)
_REASONS: Final = {200: "OK", 201: "Created", 204: "No Content", 304: "Not Modified"}
_PARAMETERS: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry: its number, the address by which others mean its resource (empty: none), and its request."""

    number: int
    full_url: str
    request: Request

    @property
    def resource(self) -> Any:
        """Return the resource it brings, None where it brings none."""
        return self.request.content.value if self.request.content else None

    def bringing(self, value: Any, *, checked: bool = False, id_: str = "") -> Entry:
        """Return the entry with *value* as its resource, and what is known of it."""
        return replace(
            self, request=structs.replace(self.request, content=Content(value=value, checked=checked, id=id_))
        )


def entries(whole: Request, body: Mapping[str, Any]) -> list[Entry]:
    """Return the entries of the Bundle *body* that *whole* brought; raises Malformed, which names the place."""
    given = body.get("entry", [])
    if not isinstance(given, list):
        raise Malformed("Bundle.entry is no list.", where="Bundle.entry")
    if len(given) > _MOST:
        raise Malformed(
            f"The Bundle has {len(given)} entries; at most {_MOST} are taken.", where=f"Bundle.entry[{_MOST}]"
        )
    return [_entry(whole, number, each) for number, each in enumerate(given)]


def _entry(whole: Request, number: int, given: Any) -> Entry:
    where = f"Bundle.entry[{number}]"
    said = given.get("request") if isinstance(given, dict) else None
    if not isinstance(said, dict):
        raise Malformed("bdl-3: an entry of a batch or a transaction has a request.", where=f"{where}.request")
    method, url = said.get("method"), said.get("url")
    if method not in _METHODS:
        raise Malformed(
            f"{str(method)[:20]!r} is no method.", where=f"{where}.request.method", remedy="Use an HTTP verb."
        )
    if not isinstance(url, str) or not url:
        raise Malformed("A request has a url.", where=f"{where}.request.url")
    full_url = given.get("fullUrl", "")
    if not isinstance(full_url, str):
        raise Malformed("fullUrl is a text.", where=f"{where}.fullUrl")
    path, query = _address(url, whole.base, where)
    headers = {name: whole.headers[name] for name in _PASSED_ON if name in whole.headers}
    # Whoever sends many rarely wants all of them back: only who asks for them gets them.
    headers["prefer"] = whole.headers.get("prefer", "return=minimal")
    for name, header in _CONDITIONS.items():
        if name in said:
            headers[header] = str(said[name])
    resource = given.get("resource")
    if method in ("POST", "PUT", "PATCH") and resource is None and "$" not in path and "_search" not in path:
        raise Malformed(f"A {method} has a resource.", where=f"{where}.resource")
    content = None if resource is None else Content(value=_patch(resource, where) if method == "PATCH" else resource)
    request = Request(method=method, path=path, base=whole.base, query=query, headers=headers, content=content)
    return Entry(number=number, full_url=full_url, request=request)


def _address(url: str, base: str, where: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    try:
        parts = urlsplit(url.removeprefix(base))
        path = unquote(parts.path, errors="strict").strip("/")
        pairs = parse_qsl(parts.query, keep_blank_values=True, errors="strict", max_num_fields=_PARAMETERS)
    except ValueError as error:
        raise Malformed(f"The url cannot be read: {error}.", where=f"{where}.request.url") from error
    if parts.scheme or parts.netloc:
        raise Malformed(
            f"{url[:200]} is not an address of this server.", where=f"{where}.request.url", remedy="Write Type/id."
        )
    return path, tuple(pairs)


def _patch(resource: Any, where: str) -> Any:
    """Return the JSON Patch that a Binary carries: https://hl7.org/fhir/R4/http.html#jsonpatch."""
    if not isinstance(resource, dict) or resource.get("resourceType") != "Binary":
        raise Malformed("A PATCH brings a Binary.", where=f"{where}.resource")
    if resource.get("contentType") != "application/json-patch+json":
        raise Malformed("The Binary of a PATCH is a JSON Patch.", where=f"{where}.resource.contentType")
    try:
        return loads(b64decode(str(resource.get("data", "")), validate=True))
    except ValueError as error:
        raise Malformed(f"The Binary cannot be read: {error}.", where=f"{where}.resource.data") from error


def placed(problem: Problem, number: int) -> Problem:
    """Return *problem* with the place of its entry before its own."""
    where = f"Bundle.entry[{number}]"
    if problem.where and re.match("[A-Z]", problem.where):
        _, _, rest = problem.where.partition(".")
        where += f".resource.{rest}" if rest else ".resource"
    problem.where = where
    if isinstance(problem, Invalid):
        for each in problem.also:
            placed(each, number)
    return problem


def bundle(type_: str, answers: list[tuple[Entry, Response]]) -> bytes:
    """Return the Bundle of *answers*, in the order of the entries."""
    head = dumps({"resourceType": "Bundle", "type": type_})
    if not answers:
        return head
    return head[:-1] + b',"entry":[' + b",".join(_answer(*each) for each in answers) + b"]}"


def _answer(entry: Entry, response: Response) -> bytes:
    status = f"{response.status} {_REASONS.get(response.status, '')}".strip()
    said: dict[str, Any] = {"status": status}
    for header, name in (("Location", "location"), ("ETag", "etag")):
        if header in response.headers:
            said[name] = response.headers[header].removeprefix(f"{entry.request.base}/")
    if "Last-Modified" in response.headers:
        said["lastModified"] = _instant(response.headers["Last-Modified"])
    made = dumps({"response": said})
    if not response.body or entry.request.method == "HEAD":
        return made
    told = entry.request.method != "GET" and response.body.startswith(b'{"resourceType":"OperationOutcome"')
    if told or response.status >= 400:  # noqa: PLR2004  a client's or our own error
        return made[:-2] + b',"outcome":' + response.body + b"}}"
    return b'{"resource":' + response.body + b"," + made[1:]


def _instant(http_date: str) -> str:
    return f"{parsedate_to_datetime(http_date):%Y-%m-%dT%H:%M:%SZ}"
