"""Who may come in, as the settings say: the programs with their public keys, and in a demo the people."""

from __future__ import annotations

from collections.abc import Iterable

from gateway.care.report import Physician
from gateway.config import ClientSettings, PersonSettings
from gateway.errors import Invalid, SettingsError
from gateway.fhir.report import practitioner_id
from gateway.http.authentication import Person
from gateway.identity import Role, Scopes
from gateway.identity.assertion import Client, PublicKey, public_key, public_keys
from gateway.identity.principal import RECIPIENT_SCOPES, person

__all__ = ["registered_clients", "registered_people"]


def registered_clients(settings: Iterable[ClientSettings]) -> dict[str, Client]:
    """Return the programs by their client_id, their keys read; raises SettingsError that names the client."""
    return {one.client_id: _client(one) for one in settings}


def registered_people(settings: Iterable[PersonSettings]) -> dict[str, Person]:
    """Return the people by their id."""
    return {
        one.id: Person(
            principal=person(subject=one.id, name=one.name, role=Role(one.role), patient=one.patient),
            language=one.language,
            physician=_physician(one) if one.rpps else None,
        )
        for one in settings
    }


def _physician(one: PersonSettings) -> Physician:
    return Physician(
        id=practitioner_id(one.rpps),
        name=one.name,
        rpps=one.rpps,
        title=one.title,
        address=one.address,
        phone=one.phone,
        email=one.email,
    )


def _client(settings: ClientSettings) -> Client:
    try:
        scopes, keys = Scopes.parse(settings.scopes), _keys(settings)
    except (Invalid, SettingsError) as error:
        raise SettingsError(f"clients: {settings.client_id}: {error}") from None
    return Client(
        client_id=settings.client_id,
        name=settings.name,
        scopes=scopes & RECIPIENT_SCOPES if settings.recipient else scopes,
        recipient=settings.recipient,
        keys={kid: (settings.alg, key) for kid, key in keys.items()},
    )


def _keys(settings: ClientSettings) -> dict[str, PublicKey]:
    path = settings.public_key or settings.jwks
    assert path is not None, "ClientSettings has exactly one of the two"
    try:
        document = path.read_bytes()
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror})") from None
    try:
        if settings.kid is None:
            return public_keys(document, alg=settings.alg)
        return {settings.kid: public_key(document, alg=settings.alg)}
    except SettingsError as error:
        raise SettingsError(f"{path}: {error}") from None
