"""A booth where physicians are seen, put together: who it is, whom it believes, and how it makes its connections."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import ClientSession
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from booth_client.attending import Connections, Gathering
from booth_client.channels import Request
from booth_client.clock import Clock
from booth_client.company import Company
from booth_client.config import BoothSettings, GatewayLink, Trust, Who
from booth_client.config import Instruments as Named
from booth_client.consulting import Consulting
from booth_client.face import Face
from booth_client.faces import Faces
from booth_client.files import Files
from booth_client.guide import Guide
from booth_client.instruments import Instrument, Instruments
from booth_client.kiosk.documents import Documents
from booth_client.kiosk.server import Kiosk
from booth_client.kiosk.trial import trial_routes
from booth_client.papers import Papers
from booth_client.patient import Patient
from booth_client.protection import State
from booth_client.relays import Relays, passes
from booth_client.showing import Showing
from booth_client.signalling_link import SignallingLink
from booth_client.talks import Talks
from booth_client.visits import Visits
from booth_client.words import Exam
from gateway.errors import SettingsError
from signalling import messages as m
from signalling.binding import Anchors, Signer, booth
from signalling.side import Endpoint

if TYPE_CHECKING:
    from booth_client.conversation import Conversation

__all__ = ["anchors_of", "consulting", "signer_of"]


def consulting(
    settings: BoothSettings,
    session: ClientSession,
    *,
    guide: Guide,
    visits: Visits,
    papers: Papers,
    kiosk: Kiosk | None,
    relays: Relays,
    clock: Clock,
) -> Consulting:
    """Return what carries out the visits of a booth with *settings*; without a kiosk, of its simulated patient.

    Raises SettingsError where a certificate or key is missing or wrong.
    """
    if settings.trust is None:
        raise SettingsError("trust: missing; visits = true needs the table [trust]")
    anchors = anchors_of(settings.trust)
    signer_of(settings.gateway)  # or the first visit would be the first to tell
    link = SignallingLink(session, settings.gateway.base_url)
    company = Company(anchors, now=clock.true)
    if kiosk is not None:
        kiosk.serve(*trial_routes(partial(passes, session, settings.gateway.base_url)))
    own: dict[str, Any] = {"anchors": anchors, "say": link.send, "relays": relays, "company": company}
    given = partial(_given, settings.gateway, now=clock.true, **own)

    instruments = instruments_of(settings.instruments)
    documents = Documents(instruments.near) if kiosk else None
    if kiosk is not None and documents is not None:
        kiosk.serve(*documents.routes(), read=False)
    showing = Showing(Files(), papers, documents)

    def face(tell: Callable[[State], None], moving: Callable[[bool], None]) -> AbstractContextManager[Gathering]:
        if kiosk is None:
            from booth_client.conversation import Conversation  # noqa: PLC0415  as in `agent`
            from booth_client.synthetic import Picture, Voice  # noqa: PLC0415

            def simulated(party: m.Party | None) -> Conversation:
                peer = party.participant if party else None
                return Conversation(Endpoint.AV, tell=tell, peer=peer, sources=(Picture(), Voice()), **given())

            return nullcontext(Talks(simulated, company))

        def make(party: m.Party | None) -> Face:
            if party is None:
                return Face(show=kiosk.say, tell=tell, moving=moving, **given())
            return Face(show=kiosk.say, tell=tell, peer=party.participant, **given())

        return kiosk.attached(Faces(make, company))

    async def agent(tell: Callable[[State], None], hear: Callable[[Request], None]) -> Conversation:
        # WebRTC is 25 MB and a second: it comes when somebody waits for a physician, in a thread that nobody notices.
        await asyncio.to_thread(import_module, "booth_client.conversation")
        from booth_client.conversation import Conversation  # noqa: PLC0415  it has just come

        held, take = instruments.sources(), showing.files.take
        return Conversation(Endpoint.AGENT, tell=tell, hear=hear, take=take, sources=held, **given())

    connections = Connections(agent=agent, face=face, company=company)
    return Consulting(
        link=link,
        connections=connections,
        guide=guide,
        visits=visits,
        papers=papers,
        patient=_patient(settings),
        instruments=instruments,
        showing=showing,
        true=clock.true,
    )


def _given(link: GatewayLink, **more: Any) -> dict[str, Any]:
    """Return what each connection is made with: the certificate as it is by now, for it is renewed twice a day."""
    return {"signer": signer_of(link), **more}


def instruments_of(settings: Named) -> Instruments:
    """Return the instruments that *settings* names; a booth without any loads nothing that decodes."""
    found: dict[Exam, Instrument] = {}
    camera = None
    if settings.stethoscope:
        from booth_client.stethoscope import stethoscope  # noqa: PLC0415  as the docstring says

        found[Exam.LISTEN] = stethoscope(settings.stethoscope)
    if settings.camera:
        from booth_client.exam_camera import ExamCamera  # noqa: PLC0415

        found[Exam.CAMERA] = camera = ExamCamera(settings.camera)
    return Instruments(by_exam=found, camera=camera)


def signer_of(link: GatewayLink) -> Signer:
    """Return the booth as a signer, by its device certificate. Raises SettingsError."""
    try:
        certificate = x509.load_pem_x509_certificate(link.certificate.read_bytes())
        key = load_pem_private_key(link.key.read_bytes(), password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise SettingsError(f"gateway.key: {link.key} is no P-256 key; enrol the booth again")
        return booth(certificate, key)
    except (OSError, ValueError, TypeError, x509.ExtensionNotFound) as error:
        files = f"{link.certificate}, {link.key}"
        raise SettingsError(f"gateway: the booth cannot sign with {files}: {error}; enrol it again") from error


def anchors_of(trust: Trust) -> Anchors:
    """Return the two authorities. Raises SettingsError."""
    device = _certificate("trust.device_authority", trust.device_authority)
    registration = _certificate("trust.registration_authority", trust.registration_authority)
    key = registration.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise SettingsError(f"trust.registration_authority: {trust.registration_authority} has no P-256 key")
    return Anchors(device_authority=device, registration_authority=key)


def _certificate(setting: str, path: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError) as error:
        raise SettingsError(f"{setting}: {path} cannot be read: {error}; name the authority's certificate") from error


def _patient(settings: BoothSettings) -> Patient:
    place = settings.place
    known = settings.simulated if settings.patient is Who.SIMULATED else None
    return Patient(
        place=place.name,
        territory=place.territory,
        speciality=place.speciality,
        initials=known.initials if known else "",
        age=known.age if known else None,
    )
