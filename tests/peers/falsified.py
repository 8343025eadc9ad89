"""What a hostile relay makes of a message: other fingerprints, bindings, rosters, names and addresses."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec

from signalling import binding as b
from signalling import jws
from signalling.credential import make_credential
from signalling.roster import Entry, Roster, make_roster
from signalling.side import Endpoint
from tests.peers.hostile import Message, Relay
from tests.signalling.vectors.people import parts

__all__ = [
    "announced",
    "another_nonce",
    "another_physician",
    "doubled",
    "first_roster",
    "invented",
    "later",
    "listener",
    "misled",
    "nothing",
    "of_a_colleague",
    "of_another",
    "of_the_connection_before",
    "older_roster",
    "other_roster",
    "replayed",
    "resigned",
    "roster_of_a_colleague",
    "self_certified",
    "stripped",
    "swapped",
    "weakened",
]

_FALSE: Final = "AB" * 32
_LINE: Final = re.compile(r"a=fingerprint:sha-256 [0-9A-Fa-f:]+")


def _with(message: Message, **body: Any) -> Message:
    return message | {"body": message["body"] | body}


# What is done to a description


def _described(message: Message, change: Callable[[str], str]) -> Message:
    return _with(message, sdp=_LINE.sub(lambda found: change(found[0]), message["body"]["sdp"]))


def _line(algorithm: str, digest: str) -> str:
    return f"a=fingerprint:{algorithm} " + ":".join(digest[at : at + 2] for at in range(0, len(digest), 2))


def swapped(_relay: Relay, message: Message) -> Message:
    return _described(message, lambda _: _line("sha-256", _FALSE))


def doubled(_relay: Relay, message: Message) -> Message:
    return _described(message, lambda line: f"{line}\r\n{_line('sha-256', _FALSE)}")


def weakened(_relay: Relay, message: Message) -> Message:
    return _described(message, lambda line: f"{line}\r\n{_line('sha-1', 'AB' * 20)}")


# What is done to a binding


def _signed(message: Message, key: ec.EllipticCurvePrivateKey, header: Message, **terms: Any) -> Message:
    """Sign the message's own claims anew, with the relay's fingerprint in them and in the description."""
    claims = parts(message["body"]["binding"])[1]
    claims |= {"mky": [{"alg": "sha-256", "dig": _FALSE}], "tb": claims["tb"] | terms}
    token = jws.sign({name: value for name, value in header.items() if name != "alg"}, claims, key)
    return _described(_with(message, binding=token), lambda _: _line("sha-256", _FALSE))


def resigned(relay: Relay, message: Message) -> Message:
    return _signed(message, relay.key, parts(message["body"]["binding"])[0])


def self_certified(relay: Relay, message: Message) -> Message:
    """Be the man in the middle with everything but the authorities' word: a certificate or credential of its own."""
    if message["type"] == "offer":
        header = {"typ": "passport"} | dict(b.booth(relay.certificate, relay.certified).proof)
        return _signed(message, relay.certified, header)
    claims, name = parts(message["body"]["binding"])[1], "Dr Claire Martin"
    jwk, now = jws.jwk_of(relay.key.public_key()), datetime.now(UTC)
    credential = make_credential(relay.authority, subject=claims["iss"], name=name, jwk=jwk, now=now)
    return _signed(message, relay.key, {"typ": "passport", "cred": credential})


def of_another(relay: Relay, message: Message) -> Message:
    """Claim the victim's connection for another booth, which signs for it: an unknown key share."""
    claims = parts(message["body"]["binding"])[1]
    terms = claims["tb"]
    edge = b.Edge(
        call=terms["call"],
        generation=terms["gen"],
        endpoint=Endpoint(terms["ep"]),
        offerer=relay.ally.subject,
        answerer=claims["dest"]["uri"][0],
    )
    fingerprint, now = claims["mky"][0]["dig"], datetime.now(UTC)
    given: Any = {"fingerprint": fingerprint, "commitment": terms["commit"], "now": now}
    return _with(message, binding=b.make_binding(relay.ally, edge, b.Part.OFFER, **given))


def of_a_colleague(relay: Relay, message: Message) -> Message:
    """Claim the victim's answer for another physician, certified by the same authority: an unknown key share."""
    claims = parts(message["body"]["binding"])[1]
    terms = claims["tb"]
    edge = b.Edge(
        call=terms["call"],
        generation=terms["gen"],
        endpoint=Endpoint(terms["ep"]),
        offerer=claims["dest"]["uri"][0],
        answerer=relay.colleague.subject,
    )
    fingerprint, now = claims["mky"][0]["dig"], datetime.now(UTC)
    given: Any = {"fingerprint": fingerprint, "peer": terms["peer"], "now": now}
    return _with(message, binding=b.make_binding(relay.colleague, edge, b.Part.ANSWER, **given))


