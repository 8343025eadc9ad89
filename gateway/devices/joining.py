"""Puts together what devices send in pieces, so that each measurement is kept once and whole.

    body composition   two packets that say there are two, the second without what the first has said
    glucose            a measurement that announces a context, and the context of the same sequence number
    continuous glucose a packet of several records, each dated by the start of the session, each kept by itself
    segments           observations and records that are larger than a packet

One Joiner belongs to one session with one device, and holds nothing when the session has ended: what is still waiting
for its other half is given out by `rest`, since half a measurement is better than none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from gateway.devices.body_composition import BodyCompositionMeasurement
from gateway.devices.catalogue import decode
from gateway.devices.cgm_session import CgmSessionStart
from gateway.devices.continuous_glucose import CgmMeasurement, CgmSeries
from gateway.devices.generic_health_sensor import LiveHealthObservation, StoredHealthObservation
from gateway.devices.glucose import GlucoseMeasurement, GlucoseRecord
from gateway.devices.glucose_context import GlucoseContext
from gateway.devices.packet import Packet
from gateway.devices.reading import DeviceTime, Reading
from gateway.devices.segment import Segment

__all__ = ["Joiner", "Whole"]

_WAITING: Final = 32
"""How many measurements may wait for their context; the oldest is given out when one more comes."""

_LONGEST: Final = 4096
"""How many octets of segments are held: an observation that is longer is none of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """One measurement with all its pieces: their `octets` in order, by which a repeat is told, and its readings.

    `characteristic` is that of the first piece.
    """

    characteristic: str
    octets: bytes
    readings: tuple[Reading, ...]


class Joiner:
    """What one session has sent so far and is not whole yet; *model* is the device's Model Number String."""

    def __init__(self, *, model: str | None = None) -> None:
        self._model = model
        self._composition: tuple[str, bytes, BodyCompositionMeasurement] | None = None
        self._glucose: dict[int, tuple[str, bytes, GlucoseMeasurement]] = {}
        self._segments: dict[str, list[LiveHealthObservation | StoredHealthObservation]] = {}
        self._started: DeviceTime | None = None

    def take(self, characteristic: str, value: bytes) -> tuple[Whole, ...]:
        """Return what is whole now that *value* has come; raise DeviceError as `catalogue.decode` does."""
        packet = decode(characteristic, value, model=self._model)
        for kind, join in self._JOINTS.items():
            if isinstance(packet, kind):
                return join(self, characteristic, value, packet)
        return (Whole(characteristic=characteristic, octets=value, readings=packet.readings()),)

    def rest(self) -> tuple[Whole, ...]:
        """Return what waits for a piece that will not come any more, each as far as it got."""
        alone = [self._composition] if self._composition else []
        left = [_alone(*piece) for piece in alone] + [_alone(*piece) for piece in self._glucose.values()]
        self._composition = None
        self._glucose.clear()
        self._segments.clear()
        return tuple(left)

    def _compose(self, characteristic: str, value: bytes, packet: BodyCompositionMeasurement) -> tuple[Whole, ...]:
        held, self._composition = self._composition, None
        if held and held[2].joins(packet):
            whole = held[2].joined(packet)
            return (Whole(characteristic=held[0], octets=held[1] + value, readings=whole.readings()),)
        first = (_alone(*held),) if held else ()
        if packet.multiple:
            self._composition = (characteristic, value, packet)
            return first
        return (*first, _alone(characteristic, value, packet))

    def _measured(self, characteristic: str, value: bytes, packet: GlucoseMeasurement) -> tuple[Whole, ...]:
        if not packet.context_follows:
            return (_alone(characteristic, value, packet),)
        before = self._glucose.pop(packet.seq, None)
        self._glucose[packet.seq] = (characteristic, value, packet)
        oldest = self._glucose.pop(next(iter(self._glucose))) if len(self._glucose) > _WAITING else None
        return tuple(_alone(*piece) for piece in (before, oldest) if piece)

    def _in_context(self, _characteristic: str, value: bytes, packet: GlucoseContext) -> tuple[Whole, ...]:
        held = self._glucose.pop(packet.seq, None)
        if held is None:
            return ()
        record = GlucoseRecord(measurement=held[2], context=packet)
        return (Whole(characteristic=held[0], octets=held[1] + value, readings=record.readings()),)

    def _begun(self, _characteristic: str, _value: bytes, packet: CgmSessionStart) -> tuple[Whole, ...]:
        self._started = None if packet.crc_ok is False else packet.time
        return ()

    def _dated(self, characteristic: str, _value: bytes, packet: CgmMeasurement) -> tuple[Whole, ...]:
        each = (CgmMeasurement(records=(record,)) for record in packet.records)
        return tuple(
            Whole(
                characteristic=characteristic,
                octets=one.encode(),
                readings=CgmSeries(start=self._started, measurement=one).readings()
                if self._started
                else one.readings(),
            )
            for one in each
        )

    def _segmented(
        self, characteristic: str, value: bytes, packet: LiveHealthObservation | StoredHealthObservation
    ) -> tuple[Whole, ...]:
        if packet.observation is not None:
            self._segments.pop(characteristic, None)
            return (_alone(characteristic, value, packet),)
        parts = self._segments.setdefault(characteristic, [])
        if packet.first:
            parts[:] = [packet]
        elif parts and parts[-1].segment.precedes(packet.segment):
            parts.append(packet)
        else:
            parts.clear()  # a segment was lost: what is left of this value means nothing
        if sum(len(part.part) for part in parts) > _LONGEST:
            parts.clear()
        if not (parts and packet.last):
            return ()
        octets = b"".join(part.part for part in parts)
        whole = packet.whole(octets)
        parts.clear()
        return (Whole(characteristic=characteristic, octets=Segment(octets=octets).pack(), readings=whole.readings()),)

    _JOINTS: Final[dict[type[Packet], Callable[..., tuple[Whole, ...]]]] = {
        BodyCompositionMeasurement: _compose,
        GlucoseMeasurement: _measured,
        GlucoseContext: _in_context,
        CgmSessionStart: _begun,
        CgmMeasurement: _dated,
        LiveHealthObservation: _segmented,
        StoredHealthObservation: _segmented,
    }


def _alone(characteristic: str, octets: bytes, packet: Packet) -> Whole:
    return Whole(characteristic=characteristic, octets=octets, readings=packet.readings())
