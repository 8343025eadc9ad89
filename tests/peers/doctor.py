"""A physician at a real gateway: signs in, takes patients, talks with the booth by aiortc, and signs reports."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse, CookieJar, WSMsgType
from aiortc import RTCSessionDescription
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av import VideoFrame
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from booth_client.call import _Locked
from booth_client.synthetic import Picture, Voice, read_number
from certs_example.make import Certificates
from gateway.identity.signature import TYPE as SIGNATURE
from signalling import jws
from signalling import messages as m
from signalling.binding import Anchors, Edge, Part, Signer, make_binding, physician, verify_binding
from signalling.credential import make_credential
from signalling.envelope import Envelope, dump, parse
from signalling.sdp import fingerprint_of, sanitise
from signalling.side import Endpoint, Role
from tests.peers.patience import PATIENCE
from tests.peers.webrtc_people import People
from tests.peers.webrtc_physician import Physician

__all__ = ["Doctor", "doctor", "people_of"]

_ids = itertools.count(1)


def people_of(certificates: Certificates, *, rpps: str, name: str) -> People:
    """Return who takes part, with the authorities of *certificates*; the booth signs for itself and is not in it."""
    registration = load_pem_private_key(certificates.registration_authority.key.read_bytes(), password=None)
    assert isinstance(registration, ec.EllipticCurvePrivateKey)
    signer = _signer(f"rpps:{rpps}", name, registration)
    return People(
        booth=signer,
        physician=signer,
        stranger=_signer("rpps:10009999999", "Dr Personne", registration),
        anchors=Anchors(
            device_authority=x509.load_pem_x509_certificate(certificates.device_ca.certificate.read_bytes()),
            registration_authority=registration.public_key(),
        ),
        device_ca=certificates.device_ca.certificate,
        registration=certificates.registration_authority.certificate,
        registration_key=registration,
    )


def _signer(subject: str, name: str, authority: ec.EllipticCurvePrivateKey) -> Signer:
    key = ec.generate_private_key(ec.SECP256R1())
    jwk = jws.jwk_of(key.public_key())
    return physician(
        subject, make_credential(authority, subject=subject, name=name, jwk=jwk, now=datetime.now(UTC)), key
    )


class _Freezing(Picture):
    """A camera that can stop."""

    def __init__(self) -> None:
        super().__init__()
        self.runs = asyncio.Event()
        self.runs.set()

    async def frame(self) -> VideoFrame:
        await self.runs.wait()
        return await super().frame()


class _Line(Physician):
    """One connection of a visit; face to face, a numbered picture and a voice go back."""

    call = ""
    booth = ""
    pictures = 0
    last: VideoFrame | None = None

    def green(self) -> bool:
        """Say whether the last picture is the green one of a browser's test camera, and not black."""
        if self.last is None:
            return False
        luma, blue, red = (bytes(plane)[4 * plane.line_size + 4] for plane in self.last.planes)
        return luma > 60 and blue < 110 and red < 110

    def freeze(self, *, off: bool = False) -> None:
        """Send no more pictures; or go on."""
        (self.camera.runs.set if off else self.camera.runs.clear)()

    async def _watch(self, track: MediaStreamTrack) -> None:
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            if isinstance(frame, VideoFrame):
                self.pictures, self.last = self.pictures + 1, frame
                number = _number(frame)
                self.numbers += [] if number is None else [number]
            else:
                self.sound += 1

    async def offered(self, offer: m.Offer, gen: int) -> None:
        signer = self.signer or self.people.physician
        self.edge = Edge(
            call=self.call, generation=gen, endpoint=offer.endpoint, offerer=self.booth, answerer=signer.subject
        )
        now = datetime.now(UTC)
        self.offer = verify_binding(offer.binding, self.edge, Part.OFFER, anchors=self.people.anchors, now=now)
        sdp = sanitise(offer.sdp, self.offer.fingerprint)
        await self.pc.setRemoteDescription(RTCSessionDescription(sdp=sdp, type="offer"))
        if offer.endpoint is Endpoint.AV:
            self.camera = _Freezing()
            for source in (self.camera, Voice()):
                self.pc.addTrack(_Locked(source, self.proved))
        await self.pc.setLocalDescription(await self.pc.createAnswer())
        own = self.pc.localDescription.sdp
        self.own = fingerprint_of(own)
        self.answer = make_binding(signer, self.edge, Part.ANSWER, fingerprint=self.own, peer=self.offer.hash, now=now)
        self.reply(self.lie(m.Answer(endpoint=offer.endpoint, sdp=own, binding=self.answer)), gen)


