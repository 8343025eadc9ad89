"""Bindings, session descriptions and confirms: what holds is believed, and every attack fails closed."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from signalling import binding as b
from signalling import confirm, jws
from signalling.credential import make_credential
from signalling.errors import BindingError, Flaw
from signalling.sdp import fingerprint_of, sanitise
from signalling.side import Endpoint

VECTORS: dict[str, Any] = json.loads((Path(__file__).parent / "vectors" / "bindings.json").read_text("utf-8"))
NOW = datetime.fromtimestamp(VECTORS["now"], UTC)
EDGE = b.Edge(**VECTORS["edge"] | {"endpoint": Endpoint(VECTORS["edge"]["endpoint"])})
PRINTS = VECTORS["fingerprints"]


def anchors(revoked: tuple[str, ...] = ()) -> b.Anchors:
    device, registration = (
        x509.load_der_x509_certificate(base64.b64decode(VECTORS["anchors"][name]))
        for name in ("device_authority", "registration_authority")
    )
    key = registration.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    return b.Anchors(device_authority=device, registration_authority=key, revoked=frozenset(revoked))


def signer(name: str) -> b.Signer:
    jwk = VECTORS[name]["jwk"]
    x, y, d = (int.from_bytes(jws.octets(jwk[part]), "big") for part in "xyd")
    public = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1())
    key = ec.EllipticCurvePrivateNumbers(d, public).private_key()
    return b.Signer(subject=VECTORS[name]["subject"], key=key, proof=VECTORS[name]["proof"])


def verified(part: b.Part, token: str | None = None) -> b.Binding:
    peer = VECTORS["peer"] if part is b.Part.ANSWER else None
    return b.verify_binding(token or VECTORS[part], EDGE, part, anchors=anchors(), now=NOW, peer=peer)


def flaw(raised: pytest.ExceptionInfo[BindingError]) -> Flaw:
    return raised.value.flaw


def test_the_bindings_of_a_visit_hold() -> None:
    offer, answer = verified(b.Part.OFFER), verified(b.Part.ANSWER)
    assert (offer.name, offer.fingerprint, offer.hash) == ("caudry-03", PRINTS["booth"], VECTORS["peer"])
    assert (answer.subject, answer.name) == ("rpps:10001234567", "Dr Hélène Roy")
    confirm.check_reveal(offer, VECTORS["nonce"])
    assert confirm.transcript(offer.token, answer.token, VECTORS["nonce"]) == VECTORS["transcript"]
    assert confirm.digits(VECTORS["transcript"]) == VECTORS["digits"]


@pytest.mark.parametrize("attack", VECTORS["attacks"], ids=lambda attack: attack["name"])
def test_an_attack_fails_closed(attack: dict[str, Any]) -> None:
    part = b.Part(attack["part"])
    now = datetime.fromtimestamp(attack.get("now", VECTORS["now"]), UTC)
    believed = anchors(tuple(attack.get("revoked", ())))
    peer = VECTORS["peer"] if part is b.Part.ANSWER else None
    with pytest.raises(BindingError) as raised:
        b.verify_binding(attack["token"], EDGE, part, anchors=believed, now=now, peer=peer)
    assert flaw(raised) == attack["flaw"], raised.value


@pytest.mark.parametrize("case", VECTORS["descriptions"], ids=lambda case: case["name"])
def test_a_session_description_is_made_safe_or_stops_the_call(case: dict[str, Any]) -> None:
    if "sane" in case:
        sane = sanitise(case["sdp"], PRINTS["booth"])
        assert sane == case["sane"]
        assert sanitise(sane, PRINTS["booth"]) == sane
        assert fingerprint_of(sane) == PRINTS["booth"]
        return
    with pytest.raises(BindingError) as raised:
        sanitise(case["sdp"], PRINTS["booth"])
    assert flaw(raised) == case["flaw"], raised.value


@pytest.mark.parametrize("part", b.Part)
def test_the_confirm_holds_for_whom_it_was_made(part: b.Part) -> None:
    own = PRINTS["physician" if part is b.Part.OFFER else "booth"]
    token, agreed = VECTORS["confirms"][part], VECTORS["transcript"]
    confirm.verify_confirm(token, verified(part), EDGE, part, agreed=agreed, own=own)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"own": "EE" * 32}, Flaw.SEEN),
        ({"agreed": jws.digest(b"another")}, Flaw.CONFIRM),
        ({"part": b.Part.ANSWER}, Flaw.CONFIRM),
        ({"edge": b.Edge(**{**VECTORS["edge"], "generation": 3})}, Flaw.CONFIRM),
        ({"token": VECTORS["confirms"]["answer"]}, Flaw.CONFIRM),
        ({"token": VECTORS["offer"]}, Flaw.MALFORMED),
        ({"token": ""}, Flaw.MALFORMED),
    ],
    ids=["another certificate seen", "another transcript", "another part", "another generation", "another signer",
         "a binding instead", "nothing"],
)  # fmt: skip
def test_a_confirm_of_something_else_fails_closed(change: dict[str, Any], expected: Flaw) -> None:
    given = {
        "token": VECTORS["confirms"]["offer"],
        "binding": verified(b.Part.OFFER),
        "edge": EDGE,
        "part": b.Part.OFFER,
        "agreed": VECTORS["transcript"],
        "own": PRINTS["physician"],
    }
    with pytest.raises(BindingError) as raised:
        confirm.verify_confirm(**(given | change))
    assert flaw(raised) is expected


@pytest.mark.parametrize("nonce", [jws.text(bytes(32)), "", jws.text(bytes(range(31))), "*"])
def test_a_nonce_that_was_not_committed_to_fails_closed(nonce: str) -> None:
    with pytest.raises(BindingError) as raised:
        confirm.check_reveal(verified(b.Part.OFFER), nonce)
    assert flaw(raised) in (Flaw.REVEAL, Flaw.MALFORMED)


def test_the_certificate_seen_must_be_the_signed_one() -> None:
    der = b"a certificate"
    seen = confirm.fingerprint_of_certificate(der)
    token = b.make_binding(
        signer("booth"), EDGE, b.Part.OFFER, fingerprint=seen, now=NOW, commitment=VECTORS["commitment"]
    )
    offer = verified(b.Part.OFFER, token)
    assert confirm.check_seen(offer, der) == seen
    with pytest.raises(BindingError) as raised:
        confirm.check_seen(offer, b"another")
    assert flaw(raised) is Flaw.SEEN


@pytest.mark.parametrize("seconds", [-60, 0, 120, 179])
def test_a_binding_holds_for_its_time_and_the_clocks_difference(seconds: int) -> None:
    now = NOW + timedelta(seconds=seconds)
    b.verify_binding(VECTORS["offer"], EDGE, b.Part.OFFER, anchors=anchors(), now=now)


@pytest.mark.parametrize(
    "change",
    [
        {"subject": "urn:teleborne:booth:x"},
        {"subject": "rpps:123"},
        {"name": ""},
        {"name": "Dr\nRoy"},
        {"lifetime": timedelta(days=30, seconds=1)},
        {"jwk": {"kty": "EC", "crv": "P-256", "x": "A" * 43, "y": "A" * 43}},
        {"jwk": VECTORS["physician"]["jwk"]},
    ],
    ids=["a booth", "a short number", "no name", "a line break", "too long", "no point", "a private key"],
)
def test_the_authority_certifies_nothing_else_than_physicians_keys(change: dict[str, Any]) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    good: dict[str, Any] = {
        "subject": "rpps:10001234567",
        "name": "Dr Roy",
        "jwk": jws.jwk_of(key.public_key()),
        "now": NOW,
    }
    make_credential(key, **good)
    with pytest.raises(ValueError, match=r"."):
        make_credential(key, **(good | change))
