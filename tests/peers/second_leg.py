"""One connection of a side that answers, written a second time from docs/signalling.md and docs/channels.md alone.

No code of ours is in it: the signatures are by `cryptography`, the connection by aiortc. What the documents do not say,
this cannot do.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tests.peers.patience import PATIENCE
from tests.signalling.client import Client

__all__ = ["Leg", "Side", "digest", "digits_of", "hkdf", "jwk_of", "key_of"]
__all__ += ["octets", "parts", "roster_hash", "text", "thumbprint", "verify"]

Claims = dict[str, Any]
_ES256: Final = ec.ECDSA(hashes.SHA256())
_PIECE: Final = 16 * 1024
_SAID_EVERY: Final = 256 * 1024


def text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def octets(data: str) -> bytes:
    return base64.urlsafe_b64decode(data + "=" * (-len(data) % 4))


def digest(data: str) -> str:
    return text(hashlib.sha256(data.encode()).digest())


def canonical(value: Claims) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def hkdf(material: bytes, info: str, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, b"", info.encode()).derive(material)


def digits_of(transcript: str) -> str:
    number = int.from_bytes(hkdf(octets(transcript), "teleborne.v1 digits", 8), "big")
    return f"{number % 1_000_000:06}"


def roster_hash(call: str, subjects: Sequence[str]) -> str:
    return digest(canonical({"call": call, "participants": list(subjects), "policy": {"recording": False}}))


def jwk_of(key: ec.EllipticCurvePrivateKey) -> dict[str, str]:
    point = key.public_key().public_numbers()
    return {"crv": "P-256", "kty": "EC"} | {name: text(getattr(point, name).to_bytes(32, "big")) for name in ("x", "y")}


def key_of(jwk: dict[str, str]) -> ec.EllipticCurvePublicKey:
    x, y = (int.from_bytes(octets(jwk[name]), "big") for name in ("x", "y"))
    return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()


def thumbprint(jwk: dict[str, str]) -> str:
    return digest(canonical({name: jwk[name] for name in ("crv", "kty", "x", "y")}))


def sign(key: ec.EllipticCurvePrivateKey, header: Claims, payload: Claims) -> str:
    signed = ".".join(text(canonical(each).encode()) for each in ({"alg": "ES256"} | header, payload))
    r, s = decode_dss_signature(key.sign(signed.encode(), _ES256))
    return f"{signed}.{text(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def parts(token: str) -> tuple[Claims, Claims]:
    header, payload, _ = (octets(each) for each in token.split("."))
    return json.loads(header), json.loads(payload)


def verify(key: Any, token: str) -> Claims:
    """Return what a token says, signed by *key*."""
    signed, _, signature = token.rpartition(".")
    r, s = (int.from_bytes(each, "big") for each in (octets(signature)[:32], octets(signature)[32:]))
    key.verify(encode_dss_signature(r, s), signed.encode(), _ES256)
    return parts(token)[1]


@dataclass(kw_only=True)
class Side:
    """Who this side is, what its bindings carry, and whom it believes."""

    subject: str
    key: ec.EllipticCurvePrivateKey
    proof: Claims
    device_authority: x509.Certificate
    registration_authority: x509.Certificate

    @classmethod
    async def of(cls, client: Client, path: str, **given: Any) -> Side:
        """Learn whom to believe from the server of the pages."""
        async with client.http.get(f"{client.address}{path}") as answer:
            shipped = await answer.json()
        given |= {
            name: x509.load_der_x509_certificate(base64.b64decode(shipped[name]))
            for name in ("device_authority", "registration_authority")
        }
        return cls(**given)

    def key_of(self, header: Claims, subject: str) -> Any:
        """Return the key that signed a binding with *header*, which must be *subject*'s."""
        (proof,) = set(header) - {"alg", "typ"}
        if proof == "x5c":
            certificate = x509.load_der_x509_certificate(base64.b64decode(header["x5c"][0]))
            certificate.verify_directly_issued_by(self.device_authority)
            names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
            assert names.get_values_for_type(x509.UniformResourceIdentifier) == [subject]
            return certificate.public_key()
        if proof == "jwk":
            assert subject == f"urn:teleborne:guest:{thumbprint(header['jwk'])}"
            return key_of(header["jwk"])
        claims = verify(self.registration_authority.public_key(), header["cred"])
        assert claims["sub"] == subject
        assert claims["iat"] - 60 <= time.time() < claims["exp"] + 60
        return key_of(claims["cnf"]["jwk"])


