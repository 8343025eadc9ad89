"""What a device is asked before it is listened to: who it is, and what time it thinks it is.

Nothing of this is owed: what a device does not offer, declines or garbles is left out, and the session goes on.
https://www.bluetooth.com/specifications/specs/device-information-service-1-1/
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Final, TypeVar

from gateway.devices.battery import BatteryLevel
from gateway.devices.date_time import CurrentTime, DateTime, device_time
from gateway.devices.device_information import TEXTS, DeviceText, SystemId, Udi
from gateway.devices.errors import Declined, MalformedPacket
from gateway.devices.generic_health_sensor import CurrentElapsedTime
from gateway.devices.packet import Packet
from gateway.devices.reading import DeviceIdentity, DeviceTime

if TYPE_CHECKING:
    from gateway.devices.peer import Peer

__all__ = ["identify", "read_clock", "set_clock"]

_P = TypeVar("_P", bound=Packet)

_CLOCKS: Final[dict[str, type[DateTime | CurrentTime]]] = {"2A08": DateTime, "2A2B": CurrentTime}
_SHOWN: Final[dict[str, type[DateTime | CurrentTime | CurrentElapsedTime]]] = {
    **_CLOCKS,
    "2BF2": CurrentElapsedTime,  # read and never set: it counts on a time line of the device's own
}


async def identify(peer: Peer, device: DeviceIdentity) -> DeviceIdentity:
    """Return *device* with what it says of itself. Raises RadioError where the link does not carry it."""
    texts = {field: await _read(peer, uuid, DeviceText) for uuid, field in TEXTS.items()}
    system_id = await _read(peer, "2A23", SystemId)
    udi = await _read(peer, "2BFF", Udi)
    battery = await _read(peer, "2A19", BatteryLevel)
    return replace(
        device,
        system_id=system_id.eui64 if system_id and int(system_id.eui64, 16) else None,
        battery_percent=battery.level if battery and battery.valid else None,
        udi=udi.carrier if udi else None,
        **{field: said.text for field, said in texts.items() if said and said.text},
    )


async def read_clock(peer: Peer) -> DeviceTime | None:
    """Return what the device's clock says; None where it has none. Raises RadioError."""
    for uuid, clock in _SHOWN.items():
        if said := await _read(peer, uuid, clock):
            return said.time
    return None


async def set_clock(peer: Peer, local: datetime) -> None:
    """Set the device's clock to *local* where it takes a time. Raises RadioError."""
    clock = next((uuid for uuid in _CLOCKS if "write" in peer.offers.get(uuid, ())), None)
    if clock is not None:
        right = DateTime(time=device_time(local)) if clock == "2A08" else CurrentTime.at(local)
        with suppress(Declined):  # a device that keeps its own time still measures, and what it said is known
            await peer.write(clock, right.encode())


async def _read(peer: Peer, uuid: str, packet: type[_P]) -> _P | None:
    if "read" not in peer.offers.get(uuid, ()):
        return None
    try:
        return packet.decode(await peer.read(uuid))
    except (Declined, MalformedPacket):
        return None
