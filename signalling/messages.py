"""The words of `teleborne.v1`: one frozen value a message.

docs/signalling.md is the document; a test compares the two. Each class names its wire type, who may send it and whether
it belongs to a visit. The words of a connection are in `signalling.connecting`, those of who joins a visit in
`signalling.joining`. How a message travels is `signalling.envelope`.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Final

from msgspec import Meta, Struct, field

from signalling.connecting import Answer, Candidate, Connected, Offer, Recovering, Reveal
from signalling.errors import Code, Flaw
from signalling.joining import (
    Admit,
    Asked,
    Colleague,
    Colleagues,
    Consent,
    Invite,
    Invited,
    Join,
    MayJoin,
    Remove,
    Roster,
    Thirds,
    WhoIsThere,
)
from signalling.message import ALL, BOOTH, BOTH, PHYSICIAN, SERVER, Count, Line, Message, Reference, Text, Word
from signalling.side import Endpoint, Role

__all__ = [
    "MESSAGES",
    "Admit",
    "Answer",
    "Asked",
    "Candidate",
    "Colleague",
    "Colleagues",
    "Connected",
    "Consent",
    "Endpoint",
    "Invite",
    "Invited",
    "Join",
    "MayJoin",
    "Message",
    "Offer",
    "Recovering",
    "Remove",
    "Reveal",
    "Role",
    "Roster",
    "Text",
    "Thirds",
    "WhoIsThere",
    "Word",
]


class Hello(Message, frozen=True, kw_only=True):
    """First message of a connection: new, or back with what it knows."""

    wire: ClassVar = "hello"
    senders: ClassVar = ALL
    of_a_call: ClassVar = False
    resume: Word | None = None
    last_seq: Count = 0


class Welcome(Message, frozen=True, kw_only=True):
    """Who the participant is, how it can come back, and the visits it is part of."""

    wire: ClassVar = "welcome"
    senders: ClassVar = SERVER
    of_a_call: ClassVar = False
    participant: str
    role: Role
    resume: str
    fresh: bool
    calls: list[str]


class Enqueue(Message, frozen=True, kw_only=True):
    """A patient asks for a physician."""

    wire: ClassVar = "enqueue"
    senders: ClassVar = BOOTH
    reason: Text
    language: Word
    place: Line
    territory: Word | None = None
    speciality: Word | None = None
    needs: Annotated[list[Word], Meta(max_length=8)] = field(default_factory=list)
    initials: Annotated[str, Meta(max_length=12)] = ""
    age: Annotated[int, Meta(ge=0, le=150)] | None = None
    encounter: Reference | None = None
    patient: Reference | None = None


class Queued(Message, frozen=True, kw_only=True):
    """How many wait before, and an estimate in minutes (from, to), or none."""

    wire: ClassVar = "queued"
    senders: ClassVar = SERVER
    before: int
    minutes: tuple[int, int] | None


class Leave(Message, frozen=True, kw_only=True):
    """The patient goes, or leaves the talk; or whoever was asked to join goes."""

    wire: ClassVar = "leave"
    senders: ClassVar = ALL
    reason: Word


class Available(Message, frozen=True, kw_only=True):
    """A physician takes patients, or stops."""

    wire: ClassVar = "available"
    senders: ClassVar = PHYSICIAN
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
    senders: ClassVar = SERVER
    of_a_call: ClassVar = False
    queue: list[Waiter]


class Take(Message, frozen=True, kw_only=True):
    """A physician wants this patient; the first wins."""

    wire: ClassVar = "take"
    senders: ClassVar = PHYSICIAN


class Taken(Message, frozen=True, kw_only=True):
    """Another physician was first."""

    wire: ClassVar = "taken"
    senders: ClassVar = SERVER
    by: str


class Party(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another side, as the server knows it; screens show only names that a binding or the signed roster proved.

    `generations`: the newest connection of each endpoint that you and this side have.
    """

    participant: str
    role: Role
    subject: str
    name: str
    endpoints: list[Endpoint]
    present: bool
    generations: dict[Endpoint, int]


class IceServer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A relay of ours with its short-lived credentials, as RTCPeerConnection takes it."""

    urls: list[str]
    username: str
    credential: str


class Admitted(Message, frozen=True, kw_only=True):
    """They may begin: who is there, the relays they may use, and the roster where the physician has signed one."""

    wire: ClassVar = "admitted"
    senders: ClassVar = SERVER
    you: str
    peers: list[Party]
    ice_servers: list[IceServer]
    roster: str | None = None
    encounter: str | None = None
    patient: str | None = None
    waiter: Waiter | None = None


class HandBack(Message, frozen=True, kw_only=True):
    """The physician gives the patient back to the queue, where they keep their place."""

    wire: ClassVar = "hand-back"
    senders: ClassVar = PHYSICIAN
    reason: Word


class Present(Message, frozen=True, kw_only=True):
    """A participant went away, or came back within its grace."""

    wire: ClassVar = "peer"
    senders: ClassVar = SERVER
    participant: str
    present: bool
    grace_s: int = 0


class HangUp(Message, frozen=True, kw_only=True):
    """The talk is over."""

    wire: ClassVar = "hang-up"
    senders: ClassVar = BOTH
    reason: Word


class Stop(Message, frozen=True, kw_only=True):
    """A verification failed: a hard stop."""

    wire: ClassVar = "stop"
    senders: ClassVar = ALL
    reason: Flaw


class Reported(Message, frozen=True, kw_only=True):
    """The report is signed and stored; relayed to the booth, which prints it."""

    wire: ClassVar = "reported"
    senders: ClassVar = PHYSICIAN
    documents: Annotated[list[Reference], Meta(max_length=16)]
    composition: Reference | None = None


class Ended(Message, frozen=True, kw_only=True):
    """The talk is over; `reporting`: the physician still writes, and is told what the report is about."""

    wire: ClassVar = "ended"
    senders: ClassVar = SERVER
    reason: str
    reporting: bool = False
    encounter: str | None = None
    patient: str | None = None
    waiter: Waiter | None = None


class Error(Message, frozen=True, kw_only=True):
    """A message was refused: which way, what is wrong, what to do."""

    wire: ClassVar = "error"
    senders: ClassVar = SERVER
    of_a_call: ClassVar = False
    code: Code
    what: str
    remedy: str
    re: str | None = None


MESSAGES: Final[dict[str, type[Message]]] = {cls.wire: cls for cls in Message.__subclasses__()}
"""Every message by its wire type."""
