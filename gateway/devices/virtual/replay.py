"""Devices made of a capture: they say what the real ones said, in the same order and rhythm, as if it were today.

What a capture does not hold is made up by the profile: which characteristics indicate and which notify, and that
glucose meters and sensors give out their records only when asked. Packets of which only the length is known are left
out. A replayed device wants no bond.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, Final

from bumble.gatt import Characteristic

from gateway.devices.capture import BEGUN, Packet, Recorded, read_capture
from gateway.devices.catalogue import PROFILES
from gateway.devices.disguise import moved
from gateway.devices.errors import DeviceError, DeviceGone
from gateway.devices.reading import DeviceIdentity
from gateway.devices.virtual.device import Offer, VirtualDevice
from gateway.devices.virtual.memory import MemoryDevice
from gateway.errors import SettingsError

__all__ = ["ReplayedDevice", "ReplayedMemory", "replayed"]

_KIND: Final = 0xF0
_ASKED: Final = frozenset({"1808", "181F"})
"""The services whose records come only by the Record Access Control Point."""
_BEHIND: Final = {"2A34": "2A18"}
"""What follows another packet as a part of the same record."""
_INDICATED: Final = frozenset({"2A35", "2B34", "2A5E", "2A1C", "2A9D", "2A9C", "2B8B", "2BDD"})
_CLOCKS: Final[Mapping[str, str | None]] = MappingProxyType({profile.service: profile.clock for profile in PROFILES})
_STAYS: Final = frozenset({"silence", "timeout"})
"""The ends of sessions in which it was not the device that hung up."""


def replayed(path: Path) -> tuple[VirtualDevice, ...]:
    """Return the devices of the capture in *path*; each use of one plays its next session. Raise SettingsError."""
    try:
        with path.open("rb") as lines:
            sessions = tuple(read_capture(lines))
    except OSError as error:
        raise SettingsError(f"--replay {path}: {error.strerror}") from None
    except DeviceError as error:
        raise SettingsError(f"--replay {path}: {error}") from None
    numbers = dict.fromkeys(session.number for session in sessions)
    devices = [_device([session for session in sessions if session.number == number]) for number in numbers]
    return tuple(device for device in devices if device is not None)


def _device(sessions: Sequence[Recorded]) -> VirtualDevice | None:
    service = next((service for session in sessions for service in session.services), None)
    if service is None:
        return None
    made: type[_Replaying] = ReplayedMemory if service in _ASKED else ReplayedDevice
    said = max(sessions, key=lambda session: (session.model is not None, len(session.packets)))
    clock = (_CLOCKS.get(service) or "2A2B") if said.clock_read else None
    named = {"key": f"device {said.number}", "name": said.name, "service": service, "clock": clock}
    own: type[_Replaying] = type(made.__name__, (made,), named)
    return own(sessions, said)


class _Replaying(VirtualDevice):
    """What both sorts share: an identity out of the capture, a clock as wrong as it was, and the sessions to play."""

    about: ClassVar[str] = "plays a captured device"
    kind: ClassVar[int] = _KIND
    model: ClassVar[str] = "replayed"
    offers: ClassVar[tuple[Offer, ...]] = ()

    def __init__(self, sessions: Sequence[Recorded], said: Recorded, **device: Any) -> None:
        error = None if said.clock_error_s is None else timedelta(seconds=said.clock_error_s)
        super().__init__(number=said.number, clock_error=error, battery_percent=said.battery_percent or 0, **device)
        self._said = said
        self._sessions = list(sessions)

    @property
    def left(self) -> int:
        """Return how many sessions have not been played."""
        return len(self._sessions)

    @property
    def identity(self) -> DeviceIdentity:
        """Return what the captured device said of itself, with numbers of our own."""
        said = self._said
        return replace(
            super().identity,
            manufacturer=said.manufacturer,
            model=said.model,
            firmware=said.firmware,
            hardware=said.hardware,
            software=said.software,
            system_id=f"{said.oui or '025442'}FFFE{_KIND:02X}{said.number:04X}",
        )

    def own_offers(self) -> tuple[Offer, ...]:
        """Return the characteristics that ever spoke."""
        spoke = dict.fromkeys(packet.characteristic for session in self._sessions for packet in session.packets)
        does = Characteristic.Properties
        return (
            *super().own_offers(),
            *(Offer(uuid=uuid, properties=does.INDICATE if uuid in _INDICATED else does.NOTIFY) for uuid in spoke),
        )

    def _next_session(self) -> tuple[Recorded, list[tuple[Packet, bytes]]]:
        """Return the next session and its packets as they are said today."""
        session = self._sessions.pop(0)
        began = self._clock.local().replace(tzinfo=None, microsecond=0)
        by = began - BEGUN - timedelta(milliseconds=session.began_ms)
        said = ((packet, bytes.fromhex(packet.hex)) for packet in session.packets if packet.hex is not None)
        model = self._said.model
        return session, [(packet, moved(packet.characteristic, value, model=model, by=by)) for packet, value in said]


class ReplayedDevice(_Replaying):
    """A device that speaks by itself: each packet as long after the one before as it was."""

    async def measure(self) -> bytes:
        """Play the next session; return the octets of its last packet. Without one left, do nothing."""
        if not self._sessions:
            return b""
        async with self._in_somebodys_hands():
            session, packets = self._next_session()
            uuids = dict.fromkeys(packet.characteristic for packet, _ in packets)
            if all([await self._until_subscribed(uuid, seconds=self.window_s) for uuid in uuids]):
                with suppress(DeviceGone):
                    await self._say(packets)
                    if session.ended not in _STAYS:
                        await self._hang_up()
        return packets[-1][1] if packets else b""

    async def _say(self, packets: Iterable[tuple[Packet, bytes]]) -> None:
        before: int | None = None
        for packet, value in packets:
            await asyncio.sleep(0 if before is None else (packet.after_ms - before) / 1000)
            before = packet.after_ms
            await self._send(packet.characteristic, value)


class ReplayedMemory(_Replaying, MemoryDevice):
    """A device that gives out its records when asked."""

    async def measure(self) -> bytes:
        """Remember the records of the next session and let them be read; return the octets of the last packet."""
        if not self._sessions:
            return b""
        async with self._in_somebodys_hands():
            _, packets = self._next_session()
            for index, (packet, value) in enumerate(packets):
                if packet.characteristic in _BEHIND:
                    continue
                record = [(packet.characteristic, value)]
                if index + 1 < len(packets) and packets[index + 1][0].characteristic in _BEHIND:
                    record.append((packets[index + 1][0].characteristic, packets[index + 1][1]))
                self.remember(*record)
            await self._let_read()
        return packets[-1][1] if packets else b""
