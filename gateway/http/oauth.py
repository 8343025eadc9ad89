"""`POST /oauth/token`: a program's signed assertion in, an access token for five minutes out (SMART Backend Services).

https://hl7.org/fhir/smart-app-launch/STU2.2/backend-services.html, RFC 6749 §4.4 and §5, RFC 7523
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import parse_qsl

from aiohttp import web

from gateway.errors import Invalid, Malformed, Problem, Unauthenticated, Unavailable
from gateway.identity import Scopes
from gateway.identity.assertion import Client, check
from gateway.store.credentials import Credentials

__all__ = ["LIFETIME", "PATH", "routes"]

PATH: Final = "/oauth/token"
LIFETIME: Final = timedelta(seconds=300)
"""How long an access token is good; SMART says at most five minutes."""

_ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_FORM: Final = "application/x-www-form-urlencoded"
_MOST_FIELDS: Final = 20
_MOST_NAMED: Final = 5


class _UnsupportedGrant(Problem):
    """The request asks for a token in a way that this server does not give one."""


_ERRORS: Final[Mapping[type[Problem], tuple[int, str]]] = {
    Unauthenticated: (401, "invalid_client"),
    Invalid: (400, "invalid_scope"),
    _UnsupportedGrant: (400, "unsupported_grant_type"),
    Unavailable: (503, "temporarily_unavailable"),
    Malformed: (400, "invalid_request"),
}
"""RFC 6749 §5.2; what is not here goes on to the edge."""


def routes(
    credentials: Credentials, *, clients: Mapping[str, Client], base_url: str, now: Callable[[], datetime]
) -> list[web.RouteDef]:
    """Return the route of the token endpoint, which is *base_url* + PATH to everybody."""
    token_url = base_url + PATH

    async def token(request: web.Request) -> web.Response:
        try:
            form = await _form(request)
            assertion = check(form["client_assertion"], clients=clients, token_url=token_url, now=now())
            scopes, unknown = _scopes(form, assertion.client)
            access = await credentials.grant(
                client=assertion.client.client_id,
                scopes=str(scopes),
                jti=assertion.jti,
                jti_expires=assertion.expires,
                lifetime=LIFETIME,
            )
        except tuple(_ERRORS) as problem:
            return _refused(problem)
        seconds = int(LIFETIME.total_seconds())
        told = {"access_token": access, "token_type": "bearer", "expires_in": seconds, "scope": str(scopes)}
        if unknown:
            told["scope_ignored"] = "; ".join(unknown[:_MOST_NAMED])
        return web.json_response(told, headers={"Cache-Control": "no-store", "Pragma": "no-cache"})

    return [web.post(PATH, token)]


async def _form(request: web.Request) -> dict[str, str]:
    """Return the form's fields, each there once, or raise Malformed."""
    if request.content_type != _FORM:
        raise Malformed(f"The token endpoint takes {_FORM}.", where="Content-Type")
    if "Authorization" in request.headers:
        raise Malformed("The client is authenticated by its assertion alone; leave the Authorization header out.")
    try:
        text = (await request.read()).decode("ascii")
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise Malformed("The form cannot be read.") from None
    form = dict(pairs)
    if len(form) != len(pairs):
        raise Malformed("A field of the form is there twice.")
    if form.get("grant_type") != "client_credentials":
        raise _UnsupportedGrant("The only grant_type here is client_credentials.")
    if form.get("client_assertion_type") != _ASSERTION_TYPE:
        raise Malformed(f"client_assertion_type must be {_ASSERTION_TYPE}.")
    if not form.get("client_assertion"):
        raise Malformed("client_assertion, a JWT signed with your private key, is missing.")
    return form


def _scopes(form: Mapping[str, str], client: Client) -> tuple[Scopes, tuple[str, ...]]:
    """Return what is both asked for and registered, and what cannot be read; raises Invalid where nothing is left."""
    if form.get("client_id", client.client_id) != client.client_id:
        raise Malformed("client_id is not the one in the assertion; leave it out.")
    asked, unknown = Scopes.known(form.get("scope", ""))
    if not asked:
        raise Invalid(
            "; ".join(unknown[:_MOST_NAMED]) or "scope is missing.", remedy=f"This client may ask for: {client.scopes}."
        )
    granted = asked & client.scopes
    if not granted:
        raise Invalid("None of these scopes is registered for this client.", remedy=f"It may ask for: {client.scopes}.")
    return granted, unknown


def _refused(problem: Problem) -> web.Response:
    status, code = next(_ERRORS[kind] for kind in type(problem).__mro__ if kind in _ERRORS)
    # RFC 6749 §5.2: error_description has printable ASCII without quotes and backslashes.
    text = str(problem).encode("ascii", "replace").decode().replace('"', "'").replace("\\", "/")
    headers = {"Cache-Control": "no-store", "Pragma": "no-cache"}
    return web.json_response({"error": code, "error_description": text}, status=status, headers=headers)