def _number(frame: VideoFrame) -> int | None:
    luma = frame.planes[0]
    return read_number(bytes(luma), width=frame.width, height=frame.height, stride=luma.line_size)


@dataclass(kw_only=True)
class Doctor:
    """One physician; `lines` has the newest connection of each endpoint, `lie` changes its answers."""

    url: str
    person: str
    people: People
    http: ClientSession
    lie: Callable[[m.Answer], m.Answer] = lambda answer: answer
    answers: bool = True
    socket: ClientWebSocketResponse | None = None
    queue: list[m.Waiter] = field(default_factory=list)
    heard: list[Envelope] = field(default_factory=list)
    lines: dict[Endpoint, _Line] = field(default_factory=dict)
    made: list[_Line] = field(default_factory=list)
    admitted: m.Admitted | None = None
    call: str = ""
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def join(self) -> None:
        origin = {"Origin": self.url}
        async with self.http.post(f"{self.url}/signalling/ticket", headers=origin) as answer:
            assert answer.status == 200, await answer.text()
            ticket = (await answer.json())["ticket"]
        self.socket = await self.http.ws_connect(
            f"{self.url}/signalling/v1?ticket={ticket}", protocols=("teleborne.v1",), headers=origin
        )
        await self.say(m.Hello())
        await self.say(m.Available(on=True))
        self._start(self._listen(self.socket))

    async def say(self, body: m.Message, *, call: str | None = None, gen: int = 1) -> None:
        assert self.socket is not None
        await self.socket.send_str(dump(Envelope(body=body, id=f"d-{next(_ids)}", call=call, gen=gen)).decode())

    async def takes(self, *, seconds: float = PATIENCE) -> m.Waiter:
        """Take the first patient of the queue."""
        await self.until(lambda: self.queue, seconds=seconds)
        waiter = self.queue[0]
        self.call = waiter.call
        await self.say(m.Take(), call=self.call)
        await self.until(lambda: self.admitted)
        return waiter

    async def talks(self, *, seconds: float = PATIENCE, generation: int = 1) -> None:
        """Wait until both connections are proved."""

        def proved() -> bool:
            lines = [self.lines.get(endpoint) for endpoint in Endpoint]
            return all(line and line.proved.is_set() and line.edge.generation >= generation for line in lines)

        await self.until(proved, seconds=seconds)

    async def asks(self, kind: str, *, name: str = "r-1") -> None:
        self.requests("measure", name=name, kind=kind)

    def requests(self, what: str, *, name: str = "r-1", **more: Any) -> None:
        """Ask the booth for anything."""
        self.lines[Endpoint.AGENT].say(k="request", id=name, what=what, **more)

    def answers_to(self, name: str = "r-1") -> list[dict[str, Any]]:
        """Return what the booth said of a request, whole."""
        return [each for each in self.lines[Endpoint.AGENT].said("answer") if each["id"] == name]

    def told(self, name: str = "r-1") -> list[str]:
        """Return what the booth said of a request."""
        said = self.lines[Endpoint.AGENT].said("answer")
        return [each["state"] for each in said if each["id"] == name]

    async def hangs_up(self) -> None:
        await self.say(m.HangUp(reason="finished"), call=self.call)

    async def signs(self, *, told: bool = True) -> list[str]:
        """Write and sign the report, and tell the booth unless not *told*; return the documents' references."""
        assert self.admitted is not None
        assert self.admitted.encounter is not None
        encounter = self.admitted.encounter.partition("/")[2]
        base, headers = f"{self.url}/visits/{encounter}/report", {"Sec-Fetch-Site": "same-origin"}
        async with self.http.get(f"{base}/draft", headers=headers) as answer:
            assert answer.status == 200, await answer.text()
            draft = await answer.json()
        draft |= {
            "reason": "Toux",
            "history": "Aucun antécédent, aucune allergie connue.",
            "examination": "Pas de gêne respiratoire.",
            "present": ["le patient"],
            "remote_because": "Pas de médecin disponible à moins de 30 km.",
            "limits": "Auscultation non faite.",
            "conclusion": "Rhinopharyngite.",
            "plan": "Repos, boire de l'eau.",
            "identity": {"family": "Dubois", "given": "Marcelle", "gender": "female", "birth_date": "1944-01-03"},
        }
        async with self.http.post(base, json=draft, headers=headers) as answer:
            ready = await answer.json()
            assert ready.get("ready"), ready
        signed = self._sign(ready["to_sign"])
        async with self.http.post(f"{base}/sign", json={"jws": signed}, headers=headers) as answer:
            assert answer.status == 200, await answer.text()
            stored = await answer.json()
        if told:
            await self.say(m.Reported(documents=stored["documents"], composition=stored["composition"]), call=self.call)
        return list(stored["documents"])

    async def papers_are(self, step: str, *, seconds: float = PATIENCE) -> dict[str, Any]:
        """Wait until the gateway says that the papers are so far at the booth, and return what it says."""
        assert self.admitted is not None
        encounter = (self.admitted.encounter or "").partition("/")[2]
        url, headers = f"{self.url}/visits/{encounter}/report/printing", {"Sec-Fetch-Site": "same-origin"}
        async with asyncio.timeout(seconds):
            while True:
                async with self.http.get(url, headers=headers) as answer:
                    told: dict[str, Any] | None = await answer.json(content_type=None)
                    if answer.status == 200 and told is not None and told["step"] == step:
                        return told
                await asyncio.sleep(0.1)

    def _sign(self, statement: str) -> str:
        signer = self.people.physician
        return jws.sign({"typ": SIGNATURE, **signer.proof}, json.loads(statement), signer.key)

    async def until(self, true: Callable[[], Any], *, seconds: float = PATIENCE) -> None:
        async with asyncio.timeout(seconds):
            while not true():
                for task in [each for each in self.tasks if each.done()]:
                    self.tasks.discard(task)
                    task.result()
                await asyncio.sleep(0.02)

    async def leaves(self) -> None:
        """Lose everything, as a page that is closed."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        self.tasks.clear()
        if self.socket is not None:
            await self.socket.close()
        for line in self.made:
            with contextlib.suppress(Exception):
                await line.close()
        self.made.clear()
        self.lines.clear()

    def _start(self, work: Any) -> None:
        self.tasks.add(asyncio.ensure_future(work))

    async def _listen(self, socket: ClientWebSocketResponse) -> None:
        async for frame in socket:
            if frame.type is WSMsgType.TEXT:
                envelope = parse(frame.data)
                self.heard.append(envelope)
                await self._hear(envelope)

    async def _hear(self, envelope: Envelope) -> None:
        match envelope.body:
            case m.Waiting(queue=queue):
                self.queue = queue
            case m.Admitted() as admitted:
                self.admitted, self.call = admitted, envelope.call or ""
            case m.Offer() as offer if self.answers:
                await self._offered(offer, envelope.gen)
            case m.Reveal(endpoint=endpoint, nonce=nonce):
                self.lines[endpoint].revealed(nonce)

    async def _offered(self, offer: m.Offer, gen: int) -> None:
        assert self.admitted is not None

        def reply(body: m.Message, gen: int) -> None:
            self._start(self.say(body, call=self.call, gen=gen))

        line = _Line(people=self.people, reply=reply, lie=self.lie)
        line.call = self.call
        line.booth = next(peer.subject for peer in self.admitted.peers if peer.role is Role.BOOTH)
        self.lines[offer.endpoint] = line
        self.made.append(line)
        await line.offered(offer, gen)
        self._start(self._connected(line, offer.endpoint, gen))

    async def _connected(self, line: _Line, endpoint: Endpoint, gen: int) -> None:
        await line.proved.wait()
        await self.say(m.Connected(endpoint=endpoint), call=self.call, gen=gen)


@asynccontextmanager
async def doctor(url: str, people: People, *, person: str = "martin", join: bool = True) -> AsyncIterator[Doctor]:
    """Sign in as a physician of the demo, be available, and leave at the end."""
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as http:
        async with http.get(f"{url}/demo/sign-in?person={person}", allow_redirects=False) as answer:
            assert answer.status == 303
        made = Doctor(url=url, person=person, people=people, http=http)
        try:
            if join:
                await made.join()
            yield made
        finally:
            await made.leaves()
