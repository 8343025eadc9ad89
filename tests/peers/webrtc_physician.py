"""A physician by aiortc: answers offers as docs/signalling.md and docs/channels.md say, or wrongly on purpose."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av import VideoFrame

from booth_client.conversation import Conversation
from booth_client.hanging_up import hang_up
from booth_client.synthetic import read_number
from signalling import messages as m
from signalling.binding import Binding, Edge, Part, Signer, make_binding, verify_binding
from signalling.confirm import check_reveal, make_confirm, transcript, verify_confirm
from signalling.envelope import Envelope
from signalling.sdp import fingerprint_of, sanitise
from tests.peers.webrtc_people import CALL, People

__all__ = ["Physician", "Wire", "talking"]


@dataclass(kw_only=True)
class Physician:
    """One connection. `lie` may change the answer; without `confirms` it never confirms, without `holds` it never says
    that the booth's confirm does; `deaf`: it answers no ping."""

    people: People
    reply: Callable[[m.Message, int], None]
    signer: Signer | None = None
    lie: Callable[[m.Answer], m.Answer] = lambda answer: answer
    confirms: bool = True
    holds: bool = True
    deaf: bool = False
    seen: list[dict[str, Any]] = field(default_factory=list)
    blobs: list[bytes] = field(default_factory=list)
    takes: bool = True
    """Whether what is announced is taken, from its beginning."""
    numbers: list[int] = field(default_factory=list)
    sound: int = 0
    verified: asyncio.Event = field(default_factory=asyncio.Event)
    proved: asyncio.Event = field(default_factory=asyncio.Event)
    early: list[str] = field(default_factory=list)
    answering: asyncio.Future[None] | None = None
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _proof: str = ""
    _held: str = ""

    def __post_init__(self) -> None:
        self.pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.pc.on("datachannel", self._channel)
        self.pc.on("track", lambda track: self._tasks.append(asyncio.ensure_future(self._watch(track))))
        self._nonce: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.control: Any = None
        self.blob: Any = None

    async def offered(self, offer: m.Offer, gen: int) -> None:
        people, signer = self.people, self.signer or self.people.physician
        self.edge = Edge(
            call=CALL,
            generation=gen,
            endpoint=offer.endpoint,
            offerer=people.booth.subject,
            answerer=signer.subject,
        )
        expected = replace(self.edge, answerer=people.physician.subject)
        self.offer: Binding = verify_binding(
            offer.binding, expected, Part.OFFER, anchors=people.anchors, now=datetime.now(UTC)
        )
        sdp = sanitise(offer.sdp, self.offer.fingerprint)
        await self.pc.setRemoteDescription(RTCSessionDescription(sdp=sdp, type="offer"))
        await self.pc.setLocalDescription(await self.pc.createAnswer())
        own = self.pc.localDescription.sdp
        self.own = fingerprint_of(own)
        self.answer = make_binding(
            signer, self.edge, Part.ANSWER, fingerprint=self.own, peer=self.offer.hash, now=datetime.now(UTC)
        )
        self.reply(self.lie(m.Answer(endpoint=offer.endpoint, sdp=own, binding=self.answer)), gen)

    def revealed(self, nonce: str) -> None:
        check_reveal(self.offer, nonce)
        self._nonce.set_result(nonce)

    def say(self, **message: Any) -> None:
        self.control.send(json.dumps(message))

    def said(self, kind: str) -> list[dict[str, Any]]:
        return [message for message in self.seen if message["k"] == kind]

    def _channel(self, channel: Any) -> None:
        if channel.label == "blob":
            self.blob = channel
        if channel.label == "control":
            self.control = channel
            self._tasks.append(asyncio.ensure_future(self._confirm()))
        channel.on("message", lambda data: self._message(channel.label, data))

    async def _confirm(self) -> None:
        self.agreed = transcript(self.offer.token, self.answer, await self._nonce)
        if self.confirms:
            signer = self.signer or self.people.physician
            confirm = make_confirm(signer, self.edge, Part.ANSWER, agreed=self.agreed, seen=self.offer.fingerprint)
            self.control.send(confirm)

    def _message(self, label: str, data: str | bytes) -> None:
        if not self._proof and label == "control" and isinstance(data, str):
            self._proof = data
            self._tasks.append(asyncio.ensure_future(self._verify(data)))
        elif not self._held and label == "control" and isinstance(data, str):
            self._held = data
            self._unlock()
        elif isinstance(data, bytes):
            self.blobs.append(data)
            self._whole()
        elif not self.proved.is_set():
            self.early.append(data)
        else:
            message = json.loads(data, parse_float=Decimal)
            self.seen.append({**message, "channel": label})
            if message["k"] == "ping" and not self.deaf:
                self.say(k="pong", n=message["n"])
            if message["k"] == "blob" and self.takes:
                self.got(message["id"], 0)

    def got(self, name: str, octets: int, **more: Any) -> None:
        """Say how much of a blob is here."""
        self.blob.send(json.dumps({"k": "got", "id": name, "octets": octets, **more}))

    def _whole(self) -> None:
        """Say when the newest blob is whole."""
        announced = self.said("blob")[-1]
        here = sum(map(len, self.blobs)) - sum(each["size"] for each in self.said("blob")[:-1])
        if self.takes and here >= announced["size"]:
            self.got(announced["id"], announced["size"])

    async def _verify(self, confirm: str) -> None:
        agreed = transcript(self.offer.token, self.answer, await self._nonce)
        verify_confirm(confirm, self.offer, self.edge, Part.OFFER, agreed=agreed, own=self.own)
        self.verified.set()
        if self.confirms and self.holds:
            self.say(k="proved")
        self._unlock()

    def _unlock(self) -> None:
        """Unlock once the booth's confirm holds, and the booth has said that ours does."""
        if self.verified.is_set() and self._held:
            assert json.loads(self._held) == {"k": "proved"}
            self.proved.set()

    async def _watch(self, track: MediaStreamTrack) -> None:
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            if isinstance(frame, VideoFrame):
                luma = frame.planes[0]
                number = read_number(bytes(luma), width=frame.width, height=frame.height, stride=luma.line_size)
                self.numbers += [] if number is None else [number]
            else:
                self.sound += 1

    def cut(self) -> None:
        """Be killed: from now on not a packet goes out or is read."""
        assert self.pc.sctp is not None
        for protocol in self.pc.sctp.transport.transport._connection._protocols:
            protocol.transport.abort()

    async def close(self) -> None:
        if self.answering is not None:
            await asyncio.wait([self.answering])
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await hang_up(self.pc)


