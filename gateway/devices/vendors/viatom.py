"""Viatom O2Ring (Wellue, Checkme O2): an oximeter that answers when it is asked, in a service of its own.

A request is 0xAA, a command and its complement, a block, a length, a CRC-8; an answer begins with 0x55 and has a status
where the request has its command. A live answer is 21 octets and more: it needs an MTU of at least 24, which BlueZ
negotiates. Facts: the published programs home-health-hub/viatom-o2ring-ble (after the maker's own LepuBle) and
ecostech/viatom-ble; not tried on a device of ours. The O2Ring-S is another device with another protocol.
"""

from __future__ import annotations

import struct
from decimal import Decimal
from typing import Final, Self

import msgspec

from gateway.devices.errors import MalformedPacket, NotRepresentable
from gateway.devices.packet import measure
from gateway.devices.reading import Kind, Name, Quality, Reading, Unit
from gateway.devices.vendor import Asks, Model, Profile, Vendor, Verified

__all__ = ["ASK_LIVE", "COMMANDS", "VENDOR", "ViatomAnswer", "crc8", "request"]

COMMANDS: Final = "8B00ACE7-EB0B-49B0-BBE9-9AEE0A26E1A3"
"""The characteristic that requests are written to."""

_ANSWERS: Final = "0734594A-A8E7-4B1A-A6B1-CD5243059A57"
_HEAD: Final = struct.Struct("<BBBHH")
_LIVE: Final = struct.Struct("<BHBBBB3sH")
_ASKS, _ANSWERS_WITH = 0xAA, 0x55
_POLYNOMIAL: Final = 0x07
_LIVE_COMMAND: Final = 0x1B
_WORN: Final = 1
_NO_FINGER: Final = 0xFF
_NO_PULSE: Final = 0xFFFF


def crc8(data: bytes) -> int:
    """Return the CRC-8 of *data*: polynomial 0x07, start 0, nothing reflected or inverted."""
    crc = 0
    for octet in data:
        crc ^= octet
        for _ in range(8):
            crc = crc << 1 & 0xFF ^ (_POLYNOMIAL if crc & 0x80 else 0)
    return crc


def request(command: int, data: bytes = b"") -> bytes:
    """Return the octets of a request."""
    frame = _HEAD.pack(_ASKS, command, command ^ 0xFF, 0, len(data)) + data
    return frame + bytes([crc8(frame)])


ASK_LIVE: Final = request(_LIVE_COMMAND)
"""What asks for one live value; written again for each, about once a second."""


class ViatomAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One answer: `status` (0 good), `block`, and its `data`; read as a live value where it has that shape."""

    status: int = 0
    block: int = 0
    data: bytes

    @classmethod
    def live(cls, *, spo2: int, pulse: int, battery: int, pi_raw: int, worn: bool = True, wave: bytes = b"") -> Self:
        """Return the answer to ASK_LIVE: percent, per minute, percent, perfusion as sent, the finger, samples."""
        head = _LIVE.pack(spo2, pulse, battery, 0, pi_raw, worn, bytes(3), len(wave))
        return cls(data=head + wave)

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read one answer; raise MalformedPacket where it is cut, no answer, or its check sums do not fit."""
        if len(data) <= _HEAD.size:
            raise MalformedPacket(f"Viatom answer: {len(data)} octets, the head alone has {_HEAD.size}")
        start, status, complement, block, length = _HEAD.unpack_from(data)
        end = _HEAD.size + length
        if start != _ANSWERS_WITH or status ^ 0xFF != complement:
            raise MalformedPacket(f"Viatom answer: begins {data[:3].hex()}")
        if len(data) != end + 1 or data[end] != crc8(data[:end]):
            raise MalformedPacket(f"Viatom answer: {len(data)} of {end + 1} octets, or the CRC does not fit")
        return cls(status=status, block=block, data=bytes(data[_HEAD.size : end]))

    def encode(self) -> bytes:
        """Return the octets of this answer; raise NotRepresentable where a part does not fit."""
        try:
            frame = _HEAD.pack(_ANSWERS_WITH, self.status, self.status ^ 0xFF, self.block, len(self.data)) + self.data
        except struct.error as error:
            raise NotRepresentable(f"Viatom answer: {error}") from None
        return frame + bytes([crc8(frame)])

    @property
    def wave(self) -> bytes:
        """Return the samples of the pulse wave that came with a live value."""
        return self.data[_LIVE.size :] if self._is_live() else b""

    def to_json(self) -> dict[str, object]:
        """Return `spo2`, `pulse`, `battery`, `pi_raw`, `worn` and the count of `wave` samples, else `data` in hex."""
        if not self._is_live():
            return {"status": self.status, "data": self.data.hex()}
        spo2, pulse, battery, _, pi_raw, worn, _, samples = _LIVE.unpack_from(self.data)
        shown = {"spo2": spo2, "pulse": pulse, "battery": battery, "pi_raw": pi_raw}
        return shown | {"worn": worn == _WORN, "wave": samples}

    def readings(self) -> tuple[Reading, ...]:
        """Return the oxygen saturation and the pulse rate as live values; nothing for another answer.

        The perfusion is left out: nothing public says in what it is counted.
        """
        if not self._is_live():
            return ()
        spo2, pulse, _, _, _, worn, _, _ = _LIVE.unpack_from(self.data)
        off = frozenset(() if worn == _WORN else {Quality.SENSOR_UNCONNECTED_TO_USER})
        saturation = () if spo2 == _NO_FINGER else measure(Name.SPO2, Decimal(spo2), Unit.PERCENT)
        rate = () if pulse == _NO_PULSE else measure(Name.PULSE, Decimal(pulse), Unit.PER_MINUTE)
        kinds = ((Kind.OXYGEN_SATURATION, saturation), (Kind.PULSE_RATE, rate))
        return tuple(
            Reading(kind=kind, measures=measures, qualities=off, stored=False) for kind, measures in kinds if measures
        )

    def _is_live(self) -> bool:
        if self.status or len(self.data) < _LIVE.size:
            return False
        samples: int = _LIVE.unpack_from(self.data)[-1]
        return len(self.data) == _LIVE.size + samples


VENDOR: Final = Vendor(
    name="Viatom",
    models=(
        Model(
            name="O2Ring",
            speaks="Viatom oximetry",
            verified=Verified.PUBLIC_CODE,
            source="home-health-hub/viatom-o2ring-ble, ecostech/viatom-ble",
            oddities="sends nothing unless it is asked for each value",
        ),
        Model(
            name="O2Ring-S (T8520)",
            speaks="another protocol",
            verified=Verified.NONE,
            source="nglessner/o2ring-s-protocol describes it; not read here",
        ),
    ),
    profiles=(
        Profile(
            name="Viatom oximetry",
            service="14839AC4-7D7E-415C-9A42-167340CF2339",
            measurement=(),
            live=(_ANSWERS,),
            asks=Asks(characteristic=COMMANDS, value=ASK_LIVE, every_s=1.0),
        ),
    ),
    decoders={_ANSWERS: ViatomAnswer},
)
