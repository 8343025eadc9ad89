"""A physician's side written a second time, from docs/signalling.md and docs/channels.md alone: no code of ours in it.

Signalling in plain JSON, the signatures by `cryptography`, the connections by aiortc. What the documents do not say,
this cannot do.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import re
import time
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tests.signalling.client import Client

__all__ = ["SecondPhysician"]

Claims = dict[str, Any]
_ES256: Final = ec.ECDSA(hashes.SHA256())


def _text(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def _octets(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _hash(text: str) -> str:
    return _text(hashlib.sha256(text.encode()).digest())


def _canonical(value: Claims) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _sign(key: ec.EllipticCurvePrivateKey, header: Claims, payload: Claims) -> str:
    signed = ".".join(_text(_canonical(each).encode()) for each in ({"alg": "ES256"} | header, payload))
    r, s = decode_dss_signature(key.sign(signed.encode(), _ES256))
    return f"{signed}.{_text(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def _parts(token: str) -> tuple[Claims, Claims]:
    header, payload, _ = (_octets(each) for each in token.split("."))
    return json.loads(header), json.loads(payload)


def _verify(key: Any, token: str) -> None:
    signed, _, signature = token.rpartition(".")
    r, s = (int.from_bytes(each, "big") for each in (_octets(signature)[:32], _octets(signature)[32:]))
    key.verify(encode_dss_signature(r, s), signed.encode(), _ES256)


def _fingerprint(sdp: str) -> str:
    (found,) = set(re.findall(r"a=fingerprint:sha-256 (\S+)", sdp))
    return str(found).replace(":", "").upper()


@dataclass(kw_only=True)
class _Leg:
    """One connection with one of the booth's endpoints."""

    physician: SecondPhysician
    call: str
    endpoint: str
    generation: int
    booth: str
    said: list[str] = field(default_factory=list)
    digits: str | None = None
    proved: asyncio.Event = field(default_factory=asyncio.Event)
    nonce: asyncio.Future[str] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def __post_init__(self) -> None:
        self.pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.first: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.proof: asyncio.Future[None] | None = None
        self.pc.on("datachannel", self._channel)

    async def answer(self, body: Claims) -> Claims:
        """Verify an offer, and return the answer's body."""
        me, self.offer = self.physician, body["binding"]
        header, claims = _parts(self.offer)
        assert set(header) == {"alg", "typ", "x5c"}
        certificate = x509.load_der_x509_certificate(base64.b64decode(header["x5c"][0]))
        certificate.verify_directly_issued_by(me.device_authority)
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert names.get_values_for_type(x509.UniformResourceIdentifier) == [self.booth]
        self.key, self.theirs = certificate.public_key(), claims["mky"][0]["dig"]
        _verify(self.key, self.offer)
        self.commit = claims["tb"]["commit"]
        terms = {"commit": self.commit, "peer": None, "role": "offer"}
        assert claims == self._claims(self.booth, me.subject, self.theirs, claims["iat"], claims["exp"], **terms)
        assert claims["iat"] - 60 <= time.time() < claims["exp"] + 60
        await self.pc.setRemoteDescription(RTCSessionDescription(sdp=self._safe(body["sdp"]), type="offer"))
        await self.pc.setLocalDescription(await self.pc.createAnswer())
        sdp, now = self.pc.localDescription.sdp, int(time.time())
        self.own = _fingerprint(sdp)
        terms = {"commit": None, "peer": _hash(self.offer), "role": "answer"}
        said = self._claims(me.subject, self.booth, self.own, now, now + 120, **terms)
        self.binding = _sign(me.key, {"typ": "passport", "cred": me.credential}, said)
        return {"endpoint": self.endpoint, "sdp": sdp, "binding": self.binding}

    def _claims(self, by: str, to: str, digest: str, iat: int, exp: int, **terms: Any) -> Claims:
        people = [self.booth, self.physician.subject]
        roster = _hash(_canonical({"call": self.call, "participants": people, "policy": {"recording": False}}))
        about = {"call": self.call, "ep": self.endpoint, "gen": self.generation, "roster": roster, "v": 1}
        mky = [{"alg": "sha-256", "dig": digest}]
        who = {"iss": by, "orig": {"uri": by}, "dest": {"uri": [to]}}
        return {**who, "iat": iat, "exp": exp, "mky": mky, "tb": about | terms}

    def _safe(self, sdp: str) -> str:
        lines = [each for each in sdp.splitlines() if each and not re.match(r"a=fingerprint:sha-(384|512) ", each)]
        assert _fingerprint("\n".join(lines)) == self.theirs
        assert all("fingerprint" not in each.lower() or each.startswith("a=fingerprint:sha-256 ") for each in lines)
        return "\r\n".join(lines) + "\r\n"

    def _channel(self, channel: Any) -> None:
        channel.on("message", lambda data: self._heard(channel, data))
        if channel.label == "control":
            self.proof = asyncio.ensure_future(self._prove(channel))

    def _heard(self, channel: Any, data: str | bytes) -> None:
        if channel.label == "control" and isinstance(data, str) and not self.first.done():
            self.first.set_result(data)
        elif self.proved.is_set() and isinstance(data, str):
            self.said.append(data)
            message = json.loads(data)
            if message["k"] == "ping":
                channel.send(json.dumps({"k": "pong", "n": message["n"]}))

    async def _prove(self, control: Any) -> None:
        nonce = await self.nonce
        assert _text(hashlib.sha256(_octets(nonce)).digest()) == self.commit
        agreed = _hash(f"teleborne.v1 transcript\n{self.offer}\n{self.binding}\n{nonce}")
        about = {"call": self.call, "ep": self.endpoint, "gen": self.generation, "t": agreed, "v": 1}
        mine = about | {"iss": self.physician.subject, "role": "answer", "seen": self.theirs}
        control.send(_sign(self.physician.key, {"typ": "teleborne-confirm+jwt"}, mine))
        theirs = await self.first
        _verify(self.key, theirs)
        assert _parts(theirs) == (
            {"alg": "ES256", "typ": "teleborne-confirm+jwt"},
            about | {"iss": self.booth, "role": "offer", "seen": self.own},
        )
        derived = HKDF(hashes.SHA256(), 8, b"", b"teleborne.v1 digits").derive(_octets(agreed))
        self.digits = f"{int.from_bytes(derived, 'big') % 1_000_000:06}"
        self.proved.set()
        fields: Claims = {"call": self.call, "gen": self.generation}
        await self.physician.line.say("connected", {"endpoint": self.endpoint}, **fields)