@dataclass(kw_only=True)
class Wire:
    """Signalling in one process: what a conversation says goes to physicians, a new one for each offer."""

    people: People
    make: Callable[[Wire, int], Physician] | None = None
    conversation: Conversation | None = None
    physicians: list[Physician] = field(default_factory=list)
    said: list[tuple[m.Message, int]] = field(default_factory=list)
    refused: bool = False
    """The test has seen that the conversation ended by itself."""

    async def say(self, body: m.Message, /, *, call: str | None = None, to: str | None = None, gen: int = 1) -> str:
        assert call == CALL
        assert to in (None, "p-2")
        self.said.append((body, gen))
        match body:
            case m.Offer():
                made = self.make(self, gen) if self.make else Physician(people=self.people, reply=self.reply)
                self.physicians.append(made)
                made.answering = asyncio.ensure_future(made.offered(body, gen))
                await asyncio.shield(made.answering)  # interrupted, aiortc leaves sockets
            case m.Reveal(nonce=nonce):
                self.physicians[-1].revealed(nonce)
        return "m-1"

    def reply(self, body: m.Message, gen: int) -> None:
        assert self.conversation is not None
        self.conversation.receive(Envelope(body=body, id="x", call=CALL, gen=gen))

    def heard(self, kind: type[m.Message]) -> list[m.Message]:
        return [body for body, _ in self.said if isinstance(body, kind)]


@asynccontextmanager
async def talking(wire: Wire, work: Any) -> AsyncIterator[asyncio.Task[None]]:
    """Run a conversation beside the test; it must end by being cancelled, unless the test saw how it ended."""
    task = asyncio.ensure_future(work)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait([task])
        for physician in wire.physicians:
            await physician.close()
    if not wire.refused and not task.cancelled():
        task.result()
