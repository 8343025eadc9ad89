"""A gateway where visits take place, and its registration authority beside it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from gateway.authority import AuthoritySettings, certify, initialise, register, run_authority
from gateway.config import GatewaySettings, PersonSettings, ReportSettings
from gateway.config.visit import AuthorityLink
from gateway.http.session import DEMO_ACR
from gateway.http.statement_key import statement_key
from signalling import jws
from signalling.binding import Anchors, Signer
from signalling.binding import booth as booth_signer
from signalling.binding import physician as physician_signer
from tests.peers.running import PEOPLE, Running, running_gateway
from tests.peers.village import devices, marcelle, send

__all__ = ["House", "house"]
_ADDRESS: Final = {
    "title": "Médecine générale",
    "address": "12 rue du Moulin\n59540 Caudry",
    "phone": "+33 3 27 00 00 01",
    "email": "medecin@exemple.mssante.fr",
}
_PHYSICIANS: Final = (
    replace(PEOPLE[0], rpps="10001234567", **_ADDRESS),
    PersonSettings(id="roy", name="Dr Hélène Roy", role="physician", rpps="10007654321", **_ADDRESS),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """A running gateway, and whom a booth believes."""

    running: Running
    anchors: Anchors
    authority: Path

    def physician(self, person: PersonSettings = _PHYSICIANS[1]) -> Signer:
        """Return what another physician of this authority signs with."""
        key, subject = ec.generate_private_key(ec.SECP256R1()), f"rpps:{person.rpps}"
        jwk = json.dumps(jws.jwk_of(key.public_key()))
        return physician_signer(subject, certify(self.authority, physician=subject, name=person.name, jwk=jwk), key)

    def signer(self, name: str) -> Signer:
        """Return what the booth of that name signs with."""
        pair = self.running.certificates.booths[name]
        return booth_signer(x509.load_pem_x509_certificate(pair.certificate.read_bytes()), _key(pair.key))


@asynccontextmanager
async def house(folder: Path) -> AsyncIterator[House]:
    """Run the authority and the gateway that it knows, with the village's devices and Marcelle in its records."""
    authority = folder / "authority"
    certificate = initialise(authority)
    register(authority, "gateway", jws.jwk_of(statement_key(folder / "data").public_key()))
    settings = AuthoritySettings(directory=authority, acr=(DEMO_ACR,), port=0)
    address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    serving = asyncio.ensure_future(run_authority(settings, started=address.set_result))
    try:
        change = partial(_with_authority, url=await address, certificate=certificate)
        async with running_gateway(folder, change=change) as running:
            async with running.booth() as booth:
                await send(booth, running, [*devices(), *marcelle(datetime.now(UTC))])
            device_ca = running.certificates.device_ca.certificate.read_bytes()
            key = x509.load_pem_x509_certificate(certificate.read_bytes()).public_key()
            assert isinstance(key, ec.EllipticCurvePublicKey)
            anchors = Anchors(device_authority=x509.load_pem_x509_certificate(device_ca), registration_authority=key)
            yield House(running=running, anchors=anchors, authority=authority)
    finally:
        serving.cancel()
        await asyncio.wait([serving])


def _with_authority(settings: GatewaySettings, *, url: str, certificate: Path) -> GatewaySettings:
    return replace(
        settings,
        people=(*_PHYSICIANS, *settings.people[1:]),
        authority=AuthorityLink(url=url),
        report=ReportSettings(organisation="Caudrésis santé", authority=certificate),
    )


def _key(path: Path) -> ec.EllipticCurvePrivateKey:
    key = load_pem_private_key(path.read_bytes(), password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key
