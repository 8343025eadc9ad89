"""Signing in with OpenID Connect, our side: what is asked of the provider, and what of its answers is believed.

The code flow with PKCE over a back-channel, for any provider. Nothing here does I/O: `gateway.http.sign_in` carries.

    /sign-in       Attempt.begin → the browser goes to authorization_url
    provider       … who are you? … → back to us with a code
    /callback      check_answer (state, iss) → token_request → check_id_token (signature, iss, aud, exp, nonce, acr)

https://openid.net/specs/openid-connect-core-1_0.html, RFC 7636 (PKCE), RFC 9207 (iss), RFC 7523 (private_key_jwt),
https://www.rfc-editor.org/rfc/rfc9700 (best current practice)
"""

from __future__ import annotations

import base64
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NoReturn, Self
from urllib.parse import urlencode, urlsplit

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, RSAKey

from gateway.errors import SettingsError, Unauthenticated, Unavailable
from gateway.identity.assertion import quiet
from gateway.identity.attempt import ATTEMPT_LASTS, Attempt

__all__ = [
    "ALGORITHMS",
    "Party",
    "Provider",
    "authorization_url",
    "check_answer",
    "check_id_token",
    "proved_at",
]

ALGORITHMS: Final = ("ES256", "PS256", "RS256")
"""What an ID token may be signed with: never `none`, never a shared secret (a public key could pass as one)."""

SKEW: Final = timedelta(seconds=60)
ASSERTION_LASTS: Final = timedelta(minutes=1)
ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

_LEVELS: Final = {"eidas1": 1, "eidas2": 2, "eidas3": 3}
"""Levels of assurance that have an order; any other must come back as it was asked for."""

_RSA_BITS: Final = 2048
_LONGEST_TOKEN: Final = 16_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """What a provider's metadata says of it. https://openid.net/specs/openid-connect-discovery-1_0.html."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None

    @classmethod
    def read(cls, document: bytes, *, issuer: str) -> Self:
        """Return the provider that *document* describes, if it is the one we asked for; raises Unavailable."""
        try:
            said = json.loads(document)
            names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
            urls = {name: said[name] for name in names}
            urls |= {"userinfo_endpoint": said["userinfo_endpoint"]} if "userinfo_endpoint" in said else {}
        except (ValueError, KeyError, TypeError, RecursionError):
            raise _provider("its metadata cannot be read") from None
        # https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfigurationValidation
        if said.get("issuer") != issuer:
            raise _provider("its metadata is another issuer's")
        if not all(is_safe(url) for url in urls.values()):
            raise _provider("an endpoint of it is not an https address")
        return cls(issuer=issuer, **urls)


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Ourselves as the provider knows us. One of `secret` (client_secret_basic) and `key` (private_key_jwt)."""

    client_id: str
    redirect_uri: str
    scopes: str = "openid profile"
    acr: str | None = None
    secret: str | None = None
    key: ECKey | RSAKey | None = None

    def __post_init__(self) -> None:
        if (self.secret is None) == (self.key is None):
            raise SettingsError("oidc: give either client_secret_file or client_key")
        if "openid" not in self.scopes.split(" "):
            raise SettingsError("oidc.scopes: it must contain openid")

    def token_request(
        self, code: str, verifier: str, *, provider: Provider, now: datetime
    ) -> tuple[dict[str, str], dict[str, str]]:
        """Return the form and the headers that exchange *code*."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": verifier,
        }
        if self.secret is not None:
            # RFC 6749 §2.3.1: both are form-encoded before they are put together.
            pair = f"{urlencode({'': self.client_id})[1:]}:{urlencode({'': self.secret})[1:]}"
            return form, {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
        assert self.key is not None, "one of the two"
        claims = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": provider.token_endpoint,
            "iat": int(now.timestamp()),
            "exp": int((now + ASSERTION_LASTS).timestamp()),
            "jti": secrets.token_urlsafe(24),
        }
        alg = "RS256" if isinstance(self.key, RSAKey) else "ES256"
        header = {"alg": alg, "typ": "JWT", "kid": self.key.kid or self.key.thumbprint()}
        assertion = jwt.encode(header, claims, self.key, algorithms=[alg])
        proof = {"client_id": self.client_id, "client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}
        return form | proof, {}


def authorization_url(provider: Provider, party: Party, attempt: Attempt, *, language: str) -> str:
    """Return where the browser goes to say who its person is."""
    query = {
        "response_type": "code",
        "client_id": party.client_id,
        "redirect_uri": party.redirect_uri,
        "scope": party.scopes,
        "state": attempt.state,
        "nonce": attempt.nonce,
        "code_challenge": attempt.challenge,
        "code_challenge_method": "S256",
        "ui_locales": language,
        **({"acr_values": party.acr} if party.acr else {}),
        **({"prompt": "login", "max_age": "0"} if attempt.again else {}),
    }
    separator = "&" if urlsplit(provider.authorization_endpoint).query else "?"
    return f"{provider.authorization_endpoint}{separator}{urlencode(query)}"


def check_answer(query: Mapping[str, str], attempt: Attempt, *, provider: Provider, now: datetime) -> str:
    """Return the code that the browser brings back to the attempt it began; raises Unauthenticated."""
    if not hmac.compare_digest(query.get("state", "").encode(), attempt.state.encode()):
        _refuse("state", "it is the answer to another attempt")
    if not attempt.began <= now <= attempt.began + ATTEMPT_LASTS:
        _refuse("state", "it took too long")
    if query.get("iss", provider.issuer) != provider.issuer:
        _refuse("iss", "another provider answers")
    if "error" in query:
        _refuse("error", f"the provider says {query['error'][:60]!r}")
    code = query.get("code", "")
    if not code:
        _refuse("code", "the provider sent no code")
    return code


def check_id_token(
    token: str, keys: KeySet, *, provider: Provider, party: Party, attempt: Attempt, now: datetime
) -> dict[str, Any]:
    """Return the claims of an ID token of this provider for us and this attempt; raises Unauthenticated.

    Where one was to say again who one is, `auth_time` must be of this attempt: a provider may ignore `prompt=login`.
    https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation
    """
    claims = _verified(token, keys)
    if claims.get("iss") != provider.issuer:
        _refuse("iss", "another provider signed it")
    _check_audience(claims, party.client_id)
    _check_times(claims, now)
    proved = proved_at(claims)
    if attempt.again and (proved is None or proved < attempt.began - SKEW):
        _refuse("auth_time", "nobody has said anew who they are")
    if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), attempt.nonce.encode()):
        _refuse("nonce", "it belongs to another attempt")
    if party.acr is not None and not _reaches(claims.get("acr"), party.acr):
        _refuse("acr", f"the proof of identity is below {party.acr}")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= 255:  # noqa: PLR2004 - the standard's limit
        _refuse("sub", "it names nobody")
    return claims


def proved_at(claims: Mapping[str, Any]) -> datetime | None:
    """Return when the person said to the provider who they are, from checked claims; None where it does not say."""
    said = claims.get("auth_time")
    return None if said is None else datetime.fromtimestamp(said, UTC)


def key_id(token: str) -> str | None:
    """Return the kid that an ID token names, unverified: only to know whether the provider has a new key."""
    try:
        kid = jws.extract_compact(token.encode("ascii")).headers().get("kid")
    except (JoseError, ValueError):
        return None
    return kid if isinstance(kid, str) else None


def is_safe(url: object) -> bool:
    """Tell whether secrets may travel to this address: TLS, or this machine."""
    parts = urlsplit(url) if isinstance(url, str) else None
    if parts is None or not parts.hostname:
        return False
    here = parts.hostname in ("localhost", "127.0.0.1", "::1")
    return parts.scheme == "https" or (parts.scheme == "http" and here)


def _verified(token: str, keys: KeySet) -> dict[str, Any]:
    if len(token) > _LONGEST_TOKEN:
        _refuse("id_token", "it is longer than any real one")
    try:
        raw = token.encode("ascii")
        header = jws.extract_compact(raw).headers()
        alg = header.get("alg")
        if alg not in ALGORITHMS:
            _refuse("alg", f"it is signed with {str(alg)[:20]!r}")
        key = _key(keys, str(alg), header.get("kid"))
        with quiet():
            claims = json.loads(jws.deserialize_compact(raw, key, algorithms=[str(alg)]).payload)
    except (JoseError, ValueError, TypeError, RecursionError):
        _refuse("id_token", "its signature does not hold")
    if not isinstance(claims, dict):
        _refuse("id_token", "it says nothing")
    return claims


def _key(keys: KeySet, alg: str, kid: object) -> ECKey | RSAKey:
    """Return the one key that may have signed: of the algorithm's type, with the kid where the token names one."""
    wanted = ECKey if alg == "ES256" else RSAKey
    found = [
        key
        for key in keys.keys
        if isinstance(key, wanted) and (key.alg or alg) == alg and (kid is None or key.kid == kid)
    ]
    if len(found) != 1:
        _refuse("kid", "the provider has no such key")
    key = found[0]
    assert isinstance(key, ECKey | RSAKey)
    if (isinstance(key, RSAKey) and key.public_key.key_size < _RSA_BITS) or (
        isinstance(key, ECKey) and key.curve_name != "P-256"
    ):
        _refuse("kid", "the provider's key is too weak")
    return key


