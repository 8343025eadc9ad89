"""A guest's side written from docs/signalling.md and docs/channels.md alone: no code of ours in it."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from cryptography.hazmat.primitives.asymmetric import ec

from tests.peers.second_leg import Leg, Side, digest, hkdf, jwk_of, octets, parts, text, thumbprint, verify
from tests.signalling.client import Client

__all__ = ["GuestLine", "SecondGuest", "commitment_of", "proof_of", "ticket_of"]


def ticket_of(secret: str) -> str:
    return text(hkdf(octets(secret), "teleborne.v1 guest ticket", 32))


def commitment_of(ticket: str) -> str:
    return digest(ticket)


def proof_of(secret: str, call: str, subject: str) -> str:
    key = hkdf(octets(secret), "teleborne.v1 guest proof", 32)
    return text(hmac.digest(key, f"{call}\n{subject}".encode(), hashlib.sha256))


@dataclass(kw_only=True)
class GuestLine(Client):
    """The routes and the socket of guests, by the cookie that a link was changed for."""

    who: str = ""

    @property
    def headers(self) -> dict[str, str]:
        return {"Origin": self.address}

    async def enters(self, ticket: str, jwk: dict[str, str], name: str) -> tuple[int, str]:
        """Use a link; return what was answered."""
        asked = {"ticket": ticket, "jwk": jwk, "name": name}
        async with self.http.post(f"{self.address}/visite/enter", json=asked, headers=self.headers) as answer:
            return answer.status, await answer.text()

    async def ticket(self) -> str:
        async with self.http.post(f"{self.address}/visite/signalling/ticket", headers=self.headers) as answer:
            assert answer.status == 200, await answer.text()
            return str((await answer.json())["ticket"])

    async def open(self, ticket: str | None = None, **_options: Any) -> None:
        url = f"{self.address}/visite/signalling/v1?ticket={ticket or await self.ticket()}"
        self.socket = await self.http.ws_connect(url, protocols=("teleborne.v1",), headers=self.headers)


@dataclass(kw_only=True)
class SecondGuest:
    """Follows a link, knocks, and answers booth and physician once the roster names its key."""

    http: aiohttp.ClientSession
    link: str
    name: str
    legs: dict[str, Leg] = field(default_factory=dict)
    company: list[str] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)

    async def knocks(self) -> None:
        """Change the link for a cookie, and stand at the door."""
        address, _, secret = self.link.partition("/visite/#")
        key = ec.generate_private_key(ec.SECP256R1())
        jwk = jwk_of(key)
        subject = f"urn:teleborne:guest:{thumbprint(jwk)}"
        self.line = GuestLine(http=self.http, address=address, patience_s=120)
        assert await self.line.enters(ticket_of(secret), jwk, self.name) == (204, "")
        self.side = await Side.of(self.line, "/visite/anchors.json", subject=subject, key=key, proof={"jwk": jwk})
        (self.call,) = (await self.line.join())["calls"]
        await self.line.say("join", {"proof": proof_of(secret, self.call, subject)}, call=self.call)

    async def talks(self) -> None:
        """Do what signalling says until the visit is over for this side; `legs` are by the other's subject."""
        subjects: dict[str, str] = {}
        while True:
            frame = await self.line.next()
            kind, body, sender = frame["type"], frame["body"], frame.get("from", "")
            self.heard.append(kind)
            if kind == "ended":
                return
            if kind == "admitted":
                self._admitted(body)
                subjects = {peer["participant"]: peer["subject"] for peer in body["peers"]}
            elif kind == "offer":
                await self._offered(frame, other=subjects[sender])
            elif kind == "reveal":
                self.legs[subjects[sender]].nonce.set_result(body["nonce"])

    def _admitted(self, body: dict[str, Any]) -> None:
        """Believe a roster that the visit's physician signed."""
        host = next(peer["subject"] for peer in body["peers"] if peer["role"] == "physician")
        header, _ = parts(body["roster"])
        claims = verify(self.side.key_of(header, host), body["roster"])
        assert (claims["iss"], claims["call"], claims["policy"]) == (host, self.call, {"recording": False})
        self.company = [entry["subject"] for entry in claims["participants"]]
        assert self.side.subject in self.company

    async def _offered(self, frame: dict[str, Any], *, other: str) -> None:
        if other in self.legs:
            await self.legs[other].close()
        leg = self.legs[other] = Leg(
            side=self.side, line=self.line, call=self.call, endpoint=frame["body"]["endpoint"],
            generation=frame.get("gen", 1), other=other, company=self.company, to=frame["from"],
        )  # fmt: skip
        answer = await leg.answer(frame["body"])
        await self.line.say("answer", answer, call=self.call, gen=leg.generation, to=frame["from"])

    async def close(self) -> None:
        for leg in self.legs.values():
            await leg.close()
        if self.line.socket is not None:
            await self.line.socket.close()
