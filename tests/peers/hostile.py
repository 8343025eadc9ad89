"""A relay that attacks: it sits on the line between the physician's page and signalling, and both sides are real.

Everything that signalling carries between booth and physician passes here, in both directions. It has what a server has
that was taken over: it reads and writes each message, remembers earlier visits, has keys of its own, and may have a
booth of the same territory on its side. It has neither end's key.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec
from playwright.async_api import Page, WebSocketRoute

from certs_example.make import make
from signalling import binding as b
from signalling import jws
from signalling.credential import make_credential
from signalling.errors import Flaw
from signalling.side import Endpoint
from tests.signalling.vectors.people import load, parts

__all__ = ["ATTACKS", "FALSE_NONCE", "HIDDEN_NONCE", "LISTENER", "NOWHERE", "Attack", "Relay"]

Message = dict[str, Any]
_FALSE: Final = "AB" * 32
_LINE: Final = re.compile(r"a=fingerprint:sha-256 [0-9A-Fa-f:]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """What it does to messages of the types in `to`, and how what is found is called (None: nobody can know)."""

    name: str
    to: tuple[str, ...]
    change: Callable[[Relay, Message], Message]
    flaw: Flaw | None = None
    replays: bool = False

    @property
    def found_by(self) -> str:
        booth = {"answer", "admitted"} & set(self.to) or self.flaw is Flaw.CONFIRM
        return "booth" if booth else "physician"


@dataclass(kw_only=True)
class Relay:
    """One relay; `ally` signs as a booth that is on its side."""

    folder: Path
    ally: b.Signer
    attack: Attack | None = None
    old: dict[tuple[str, str], Message] = field(default_factory=dict)
    changed: int = 0

    def __post_init__(self) -> None:
        own = make(self.folder, booths=["mairie"])
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.certificate, self.certified = load(own.booths["mairie"])
        _, self.authority = load(own.registration_authority)

    async def between(self, page: Page) -> None:
        """Put it on the line of a page that is about to be loaded."""
        await page.route_web_socket("**/signalling/v1*", self._carry)

    def attacks(self, attack: Attack | None) -> None:
        self.attack, self.changed = attack, 0

    def _carry(self, line: WebSocketRoute) -> None:
        server = line.connect_to_server()
        line.on_message(lambda frame: server.send(self._passed(frame)))
        server.on_message(lambda frame: line.send(self._passed(frame)))

    def _passed(self, frame: str | bytes) -> str:
        message = json.loads(frame)
        kind, attack = message["type"], self.attack
        if attack is not None and kind in attack.to:
            message, self.changed = attack.change(self, message), self.changed + 1
        elif kind in ("offer", "answer"):
            self.old[kind, message["body"]["endpoint"]] = message
        return json.dumps(message)


def _with(message: Message, **body: Any) -> Message:
    return message | {"body": message["body"] | body}


# What is done to a description


def _described(message: Message, change: Callable[[str], str]) -> Message:
    return _with(message, sdp=_LINE.sub(lambda found: change(found[0]), message["body"]["sdp"]))


def _line(algorithm: str, digest: str) -> str:
    return f"a=fingerprint:{algorithm} " + ":".join(digest[at : at + 2] for at in range(0, len(digest), 2))


def _swapped(_relay: Relay, message: Message) -> Message:
    return _described(message, lambda _: _line("sha-256", _FALSE))


def _doubled(_relay: Relay, message: Message) -> Message:
    return _described(message, lambda line: f"{line}\r\n{_line('sha-256', _FALSE)}")


def _weakened(_relay: Relay, message: Message) -> Message:
    return _described(message, lambda line: f"{line}\r\n{_line('sha-1', 'AB' * 20)}")


# What is done to a binding


def _signed(message: Message, key: ec.EllipticCurvePrivateKey, header: Message, **terms: Any) -> Message:
    """Sign the message's own claims anew, with the relay's fingerprint in them and in the description."""
    claims = parts(message["body"]["binding"])[1]
    claims |= {"mky": [{"alg": "sha-256", "dig": _FALSE}], "tb": claims["tb"] | terms}
    token = jws.sign({name: value for name, value in header.items() if name != "alg"}, claims, key)
    return _described(_with(message, binding=token), lambda _: _line("sha-256", _FALSE))


def _resigned(relay: Relay, message: Message) -> Message:
    return _signed(message, relay.key, parts(message["body"]["binding"])[0])


def _self_certified(relay: Relay, message: Message) -> Message:
    """Be the man in the middle with everything but the authorities' word: a certificate or credential of its own."""
    if message["type"] == "offer":
        header = {"typ": "passport"} | dict(b.booth(relay.certificate, relay.certified).proof)
        return _signed(message, relay.certified, header)
    claims, name = parts(message["body"]["binding"])[1], "Dr Claire Martin"
    jwk, now = jws.jwk_of(relay.key.public_key()), datetime.now(UTC)
    credential = make_credential(relay.authority, subject=claims["iss"], name=name, jwk=jwk, now=now)
    return _signed(message, relay.key, {"typ": "passport", "cred": credential})


def _of_another(relay: Relay, message: Message) -> Message:
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