def _check_audience(claims: Mapping[str, Any], client_id: str) -> None:
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if client_id not in audiences:
        _refuse("aud", "it is for another site")
    if claims.get("azp", client_id) != client_id or (len(audiences) > 1 and "azp" not in claims):
        _refuse("azp", "it was given to another site")


def _check_times(claims: Mapping[str, Any], now: datetime) -> None:
    seconds, skew = now.timestamp(), SKEW.total_seconds()
    times = {name: claims.get(name) for name in ("exp", "iat", "nbf", "auth_time")}
    if any(isinstance(each, bool) or not isinstance(each, int | float | None) for each in times.values()):
        _refuse("exp", "its times are no numbers")
    if times["exp"] is None or times["exp"] + skew <= seconds:
        _refuse("exp", "it has expired")
    if times["iat"] is None or not seconds - ATTEMPT_LASTS.total_seconds() - skew <= times["iat"] <= seconds + skew:
        _refuse("iat", "it was not made just now")
    if times["nbf"] is not None and times["nbf"] > seconds + skew:
        _refuse("nbf", "it is not valid yet")
    if times["auth_time"] is not None and not 0 <= times["auth_time"] <= seconds + skew:
        _refuse("auth_time", "nobody signs in in the future")


def _reaches(said: object, asked: str) -> bool:
    if said == asked:
        return True
    return isinstance(said, str) and asked in _LEVELS and _LEVELS.get(said, 0) >= _LEVELS[asked]


def _refuse(where: str, why: str) -> NoReturn:
    raise Unauthenticated(f"The sign-in cannot be trusted: {why}.", where=where, remedy="Sign in again.") from None


def _provider(why: str) -> Unavailable:
    return Unavailable(f"The identity provider cannot be used: {why}.", remedy="Try again later.")
