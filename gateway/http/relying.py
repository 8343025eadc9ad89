"""The identity provider that people sign in through, as the settings say; in a demo without one, the invented one."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from aiohttp import ClientSession, DummyCookieJar, web
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from gateway.config import GatewaySettings, OidcSettings, PersonSettings
from gateway.database import DataKey
from gateway.errors import SettingsError
from gateway.http import provider, sign_in
from gateway.http.authentication import Person
from gateway.http.back_channel import BackChannel
from gateway.http.cookies import Cookies
from gateway.identity.known import RoleMapping
from gateway.identity.oidc import Party
from gateway.store.people import People

__all__ = ["Relying", "relying"]

_DEMO_CLIENT: Final = "teleborne"
_DISCOVERY: Final = "/.well-known/openid-configuration"


class Relying:
    """What is known of the provider before anybody signs in; `routes` are ours, and in a demo the provider's."""

    def __init__(
        self, *, issuer: str, discovery: str, party: Party, mapping: RoleMapping, extra: tuple[web.RouteDef, ...] = ()
    ) -> None:
        self._issuer = issuer
        self._discovery = discovery
        self._party = party
        self._mapping = mapping
        self._extra = extra

    @asynccontextmanager
    async def routes(
        self,
        people: People,
        cookies: Cookies,
        *,
        registered: Mapping[str, Person],
        key: DataKey,
        now: Callable[[], datetime],
    ) -> AsyncIterator[list[web.RouteDef]]:
        """Hold the connection to the provider and give the routes that use it."""
        async with ClientSession(cookie_jar=DummyCookieJar()) as session:
            channel = BackChannel(session, issuer=self._issuer, discovery=self._discovery, party=self._party, now=now)
            found = sign_in.routes(
                channel,
                people,
                cookies,
                party=self._party,
                mapping=self._mapping,
                key=key,
                now=now,
                registered=registered if self._extra else {},
            )
            yield [*found, *self._extra]


def relying(settings: GatewaySettings, *, base_url: str, now: Callable[[], datetime]) -> Relying | None:
    """Return the provider, None where people cannot sign in through one; raises SettingsError."""
    redirect_uri = base_url + sign_in.CALLBACK
    if settings.oidc is not None:
        return _real(settings.oidc, redirect_uri)
    return _invented(settings.people, base_url, redirect_uri, now) if settings.demo else None


def _real(settings: OidcSettings, redirect_uri: str) -> Relying:
    party = Party(
        client_id=settings.client_id,
        redirect_uri=redirect_uri,
        scopes=settings.scopes,
        acr=settings.acr,
        secret=_read("oidc.client_secret_file", settings.client_secret_file),
        key=_key(settings.client_key),
    )
    mapping = RoleMapping(
        role=settings.role,
        physicians=frozenset(settings.physicians),
        citizens=frozenset(settings.citizens),
        operators=frozenset(settings.operators),
        number=settings.number,
        patient=settings.patient,
    )
    discovery = settings.discovery or settings.issuer + _DISCOVERY
    return Relying(issuer=settings.issuer, discovery=discovery, party=party, mapping=mapping)


def _invented(
    people: tuple[PersonSettings, ...], base_url: str, redirect_uri: str, now: Callable[[], datetime]
) -> Relying:
    issuer, secret = base_url + provider.PATH, secrets.token_urlsafe(32)
    registered = provider.Registered(client_id=_DEMO_CLIENT, redirect_uri=redirect_uri, secret=secret)
    invented = provider.InventedProvider(
        issuer=issuer, registered=registered, people={each.id: _claims(each) for each in people}
    )
    return Relying(
        issuer=issuer,
        discovery=issuer + _DISCOVERY,
        party=Party(client_id=_DEMO_CLIENT, redirect_uri=redirect_uri, acr="eidas1", secret=secret),
        mapping=RoleMapping(
            role="role",
            physicians=frozenset({"physician"}),
            citizens=frozenset({"citizen"}),
            operators=frozenset({"operator"}),
            number="SubjectNameID",
            patient="patient",
        ),
        extra=tuple(provider.routes(invented, now=now)),
    )


def _claims(person: PersonSettings) -> provider.Invented:
    claims = {
        "role": person.role,
        "locale": person.language,
        "patient": person.patient,
        "SubjectNameID": person.rpps,
        "title": person.title,
        "address": {"formatted": person.address},
        "phone_number": person.phone,
        "email": person.email,
    }
    return provider.Invented(
        id=person.id, name=person.name, claims={name: value for name, value in claims.items() if value}
    )


def _read(name: str, path: Path | None) -> str | None:
    try:
        text = path.read_text("utf-8").strip() if path else None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{name}: {path}: cannot be read ({type(error).__name__})") from None
    if text == "":
        raise SettingsError(f"{name}: {path}: the file is empty")
    return text


def _key(path: Path | None) -> ECKey | RSAKey | None:
    text = _read("oidc.client_key", path)
    if text is None:
        return None
    for kind in (ECKey, RSAKey):
        try:
            key = kind.import_key(text)
        except (JoseError, ValueError, TypeError, KeyError):
            continue
        if key.is_private:
            return key
    raise SettingsError(f"oidc.client_key: {path}: not a private P-256 or RSA key in PEM")
