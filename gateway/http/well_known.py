"""Where a program learns how to get a token: `/.well-known/smart-configuration`, also under the FHIR base.

https://hl7.org/fhir/smart-app-launch/STU2.2/conformance.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from gateway.http import fhir, oauth
from gateway.identity.assertion import ALGORITHMS, Client

__all__ = ["routes", "smart_configuration"]

PATH = "/.well-known/smart-configuration"


def smart_configuration(*, base_url: str, clients: Mapping[str, Client]) -> dict[str, Any]:
    """Return what this server can do, truly: Backend Services, and no launch of apps yet."""
    scopes = sorted({str(scope) for client in clients.values() for scope in client.scopes.granted})
    return {
        "issuer": base_url,
        "token_endpoint": base_url + oauth.PATH,
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
        "grant_types_supported": ["client_credentials"],
        "scopes_supported": scopes or ["system/*.cruds"],
        "code_challenge_methods_supported": ["S256"],
        "capabilities": ["client-confidential-asymmetric", "permission-v1", "permission-v2"],
    }


def routes(*, base_url: str, clients: Mapping[str, Client]) -> list[web.RouteDef]:
    """Return the two addresses of the document."""
    document = smart_configuration(base_url=base_url, clients=clients)

    async def answer(request: web.Request) -> web.Response:  # noqa: ARG001 - the same for everybody
        return web.json_response(document, headers={"Cache-Control": "max-age=300"})

    return [web.get(PATH, answer), web.get(fhir.PATH + PATH, answer)]
