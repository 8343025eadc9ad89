"""Makes bindings.json anew: bindings that hold, attacks that must not, and descriptions, for Python and browser.

python -m tests.signalling.vectors.make
"""

from __future__ import annotations

import base64
import copy
import json
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from certs_example.make import Certificates, Pair, make
from signalling import binding as b
from signalling import confirm, jws
from signalling.credential import TYPE as CREDENTIAL_TYPE
from signalling.credential import make_credential
from signalling.errors import Flaw
from signalling.side import Endpoint
from tests.signalling.vectors.descriptions import descriptions

FILE = Path(__file__).with_name("bindings.json")
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


def setting(**values: Any) -> Change:
    return lambda members: members.update(values)


def term(name: str, value: Any) -> Change:
    return lambda claims: claims["tb"].update({name: value})


def attack(name: str, flaw: Flaw, token: str, part: b.Part = OFFER, **more: Any) -> dict[str, Any]:
    return {"name": name, "flaw": str(flaw), "token": token, "part": str(part)} | more


def attacks_on_claims(cast: Cast) -> list[dict[str, Any]]:
    bind, offer, answer = cast.bind, cast.offer, cast.answer
    old = replace(EDGE, generation=1)
    long = cast.forge(offer, cast.booth, claims=lambda claims: claims.update(exp=claims["iat"] + 121))
    return [
        attack("a replayed binding of the generation before", Flaw.GENERATION, bind(OFFER, edge=old)),
        attack(
            "a generation that is not a number", Flaw.MALFORMED, cast.forge(offer, cast.booth, claims=term("gen", "2"))
        ),
        attack("a binding of another visit", Flaw.CALL, bind(OFFER, edge=replace(EDGE, call="other"))),
        attack(
            "a binding of the other endpoint", Flaw.ENDPOINT, bind(OFFER, edge=replace(EDGE, endpoint=Endpoint.AGENT))
        ),
        attack("a binding made for another physician", Flaw.AUDIENCE, bind(OFFER, edge=replace(EDGE, answerer=MARTIN))),
        attack(
            "two people in dest",
            Flaw.AUDIENCE,
            cast.forge(offer, cast.booth, claims=setting(dest={"uri": [ROY, MARTIN]})),
        ),
        attack("another booth's own binding", Flaw.IDENTITY, bind(OFFER, by=cast.other_booth)),
        attack(
            "another booth that signs in this one's name",
            Flaw.IDENTITY,
            bind(OFFER, by=replace(cast.other_booth, subject=BOOTH)),
        ),
        attack("another physician's answer", Flaw.IDENTITY, bind(ANSWER, by=cast.other_physician), ANSWER),
        attack(
            "an origin that is not the signer",
            Flaw.IDENTITY,
            cast.forge(offer, cast.booth, claims=setting(orig={"uri": OTHER_BOOTH})),
        ),
        attack("an old binding", Flaw.EXPIRED, bind(OFFER, now=NOW - timedelta(seconds=181))),
        attack("a binding of the future", Flaw.EXPIRED, bind(OFFER, now=NOW + timedelta(seconds=61))),
        attack("a binding that lives too long", Flaw.EXPIRED, long),
        attack("an answer to another offer", Flaw.PEER, bind(ANSWER, peer=jws.digest(b"another")), ANSWER),
        attack("an answer to no offer", Flaw.PEER, bind(ANSWER, peer=None), ANSWER),
        attack("an offer given back as the answer", Flaw.IDENTITY, offer, ANSWER),
        attack("an answer given as the offer", Flaw.IDENTITY, answer),
        attack("a role that is not the part", Flaw.ROLE, cast.forge(offer, cast.booth, claims=term("role", "answer"))),
        attack("another roster", Flaw.ROSTER, cast.forge(offer, cast.booth, claims=term("roster", jws.digest(b"x")))),
        attack("an offer without commitment", Flaw.REVEAL, bind(OFFER, commitment=None)),
        attack("a commitment that is no hash", Flaw.MALFORMED, bind(OFFER, commitment="short")),
        attack(
            "a sha-1 fingerprint",
            Flaw.WEAK_FINGERPRINT,
            cast.forge(offer, cast.booth, claims=setting(mky=[{"alg": "sha-1", "dig": "AB" * 20}])),
        ),
        attack("a fingerprint that is too short", Flaw.FINGERPRINT, bind(OFFER, fingerprint="AB" * 31)),
        attack("a fingerprint in small letters", Flaw.FINGERPRINT, bind(OFFER, fingerprint="ab" * 32)),
        attack(
            "two fingerprints",
            Flaw.MALFORMED,
            cast.forge(offer, cast.booth, claims=lambda claims: claims["mky"].append(copy.deepcopy(claims["mky"][0]))),
        ),
        attack("no fingerprint", Flaw.MALFORMED, cast.forge(offer, cast.booth, claims=setting(mky=[]))),
        attack("a claim more", Flaw.MALFORMED, cast.forge(offer, cast.booth, claims=setting(more=1))),
        attack(
            "a term less",
            Flaw.MALFORMED,
            cast.forge(offer, cast.booth, claims=lambda claims: claims["tb"].pop("roster")),
        ),
        attack("another version", Flaw.MALFORMED, cast.forge(offer, cast.booth, claims=term("v", 2))),
    ]


