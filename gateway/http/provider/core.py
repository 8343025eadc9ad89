"""The provider without HTTP: what it grants for which request, and what its tokens say.

https://openid.net/specs/openid-connect-core-1_0.html#CodeFlowAuth, https://www.rfc-editor.org/rfc/rfc6749#section-4.1
"""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final
from urllib.parse import unquote_plus, urlencode

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from gateway.errors import Invalid, NotFound, Unauthenticated

__all__ = ["ACR", "Invented", "InventedProvider", "Registered", "Wanted"]

ACR: Final = "eidas1"
"""The level of assurance that it claims, as Pro Santé Connect does."""

_CODE_LASTS: Final = timedelta(seconds=60)
_TOKEN_LASTS: Final = timedelta(minutes=2)
_MOST_OPEN: Final = 1000
_SKEW_S: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Invented:
    """A person whom one can be: their id is the subject, `claims` are all else that is said of them."""

    id: str
    name: str
    claims: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """The one site that may ask, by its secret or its public key."""

    client_id: str
    redirect_uri: str
    secret: str | None = None
    key: ECKey | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A checked authorization request."""

    state: str
    nonce: str
    challenge: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Granted:
    person: Invented
    wanted: Wanted
    expires: datetime


class InventedProvider:
    """One provider at *issuer*; its signing key lives as long as it does."""

    def __init__(self, *, issuer: str, registered: Registered, people: Mapping[str, Invented]) -> None:
        self.issuer = issuer
        self.people = people
        self._registered = registered
        self._key = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)
        self._codes: dict[str, _Granted] = {}
        self._tokens: dict[str, _Granted] = {}

    def metadata(self) -> dict[str, Any]:
        """Return what `/.well-known/openid-configuration` says."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "jwks_uri": f"{self.issuer}/jwks",
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": ["ES256"],
            "code_challenge_methods_supported": ["S256"],
            "acr_values_supported": [ACR],
            "authorization_response_iss_parameter_supported": True,
        }

    def jwks(self) -> dict[str, Any]:
        """Return the public key that its tokens are verified with."""
        return {"keys": [self._key.as_dict(private=False)]}

    def wanted(self, query: Mapping[str, str]) -> Wanted:
        """Return what is asked for; raises Invalid for a request that the registered site would not make."""
        must = {
            "client_id": self._registered.client_id,
            "redirect_uri": self._registered.redirect_uri,
            "response_type": "code",
            "code_challenge_method": "S256",
        }
        for name, value in must.items():
            if query.get(name) != value:
                raise Invalid(f"{name} is not {value}.", where=name)
        if "openid" not in query.get("scope", "").split(" "):
            raise Invalid("scope does not contain openid.", where="scope")
        told = {name: query.get(name, "") for name in ("state", "nonce", "code_challenge")}
        for name, value in told.items():
            if not 32 <= len(value) <= 200:  # noqa: PLR2004 - what France's providers ask for
                raise Invalid(f"{name} has not 32 to 200 characters.", where=name)
        return Wanted(state=told["state"], nonce=told["nonce"], challenge=told["code_challenge"])

    def grant(self, wanted: Wanted, person: str, *, now: datetime) -> str:
        """Return where the browser goes back to as *person*; raises NotFound."""
        if person not in self.people:
            raise NotFound("There is no such invented person.", where="person")
        self._forget(now)
        code = secrets.token_urlsafe(32)
        self._codes[code] = _Granted(person=self.people[person], wanted=wanted, expires=now + _CODE_LASTS)
        query = urlencode({"code": code, "state": wanted.state, "iss": self.issuer})
        return f"{self._registered.redirect_uri}?{query}"

    def exchange(self, form: Mapping[str, str], authorization: str | None, *, now: datetime) -> dict[str, Any]:
        """Return the tokens for a code, which is used up by this; raises Unauthenticated or Invalid."""
        self._check_client(form, authorization, now)
        granted = self._codes.pop(form.get("code", ""), None)
        if form.get("grant_type") != "authorization_code" or granted is None or granted.expires <= now:
            raise Invalid("The code is unknown, used or too old.", where="code")
        verifier = form.get("code_verifier", "")
        challenge = base64.urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        if form.get("redirect_uri") != self._registered.redirect_uri or challenge != granted.wanted.challenge:
            raise Invalid("The code is for another request.", where="code_verifier")
        access = secrets.token_urlsafe(32)
        lasts = int(_TOKEN_LASTS.total_seconds())
        self._tokens[access] = _Granted(person=granted.person, wanted=granted.wanted, expires=now + _TOKEN_LASTS)
        return {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": lasts,
            "id_token": self._id_token(granted, now),
        }

    def userinfo(self, access_token: str, *, now: datetime) -> dict[str, Any]:
        """Return all that is said of the person; raises Unauthenticated."""
        granted = self._tokens.get(access_token)
        if granted is None or granted.expires <= now:
            raise Unauthenticated("The access token is unknown or has expired.")
        return {"sub": granted.person.id, "name": granted.person.name, **granted.person.claims}

    def _id_token(self, granted: _Granted, now: datetime) -> str:
        claims = {
            "iss": self.issuer,
            "sub": granted.person.id,
            "aud": self._registered.client_id,
            "iat": int(now.timestamp()),
            "exp": int((now + _TOKEN_LASTS).timestamp()),
            "auth_time": int(now.timestamp()),
            "nonce": granted.wanted.nonce,
            "acr": ACR,
        }
        header = {"alg": "ES256", "typ": "JWT", "kid": self._key.kid}
        return jwt.encode(header, claims, self._key, algorithms=["ES256"])

    def _check_client(self, form: Mapping[str, str], authorization: str | None, now: datetime) -> None:
        proven = self._by_secret(authorization) if authorization else self._by_key(form, now)
        if not proven:
            raise Unauthenticated("The site does not prove that it is registered.", where="client_id")

    def _by_secret(self, authorization: str) -> bool:
        scheme, _, pair = authorization.partition(" ")
        try:
            client, _, secret = base64.b64decode(pair, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeError):
            return False
        right = hmac.compare_digest(unquote_plus(secret).encode(), (self._registered.secret or "").encode())
        named = unquote_plus(client) == self._registered.client_id
        return scheme.lower() == "basic" and bool(self._registered.secret) and named and right

    def _by_key(self, form: Mapping[str, str], now: datetime) -> bool:
        if self._registered.key is None:
            return False
        try:
            token = jwt.decode(form.get("client_assertion", ""), self._registered.key, algorithms=["ES256"])
        except (JoseError, ValueError):
            return False
        names = {token.claims.get("iss"), token.claims.get("sub")}
        expires = token.claims.get("exp")
        lasts = expires - now.timestamp() if isinstance(expires, int) else 0
        return (
            names == {self._registered.client_id}
            and token.claims.get("aud") == f"{self.issuer}/token"
            and 0 < lasts <= _TOKEN_LASTS.total_seconds() + _SKEW_S
        )

    def _forget(self, now: datetime) -> None:
        for granted in (self._codes, self._tokens):
            for key in [key for key, each in granted.items() if each.expires <= now]:
                del granted[key]
            while len(granted) >= _MOST_OPEN:
                del granted[next(iter(granted))]
