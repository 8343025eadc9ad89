"""Our own connection to the identity provider: its metadata, its keys, and the exchange of a code for an ID token.

Nothing of it passes through a browser. No redirect is followed, every answer has a deadline and a size.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from aiohttp import ClientError, ClientSession, ClientTimeout
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from gateway.errors import Unauthenticated, Unavailable
from gateway.identity.assertion import quiet
from gateway.identity.attempt import Attempt
from gateway.identity.oidc import Party, Provider, check_id_token, key_id

__all__ = ["BackChannel"]

_DEADLINE: Final = ClientTimeout(total=5)
_LARGEST: Final = 256 * 1024
_METADATA_LASTS: Final = timedelta(hours=1)
_KEYS_AT_MOST_EVERY: Final = timedelta(seconds=30)
"""How often a token with an unknown key makes us look for new keys: somebody else chooses what is in a token."""

_OK: Final = 200


class BackChannel:
    """One provider, asked over *session*; *discovery* is the address of its metadata."""

    def __init__(
        self, session: ClientSession, *, issuer: str, discovery: str, party: Party, now: Callable[[], datetime]
    ) -> None:
        self._session = session
        self._issuer = issuer
        self._discovery = discovery
        self._party = party
        self._now = now
        self._provider: tuple[datetime, Provider] | None = None
        self._keys: tuple[datetime, KeySet] | None = None

    async def provider(self) -> Provider:
        """Return the provider's metadata, at most an hour old; raises Unavailable."""
        now = self._now()
        if self._provider is None or now - self._provider[0] > _METADATA_LASTS:
            document = await self._ask("GET", self._discovery)
            self._provider = now, Provider.read(document, issuer=self._issuer)
        return self._provider[1]

    async def claims(self, code: str, attempt: Attempt) -> dict[str, Any]:
        """Return what the provider says of the person: the ID token's claims, over those of its userinfo.

        Raises Unauthenticated for what cannot be believed, Unavailable where the provider does not answer.
        """
        provider, now = await self.provider(), self._now()
        form, headers = self._party.token_request(code, attempt.verifier, provider=provider, now=now)
        tokens = _object(await self._ask("POST", provider.token_endpoint, data=form, headers=headers))
        token, access = tokens.get("id_token"), tokens.get("access_token")
        if not isinstance(token, str):
            raise Unauthenticated("The sign-in cannot be trusted: there is no ID token.", remedy="Sign in again.")
        keys = await self._keys_for(token, provider)
        claims = check_id_token(token, keys, provider=provider, party=self._party, attempt=attempt, now=self._now())
        if provider.userinfo_endpoint is None or not isinstance(access, str):
            return claims
        more = _object(
            await self._ask("GET", provider.userinfo_endpoint, headers={"Authorization": f"Bearer {access}"})
        )
        if more.get("sub") != claims["sub"]:
            raise Unauthenticated(
                "The sign-in cannot be trusted: the provider speaks of two people.", remedy="Sign in again."
            )
        more.pop("auth_time", None)  # only a signature says when
        return more | claims

    async def _keys_for(self, token: str, provider: Provider) -> KeySet:
        """Return the provider's keys, fetched again where the token names one that we have not seen."""
        now, kid = self._now(), key_id(token)
        known = self._keys is not None and any(key.kid == kid for key in self._keys[1].keys)
        if self._keys is None or (not known and now - self._keys[0] > _KEYS_AT_MOST_EVERY):
            document = _object(await self._ask("GET", provider.jwks_uri))
            try:
                with quiet():
                    self._keys = now, KeySet.import_key_set(document)  # type: ignore[arg-type]  # checked by the library
            except (JoseError, ValueError, KeyError, TypeError) as error:
                raise _unusable("its keys cannot be read") from error
        return self._keys[1]

    async def _ask(self, method: str, url: str, **more: Any) -> bytes:
        try:
            async with self._session.request(method, url, allow_redirects=False, timeout=_DEADLINE, **more) as answer:
                body = await answer.content.read(_LARGEST)
                if answer.status == _OK and answer.content.at_eof():
                    return body
                # The provider refuses what a browser brought: a used or invented code, for one.
                if method == "POST" and 400 <= answer.status < 500:  # noqa: PLR2004 - the caller's mistake
                    raise Unauthenticated(
                        "The provider does not accept this sign-in.", where="code", remedy="Sign in again."
                    )
                raise _unusable(f"it answered {answer.status}")
        except (ClientError, TimeoutError) as error:
            raise _unusable("it does not answer") from error


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise _unusable("its answer is not JSON") from None
    if not isinstance(value, dict):
        raise _unusable("its answer is not an object")
    return value


def _unusable(why: str) -> Unavailable:
    return Unavailable(f"The identity provider cannot be used: {why}.", remedy="Try again later.")
