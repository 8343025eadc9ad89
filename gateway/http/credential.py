"""What a physician's page needs to prove who is in a visit.

POST /credential              {"jwk": …} → {"credential": …}: the page's own key, certified for whoever is signed in
GET  /medecin/anchors.json    the two authorities' certificates (DER in base64), and what is revoked
GET  /visite/anchors.json     the same, for a guest's page

docs/signalling.md, *Who signs*.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from gateway.care.report import Physician
from gateway.errors import Forbidden, Malformed, SettingsError, Unauthenticated, Unavailable
from gateway.http.authentication import People
from gateway.http.certifying import Certifying
from gateway.http.cookies import Cookies
from gateway.http.guest import FOLDER
from gateway.http.revocation import RevocationList
from gateway.http.signalling import subject_of
from gateway.identity import Role
from gateway.identity.certificates import URN
from gateway.store.credentials import Credentials
from signalling import jws
from signalling.errors import BindingError

__all__ = ["ANCHORS", "PATH", "Anchors", "read_anchors", "routes"]

PATH: Final = "/credential"
ANCHORS: Final = "/medecin/anchors.json"
_SERIAL: Final = re.compile(r"[0-9a-f]+", re.ASCII)


class _Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    jwk: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchors:
    """Whom a page believes: the authorities' certificates (DER), None where the settings name none."""

    device_authority: bytes | None
    registration_authority: bytes | None


def read_anchors(*, device_authority: Path | None, registration_authority: Path | None) -> Anchors:
    """Return what the settings name; raises SettingsError."""
    return Anchors(
        device_authority=_der("booths.client_ca", device_authority),
        registration_authority=_der("report.authority", registration_authority),
    )


class _Pages:
    def __init__(
        self,
        authenticate: People,
        cookies: Cookies,
        credentials: Credentials,
        *,
        certifying: Certifying | None,
        anchors: Anchors,
        revocations: RevocationList,
        guests: Callable[[web.Request], Awaitable[object]],
    ) -> None:
        self._authenticate = authenticate
        self._cookies = cookies
        self._credentials = credentials
        self._certifying = certifying
        self._anchors = anchors
        self._revocations = revocations
        self._guests = guests

    async def credential(self, request: web.Request) -> web.Response:
        token, physician = await self._physician(request)
        jwk = await _jwk(request)
        subject = subject_of(physician.rpps)
        if subject is None:
            raise Forbidden("Your professional number is not known here.", remedy="Sign in with one that has it.")
        if subject in self._revocations.current():
            raise Forbidden("Your keys were revoked.", remedy="Ask whoever runs this server.")
        acr = await self._credentials.acr(token)
        if not acr:
            raise Forbidden("It is not known how strongly you signed in.", remedy="Sign in again.")
        if self._certifying is None:
            raise _not_set("authority.url")
        made = await self._certifying.credential(subject=subject, name=physician.name, acr=acr, jwk=jwk)
        return web.json_response({"credential": made})

    async def anchors(self, request: web.Request) -> web.Response:
        await self._physician(request)
        return self._told()

    async def anchors_of_a_guest(self, request: web.Request) -> web.Response:
        if await self._guests(request) is None:
            raise Unauthenticated("This needs a guest of a visit.", remedy="Open the link again.")
        return self._told()

    def _told(self) -> web.Response:
        device, registration = self._anchors.device_authority, self._anchors.registration_authority
        if device is None or registration is None:
            raise _not_set("booths.client_ca" if device is None else "report.authority")
        told = {
            "device_authority": base64.b64encode(device).decode(),
            "registration_authority": base64.b64encode(registration).decode(),
            "revoked": sorted(_revoked(self._revocations.current())),
        }
        return web.json_response(told)

    async def _physician(self, request: web.Request) -> tuple[str, Physician]:
        """Return the session and who it is of; a program's token is no person at a screen."""
        principal, token = await self._authenticate(request), self._cookies.session(request)
        if principal is None or token is None:
            raise Unauthenticated("This needs a physician who is signed in.", remedy="Sign in.")
        if Role.PHYSICIAN not in principal.roles:
            raise Forbidden("Only physicians take part in visits from here.")
        person = await self._authenticate.person(token)
        if person is None or person.physician is None:
            raise Forbidden("Your professional number is not known here.", remedy="Sign in with one that has it.")
        return token, person.physician


def routes(
    authenticate: People,
    cookies: Cookies,
    credentials: Credentials,
    *,
    certifying: Certifying | None,
    anchors: Anchors,
    revocations: RevocationList,
    guests: Callable[[web.Request], Awaitable[object]],
) -> list[web.RouteDef]:
    """Return the routes; without *certifying* a key cannot be certified, and the page is told so.

    *guests* returns the guest who asks, None for nobody.
    """
    pages = _Pages(
        authenticate, cookies, credentials,
        certifying=certifying, anchors=anchors, revocations=revocations, guests=guests,
    )  # fmt: skip
    return [
        web.post(PATH, pages.credential),
        web.get(ANCHORS, pages.anchors, allow_head=False),
        web.get(f"{FOLDER}/anchors.json", pages.anchors_of_a_guest, allow_head=False),
    ]


async def _jwk(request: web.Request) -> dict[str, Any]:
    try:
        jwk = msgspec.json.decode(await request.read(), type=_Asked).jwk
        return dict(jws.jwk_of(jws.key_of(jwk)))
    except (msgspec.MsgspecError, UnicodeDecodeError, BindingError) as error:
        raise Malformed(f"The key cannot be read: {error}.", where="jwk", remedy="Send a public P-256 JWK.") from None


def _revoked(listed: Iterable[str]) -> set[str]:
    """Return the list as bindings are checked against it: subjects, of booths by their names, and serial numbers."""
    found = set()
    for each in listed:
        found.add(each if each.startswith("rpps:") else f"{URN}{each}")
        if _SERIAL.fullmatch(each):
            found.add(each)
    return found


def _der(setting: str, path: Path | None) -> bytes | None:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes()).public_bytes(Encoding.DER) if path else None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "not a PEM certificate"
        raise SettingsError(f"{setting}: {path}: cannot be read ({why})") from None


def _not_set(setting: str) -> Unavailable:
    return Unavailable(
        "This server is not set up to prove who is in a visit.",
        where=setting,
        remedy=f"Ask whoever runs it to set {setting}.",
    )