def attacks_on_signatures(cast: Cast) -> list[dict[str, Any]]:
    offer, answer = cast.offer, cast.answer
    header, payload, signature = offer.split(".")
    swapped = copy.deepcopy(parts(offer)[1])
    swapped["mky"][0]["dig"] = "EE" * 32
    own = cast.certified(ROY, "Dr Roy")
    mixed = replace(cast.physician, key=own.key)
    x5c = parts(offer)[0]["x5c"]

    def headed(**members: Any) -> str:
        return cast.forge(offer, cast.booth, header=setting(**members))

    unsigned = ".".join((jws.text(jws.canonical({"alg": "none", "typ": "passport"})), payload, ""))
    return [
        attack(
            "a swapped fingerprint", Flaw.SIGNATURE, ".".join((header, jws.text(jws.canonical(swapped)), signature))
        ),
        attack("another signature", Flaw.SIGNATURE, ".".join((header, payload, answer.rpartition(".")[2]))),
        attack("signed again by a stranger's key", Flaw.SIGNATURE, cast.forge(offer, cast.other_booth)),
        attack("a stripped signature", Flaw.MALFORMED, f"{header}.{payload}."),
        attack("no algorithm", Flaw.MALFORMED, unsigned),
        attack("nothing", Flaw.MALFORMED, ""),
        attack(
            "a shared secret's algorithm",
            Flaw.MALFORMED,
            ".".join((jws.text(jws.canonical({"alg": "HS256", "typ": "passport", "x5c": x5c})), payload, signature)),
        ),
        attack("another type of token", Flaw.MALFORMED, headed(typ="JWT")),
        attack("a header member more", Flaw.MALFORMED, headed(x5u="https://attacker.example/cert.pem")),
        attack("a certificate and a credential", Flaw.MALFORMED, headed(cred=cast.physician.proof["cred"])),
        attack("two certificates", Flaw.MALFORMED, headed(x5c=[*x5c, der(cast.device_authority)])),
        attack("a certificate of another device authority", Flaw.CERTIFICATE, cast.bind(OFFER, by=cast.strange_booth)),
        attack("a certificate that is none", Flaw.CERTIFICATE, headed(x5c=["AAAA"])),
        attack(
            "a certificate with an octet changed",
            Flaw.CERTIFICATE,
            headed(x5c=[x5c[0][:400] + ("A" if x5c[0][400] != "A" else "B") + x5c[0][401:]]),
        ),
        attack(
            "the gateway's certificate",
            Flaw.CERTIFICATE,
            cast.bind(
                OFFER, by=b.Signer(subject=BOOTH, key=cast.server_key, proof={"x5c": [der(cast.server_certificate)]})
            ),
        ),
        attack("the device authority itself", Flaw.CERTIFICATE, headed(x5c=[der(cast.device_authority)])),
        attack("a certificate out of date", Flaw.EXPIRED, offer, now=int((NOW + timedelta(days=31)).timestamp())),
        attack("a revoked booth", Flaw.REVOKED, offer, revoked=[BOOTH]),
        attack("a revoked physician", Flaw.REVOKED, answer, ANSWER, revoked=[ROY]),
        attack("a credential for another key", Flaw.SIGNATURE, cast.bind(ANSWER, by=mixed), ANSWER),
        attack(
            "a credential of another authority",
            Flaw.CREDENTIAL,
            cast.bind(ANSWER, by=cast.certified(ROY, by=cast.strange_authority_key)),
            ANSWER,
        ),
        attack(
            "a credential signed again by another authority",
            Flaw.CREDENTIAL,
            answer_with(cast, by=cast.strange_authority_key),
            ANSWER,
        ),
        attack(
            "a credential out of date",
            Flaw.EXPIRED,
            cast.bind(ANSWER, by=cast.certified(ROY, now=NOW - timedelta(days=31))),
            ANSWER,
        ),
        attack(
            "a credential for 31 days",
            Flaw.CREDENTIAL,
            answer_with(cast, exp=int((NOW + timedelta(days=31)).timestamp())),
            ANSWER,
        ),
        attack("a credential for a booth", Flaw.CREDENTIAL, answer_with(cast, sub=BOOTH), ANSWER),
        attack("a credential of another issuer", Flaw.CREDENTIAL, answer_with(cast, iss="urn:x"), ANSWER),
    ]