@dataclass(kw_only=True)
class SecondPhysician:
    """Takes the first patient who waits, and talks with both endpoints of the booth; `http` is signed in."""

    http: aiohttp.ClientSession
    line: Client
    subject: str
    legs: dict[str, _Leg] = field(default_factory=dict)
    call: str = ""

    async def certified(self) -> None:
        """Have a new key certified, and learn whom to believe."""
        self.key = ec.generate_private_key(ec.SECP256R1())
        point = self.key.public_key().public_numbers()
        jwk = {"crv": "P-256", "kty": "EC"} | {n: _text(getattr(point, n).to_bytes(32, "big")) for n in ("x", "y")}
        async with self.http.post(f"{self.line.address}/credential", json={"jwk": jwk}) as answer:
            assert answer.status == 200, await answer.text()
            self.credential = (await answer.json())["credential"]
        async with self.http.get(f"{self.line.address}/medecin/anchors.json") as answer:
            shipped = await answer.json()
        self.device_authority = x509.load_der_x509_certificate(base64.b64decode(shipped["device_authority"]))

    async def takes(self) -> None:
        """Join, say that they are available, take the first patient, and prove both connections."""
        await self.line.join()
        await self.line.say("available", {"on": True})
        waiting: Claims = {"body": {"queue": []}}
        while not waiting["body"]["queue"]:
            waiting = await self.line.hear("waiting")
        self.call = waiting["body"]["queue"][0]["call"]
        await self.line.say("take", call=self.call)
        (booth,) = (await self.line.hear("admitted"))["body"]["peers"]
        async with asyncio.timeout(20):
            while len(self.legs) < len(booth["endpoints"]) or not all(leg.nonce.done() for leg in self.legs.values()):
                await self._act(await self.line.next(), booth["subject"])
            for leg in self.legs.values():
                await leg.proved.wait()

    async def _act(self, message: Claims, booth: str) -> None:
        kind, body = message["type"], message["body"]
        if kind == "offer":
            given: Claims = {"call": self.call, "endpoint": body["endpoint"], "generation": message.get("gen", 1)}
            leg = self.legs[body["endpoint"]] = _Leg(physician=self, booth=booth, **given)
            await self.line.say("answer", await leg.answer(body), call=self.call, gen=leg.generation)
        elif kind == "reveal":
            self.legs[body["endpoint"]].nonce.set_result(body["nonce"])

    async def close(self) -> None:
        for leg in self.legs.values():
            if leg.proof is not None:
                leg.proof.cancel()
            await leg.pc.close()
