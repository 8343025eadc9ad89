"""The guest's values in docs/signalling.md are what its second reader and our own code make of them."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature

from certs_example.make import make
from signalling import binding as b
from signalling import confirm, jws
from signalling.binding import Anchors
from signalling.errors import BindingError
from signalling.roster import Roster, verify_roster
from signalling.side import Endpoint
from signalling.third import guest_subject, hash_of
from tests.peers import second_guest, second_leg

DOCUMENT = (Path(__file__).parents[2] / "docs" / "signalling.md").read_text()


@pytest.fixture(scope="module")
def given() -> dict[str, Any]:
    found = re.search(r"## Test vectors\n.*?```json\n(.*?)\n```", DOCUMENT, re.DOTALL)
    assert found is not None
    values: dict[str, Any] = json.loads(found[1])
    return values


@pytest.fixture
def anchors(given: dict[str, Any], tmp_path: Path) -> Anchors:
    device = make(tmp_path, booths=[]).device_ca.certificate.read_bytes()
    authority = jws.key_of(given["authority"])
    return Anchors(device_authority=x509.load_pem_x509_certificate(device), registration_authority=authority)


def test_the_second_reader_gets_in_with_what_the_page_says(given: dict[str, Any]) -> None:
    assert second_guest.ticket_of(given["secret"]) == given["ticket"]
    assert second_guest.commitment_of(given["ticket"]) == given["commitment"] == hash_of(given["ticket"])
    assert f"urn:teleborne:guest:{second_leg.thumbprint(given['jwk'])}" == given["subject"]
    assert second_guest.proof_of(given["secret"], given["call"], given["subject"]) == given["proof"]
    assert second_leg.roster_hash(given["call"], given["company"]) == given["hash"]
    agreed = second_leg.digest(f"teleborne.v1 transcript\n{given['offer']}\n{given['answer']}\n{given['nonce']}")
    assert (agreed, second_leg.digits_of(agreed)) == (given["transcript"], given["digits"])


def test_the_second_reader_believes_the_roster_and_the_guests_own_key(given: dict[str, Any]) -> None:
    header, _ = second_leg.parts(given["roster"])
    claims = second_leg.verify(second_leg.key_of(given["authority"]), header["cred"])
    signed = second_leg.verify(second_leg.key_of(claims["cnf"]["jwk"]), given["roster"])
    assert [each["subject"] for each in signed["participants"]] == given["company"]
    answer = second_leg.verify(second_leg.key_of(given["jwk"]), given["answer"])
    assert answer["tb"]["roster"] == given["hash"]
    assert answer["tb"]["peer"] == second_leg.digest(given["offer"])
    with pytest.raises(InvalidSignature):
        second_leg.verify(second_leg.key_of(given["jwk"]), given["offer"])


def test_our_own_code_makes_the_same_of_them(given: dict[str, Any], anchors: Anchors) -> None:
    now = datetime.fromtimestamp(given["now"], UTC)
    booth, physician, guest = given["company"]
    assert guest_subject(given["jwk"]) == guest == given["subject"]
    roster = verify_roster(given["roster"], call=given["call"], physician=physician, anchors=anchors, now=now)
    assert isinstance(roster, Roster)
    assert (roster.subjects, roster.subjects[0]) == (tuple(given["company"]), booth)
    edge = b.Edge(
        call=given["call"], generation=3, endpoint=Endpoint.AV, offerer=physician, answerer=guest,
        company=roster.subjects,
    )  # fmt: skip
    offer = b.verify_binding(given["offer"], edge, b.Part.OFFER, anchors=anchors, now=now)
    b.verify_binding(given["answer"], edge, b.Part.ANSWER, anchors=anchors, now=now, peer=offer.hash)
    assert confirm.transcript(given["offer"], given["answer"], given["nonce"]) == given["transcript"]
    assert confirm.digits(given["transcript"]) == given["digits"]


def test_a_roster_of_the_two_makes_the_guests_answer_useless(given: dict[str, Any], anchors: Anchors) -> None:
    now = datetime.fromtimestamp(given["now"], UTC)
    edge = b.Edge(
        call=given["call"], generation=3, endpoint=Endpoint.AV, offerer=given["company"][1], answerer=given["subject"],
        company=given["company"][:2],
    )  # fmt: skip
    with pytest.raises(BindingError, match="roster"):
        b.verify_binding(given["offer"], edge, b.Part.OFFER, anchors=anchors, now=now)
