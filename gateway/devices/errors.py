"""Whose fault it is when a health object cannot be understood.

    DeviceError
    ├── MalformedPacket          the device's: the octets do not hold what they promise
    ├── UnknownCharacteristic    the caller's: no decoder is registered under this UUID
    ├── NotRepresentable         the caller's: a value does not fit the field it is to be encoded in
    ├── UnusablePlugin           the operator's: a distribution that adds devices is broken or clashes with another
    └── RadioError               the air's: the adapter, the link or the device's side of it
        ├── DeviceTimeout        the device did not answer in time
        ├── DeviceGone           the link ended while we were asking
        ├── Declined             the device answers this one request with an error
        ├── Refused              the device does not talk to strangers: it wants a bond first
        ├── PairingFailed        the device or the person at it would not bond
        ├── BondLost             one side has forgotten the bond that the other keeps
        ├── LinkCut              our side lost the link: adapter, Bluetooth service or the record of the device
        └── BluezError           BlueZ, or the bus on which we speak to it, answered with an error

Those of the radio end one session and never the scan: the device is met again when it next advertises.
"""

from __future__ import annotations

from gateway.errors import TeleborneError

__all__ = [
    "BluezError",
    "BondLost",
    "Declined",
    "DeviceError",
    "DeviceGone",
    "DeviceTimeout",
    "LinkCut",
    "MalformedPacket",
    "NotLetIn",
    "NotRepresentable",
    "PairingFailed",
    "RadioError",
    "Refused",
    "UnknownCharacteristic",
    "UnusablePlugin",
]


class DeviceError(TeleborneError):
    """The base of everything that can go wrong with a packet, a device or the radio."""


class MalformedPacket(DeviceError):
    """The octets are too few for what their flags promise, or mean nothing at all."""


class UnknownCharacteristic(DeviceError):
    """No decoder is registered for this characteristic."""


class NotRepresentable(DeviceError):
    """A value does not fit the field it is to be encoded in."""


class UnusablePlugin(DeviceError):
    """An installed distribution that adds devices does not load, or claims what is somebody else's."""


class RadioError(DeviceError):
    """The adapter, the link or the device at its other end failed; the same may work when the device comes again."""


class DeviceTimeout(RadioError):
    """The device did not answer within the deadline."""


class DeviceGone(RadioError):
    """The link ended while the device was being asked something."""


class Declined(RadioError):
    """The device answered one request with an ATT error; the link is sound."""


class Refused(RadioError):
    """The device refuses until the link is encrypted."""


class PairingFailed(RadioError):
    """The device, or the person who should have confirmed at it, would not bond."""


class NotLetIn(RadioError):
    """The device sends nothing without the consent of one of its users, and we gave none, or not the right one."""


class BondLost(RadioError):
    """One side has forgotten the bond that the other keeps: remove it on both and pair again."""


class LinkCut(RadioError):
    """Our side lost the link: the adapter is off or gone, the Bluetooth service died, or the device was removed."""


class BluezError(RadioError):
    """BlueZ, or the bus on which we speak to it, answered with an error; `name` is its D-Bus name, "" for none."""

    def __init__(self, message: str, *, name: str = "") -> None:
        super().__init__(message)
        self.name = name
