"""The provider over HTTP, beside the gateway's own routes: `/demo/oidc/…`, loopback only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final, cast

from aiohttp import web

from gateway.errors import Invalid, Problem, Unauthenticated
from gateway.http.problem import Lang, language
from gateway.http.provider.core import InventedProvider
from gateway.http.provider.page import page
from gateway.http.session import check_from_here

__all__ = ["PATH", "routes"]

PATH: Final = "/demo/oidc"

_ASKED: Final = (
    "client_id", "redirect_uri", "response_type", "scope", "state", "nonce", "code_challenge", "code_challenge_method",
)  # fmt: skip


class _Pages:
    def __init__(self, provider: InventedProvider, now: Callable[[], datetime]) -> None:
        self._provider = provider
        self._now = now

    async def metadata(self, request: web.Request) -> web.Response:  # noqa: ARG002 - the same for everybody
        return web.json_response(self._provider.metadata())

    async def jwks(self, request: web.Request) -> web.Response:  # noqa: ARG002 - the same for everybody
        return web.json_response(self._provider.jwks())

    async def choose(self, request: web.Request) -> web.Response:
        check_from_here(request)
        self._provider.wanted(request.query)
        asked = {name: request.query[name] for name in _ASKED}
        text = page(self._provider.people.values(), asked, action=f"{PATH}/authorize", lang=_language(request))
        return web.Response(text=text, content_type="text/html")

    async def chosen(self, request: web.Request) -> web.Response:
        check_from_here(request)
        form = await _form(request)
        wanted = self._provider.wanted(form)
        address = self._provider.grant(wanted, form.get("person", ""), now=self._now())
        return web.Response(status=303, headers={"Location": address})

    async def token(self, request: web.Request) -> web.Response:
        try:
            form = await _form(request)
            tokens = self._provider.exchange(form, request.headers.get("Authorization"), now=self._now())
        except Problem as problem:
            # https://www.rfc-editor.org/rfc/rfc6749#section-5.2
            unknown = isinstance(problem, Unauthenticated)
            error = "invalid_client" if unknown else "invalid_grant"
            told = {"error": error, "error_description": str(problem)}
            return web.json_response(told, status=401 if unknown else 400)
        return web.json_response(tokens)

    async def userinfo(self, request: web.Request) -> web.Response:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise Unauthenticated("There is no access token.", where="Authorization")
        return web.json_response(self._provider.userinfo(token, now=self._now()))


def routes(provider: InventedProvider, *, now: Callable[[], datetime]) -> list[web.RouteDef]:
    """Return the provider's routes; only a demo has them."""
    pages = _Pages(provider, now)
    return [
        web.get(f"{PATH}/.well-known/openid-configuration", pages.metadata),
        web.get(f"{PATH}/jwks", pages.jwks),
        web.get(f"{PATH}/authorize", pages.choose, allow_head=False),
        web.post(f"{PATH}/authorize", pages.chosen),
        web.post(f"{PATH}/token", pages.token),
        web.get(f"{PATH}/userinfo", pages.userinfo, allow_head=False),
    ]


async def _form(request: web.Request) -> Mapping[str, str]:
    form = await request.post()
    if any(not isinstance(value, str) for value in form.values()):
        raise Invalid("A form has text fields only.")
    return cast("Mapping[str, str]", form)


def _language(request: web.Request) -> Lang:
    """Return the language that the site asks the page in, else the browser's."""
    asked = request.query.get("ui_locales", "")[:2]
    return cast("Lang", asked) if asked in ("fr", "en") else language(request)
