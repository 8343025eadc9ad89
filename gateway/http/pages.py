"""The screens' files, read into memory once: pages at their addresses, everything else under `/static/`.

Only files of the kinds below exist here, by the exact names found at the start: no path is ever joined to a folder.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import brotli  # type: ignore[import-untyped]  # it ships no type information
from aiohttp import web
from aiohttp.web_exceptions import HTTPNotFound

__all__ = ["File", "read_files", "routes"]

_KINDS: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".txt": "text/plain; charset=utf-8",
}
_BROTLI: Final = 10
"""One less than the best, for a quarter of its time at the start."""

_COMPRESSED_ALREADY: Final = frozenset({".png", ".woff2", ".mp3", ".ogg", ".ico"})


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One file as it is sent: its type, its bytes, its tag, and by content coding how it is smaller, the best first."""

    kind: str
    body: bytes
    compressed: Mapping[str, bytes]
    tag: str


def read_files(root: Path) -> dict[str, File]:
    """Return every file under *root* that a browser may have, by its path with slashes."""
    paths = sorted(path for path in root.rglob("*") if path.is_file() and path.suffix in _KINDS)
    return {path.relative_to(root).as_posix(): _file(path.read_bytes(), path.suffix) for path in paths}


def routes(root: Path, pages: Mapping[str, str]) -> list[web.RouteDef]:
    """Return the routes of the files in *root*; *pages* has the HTML that answers at each address."""
    files = read_files(root)

    async def static(request: web.Request) -> web.Response:
        file = files.get(request.match_info["path"])
        if file is None:
            raise HTTPNotFound
        return _answer(request, file)

    async def favicon(request: web.Request) -> web.Response:  # noqa: ARG001 - browsers ask for it unasked
        return web.Response(status=204, headers={"Cache-Control": "max-age=86400"})

    found = [web.get("/static/{path:.+}", static), web.get("/favicon.ico", favicon)]
    for address, html in pages.items():
        found += _page(address, _file(html.encode(), ".html"))
    return found


def _page(address: str, file: File) -> list[web.RouteDef]:
    async def page(request: web.Request) -> web.Response:
        return _answer(request, file)

    async def with_slash(request: web.Request) -> web.Response:  # noqa: ARG001 - the same for everybody
        return web.Response(status=308, headers={"Location": address})

    found = [web.get(address, page)]
    return [*found, web.get(address.rstrip("/"), with_slash)] if address != "/" else found


def _file(body: bytes, suffix: str) -> File:
    again = suffix not in _COMPRESSED_ALREADY
    small = {"br": brotli.compress(body, quality=_BROTLI), "gzip": gzip.compress(body, mtime=0)} if again else {}
    return File(
        kind=_KINDS[suffix],
        body=body,
        compressed={coding: octets for coding, octets in small.items() if len(octets) < len(body)},
        tag=f'"{hashlib.sha256(body).hexdigest()[:32]}"',
    )


def _answer(request: web.Request, file: File) -> web.Response:
    """Return the file, or 304 where the browser has it already: it may keep it, but asks each time."""
    headers = {"Content-Type": file.kind, "ETag": file.tag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
    if file.tag in request.headers.get("If-None-Match", ""):
        return web.Response(status=304, headers=headers)
    taken = {each.partition(";")[0].strip() for each in request.headers.get("Accept-Encoding", "").split(",")}
    for coding, octets in file.compressed.items():
        if coding in taken:
            return web.Response(body=octets, headers=headers | {"Content-Encoding": coding})
    return web.Response(body=file.body, headers=headers)
