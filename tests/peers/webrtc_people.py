"""Who takes part in a call of the tests: a booth and a physician with real certificates and credentials."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from ifaddr import get_adapters

from certs_example.make import make
from signalling import jws
from signalling import messages as m
from signalling.binding import Anchors, Signer, booth, physician
from signalling.credential import make_credential
from signalling.side import Endpoint, Role

__all__ = ["BOOTH", "CALL", "PHYSICIAN", "People", "admitted", "people", "reachable", "revoking"]

BOOTH = "urn:teleborne:booth:caudry-mairie"
PHYSICIAN = "rpps:10001234567"
CALL = "8d0f4f5e-0000-4000-8000-000000000001"


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    booth: Signer
    physician: Signer
    stranger: Signer
    anchors: Anchors
    device_ca: Path
    registration: Path
    registration_key: ec.EllipticCurvePrivateKey


def people(folder: Path) -> People:
    """Make the authorities, a booth, a physician, and another physician."""
    files = make(folder, booths=["caudry-mairie"])
    pair = files.booths["caudry-mairie"]
    registration = _key(files.registration_authority.key)
    return People(
        booth=booth(x509.load_pem_x509_certificate(pair.certificate.read_bytes()), _key(pair.key)),
        physician=_physician(PHYSICIAN, "Dr Claire Martin", registration),
        stranger=_physician("rpps:10009999999", "Dr Personne", registration),
        anchors=Anchors(
            device_authority=x509.load_pem_x509_certificate(files.device_ca.certificate.read_bytes()),
            registration_authority=registration.public_key(),
        ),
        device_ca=files.device_ca.certificate,
        registration=files.registration_authority.certificate,
        registration_key=registration,
    )


def admitted(*, generations: dict[Endpoint, int] | None = None, present: bool = True) -> m.Admitted:
    """Return what the server tells a booth whose visit was taken."""
    party = m.Party(
        participant="p-2",
        role=Role.PHYSICIAN,
        subject=PHYSICIAN,
        name="whatever the server says",
        endpoints=[Endpoint.AV, Endpoint.AGENT],
        present=present,
        generations=generations or {},
    )
    return m.Admitted(you="p-1", peers=[party], ice_servers=[])


def reachable() -> None:
    """See that there is an address besides 127.0.0.1, which aiortc leaves out; give one where there is only `lo`."""
    if any(not str(ip.ip).startswith("127.0.0.1") and ip.is_IPv4 for each in get_adapters() for ip in each.ips):
        return
    made = subprocess.run(["ip", "address", "add", "127.0.0.2/32", "dev", "lo"], capture_output=True, check=False)
    if made.returncode != 0:
        pytest.fail("no address for WebRTC: run `ip address add 127.0.0.2/32 dev lo` as root")


def revoking(anchors: Anchors, subject: str) -> Anchors:
    return replace(anchors, revoked=frozenset({subject}))


def _physician(subject: str, name: str, authority: ec.EllipticCurvePrivateKey) -> Signer:
    key = ec.generate_private_key(ec.SECP256R1())
    jwk = jws.jwk_of(key.public_key())
    credential = make_credential(authority, subject=subject, name=name, jwk=jwk, now=datetime.now(UTC))
    return physician(subject, credential, key)


def _key(path: Path) -> ec.EllipticCurvePrivateKey:
    key = load_pem_private_key(path.read_bytes(), password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key
