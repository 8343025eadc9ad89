"""A physician's side written a second time, from signalling.md and channels.md alone: no code of ours in it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from cryptography.hazmat.primitives.asymmetric import ec

from tests.peers.patience import PATIENCE
from tests.peers.second_leg import Leg, Side, jwk_of
from tests.signalling.client import Client

__all__ = ["SecondPhysician"]


@dataclass(kw_only=True)
class SecondPhysician:
    """Takes the first patient who waits, and talks with both endpoints of the booth; `http` is signed in."""

    http: aiohttp.ClientSession
    line: Client
    subject: str
    legs: dict[str, Leg] = field(default_factory=dict)
    call: str = ""

    async def certified(self) -> None:
        """Have a new key certified, and learn whom to believe."""
        key = ec.generate_private_key(ec.SECP256R1())
        async with self.http.post(f"{self.line.address}/credential", json={"jwk": jwk_of(key)}) as answer:
            assert answer.status == 200, await answer.text()
            proof = {"cred": (await answer.json())["credential"]}
        self.side = await Side.of(self.line, "/medecin/anchors.json", subject=self.subject, key=key, proof=proof)

    async def takes(self) -> None:
        """Join, say that they are available, take the first patient, and prove both connections."""
        await self.line.join()
        await self.line.say("available", {"on": True})
        waiting: dict[str, Any] = {"body": {"queue": []}}
        while not waiting["body"]["queue"]:
            waiting = await self.line.hear("waiting")
        self.call = waiting["body"]["queue"][0]["call"]
        await self.line.say("take", call=self.call)
        (booth,) = (await self.line.hear("admitted"))["body"]["peers"]
        async with asyncio.timeout(PATIENCE):
            while len(self.legs) < len(booth["endpoints"]) or not all(leg.nonce.done() for leg in self.legs.values()):
                await self._act(await self.line.next(), booth["subject"])
            for leg in self.legs.values():
                await leg.proved.wait()

    async def _act(self, message: dict[str, Any], booth: str) -> None:
        kind, body = message["type"], message["body"]
        if kind == "offer":
            leg = self.legs[body["endpoint"]] = Leg(
                side=self.side, line=self.line, call=self.call, endpoint=body["endpoint"],
                generation=message.get("gen", 1), other=booth, company=[booth, self.subject],
            )  # fmt: skip
            await self.line.say("answer", await leg.answer(body), call=self.call, gen=leg.generation)
        elif kind == "reveal":
            self.legs[body["endpoint"]].nonce.set_result(body["nonce"])

    async def close(self) -> None:
        for leg in self.legs.values():
            await leg.close()