def _fingerprint(sdp: str) -> str:
    (found,) = set(re.findall(r"a=fingerprint:sha-256 (\S+)", sdp))
    return str(found).replace(":", "").upper()


@dataclass(kw_only=True)
class Leg:
    """One connection with another's endpoint; `company` is everybody's subject in the roster's order."""

    side: Side
    line: Client
    call: str
    endpoint: str
    generation: int
    other: str
    company: Sequence[str]
    to: str | None = None
    said: list[str] = field(default_factory=list)
    frames: dict[str, int] = field(default_factory=dict)
    digits: str | None = None
    channels: dict[str, Any] = field(default_factory=dict)
    due: Claims = field(default_factory=dict)
    held: bytearray = field(default_factory=bytearray)
    blobs: dict[str, bytes] = field(default_factory=dict)
    gots: asyncio.Queue[Claims] = field(default_factory=asyncio.Queue)
    proved: asyncio.Event = field(default_factory=asyncio.Event)
    nonce: asyncio.Future[str] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def __post_init__(self) -> None:
        self.pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.first: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.second: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.tasks: list[asyncio.Future[None]] = []
        self.pc.on("datachannel", self._channel)
        self.pc.on("track", lambda track: self.tasks.append(asyncio.ensure_future(self._count(track))))

    async def answer(self, body: Claims) -> Claims:
        """Verify an offer, and return the answer's body."""
        me, self.offer = self.side, body["binding"]
        header, claims = parts(self.offer)
        self.key, self.theirs = me.key_of(header, self.other), claims["mky"][0]["dig"]
        verify(self.key, self.offer)
        self.commit = claims["tb"]["commit"]
        terms = {"commit": self.commit, "peer": None, "role": "offer"}
        assert claims == self._claims(self.other, me.subject, self.theirs, claims["iat"], claims["exp"], **terms)
        assert claims["iat"] - 60 <= time.time() < claims["exp"] + 60
        await self.pc.setRemoteDescription(RTCSessionDescription(sdp=self._safe(body["sdp"]), type="offer"))
        await self.pc.setLocalDescription(await self.pc.createAnswer())
        sdp, now = self.pc.localDescription.sdp, int(time.time())
        self.own = _fingerprint(sdp)
        terms = {"commit": None, "peer": digest(self.offer), "role": "answer"}
        said = self._claims(me.subject, self.other, self.own, now, now + 120, **terms)
        self.binding = sign(me.key, {"typ": "passport", **me.proof}, said)
        return {"endpoint": self.endpoint, "sdp": sdp, "binding": self.binding}

    def say(self, message: Claims) -> None:
        """Say something on `control`."""
        self.channels["control"].send(json.dumps(message))

    async def sends(self, name: str, media_type: str, data: bytes) -> Claims:
        """Announce a blob, pour it from where the other side wants it, and return the last `got`."""
        blob, digest_ = self.channels["blob"], hashlib.sha256(data).hexdigest()
        blob.send(json.dumps({"k": "blob", "id": name, "type": media_type, "size": len(data), "sha256": digest_}))
        got = await self._got(name)
        for at in range(got["octets"], 0 if "flaw" in got else len(data), _PIECE):
            blob.send(data[at : at + _PIECE])
        while got["octets"] < len(data) and "flaw" not in got:
            got = await self._got(name)
        return got

    async def _got(self, name: str) -> Claims:
        async with asyncio.timeout(PATIENCE):
            while (got := await self.gots.get())["id"] != name:
                pass
        return got

    async def close(self) -> None:
        for task in self.tasks:
            task.cancel()
        await self.pc.close()

    def _claims(self, by: str, to: str, dig: str, iat: int, exp: int, **terms: Any) -> Claims:
        roster = roster_hash(self.call, self.company)
        about = {"call": self.call, "ep": self.endpoint, "gen": self.generation, "roster": roster, "v": 1}
        mky = [{"alg": "sha-256", "dig": dig}]
        who = {"iss": by, "orig": {"uri": by}, "dest": {"uri": [to]}}
        return {**who, "iat": iat, "exp": exp, "mky": mky, "tb": about | terms}

    def _safe(self, sdp: str) -> str:
        lines = [each for each in sdp.splitlines() if each and not re.match(r"a=fingerprint:sha-(384|512) ", each)]
        assert _fingerprint("\n".join(lines)) == self.theirs
        assert all("fingerprint" not in each.lower() or each.startswith("a=fingerprint:sha-256 ") for each in lines)
        return "\r\n".join(lines) + "\r\n"

    async def _count(self, track: Any) -> None:
        while True:
            try:
                await track.recv()
            except MediaStreamError:
                return
            self.frames[track.kind] = self.frames.get(track.kind, 0) + 1

    def _channel(self, channel: Any) -> None:
        self.channels[channel.label] = channel
        channel.on("message", lambda data: self._heard(channel, data))
        if channel.label == "control":
            self.tasks.append(asyncio.ensure_future(self._prove(channel)))

    def _heard(self, channel: Any, data: str | bytes) -> None:
        if channel.label == "control" and isinstance(data, str) and not self.first.done():
            self.first.set_result(data)
        elif channel.label == "control" and isinstance(data, str) and not self.second.done():
            self.second.set_result(data)
        elif channel.label == "blob":
            self._piece(channel, data) if isinstance(data, bytes) else self._announced(channel, json.loads(data))
        elif self.proved.is_set() and isinstance(data, str):
            self.said.append(data)
            message = json.loads(data)
            if message["k"] == "ping":
                channel.send(json.dumps({"k": "pong", "n": message["n"]}))

    def _announced(self, channel: Any, message: Claims) -> None:
        if message["k"] == "got":
            self.gots.put_nowait(message)
            return
        if message != self.due:
            self.due, self.held = message, bytearray()
        channel.send(json.dumps({"k": "got", "id": message["id"], "octets": len(self.held)}))

    def _piece(self, channel: Any, data: bytes) -> None:
        before, size, name = len(self.held), self.due["size"], self.due["id"]
        self.held += data
        if len(self.held) == size:
            assert hashlib.sha256(self.held).hexdigest() == self.due["sha256"]
            self.blobs[name] = bytes(self.held)
        if len(self.held) == size or before // _SAID_EVERY < len(self.held) // _SAID_EVERY:
            channel.send(json.dumps({"k": "got", "id": name, "octets": len(self.held)}))

    async def _prove(self, control: Any) -> None:
        nonce = await self.nonce
        assert text(hashlib.sha256(octets(nonce)).digest()) == self.commit
        agreed = digest(f"teleborne.v1 transcript\n{self.offer}\n{self.binding}\n{nonce}")
        about = {"call": self.call, "ep": self.endpoint, "gen": self.generation, "t": agreed, "v": 1}
        theirs = await self.first
        verify(self.key, theirs)
        assert parts(theirs) == (
            {"alg": "ES256", "typ": "teleborne-confirm+jwt"},
            about | {"iss": self.other, "role": "offer", "seen": self.own},
        )
        mine = about | {"iss": self.side.subject, "role": "answer", "seen": self.theirs}
        control.send(sign(self.side.key, {"typ": "teleborne-confirm+jwt"}, mine))
        control.send(json.dumps({"k": "proved"}))
        assert json.loads(await self.second) == {"k": "proved"}
        self.digits = digits_of(agreed)
        self.proved.set()
        fields: Claims = {"call": self.call, "gen": self.generation} | ({"to": self.to} if self.to else {})
        await self.line.say("connected", {"endpoint": self.endpoint}, **fields)
