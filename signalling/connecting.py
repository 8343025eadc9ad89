"""The words of `teleborne.v1` with which two endpoints make a connection: docs/signalling.md, *Confirm*."""

from __future__ import annotations

from typing import ClassVar

from signalling.message import ALL, JOINING, Message, Text, Word
from signalling.side import Endpoint

__all__ = ["Answer", "Candidate", "Connected", "Offer", "Recovering", "Reveal"]


class Offer(Message, frozen=True, kw_only=True):
    """A session description with its signed binding; of two the one who is first in the roster offers."""

    wire: ClassVar = "offer"
    senders: ClassVar = ALL
    endpoint: Endpoint
    sdp: str
    binding: str


class Answer(Message, frozen=True, kw_only=True):
    """The answer to an offer, its binding over the offer's."""

    wire: ClassVar = "answer"
    senders: ClassVar = JOINING
    endpoint: Endpoint
    sdp: str
    binding: str


class Candidate(Message, frozen=True, kw_only=True):
    """One ICE candidate; an empty one is the last."""

    wire: ClassVar = "candidate"
    senders: ClassVar = ALL
    endpoint: Endpoint
    candidate: Text
    mid: Word | None = None


class Reveal(Message, frozen=True, kw_only=True):
    """The nonce that the offer's binding committed to."""

    wire: ClassVar = "reveal"
    senders: ClassVar = ALL
    endpoint: Endpoint
    nonce: Word


class Connected(Message, frozen=True, kw_only=True):
    """The sender has verified, connected and confirmed."""

    wire: ClassVar = "connected"
    senders: ClassVar = ALL
    endpoint: Endpoint


class Recovering(Message, frozen=True, kw_only=True):
    """The sender has lost the media; whoever offers makes a new generation."""

    wire: ClassVar = "recovering"
    senders: ClassVar = ALL
    endpoint: Endpoint
