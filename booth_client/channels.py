"""What is said on a call's data channels, once both sides have confirmed: one frozen value a message, and the channels.

docs/channels.md is the document; a test compares the two. Numbers of measurements are `Decimal` and reach the other
side digit for digit. RFC 8831 (WebRTC data channels): https://www.rfc-editor.org/rfc/rfc8831
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Final

import msgspec

from booth_client.request import ENDS, LONGEST_TEXT, NEEDS, Answer, Count, Message, Progress, Request, Word
from gateway.devices.reading import Name, Reading, Special, Unit
from gateway.errors import TeleborneError
from signalling.side import Endpoint

__all__ = [
    "CHANNELS",
    "CHUNK",
    "ENDS",
    "LARGEST",
    "LONGEST_TEXT",
    "MESSAGES",
    "NEEDS",
    "Answer",
    "Blob",
    "Channel",
    "Delivery",
    "Error",
    "Frozen",
    "Message",
    "Picture",
    "Ping",
    "Pong",
    "Progress",
    "Request",
    "Rung",
    "Unreadable",
    "Value",
    "Vital",
    "Wave",
    "dump",
    "parse",
    "vital",
    "wave",
]

LARGEST: Final = 16 * 1024
"""The most octets a message may have."""

CHUNK: Final = 16 * 1024
"""The most octets a piece of a blob has."""


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


class Ping(Message, frozen=True, kw_only=True, tag="ping"):
    """From the booth, every second; whoever is there answers."""

    n: Count


class Pong(Message, frozen=True, kw_only=True, tag="pong"):
    """The answer to a ping, at once."""

    n: Count


class Rung(StrEnum):
    """How much of a picture is sent: all of it, a smaller one, or none."""

    FULL = "full"
    SMALL = "small"
    SOUND = "sound"


class Picture(Message, frozen=True, kw_only=True, tag="picture"):
    """What the sender's picture is now, and what it wants of the other's: all that the line carries, or sound alone."""

    sends: Rung
    wants: Rung


class Frozen(Message, frozen=True, kw_only=True, tag="frozen"):
    """The other side's picture stood still here in the last second."""


class Value(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One number of a measurement; where the device has none, `value` is null and `special` says why."""

    name: Name
    value: Decimal | None
    unit: Unit
    special: Special | None = None


class Error(Message, frozen=True, kw_only=True, tag="error"):
    """What came was no message of the document; the connection stays."""

    what: Annotated[str, msgspec.Meta(max_length=500)]


class Vital(Message, frozen=True, kw_only=True, tag="vital"):
    """One reading, as the device sent it; `at` is the booth's clock in UTC, `seq` tells a repeat from a new one."""

    seq: Count
    kind: Word
    measures: list[Value]
    device: Word
    at: str
    quality: list[str] = msgspec.field(default_factory=list)
    live: bool = False


class Wave(Message, frozen=True, kw_only=True, tag="wave"):
    """Samples of a curve, `period_ms` apart, the first at `t0`; what is late is lost, and `seq` shows the gap."""

    seq: Count
    name: Name
    unit: Unit
    t0: str
    period_ms: Annotated[int, msgspec.Meta(gt=0)]
    samples: Annotated[list[Decimal | None], msgspec.Meta(max_length=512)]


class Blob(Message, frozen=True, kw_only=True, tag="blob"):
    """A picture or a file follows, `size` octets in binary messages; it is whole when its SHA-256 is this one."""

    id: Word
    type: Word
    size: Annotated[int, msgspec.Meta(gt=0)]
    sha256: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


MESSAGES: Final[Mapping[type[Message], Channel]] = MappingProxyType(
    {
        Ping: Channel.CONTROL,
        Pong: Channel.CONTROL,
        Picture: Channel.CONTROL,
        Frozen: Channel.CONTROL,
        Request: Channel.CONTROL,
        Answer: Channel.CONTROL,
        Error: Channel.CONTROL,
        Vital: Channel.VITALS,
        Wave: Channel.WAVE,
        Blob: Channel.BLOB,
    }
)
"""Every message, and the channel that it is said on."""

_Any = Ping | Pong | Picture | Frozen | Request | Answer | Error | Vital | Wave | Blob
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


def vital(reading: Reading, *, seq: int, device: str, at: datetime) -> Vital:
    """Return what the physician is told of a reading; *device* is the health object's word, *at* when it arrived."""
    return Vital(
        seq=seq,
        kind=reading.kind,
        measures=[_value(measure.name, measure.value, measure.unit) for measure in reading.measures],
        device=device,
        at=_instant(at),
        quality=sorted(reading.qualities),
        live=not reading.stored,
    )


def wave(
    samples: Sequence[Decimal | Special], *, name: Name, unit: Unit, seq: int, first_at: datetime, period: timedelta
) -> Wave:
    """Return a piece of a curve: *samples*, *period* apart, the first taken at *first_at*; a special value is a gap."""
    return Wave(
        seq=seq,
        name=name,
        unit=unit,
        t0=_instant(first_at),
        period_ms=max(1, round(period / timedelta(milliseconds=1))),
        samples=[sample if isinstance(sample, Decimal) else None for sample in samples],
    )


def _value(name: Name, value: Decimal | Special, unit: Unit) -> Value:
    if isinstance(value, Special):
        return Value(name=name, value=None, unit=unit, special=value)
    return Value(name=name, value=value, unit=unit)


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