def another_physician(relay: Relay, message: Message) -> Message:
    """Tell the booth that the other physician has the visit."""
    others = [
        each | {"subject": relay.colleague.subject, "name": "Dr Roy"} if each["role"] == "physician" else each
        for each in message["body"]["peers"]
    ]
    return _with(message, peers=others)


def invented(_relay: Relay, message: Message) -> Message:
    """Call everybody something else than their proofs say."""
    return _with(message, peers=[each | {"name": "Dr Personne"} for each in message["body"]["peers"]])


def announced(relay: Relay, message: Message) -> Message:
    """Tell the physician that the other booth is there, and bring what that one signed for the victim's connection."""
    if message["type"] == "offer":
        return of_another(relay, message)
    if message["type"] != "admitted":
        return message
    peers = [each | {"subject": relay.ally.subject, "name": "Pharmacie"} for each in message["body"]["peers"]]
    return _with(message, peers=peers)


def other_roster(_relay: Relay, message: Message) -> Message:
    header, payload, signature = message["body"]["binding"].split(".")
    claims = json.loads(jws.octets(payload))
    claims["tb"]["roster"] = jws.digest(b"somebody else is there")
    return _with(message, binding=".".join((header, jws.text(jws.canonical(claims)), signature)))


def roster_of_a_colleague(relay: Relay, message: Message) -> Message:
    """Bring a roster where there was none, or another, that a physician signed who has not got the visit."""
    booth = next((each["subject"] for each in message["body"]["peers"] if each["role"] == "booth"), relay.ally.subject)
    entries = (
        Entry(subject=booth, name="", part="booth"),
        Entry(subject=relay.colleague.subject, name="Dr Roy", part="physician"),
    )
    roster = Roster(call=message["call"], number=1, entries=entries)
    return _with(message, roster=make_roster(relay.colleague, roster))


def older_roster(relay: Relay, message: Message) -> Message:
    """Let a second roster of the visit through, then say the first one again in the place of what follows."""
    call, roster = message["call"], message["body"].get("roster")
    if message["type"] == "admitted":
        if roster is not None:
            relay.held.setdefault(("admitted", call), message)
            relay.rosters[call] = roster
        return message
    first = relay.held.get(("admitted", call))
    if first is None or first["body"]["roster"] == relay.rosters[call]:
        return message
    return first | {"seq": message["seq"], "id": message["id"]}


def first_roster(relay: Relay, message: Message) -> Message:
    """Say the visit's first roster again in the place of every later one."""
    if "roster" not in message["body"]:
        return message
    first = relay.held.setdefault(("admitted", message["call"]), message)
    return first | {"seq": message["seq"], "id": message["id"]}


def listener(_relay: Relay, message: Message) -> Message:
    """Add somebody to the roster that the physician signed, where there is one."""
    if "roster" not in message["body"]:
        return message
    header, payload, signature = message["body"]["roster"].split(".")
    claims = json.loads(jws.octets(payload))
    claims["participants"].append({"name": "", "part": "helper", "subject": f"urn:teleborne:guest:{'A' * 43}"})
    return _with(message, roster=".".join((header, jws.text(jws.canonical(claims)), signature)))


def replayed(relay: Relay, message: Message) -> Message:
    old = relay.old[message["type"], message["body"]["endpoint"]]["body"]
    return _with(message, sdp=old["sdp"], binding=old["binding"])


def of_the_connection_before(relay: Relay, message: Message) -> Message:
    """Keep the first answer back and ask for another connection; answer that one with what was kept."""
    kind, endpoint = message["type"], message["body"]["endpoint"]
    if (kept := relay.held.get((kind, endpoint))) is not None:
        return _with(message, sdp=kept["body"]["sdp"], binding=kept["body"]["binding"])
    relay.held[kind, endpoint] = message
    return message | {"type": "recovering", "body": {"endpoint": endpoint}}


def stripped(_relay: Relay, message: Message) -> Message:
    return _with(message, binding="")


def later(_relay: Relay, message: Message) -> Message:
    return message | {"gen": message.get("gen", 1) + 1}


def misled(_relay: Relay, message: Message) -> Message:
    """Send both sides to an address where nobody is (RFC 5737)."""
    body = dict(message["body"])
    for name in ("sdp", "candidate"):
        if name in body:
            body[name] = re.sub(r"(candidate:\S+ \d+ \S+ \d+) \S+ \d+", r"\1 192.0.2.1 9", body[name])
    return message | {"body": body}


def another_nonce(_relay: Relay, message: Message) -> Message:
    return _with(message, nonce=jws.text(bytes(32)))


def nothing(_relay: Relay, message: Message) -> Message:
    return message | {"type": "nothing"}