def _announced(relay: Relay, message: Message) -> Message:
    """Tell the physician that the other booth is there, and bring what that one signed for the victim's connection."""
    if message["type"] == "offer":
        return _of_another(relay, message)
    if message["type"] != "admitted":
        return message
    peers = [each | {"subject": relay.ally.subject, "name": "Pharmacie"} for each in message["body"]["peers"]]
    return _with(message, peers=peers)


def _other_roster(_relay: Relay, message: Message) -> Message:
    header, payload, signature = message["body"]["binding"].split(".")
    claims = json.loads(jws.octets(payload))
    claims["tb"]["roster"] = jws.digest(b"somebody else is there")
    return _with(message, binding=".".join((header, jws.text(jws.canonical(claims)), signature)))


def _listener(_relay: Relay, message: Message) -> Message:
    """Add somebody to the roster that the physician signed, where there is one."""
    if "roster" not in message["body"]:
        return message
    header, payload, signature = message["body"]["roster"].split(".")
    claims = json.loads(jws.octets(payload))
    claims["participants"].append({"name": "", "part": "helper", "subject": f"urn:teleborne:guest:{'A' * 43}"})
    return _with(message, roster=".".join((header, jws.text(jws.canonical(claims)), signature)))


def _replayed(relay: Relay, message: Message) -> Message:
    old = relay.old[message["type"], message["body"]["endpoint"]]["body"]
    return _with(message, sdp=old["sdp"], binding=old["binding"])


def _stripped(_relay: Relay, message: Message) -> Message:
    return _with(message, binding="")


def _later(_relay: Relay, message: Message) -> Message:
    return message | {"gen": message.get("gen", 1) + 1}


def _misled(_relay: Relay, message: Message) -> Message:
    """Send both sides to an address where nobody is (RFC 5737)."""
    body = dict(message["body"])
    for name in ("sdp", "candidate"):
        if name in body:
            body[name] = re.sub(r"(candidate:\S+ \d+ \S+ \d+) \S+ \d+", r"\1 192.0.2.1 9", body[name])
    return message | {"body": body}


FALSE_NONCE: Final = Attack(
    name="another nonce than the one committed to",
    to=("reveal",),
    change=lambda _relay, message: _with(message, nonce=jws.text(bytes(32))),
    flaw=Flaw.REVEAL,
)
HIDDEN_NONCE: Final = Attack(
    name="no nonce, so that nothing is ever confirmed",
    to=("reveal",),
    change=lambda _relay, message: message | {"type": "nothing"},
    flaw=Flaw.CONFIRM,
)
LISTENER: Final = Attack(name="a listener in the roster", to=("admitted",), change=_listener, flaw=Flaw.ROSTER)
NOWHERE: Final = Attack(name="addresses where nobody is", to=("offer", "answer", "candidate"), change=_misled)

_OFFER, _ANSWER = ("offer",), ("answer",)
ATTACKS: Final = (
    Attack(name="the booth's fingerprint swapped", to=_OFFER, change=_swapped, flaw=Flaw.FINGERPRINT),
    Attack(name="the physician's fingerprint swapped", to=_ANSWER, change=_swapped, flaw=Flaw.FINGERPRINT),
    Attack(name="a second fingerprint for the booth", to=_OFFER, change=_doubled, flaw=Flaw.FINGERPRINT),
    Attack(name="a second fingerprint for the physician", to=_ANSWER, change=_doubled, flaw=Flaw.FINGERPRINT),
    Attack(name="a sha-1 fingerprint for the booth", to=_OFFER, change=_weakened, flaw=Flaw.WEAK_FINGERPRINT),
    Attack(name="a sha-1 fingerprint for the physician", to=_ANSWER, change=_weakened, flaw=Flaw.WEAK_FINGERPRINT),
    Attack(name="the booth's old binding", to=_OFFER, change=_replayed, flaw=Flaw.CALL, replays=True),
    Attack(name="the physician's old binding", to=_ANSWER, change=_replayed, flaw=Flaw.CALL, replays=True),
    Attack(name="no binding of the booth", to=_OFFER, change=_stripped, flaw=Flaw.MALFORMED),
    Attack(name="no binding of the physician", to=_ANSWER, change=_stripped, flaw=Flaw.MALFORMED),
    Attack(name="the booth's binding signed again", to=_OFFER, change=_resigned, flaw=Flaw.SIGNATURE),
    Attack(name="the physician's binding signed again", to=_ANSWER, change=_resigned, flaw=Flaw.SIGNATURE),
    Attack(name="a certificate of the relay's own", to=_OFFER, change=_self_certified, flaw=Flaw.CERTIFICATE),
    Attack(name="a credential of the relay's own", to=_ANSWER, change=_self_certified, flaw=Flaw.CREDENTIAL),
    Attack(name="another booth's binding", to=_OFFER, change=_of_another, flaw=Flaw.IDENTITY),
    Attack(name="another booth in the roster", to=("admitted", "offer"), change=_announced, flaw=Flaw.AUDIENCE),
    Attack(name="the roster in the binding changed", to=_OFFER, change=_other_roster, flaw=Flaw.SIGNATURE),
    Attack(name="another generation", to=_OFFER, change=_later, flaw=Flaw.GENERATION),
    FALSE_NONCE,
)
