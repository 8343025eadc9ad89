"""How a message travels: `parse` gives a valid envelope or raises BadMessage, `dump` writes one.

docs/signalling.md has the table of fields. JSON of the signalling socket appears only here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from signalling.errors import BadMessage
from signalling.messages import MESSAGES, Message

__all__ = ["LARGEST", "PROTOCOL", "Envelope", "dump", "dump_shared", "parse"]

LARGEST: Final = 64 * 1024
"""The most octets a frame may have."""

PROTOCOL: Final = "teleborne.v1"
"""The WebSocket sub-protocol."""

_NAME_LENGTH: Final = 64


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """A message on its way: which visit, from whom, to whom, and its place in the order."""

    body: Message
    id: str
    call: str | None = None
    sender: str | None = None
    to: str | None = None
    gen: int = 1
    seq: int = 0


class _Wire(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    v: int
    type: str
    id: str
    call: str | None = None
    sender: str | None = msgspec.field(default=None, name="from")
    to: str | None = None
    gen: int = 1
    seq: int = 0
    body: msgspec.Raw = msgspec.Raw(b"{}")


_read: Final = msgspec.json.Decoder(_Wire).decode
_readers: Final = {wire: msgspec.json.Decoder(kind).decode for wire, kind in MESSAGES.items()}
_write: Final = msgspec.json.Encoder().encode


def parse(frame: str | bytes) -> Envelope:
    """Return the envelope in *frame*; raise BadMessage saying what is wrong, with the message's id where it has one."""
    octets = frame.encode("utf-8", "surrogatepass") if isinstance(frame, str) else frame
    if len(octets) > LARGEST:
        raise BadMessage(f"a message has at most {LARGEST} octets")
    try:
        wire = _read(octets)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadMessage(f"not an envelope: {error}") from None
    if wire.v != 1:
        raise BadMessage("only version 1 is spoken here", re=wire.id[:_NAME_LENGTH])
    names = (wire.id, "x" if wire.call is None else wire.call, "x" if wire.to is None else wire.to)
    if not all(0 < len(name) <= _NAME_LENGTH for name in names) or wire.gen < 1 or wire.seq < 0:
        raise BadMessage("id, call and to have 1 to 64 characters; gen is 1 or more", re=wire.id[:_NAME_LENGTH])
    return Envelope(
        body=_body(wire), id=wire.id, call=wire.call, sender=wire.sender, to=wire.to, gen=wire.gen, seq=wire.seq
    )


def dump(envelope: Envelope) -> bytes:
    """Return *envelope* as JSON in UTF-8."""
    wire = _Wire(
        v=1,
        type=envelope.body.wire,
        id=envelope.id,
        call=envelope.call,
        sender=envelope.sender,
        to=envelope.to,
        gen=envelope.gen,
        seq=envelope.seq,
        body=msgspec.Raw(_write(envelope.body)),
    )
    return _write(wire)


def dump_shared(envelope: Envelope) -> Callable[[str, int], bytes]:
    """Return what writes *envelope* for one of many, given their id and its number: the rest is written only here.

    A participant's id is `p-` and hexadecimal digits, so nothing in it is escaped.
    """
    shared = dump(envelope)[:-1].decode()
    return lambda to, seq: f'{shared},"to":"{to}","seq":{seq}}}'.encode()


def _body(wire: _Wire) -> Message:
    read = _readers.get(wire.type)
    if read is None:
        raise BadMessage(f"there is no message “{wire.type[:_NAME_LENGTH]}”", re=wire.id)
    if MESSAGES[wire.type].of_a_call and wire.call is None:
        raise BadMessage(f"“{wire.type}” needs the visit in call", re=wire.id)
    try:
        return read(wire.body)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadMessage(f"{wire.type}: {error}", re=wire.id) from None
