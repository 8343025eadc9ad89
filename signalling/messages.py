"""The words of `teleborne.v1`: one frozen value a message.

docs/signalling.md is the document; a test compares the two. Each class names its wire type, who may send it and whether
it belongs to a visit. How a message travels is `signalling.envelope`.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Final

from msgspec import Meta, Struct

from signalling.errors import Code, Flaw
from signalling.side import Endpoint, Role

__all__ = ["MESSAGES", "Endpoint", "Message", "Role"]


Word = Annotated[str, Meta(max_length=64)]
Line = Annotated[str, Meta(max_length=200)]
Text = Annotated[str, Meta(max_length=500)]
Count = Annotated[int, Meta(ge=0)]
Reference = Annotated[str, Meta(pattern=r"^[A-Z][A-Za-z]{0,63}/[A-Za-z0-9.-]{1,64}$")]


class Message(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One message's body; subclasses are the vocabulary."""

    wire: ClassVar[str]
    senders: ClassVar[frozenset[Role]]
    of_a_call: ClassVar[bool] = True


_BOTH: Final = frozenset({Role.BOOTH, Role.PHYSICIAN})
_BOOTH: Final = frozenset({Role.BOOTH})
_PHYSICIAN: Final = frozenset({Role.PHYSICIAN})
_SERVER: Final = frozenset({Role.SERVER})


class Hello(Message, frozen=True, kw_only=True):
    """First message of a connection: new, or back with what it knows."""

    wire: ClassVar = "hello"
    senders: ClassVar = _BOTH
    of_a_call: ClassVar = False
    resume: Word | None = None
    last_seq: Count = 0


class Welcome(Message, frozen=True, kw_only=True):
    """Who the participant is, how it can come back, and the visits it is part of."""

    wire: ClassVar = "welcome"
    senders: ClassVar = _SERVER
    of_a_call: ClassVar = False
    participant: str
    role: Role
    resume: str
    fresh: bool
    calls: list[str]


class Enqueue(Message, frozen=True, kw_only=True):
    """A patient asks for a physician."""

    wire: ClassVar = "enqueue"
    senders: ClassVar = _BOOTH
    reason: Text
    language: Word
    place: Line
    territory: Word | None = None
    speciality: Word | None = None
    needs: Annotated[list[Word], Meta(max_length=8)] = []
    initials: Annotated[str, Meta(max_length=12)] = ""
    age: Annotated[int, Meta(ge=0, le=150)] | None = None
    encounter: Reference | None = None
    patient: Reference | None = None


class Queued(Message, frozen=True, kw_only=True):
    """How many wait before, and an estimate in minutes (from, to), or none."""

    wire: ClassVar = "queued"
    senders: ClassVar = _SERVER
    before: int
    minutes: tuple[int, int] | None


class Leave(Message, frozen=True, kw_only=True):
    """The patient goes: does not want to wait any longer, or leaves the talk."""

    wire: ClassVar = "leave"
    senders: ClassVar = _BOOTH
    reason: Word


class Available(Message, frozen=True, kw_only=True):
    """A physician takes patients, or stops."""

    wire: ClassVar = "available"
    senders: ClassVar = _PHYSICIAN
    of_a_call: ClassVar = False
    on: bool


