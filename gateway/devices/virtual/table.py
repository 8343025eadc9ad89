"""The GATT table of a virtual device: its measurement service, Device Information, Battery and a clock.

Bumble makes a Client Characteristic Configuration that anybody may write; a bonded device's asks for an encrypted link.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from bumble.att import Attribute, AttributeValue
from bumble.gatt import GATT_CLIENT_CHARACTERISTIC_CONFIGURATION_DESCRIPTOR, Characteristic, Descriptor, Service
from bumble.gatt_server import Server

from gateway.devices.battery import BatteryLevel
from gateway.devices.date_time import CurrentTime, DateTime
from gateway.devices.device_information import TEXTS, DeviceText, SystemId
from gateway.devices.reading import DeviceIdentity, DeviceTime

__all__ = ["Offer", "clock_offers", "device_services"]

_CURRENT_TIME_SERVICE = "1805"


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


def clock_offers(uuid: str | None, clock: _Clock) -> tuple[Offer, ...]:
    """Return the characteristic by which *clock* is read and set: 0x2A08 in the service, 0x2A2B in its own, or none."""
    properties = Characteristic.Properties.READ | Characteristic.Properties.WRITE
    if uuid == "2A08":
        return (
            Offer(
                uuid=uuid,
                properties=properties,
                read=lambda: DateTime(time=clock.clock_reads()).encode(),
                write=lambda value: clock.set_clock(DateTime.decode(value).time),
            ),
        )
    if uuid == "2A2B":
        return (
            Offer(
                uuid=uuid,
                properties=properties,
                read=lambda: CurrentTime(time=clock.clock_reads()).encode(),
                write=lambda value: clock.set_clock(CurrentTime.decode(value).time),
                service=_CURRENT_TIME_SERVICE,
            ),
        )
    return ()


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
    value = AttributeValue[bytes](
        read=lambda _: read() if read else b"",
        write=lambda _, octets: write(octets) if write else None,
    )
    characteristic: Characteristic[bytes] = Characteristic(offer.uuid, offer.properties, permissions, value)
    if offer.properties & (Characteristic.Properties.NOTIFY | Characteristic.Properties.INDICATE):
        configuration = server.make_descriptor_value(characteristic)
        characteristic.descriptors = [
            Descriptor(GATT_CLIENT_CHARACTERISTIC_CONFIGURATION_DESCRIPTOR, permissions, configuration)
        ]
    return characteristic
