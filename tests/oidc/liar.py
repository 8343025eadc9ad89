"""An identity provider on a socket of its own that tells the truth until a test changes what it says."""

from __future__ import annotations

import base64
import hmac
import json
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
from aiohttp import web
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from gateway.config import GatewaySettings, OidcSettings
from tests.peers.running import Running

__all__ = [
    "SECRET",
    "Liar",
    "begin",
    "browser",
    "finish",
    "lying_provider",
    "session_of",
    "unsigned",
    "with_shared_secret",
]

SECRET = "a shared secret / with: signs"


@dataclass
class Liar:
    """The provider: `claims` change the ID token's, `sign` makes it, the rest changes single answers."""

    issuer: str = ""
    key: ECKey | RSAKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "k1"}))
    claims: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    userinfo: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    answer: Callable[[dict[str, Any]], web.Response] = web.json_response
    published: list[ECKey | RSAKey] = field(default_factory=list)
    sign: Callable[[dict[str, Any], dict[str, Any]], str] | None = None
    asked: dict[str, str] = field(default_factory=dict)
    tokens_given: int = 0
    keys_read: int = 0
    token_request: dict[str, str] = field(default_factory=dict)
    authorization: str | None = None

    def settings(self, folder: Path, **changed: Any) -> Callable[[GatewaySettings], GatewaySettings]:
        secret = folder / "client-secret"
        secret.write_text(SECRET + "\n")
        oidc = OidcSettings(
            issuer=self.issuer,
            client_id="teleborne",
            client_secret_file=secret,
            acr="eidas1",
            physicians=("10",),
            citizens=("patient",),
            number="SubjectNameID",
            patient="record",
        )
        changes: dict[str, Any] = {"oidc": replace(oidc, **changed), "demo": False, "people": ()}
        return lambda usual: replace(usual, **changes)

    def id_token(self) -> str:
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "sub": "s-1",
            "aud": "teleborne",
            "iat": now,
            "exp": now + 60,
            "nonce": self.asked["nonce"],
            "acr": "eidas1",
        }
        claims |= self.claims
        claims = {name: value for name, value in claims.items() if value is not None}
        header = {"alg": "ES256" if isinstance(self.key, ECKey) else "RS256", "kid": self.key.kid} | self.header
        if self.sign is not None:
            return self.sign(header, claims)
        return jwt.encode(header, claims, self.key, algorithms=[header["alg"]])

    async def _metadata(self, _request: web.Request) -> web.Response:
        return web.json_response(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "userinfo_endpoint": f"{self.issuer}/userinfo",
                "jwks_uri": f"{self.issuer}/jwks",
            }
            | self.metadata
        )

    async def _jwks(self, _request: web.Request) -> web.Response:
        self.keys_read += 1
        return web.json_response({"keys": [key.as_dict(private=False) for key in self.published or [self.key]]})

    async def _token(self, request: web.Request) -> web.Response:
        form = await request.post()
        self.tokens_given += 1
        self.token_request = {name: str(value) for name, value in form.items()}
        self.authorization = request.headers.get("Authorization")
        return self.answer({"id_token": self.id_token(), "access_token": "an-access-token", "token_type": "Bearer"})

    async def _userinfo(self, request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == "Bearer an-access-token"
        told = {"sub": "s-1", "given_name": "Claire", "family_name": "Martin", "role": ["10"], "locale": "fr-FR"}
        return web.json_response(told | {"SubjectNameID": "10001234567"} | self.userinfo)

    def site(self) -> web.Application:
        site = web.Application()
        site.add_routes(
            [
                web.get("/realm/.well-known/openid-configuration", self._metadata),
                web.get("/realm/jwks", self._jwks),
                web.post("/realm/token", self._token),
                web.get("/realm/userinfo", self._userinfo),
            ]
        )
        return site


@asynccontextmanager
async def lying_provider() -> AsyncIterator[Liar]:
    liar = Liar()
    with socket.create_server(("127.0.0.1", 0)) as opened:
        liar.issuer = f"http://127.0.0.1:{opened.getsockname()[1]}/realm"
        runner = web.AppRunner(liar.site(), access_log=None)
        await runner.setup()
        try:
            await web.SockSite(runner, opened).start()
            yield liar
        finally:
            await runner.cleanup()


@asynccontextmanager
async def browser() -> AsyncIterator[aiohttp.ClientSession]:
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar, headers={"Sec-Fetch-Site": "same-origin"}) as session:
        yield session


async def begin(session: aiohttp.ClientSession, running: Running, liar: Liar, *, again: bool = False) -> None:
    """Let the browser begin a sign-in; the liar learns what was asked."""
    async with session.get(f"{running.url}/sign-in{'?again=1' if again else ''}", allow_redirects=False) as answer:
        assert answer.status == 303, await answer.text()
        address = answer.headers["Location"]
    assert address.startswith(f"{liar.issuer}/authorize?")
    liar.asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


async def finish(
    session: aiohttp.ClientSession, running: Running, liar: Liar, **changed: str | None
) -> tuple[int, str]:
    """Let the browser come back from the provider; return the status and where it was sent, or what it was told."""
    query = {"code": "a-code", "state": liar.asked["state"], "iss": liar.issuer} | changed
    params = {name: value for name, value in query.items() if value is not None}
    async with session.get(f"{running.url}/sign-in/callback", params=params, allow_redirects=False) as answer:
        return answer.status, answer.headers.get("Location") or await answer.text()


async def session_of(session: aiohttp.ClientSession, running: Running) -> dict[str, Any]:
    """Return what the gateway says of who is signed in."""
    async with session.get(f"{running.url}/session") as answer:
        told = await answer.json()
        assert isinstance(told, dict)
        return told


def with_shared_secret(liar: Liar) -> Callable[[dict[str, Any], dict[str, Any]], str]:
    """Return a signer that takes the provider's public key for a secret (HS256): the classic confusion."""
    public = liar.key.as_pem(private=False)

    def sign(header: dict[str, Any], claims: dict[str, Any]) -> str:
        parts = [_text(json.dumps(each).encode()) for each in (header | {"alg": "HS256"}, claims)]
        return ".".join([*parts, _text(hmac.digest(public, ".".join(parts).encode(), "sha256"))])

    return sign


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unsigned(header: dict[str, Any], claims: dict[str, Any]) -> str:
    """Return the token with alg none and no signature."""
    _, payload, _ = jwt.encode(header, claims, ECKey.generate_key("P-256"), algorithms=["ES256"]).split(".")
    return f"eyJhbGciOiJub25lIn0.{payload}."
