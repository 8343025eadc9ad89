"""The headers that every answer carries, so that a browser does nothing we did not mean.

https://owasp.org/www-project-secure-headers/
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

__all__ = ["CAMERA_HERE", "CONTENT_SECURITY_POLICY", "HEADERS", "Prepare", "security_headers"]

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; media-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types lit-html"
)
"""Nothing but our own files; text becomes HTML only through lit-html. https://www.w3.org/TR/CSP3/

`connect-src 'self'` is also the page's own WebSocket: https://www.w3.org/TR/CSP3/#match-url-to-source-expression.
"""

HEADERS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(self), geolocation=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""On every answer, whatever it is."""

_CAMERA: Final = "camera=(self), microphone=(self), geolocation=(), payment=(), usb=()"

CAMERA_HERE: Final = {"/medecin/": _CAMERA, "/visite/": _CAMERA, "/essai/": _CAMERA}
"""The Permissions-Policy of the pages on which somebody is seen and heard; all others may not even ask."""

_HSTS: Final = "max-age=31536000; includeSubDomains"

Prepare = Callable[[web.Request, web.StreamResponse], Awaitable[None]]


def security_headers(*, hsts: bool) -> Prepare:
    """Return the signal that puts the headers on each answer just before it is sent.

    What may be kept by a cache says so itself; all else is `no-store`, for it may be somebody's health. *hsts*:
    browsers shall use TLS alone for this name from now on (https://www.rfc-editor.org/rfc/rfc6797).
    """

    async def prepare(request: web.Request, response: web.StreamResponse) -> None:
        response.headers.update(HEADERS)
        if request.path in CAMERA_HERE:
            response.headers["Permissions-Policy"] = CAMERA_HERE[request.path]
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers["Server"] = "Teleborne"
        if hsts:
            response.headers["Strict-Transport-Security"] = _HSTS

    return prepare
