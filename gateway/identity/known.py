"""Somebody whom an identity provider vouches for, as we keep them: the key is the issuer and their subject there.

https://openid.net/specs/openid-connect-core-1_0.html#ClaimStability
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from gateway.errors import Forbidden
from gateway.identity.principal import Principal, Role, person

__all__ = ["Known", "RoleMapping", "known"]

_LANGUAGES: Final = ("fr", "en")
_LONGEST: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A person. `rpps`, `title`, `address`, `phone` and `email` are a physician's, as their reports print them."""

    issuer: str
    subject: str
    name: str
    role: Role
    language: str = "fr"
    patient: str | None = None
    rpps: str = ""
    title: str = ""
    address: str = ""
    phone: str = ""
    email: str = ""

    @property
    def key(self) -> str:
        """Return what a session and a record name this person by; it tells a stranger nothing."""
        return "oidc:" + sha256(f"{self.issuer}\0{self.subject}".encode()).hexdigest()

    @property
    def principal(self) -> Principal:
        """Return the person as `permit` sees them."""
        return person(subject=self.key, name=self.name, role=self.role, patient=self.patient)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleMapping:
    """How a provider's claims become ours: which claim says the role and which of its values mean what.

    `number` names the claim of a physician's national number, `patient` that of a citizen's record (None: it has none).
    """

    role: str
    physicians: frozenset[str]
    citizens: frozenset[str] = frozenset()
    operators: frozenset[str] = frozenset()
    number: str | None = None
    patient: str | None = None


def known(claims: Mapping[str, Any], mapping: RoleMapping) -> Known:
    """Return who *claims* (verified) are about; raises Forbidden for somebody who has nothing to do here."""
    role = _role(claims, mapping)
    patient = _text(claims, mapping.patient) or None
    if role is Role.CITIZEN and patient is None:
        raise Forbidden("There is no record of yours here.", remedy="Ask at a booth.")
    subject, locale = _text(claims, "sub"), _text(claims, "locale")[:2]
    names = (_text(claims, "given_name"), _text(claims, "family_name"))
    address = claims.get("address")
    return Known(
        issuer=_text(claims, "iss"),
        subject=subject,
        name=_text(claims, "name") or " ".join(filter(None, names)) or subject,
        role=role,
        language=locale if locale in _LANGUAGES else "fr",
        patient=patient if role is Role.CITIZEN else None,
        rpps=_text(claims, mapping.number),
        title=_text(claims, "title"),
        address=_text(address, "formatted") if isinstance(address, Mapping) else "",
        phone=_text(claims, "phone_number"),
        email=_text(claims, "email"),
    )


def _role(claims: Mapping[str, Any], mapping: RoleMapping) -> Role:
    said = claims.get(mapping.role)
    values = {each for each in (said if isinstance(said, list) else [said]) if isinstance(each, str)}
    # Whoever is both signs in as a physician: their own notebook is another account.
    if values & mapping.physicians:
        return Role.PHYSICIAN
    if values & mapping.citizens:
        return Role.CITIZEN
    if values & mapping.operators:
        return Role.OPERATOR
    raise Forbidden("Your account has no role here.", remedy="Sign in with the account that you work with.")


def _text(claims: Mapping[str, Any], name: str | None) -> str:
    value = claims.get(name) if name else None
    return value[:_LONGEST] if isinstance(value, str) and value.isprintable() else _lines(value)


def _lines(value: object) -> str:
    """Keep an address's line ends and nothing else that is not printable."""
    if not isinstance(value, str):
        return ""
    return "\n".join(line for line in value[:_LONGEST].splitlines() if line.isprintable())