class Waiter(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of the queue: never a name."""

    call: str
    since: str
    reason: str
    language: str
    place: str
    speciality: str | None
    needs: list[str]
    initials: str
    age: int | None


class Waiting(Message, frozen=True, kw_only=True):
    """Who is offered to this physician, oldest first."""

    wire: ClassVar = "waiting"
    senders: ClassVar = _SERVER
    of_a_call: ClassVar = False
    queue: list[Waiter]


class Take(Message, frozen=True, kw_only=True):
    """A physician wants this patient; the first wins."""

    wire: ClassVar = "take"
    senders: ClassVar = _PHYSICIAN


class Taken(Message, frozen=True, kw_only=True):
    """Another physician was first."""

    wire: ClassVar = "taken"
    senders: ClassVar = _SERVER
    by: str


class Party(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The other side, as the server knows it; screens show only names that a binding proved."""

    participant: str
    role: Role
    subject: str
    name: str
    endpoints: list[Endpoint]
    present: bool


class IceServer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A relay of ours with its short-lived credentials, as RTCPeerConnection takes it."""

    urls: list[str]
    username: str
    credential: str


class Admitted(Message, frozen=True, kw_only=True):
    """The two may begin: who is there, the relays they may use, and the generation each endpoint has reached."""

    wire: ClassVar = "admitted"
    senders: ClassVar = _SERVER
    you: str
    peers: list[Party]
    ice_servers: list[IceServer]
    generations: dict[Endpoint, int]
    encounter: str | None = None
    patient: str | None = None
    waiter: Waiter | None = None


class HandBack(Message, frozen=True, kw_only=True):
    """The physician gives the patient back to the queue, where they keep their place."""

    wire: ClassVar = "hand-back"
    senders: ClassVar = _PHYSICIAN
    reason: Word


class Offer(Message, frozen=True, kw_only=True):
    """A session description with its signed binding; the booth's endpoints always offer."""

    wire: ClassVar = "offer"
    senders: ClassVar = _BOOTH
    endpoint: Endpoint
    sdp: str
    binding: str


class Answer(Message, frozen=True, kw_only=True):
    """The answer to an offer, its binding over the offer's."""

    wire: ClassVar = "answer"
    senders: ClassVar = _PHYSICIAN
    endpoint: Endpoint
    sdp: str
    binding: str


class Candidate(Message, frozen=True, kw_only=True):
    """One ICE candidate; an empty one is the last."""

    wire: ClassVar = "candidate"
    senders: ClassVar = _BOTH
    endpoint: Endpoint
    candidate: Text
    mid: Word | None = None


class Reveal(Message, frozen=True, kw_only=True):
    """The nonce that the offer's binding committed to."""

    wire: ClassVar = "reveal"
    senders: ClassVar = _BOOTH
    endpoint: Endpoint
    nonce: Word


class Connected(Message, frozen=True, kw_only=True):
    """The sender has verified, connected and confirmed."""

    wire: ClassVar = "connected"
    senders: ClassVar = _BOTH
    endpoint: Endpoint


class Recovering(Message, frozen=True, kw_only=True):
    """The sender has lost the media; the booth makes a new generation."""

    wire: ClassVar = "recovering"
    senders: ClassVar = _BOTH
    endpoint: Endpoint


class Present(Message, frozen=True, kw_only=True):
    """A participant went away, or came back within its grace."""

    wire: ClassVar = "peer"
    senders: ClassVar = _SERVER
    participant: str
    present: bool
    grace_s: int = 0


class HangUp(Message, frozen=True, kw_only=True):
    """The talk is over."""

    wire: ClassVar = "hang-up"
    senders: ClassVar = _BOTH
    reason: Word


class Stop(Message, frozen=True, kw_only=True):
    """A verification failed: a hard stop."""

    wire: ClassVar = "stop"
    senders: ClassVar = _BOTH
    reason: Flaw


class Reported(Message, frozen=True, kw_only=True):
    """The report is signed and stored; relayed to the booth, which prints it."""

    wire: ClassVar = "reported"
    senders: ClassVar = _PHYSICIAN
    documents: Annotated[list[Reference], Meta(max_length=16)]
    composition: Reference | None = None


class Ended(Message, frozen=True, kw_only=True):
    """The talk is over; `reporting`: the physician still writes."""

    wire: ClassVar = "ended"
    senders: ClassVar = _SERVER
    reason: str
    reporting: bool = False


class Error(Message, frozen=True, kw_only=True):
    """A message was refused: which way, what is wrong, what to do."""

    wire: ClassVar = "error"
    senders: ClassVar = _SERVER
    of_a_call: ClassVar = False
    code: Code
    what: str
    remedy: str
    re: str | None = None


MESSAGES: Final[dict[str, type[Message]]] = {cls.wire: cls for cls in Message.__subclasses__()}
"""Every message by its wire type."""
