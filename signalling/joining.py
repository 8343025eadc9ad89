"""The words of `teleborne.v1` with which somebody is asked into a visit, comes and goes."""

from __future__ import annotations

from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from signalling.message import BOOTH, JOINING, PHYSICIAN, SERVER, Message, Word
from signalling.side import Part, Standing

__all__ = [
    "Admit",
    "Asked",
    "Colleague",
    "Colleagues",
    "Consent",
    "Invite",
    "Invited",
    "Join",
    "MayJoin",
    "Remove",
    "Roster",
    "Thirds",
    "WhoIsThere",
]


class WhoIsThere(Message, frozen=True, kw_only=True):
    """A physician asks which colleagues could join."""

    wire: ClassVar = "who-is-there"
    senders: ClassVar = PHYSICIAN


class Colleague(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A physician who is there and with no patient."""

    participant: str
    name: str
    specialities: list[str]
    languages: list[str]


class Colleagues(Message, frozen=True, kw_only=True):
    """The physicians who could join."""

    wire: ClassVar = "colleagues"
    senders: ClassVar = SERVER
    there: list[Colleague]


class Invite(Message, frozen=True, kw_only=True):
    """The physician asks somebody into the visit: a `colleague`, or whoever has the ticket of the `commitment`."""

    wire: ClassVar = "invite"
    senders: ClassVar = PHYSICIAN
    invitation: Word
    part: Part
    colleague: Word | None = None
    commitment: Annotated[str, Meta(pattern="^[A-Za-z0-9_-]{43}$")] | None = None


class Invited(Message, frozen=True, kw_only=True):
    """Who asks you to join, as what, and how far it is."""

    wire: ClassVar = "invited"
    senders: ClassVar = SERVER
    by: str
    part: Part
    standing: Standing
    place: str
    language: str


class Join(Message, frozen=True, kw_only=True):
    """Whoever was invited is at the door; a guest with the proof that they have the link."""

    wire: ClassVar = "join"
    senders: ClassVar = JOINING
    proof: Word | None = None


class Asked(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One whom the physician asked into the visit, as the server knows them; who used no link yet has no name."""

    invitation: str
    part: Part
    standing: Standing
    participant: str | None
    subject: str | None
    name: str | None
    proof: str | None
    present: bool


class Thirds(Message, frozen=True, kw_only=True):
    """Everybody who was asked into the visit and has not left."""

    wire: ClassVar = "thirds"
    senders: ClassVar = SERVER
    thirds: list[Asked]


class Admit(Message, frozen=True, kw_only=True):
    """The physician would let them in: the patient is asked."""

    wire: ClassVar = "admit"
    senders: ClassVar = PHYSICIAN
    invitation: Word


class MayJoin(Message, frozen=True, kw_only=True):
    """The patient is asked whether they want this person in the talk."""

    wire: ClassVar = "may-join"
    senders: ClassVar = SERVER
    participant: str
    subject: str
    name: str
    part: Part


class Consent(Message, frozen=True, kw_only=True):
    """What the patient said to it."""

    wire: ClassVar = "consent"
    senders: ClassVar = BOOTH
    participant: Word
    given: bool


class Roster(Message, frozen=True, kw_only=True):
    """Who takes part from now on, signed by the physician; everybody connects anew."""

    wire: ClassVar = "roster"
    senders: ClassVar = PHYSICIAN
    roster: Annotated[str, Meta(max_length=8192)]
    participants: Annotated[list[Word], Meta(min_length=2, max_length=4)]


class Remove(Message, frozen=True, kw_only=True):
    """The physician takes an invitation back, or somebody out of the talk."""

    wire: ClassVar = "remove"
    senders: ClassVar = PHYSICIAN
    invitation: Word
