"""Bindings that must not be believed, each with the flaw that it has."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from signalling import binding as b
from signalling import jws
from signalling.credential import TYPE as CREDENTIAL_TYPE
from signalling.errors import Flaw
from signalling.side import Endpoint
from tests.signalling.vectors.people import (
    ANSWER,
    BOOTH,
    EDGE,
    MARTIN,
    NOW,
    OFFER,
    OTHER_BOOTH,
    ROY,
    Cast,
    Change,
    der,
    parts,
)


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
