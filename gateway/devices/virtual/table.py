"""The GATT table of a virtual device: its measurement service, Device Information, Battery and a clock.

Bumble makes a Client Characteristic Configuration that anybody may write; a bonded device's asks for an encrypted link.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from bumble.att import ATT_Error, Attribute, AttributeValue, ErrorCode
from bumble.gatt import GATT_CLIENT_CHARACTERISTIC_CONFIGURATION_DESCRIPTOR, Characteristic, Descriptor, Service
from bumble.gatt_server import Server

from gateway.devices.battery import BatteryLevel
from gateway.devices.date_time import CurrentTime, DateTime
from gateway.devices.device_information import TEXTS, DeviceText, SystemId
from gateway.devices.elapsed_time import ElapsedTime
from gateway.devices.errors import MalformedPacket
from gateway.devices.generic_health_sensor import CurrentElapsedTime
from gateway.devices.reading import DeviceIdentity, DeviceTime

__all__ = ["Offer", "clock_offers", "device_services", "elapsed_time"]

_Y2000: Final = datetime(2000, 1, 1)  # noqa: DTZ001 - local, as the flags say
_TICKS: Final = 1
_MANUAL: Final = 4
_NO_OFFSET: Final = -128


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One characteristic: what can be done with it, and how it is read and written.

    `service` None means the measurement service of the device.
    """

    uuid: str
    properties: Characteristic.Properties
    read: Callable[[], bytes] | None = None
    write: Callable[[bytes], None] | None = None
    service: str | None = None


class _Clock(Protocol):
    def clock_reads(self) -> DeviceTime: ...
    def set_clock(self, shown: DeviceTime) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """How one characteristic carries a clock; `service` None means the measurement service."""

    encode: Callable[[DeviceTime], bytes]
    decode: Callable[[bytes], DeviceTime | None]
    service: str | None = None


def clock_offers(uuid: str | None, clock: _Clock) -> tuple[Offer, ...]:
    """Return the characteristic by which *clock* is read and set, a key of the table of clocks; nothing for None."""
    if uuid is None:
        return ()
    shape = _CLOCKS[uuid]

    def write(value: bytes) -> None:
        if (shown := shape.decode(value)) is not None:
            clock.set_clock(shown)

    return (
        Offer(
            uuid=uuid,
            properties=Characteristic.Properties.READ | Characteristic.Properties.WRITE,
            read=lambda: shape.encode(clock.clock_reads()),
            write=write,
            service=shape.service,
        ),
    )


def elapsed_time(shown: DeviceTime) -> ElapsedTime:
    """Return what a clock shows as seconds since 2000, local and of no known zone; ticks where it has no time."""
    try:
        since = datetime(shown.year, shown.month, shown.day, shown.hour, shown.minute, shown.second) - _Y2000  # noqa: DTZ001 - a device clock has no zone
    except ValueError:
        return ElapsedTime(flags=_TICKS, value=0, source=0, offset=_NO_OFFSET)
    return ElapsedTime(flags=0, value=int(since.total_seconds()), source=_MANUAL, offset=_NO_OFFSET)


_CLOCKS: Final[dict[str, _Shape]] = {
    "2A08": _Shape(
        encode=lambda shown: DateTime(time=shown).encode(),
        decode=lambda value: DateTime.decode(value).time,
    ),
    "2A2B": _Shape(
        encode=lambda shown: CurrentTime(time=shown).encode(),
        decode=lambda value: CurrentTime.decode(value).time,
        service="1805",
    ),
    "2BF2": _Shape(
        encode=lambda shown: CurrentElapsedTime(elapsed=elapsed_time(shown)).encode(),
        decode=lambda value: CurrentElapsedTime.decode(value).time,
        service="183F",
    ),
}


def device_services(
    measurement: str,
    offers: tuple[Offer, ...],
    identity: DeviceIdentity,
    *,
    bonded: bool,
    server: Server,
) -> list[Service]:
    """Return the services of a device, ready to be added to its GATT *server*."""
    table: dict[str, list[Offer]] = {}
    for offer in (*offers, *_about(identity)):
        table.setdefault(offer.service or measurement, []).append(offer)
    return [
        Service(service, [_characteristic(offer, bonded=bonded, server=server) for offer in held])
        for service, held in table.items()
    ]


def _about(identity: DeviceIdentity) -> Iterator[Offer]:
    said = {uuid: DeviceText(text=getattr(identity, field)).encode() for uuid, field in TEXTS.items()}
    said["2A23"] = SystemId(eui64=identity.system_id or "").encode()
    for uuid, value in said.items():
        yield _constant(uuid, value, service="180A")
    yield _constant("2A19", BatteryLevel(level=identity.battery_percent or 0).encode(), service="180F")


def _constant(uuid: str, value: bytes, *, service: str) -> Offer:
    return Offer(uuid=uuid, properties=Characteristic.Properties.READ, read=lambda: value, service=service)


def _characteristic(offer: Offer, *, bonded: bool, server: Server) -> Characteristic[bytes]:
    locked = bonded and offer.service is None
    permissions = Attribute.Permissions.READABLE | Attribute.Permissions.WRITEABLE
    if locked:
        permissions |= Attribute.Permissions.READ_REQUIRES_ENCRYPTION | Attribute.Permissions.WRITE_REQUIRES_ENCRYPTION
    read, write = offer.read, offer.write

    def written(_bearer: object, octets: bytes) -> None:
        try:
            if write:
                write(octets)
        except MalformedPacket as error:
            raise ATT_Error(ErrorCode.INVALID_ATTRIBUTE_LENGTH) from error

    value = AttributeValue[bytes](read=lambda _: read() if read else b"", write=written)
    characteristic: Characteristic[bytes] = Characteristic(offer.uuid, offer.properties, permissions, value)
    if offer.properties & (Characteristic.Properties.NOTIFY | Characteristic.Properties.INDICATE):
        configuration = server.make_descriptor_value(characteristic)
        characteristic.descriptors = [
            Descriptor(GATT_CLIENT_CHARACTERISTIC_CONFIGURATION_DESCRIPTOR, permissions, configuration)
        ]
    return characteristic
