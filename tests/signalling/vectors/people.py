"""Everybody in the vectors, with their keys and what they sign."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from certs_example.make import Certificates, Pair
from signalling import binding as b
from signalling import confirm, jws
from signalling.credential import make_credential
from signalling.side import Endpoint

NOW = datetime(2026, 11, 22, 9, 0, 48, tzinfo=UTC)
BOOTH, OTHER_BOOTH = "urn:teleborne:booth:caudry-03", "urn:teleborne:booth:bertry-01"
ROY, MARTIN = "rpps:10001234567", "rpps:10007654321"
EDGE = b.Edge(
    call="8d0f3a6e-6d0c-4c55-9a52-3f3f6d2f6a01", generation=2, endpoint=Endpoint.AV, offerer=BOOTH, answerer=ROY
)
OFFER, ANSWER = b.Part.OFFER, b.Part.ANSWER

Change = Callable[[dict[str, Any]], None]


def load(pair: Pair) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = load_pem_private_key(pair.key.read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return x509.load_pem_x509_certificate(pair.certificate.read_bytes()), key


def private_jwk(key: ec.EllipticCurvePrivateKey) -> dict[str, str]:
    secret = key.private_numbers().private_value.to_bytes(32, "big")
    return jws.jwk_of(key.public_key()) | {"d": jws.text(secret)}


def der(certificate: x509.Certificate) -> str:
    return base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()


def parts(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    header, payload, _ = token.split(".")
    return json.loads(jws.octets(header)), json.loads(jws.octets(payload))


class Cast:
    """Everybody with their keys, and a stranger's authorities."""

    def __init__(self, ours: Certificates, strangers: Certificates) -> None:
        self.device_authority, _ = load(ours.device_ca)
        self.registration_authority, self.authority_key = load(ours.registration_authority)
        _, self.strange_authority_key = load(strangers.registration_authority)
        self.booth = b.booth(*load(ours.booths["caudry-03"]))
        self.other_booth = b.booth(*load(ours.booths["bertry-01"]))
        self.strange_booth = b.booth(*load(strangers.booths["caudry-03"]))
        self.server_certificate, self.server_key = load(ours.server)
        self.physician = self.certified(ROY, "Dr Hélène Roy")
        self.other_physician = self.certified(MARTIN, "Dr Claire Martin")
        self.prints = {"booth": "AB" * 32, "physician": "CD" * 32}
        self.nonce = jws.text(bytes(range(32)))
        self.offer = self.bind(OFFER)
        self.answer = self.bind(ANSWER)

    def certified(
        self,
        subject: str,
        name: str = "Dr X",
        *,
        by: ec.EllipticCurvePrivateKey | None = None,
        now: datetime = NOW,
    ) -> b.Signer:
        key = ec.generate_private_key(ec.SECP256R1())
        jwk = jws.jwk_of(key.public_key())
        credential = make_credential(by or self.authority_key, subject=subject, name=name, jwk=jwk, now=now)
        return b.physician(subject, credential, key)

    def bind(
        self, part: b.Part, *, by: b.Signer | None = None, edge: b.Edge = EDGE, now: datetime = NOW, **claims: Any
    ) -> str:
        side = "booth" if part is OFFER else "physician"
        said = {"fingerprint": self.prints[side]}
        said |= (
            {"commitment": confirm.commit(self.nonce)} if part is OFFER else {"peer": jws.digest(self.offer.encode())}
        )
        signer = by or (self.booth if part is OFFER else self.physician)
        return b.make_binding(signer, edge, part, now=now, **(said | claims))

    def forge(self, token: str, by: b.Signer, *, header: Change | None = None, claims: Change | None = None) -> str:
        """The token with its header or claims changed, signed again."""
        old_header, old_claims = parts(token)
        for change, value in ((header, old_header), (claims, old_claims)):
            if change is not None:
                change(value)
        return jws.sign(old_header, old_claims, by.key)
