"""One WebRTC connection of the booth's, from gathering to its close: the only import of aiortc.

The booth always offers. What aiortc lacks is made up for: there is never a default STUN server (`iceServers` is always
given); there is no ICE restart, so a lost connection is closed and a new one made (`booth_client.conversation`), and a
dead peer is noticed by an own heartbeat (`booth_client.heartbeat`), not after half a minute; credentials of a relay
that are out of date give no error, so whether there is a relay candidate is looked at.

Until each side knows that both confirms were verified (docs/signalling.md, *Confirm*) tracks give no frame, and nothing
but the proof is said on a data channel. https://www.w3.org/TR/webrtc/, https://aiortc.readthedocs.io/
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final, Self

from aiortc import (
    InvalidStateError,
    MediaStreamError,
    MediaStreamTrack,
    RTCBundlePolicy,
    RTCConfiguration,
    RTCDataChannel,
    RTCIceServer,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.sdp import candidate_from_sdp
from av import AudioFrame, VideoFrame
from cryptography.hazmat.primitives.serialization import Encoding

from booth_client.channels import CHANNELS, LARGEST, MESSAGES, Channel, Message, dump
from booth_client.confirming import Heard, confirm
from booth_client.handshake import Handshake
from booth_client.hanging_up import hang_up, to_its_end, transports_of
from booth_client.ice_consent import patiently
from booth_client.protection import PeerLost, Unconfirmed
from booth_client.source import Frame, Given, Source
from signalling.confirm import fingerprint_of_certificate
from signalling.errors import BindingError, Flaw
from signalling.messages import Candidate, IceServer
from signalling.side import Endpoint

__all__ = ["Call", "CallDeadlines"]

_ENDED: Final = frozenset({"failed", "closed"})
_PATIENCE: Final = 64  # messages that may wait before the confirm; more is somebody who does not speak the protocol
_LOW: Final = 256 * 1024
_FULL: Final = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class CallDeadlines:
    """How long a connection may take for what."""

    gather_s: float = 8
    open_s: float = 15
    confirm_s: float = 10


class Call:
    """One peer connection; `async with` gathers its candidates, and closes it with all that it had open.

    *ice_servers* are ours or none; *sources* are sent and *watch* gets frames only once the connection is proved.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        ice_servers: Sequence[IceServer] = (),
        sources: Sequence[Source] = (),
        watch: Callable[[Frame], None] = lambda _frame: None,
        deadlines: CallDeadlines | None = None,
    ) -> None:
        self.endpoint = endpoint
        self.ice_servers = ice_servers
        self.tracks: list[MediaStreamTrack] = []
        self._sources = sources
        self._watch = watch
        self._deadlines = deadlines or CallDeadlines()
        self._hand: Handshake | None = None
        self._channels: dict[Channel, RTCDataChannel] = {}
        self._heard: asyncio.Queue[Heard] = asyncio.Queue()
        self._news = asyncio.Event()
        self._room = asyncio.Event()
        self._unlocked = asyncio.Event()

    async def __aenter__(self) -> Self:
        servers = [RTCIceServer(urls=s.urls, username=s.username, credential=s.credential) for s in self.ice_servers]
        self._pc = RTCPeerConnection(RTCConfiguration(iceServers=servers, bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
        try:
            self._furnish()
            async with asyncio.timeout(self._deadlines.gather_s):
                await to_its_end(self._pc.setLocalDescription())
            for dtls in transports_of(self._pc):
                patiently(dtls.transport._connection)  # noqa: SLF001  there is no public way
        except BaseException as error:
            await self.close()
            if isinstance(error, TimeoutError):
                raise PeerLost("no addresses in time; look at the booth's network and relay") from None
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Hang up: sockets, tasks and threads are gone when this returns, even to whoever is cancelled meanwhile."""
        for track in self.tracks:
            track.stop()
        await to_its_end(hang_up(self._pc))

    def _furnish(self) -> None:
        """Add tracks, then channels: the library bundles on what came first, and must find the tracks there."""
        for stirring in (self._news.set, self._room.set):
            self._pc.on("connectionstatechange", stirring)
        self._pc.on("track", self.tracks.append)
        for source in self._sources:
            self._pc.addTrack(_Locked(source, self._unlocked))
        for name, delivery in CHANNELS[self.endpoint].items():
            channel = self._pc.createDataChannel(name, ordered=delivery.ordered, maxPacketLifeTime=delivery.lifetime_ms)
            channel.bufferedAmountLowThreshold = _LOW
            channel.on("bufferedamountlow", self._room.set)
            channel.on("open", self._news.set)
            channel.on("close", self._news.set)
            channel.on("message", partial(self._hear, name))
            self._channels[name] = channel

    @property
    def lacks_relay(self) -> bool:
        """Say whether relays were given and none gave an address: they are down, or their credentials are too old."""
        wanted = any(url.startswith("turn") for server in self.ice_servers for url in server.urls)
        return wanted and " typ relay" not in self._pc.localDescription.sdp

    @property
    def traffic(self) -> tuple[int, bool]:
        """Return how many packets have come, of any sort, and whether something is lost and to be said again."""
        sctp: Any = self._pc.sctp
        packets = sum(each.packetsReceived for each in sctp.transport._get_stats().values())  # noqa: SLF001  no public way
        return packets, bool(sctp._sent_queue or sctp._sack_misordered)  # noqa: SLF001  there is no public way

    def offer(self, hand: Handshake, *, now: datetime) -> tuple[str, str]:
        """Return this connection's description and its binding."""
        self._hand = hand
        return (sdp := self._pc.localDescription.sdp), hand.offer(sdp, now=now)

    async def accept(self, sdp: str, binding: str, *, now: datetime) -> str:
        """Verify the answer, then let WebRTC see it; return the nonce to reveal; raises BindingError, PeerLost."""
        accepted = self._proof.accept(sdp, binding, now=now)
        try:
            await self._pc.setRemoteDescription(RTCSessionDescription(sdp=accepted.sdp, type="answer"))
        except (ValueError, LookupError, AssertionError, AttributeError, InvalidStateError) as error:
            raise PeerLost(f"the answer's description cannot be used: {error}") from error
        return accepted.nonce

    async def candidate(self, body: Candidate) -> None:
        """Try one more address of the other side; one that cannot be read is none, and may only deny the call."""
        text = body.candidate.removeprefix("candidate:")
        with suppress(ValueError, LookupError, AssertionError):
            found = candidate_from_sdp(text) if text else None
            if found is not None:
                found.sdpMid = body.mid or "0"
            await self._pc.addIceCandidate(found)

    async def connect(self) -> None:
        """Return once both confirms are verified at both ends: all is unlocked. Raises BindingError, PeerLost."""
        try:
            async with asyncio.timeout(self._deadlines.open_s):
                while any(channel.readyState != "open" for channel in self._channels.values()):
                    self._raise_if_ended()
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise PeerLost("the other side did not connect in time") from None
        try:
            async with asyncio.timeout(self._deadlines.confirm_s):
                say = partial(self._send, Channel.CONTROL, proof=True)
                early = await confirm(self._proof, self._seen() or "", say=say, hear=self.next)
        except TimeoutError:
            raise Unconfirmed("the other side did not confirm in time") from None
        self._unlocked.set()
        for said in early:
            self._heard.put_nowait(said)

    async def show(self, track: MediaStreamTrack) -> None:
        """Give one track's frames to *watch* until it ends."""
        with suppress(MediaStreamError):
            while True:
                frame = await track.recv()
                if isinstance(frame, VideoFrame | AudioFrame):
                    self._watch(frame)

    async def next(self) -> Heard:
        """Return what the other side says next; raises PeerLost when the connection ends first."""
        while self._heard.empty():
            self._raise_if_ended()
            self._news.clear()
            await self._news.wait()
        return self._heard.get_nowait()

    def say(self, message: Message) -> None:
        """Send one message on its channel; raises PeerLost, and RuntimeError before the connection is proved."""
        self._send(MESSAGES[type(message)], dump(message))

    async def pour(self, octets: bytes) -> None:
        """Send octets on `blob` and wait until they are not too many; raises as `say` does."""
        self._send(Channel.BLOB, octets)
        while self._channels[Channel.BLOB].bufferedAmount > _FULL:
            self._raise_if_ended()
            self._room.clear()
            await self._room.wait()

    @property
    def _proof(self) -> Handshake:
        if self._hand is None:
            raise RuntimeError("offer first")
        return self._hand

    def _send(self, name: Channel, data: str | bytes, *, proof: bool = False) -> None:
        if not (proof or self._unlocked.is_set()):
            raise RuntimeError("nothing is said before the connection is proved")
        if self._channels[name].readyState != "open":
            raise PeerLost("the connection was closed")
        self._channels[name].send(data)

    def _hear(self, name: Channel, said: str | bytes) -> None:
        if self._unlocked.is_set() or self._heard.qsize() < _PATIENCE:
            self._heard.put_nowait((name, said if len(said) <= LARGEST else said[: LARGEST + 1]))
            self._news.set()

    def _raise_if_ended(self) -> None:
        """Raise PeerLost where the connection has ended, BindingError where it showed another certificate."""
        control = self._channels[Channel.CONTROL].readyState
        if self._pc.connectionState not in _ENDED and control not in {"closing", "closed"}:
            return
        if not self._unlocked.is_set() and self._seen() not in (None, self._proof.fingerprint):
            raise BindingError(Flaw.SEEN, "the connection's certificate is not the signed one")
        raise PeerLost("the other side closed the connection, or could not be reached")

    def _seen(self) -> str | None:
        """Return the fingerprint of the certificate that DTLS showed, None before it has."""
        ssl: Any = self._pc.sctp.transport._ssl if self._pc.sctp else None  # noqa: SLF001  there is no public way
        certificate = ssl.get_peer_certificate(as_cryptography=True) if ssl is not None else None
        return None if certificate is None else fingerprint_of_certificate(certificate.public_bytes(Encoding.DER))


class _Locked(MediaStreamTrack):
    """A source as the library takes it, that gives nothing until the connection is proved."""

    def __init__(self, source: Source, unlocked: asyncio.Event) -> None:
        super().__init__()
        self.kind = source.kind
        self._source = source
        self._unlocked = unlocked

    async def recv(self) -> Given:
        """Return the next frame; waits until the connection is proved."""
        await self._unlocked.wait()
        if self.readyState != "live":
            raise MediaStreamError
        return await self._source.frame()
