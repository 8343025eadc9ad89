"""What every message of `teleborne.v1` is made of: its fields' limits, and who may send which."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final

from msgspec import Meta, Struct

from signalling.side import Role

__all__ = [
    "ALL",
    "BOOTH",
    "BOTH",
    "JOINING",
    "PHYSICIAN",
    "SERVER",
    "Count",
    "Line",
    "Message",
    "Reference",
    "Text",
    "Word",
]

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


ALL: Final = frozenset({Role.BOOTH, Role.PHYSICIAN, Role.GUEST})
BOTH: Final = frozenset({Role.BOOTH, Role.PHYSICIAN})
JOINING: Final = frozenset({Role.PHYSICIAN, Role.GUEST})
BOOTH: Final = frozenset({Role.BOOTH})
PHYSICIAN: Final = frozenset({Role.PHYSICIAN})
SERVER: Final = frozenset({Role.SERVER})