def answer_with(cast: Cast, *, by: ec.EllipticCurvePrivateKey | None = None, **claims: Any) -> str:
    """An answer whose credential says something else."""
    header, said = parts(cast.physician.proof["cred"])
    assert header["typ"] == CREDENTIAL_TYPE
    credential = jws.sign(header, said | claims, by or cast.authority_key)
    return cast.bind(ANSWER, by=replace(cast.physician, proof={"cred": credential}))


def vectors(cast: Cast) -> dict[str, Any]:
    agreed = confirm.transcript(cast.offer, cast.answer, cast.nonce)
    prints = cast.prints
    return {
        "origin": "made by tests/signalling/vectors/make.py; the keys are thrown away and trusted nowhere",
        "now": int(NOW.timestamp()),
        "anchors": {
            "device_authority": der(cast.device_authority),
            "registration_authority": der(cast.registration_authority),
        },
        "edge": {
            "call": EDGE.call,
            "generation": EDGE.generation,
            "endpoint": str(EDGE.endpoint),
            "offerer": EDGE.offerer,
            "answerer": EDGE.answerer,
        },
        "booth": {"subject": BOOTH, "jwk": private_jwk(cast.booth.key), "proof": cast.booth.proof},
        "physician": {"subject": ROY, "jwk": private_jwk(cast.physician.key), "proof": cast.physician.proof},
        "fingerprints": prints,
        "nonce": cast.nonce,
        "commitment": confirm.commit(cast.nonce),
        "offer": cast.offer,
        "answer": cast.answer,
        "peer": jws.digest(cast.offer.encode()),
        "transcript": agreed,
        "digits": confirm.digits(agreed),
        "confirms": {
            "offer": confirm.make_confirm(cast.booth, EDGE, OFFER, agreed=agreed, seen=prints["physician"]),
            "answer": confirm.make_confirm(cast.physician, EDGE, ANSWER, agreed=agreed, seen=prints["booth"]),
        },
        "attacks": attacks_on_claims(cast) + attacks_on_signatures(cast),
        "descriptions": descriptions(prints["booth"]),
    }


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        ours = make(Path(folder) / "ours", booths=["caudry-03", "bertry-01"], now=NOW)
        strangers = make(Path(folder) / "strangers", booths=["caudry-03"], now=NOW)
        made = vectors(Cast(ours, strangers))
    FILE.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
