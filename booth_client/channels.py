"""What is said on a call's data channels, once both sides have confirmed: one frozen value a message, and the channels.

docs/channels.md is the document; a test compares the two. Readings and curves have a file of their own (vitals.py).
Numbers of measurements are `Decimal` and reach the other side digit for digit. RFC 8831 (WebRTC data channels): https://www.rfc-editor.org/rfc/rfc8831
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Final

import msgspec

from booth_client.request import ENDS, LONGEST_TEXT, NEEDS, Answer, Count, Message, Progress, Request, Word
from booth_client.vitals import Vital, Wave
from gateway.errors import TeleborneError
from signalling.side import Endpoint

__all__ = [
    "CHANNELS",
    "CHUNK",
    "ENDS",
    "LARGEST",
    "LARGEST_BLOB",
    "LONGEST_TEXT",
    "MESSAGES",
    "NEEDS",
    "Answer",
    "Blob",
    "Channel",
    "Delivery",
    "Error",
    "Flaw",
    "Frozen",
    "Got",
    "Has",
    "Message",
    "Picture",
    "Ping",
    "Pong",
    "Progress",
    "Proved",
    "Request",
    "Roster",
    "Rung",
    "Unreadable",
    "dump",
    "parse",
]

LARGEST: Final = 16 * 1024
"""The most octets a message may have."""

CHUNK: Final = 16 * 1024
"""The most octets a piece of a blob has."""

LARGEST_BLOB: Final = 16 * 1024 * 1024
"""The most octets a blob has."""


class Channel(StrEnum):
    """A data channel's label."""

    CONTROL = "control"
    VITALS = "vitals"
    WAVE = "wave"
    BLOB = "blob"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What a channel promises; `lifetime_ms` None: everything arrives."""

    ordered: bool
    lifetime_ms: int | None = None


_CONTROL: Final = Delivery(ordered=True)

CHANNELS: Final[Mapping[Endpoint, Mapping[Channel, Delivery]]] = MappingProxyType(
    {
        Endpoint.AV: {Channel.CONTROL: _CONTROL},
        Endpoint.AGENT: {
            Channel.CONTROL: _CONTROL,
            Channel.VITALS: Delivery(ordered=False),
            Channel.WAVE: Delivery(ordered=False, lifetime_ms=400),
            Channel.BLOB: Delivery(ordered=True),
        },
    }
)
"""The channels that each of the booth's endpoints opens."""


class Unreadable(TeleborneError):
    """A text that is no message of docs/channels.md: the other side's fault; the text says where."""


class Proved(Message, frozen=True, kw_only=True, tag="proved"):
    """The second word of each side, after its confirm: the other's holds. Whoever has said and heard it unlocks."""


class Ping(Message, frozen=True, kw_only=True, tag="ping"):
    """From the booth, every second; whoever is there answers."""

    n: Count


class Pong(Message, frozen=True, kw_only=True, tag="pong"):
    """The answer to a ping, at once."""

    n: Count


class Rung(StrEnum):
    """How much of a picture is sent: all of it, a smaller one, or none; OFF: nobody is to be seen there."""

    FULL = "full"
    SMALL = "small"
    SOUND = "sound"
    OFF = "off"


class Picture(Message, frozen=True, kw_only=True, tag="picture"):
    """What the sender's picture is now, and what it wants of the other's: all that the line carries, or sound alone."""

    sends: Rung
    wants: Rung


class Frozen(Message, frozen=True, kw_only=True, tag="frozen"):
    """The other side's picture stood still here in the last second."""


class Roster(Message, frozen=True, kw_only=True, tag="roster"):
    """The physician's newest roster, as it is signed (docs/signalling.md, *Roster*): no server can keep it back."""

    roster: Annotated[str, msgspec.Meta(max_length=8192)]


class Error(Message, frozen=True, kw_only=True, tag="error"):
    """What came was no message of the document; the connection stays."""

    what: Annotated[str, msgspec.Meta(max_length=500)]


class Blob(Message, frozen=True, kw_only=True, tag="blob"):
    """A picture or a file is to come, `size` octets in binary messages; it is whole when its SHA-256 is this one."""

    id: Word
    type: Word
    size: Annotated[int, msgspec.Meta(gt=0)]
    sha256: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


class Flaw(StrEnum):
    """Why a blob is not taken."""

    SIZE = "size"
    TYPE = "type"
    HASH = "hash"


class Got(Message, frozen=True, kw_only=True, tag="got"):
    """So many octets of a blob are here: from there on it is to be sent; with all of them it is whole."""

    id: Word
    octets: Count
    flaw: Flaw | None = None


class Has(Message, frozen=True, kw_only=True, tag="has"):
    """What this booth has: health objects, instruments, a printer, somebody who can show it a `paper`, a `helper`."""

    devices: list[Word]
    exams: list[Word]
    printer: bool
    paper: bool
    helper: bool = False


MESSAGES: Final[Mapping[type[Message], Channel]] = MappingProxyType(
    {
        Proved: Channel.CONTROL,
        Ping: Channel.CONTROL,
        Pong: Channel.CONTROL,
        Picture: Channel.CONTROL,
        Frozen: Channel.CONTROL,
        Roster: Channel.CONTROL,
        Request: Channel.CONTROL,
        Answer: Channel.CONTROL,
        Has: Channel.CONTROL,
        Error: Channel.CONTROL,
        Vital: Channel.VITALS,
        Wave: Channel.WAVE,
        Blob: Channel.BLOB,
        Got: Channel.BLOB,
    }
)
"""Every message, and the channel that it is said on."""

_Any = Proved | Ping | Pong | Picture | Frozen | Roster | Request | Answer | Has | Error | Vital | Wave | Blob | Got
_write: Final = msgspec.json.Encoder(decimal_format="number").encode
_read: Final = msgspec.json.Decoder(_Any).decode


def parse(text: str) -> Message:
    """Return the message in *text*; raises Unreadable."""
    octets = text.encode("utf-8", "surrogatepass")
    if len(octets) > LARGEST:
        raise Unreadable(f"a message has at most {LARGEST} octets")
    try:
        message: Message = _read(octets)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Unreadable(str(error)) from None
    return message


def dump(message: Message) -> str:
    """Return the message as JSON; decimals keep their digits."""
    return _write(message).decode()
