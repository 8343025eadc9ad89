"""What the radio tells the booth about a health object, in the order in which it happens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gateway.devices.reading import DeviceIdentity, DeviceTime

__all__ = [
    "Appeared",
    "ClockRead",
    "Connected",
    "Deaf",
    "DeviceEvent",
    "EndReason",
    "Ended",
    "Identified",
    "Indicated",
    "Listening",
    "Mended",
]


class EndReason(StrEnum):
    """Why a session ended; the first three are how sessions should end."""

    HUNG_UP = "hung-up"
    COMPLETE = "complete"
    SILENCE = "silence"
    LOST = "lost"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    PAIRING_FAILED = "pairing-failed"
    NO_CONSENT = "no-consent"
    BOND_LOST = "bond-lost"
    CUT = "cut"
    FAILED = "failed"

    @property
    def well(self) -> bool:
        """Return whether the device said what it had to say."""
        return self in (EndReason.HUNG_UP, EndReason.COMPLETE, EndReason.SILENCE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Appeared:
    """A device that the catalogue knows advertises: it has data. `services` are 16-bit hex UUIDs ("1810")."""

    address: str
    name: str | None
    services: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected:
    """The link to a device is up and its services are known."""

    address: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Identified:
    """The device has said who it is."""

    device: DeviceIdentity
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockRead:
    """What the device's clock said at `at`, before we set it: the pair that FHIR calls a coincident timestamp."""

    device: DeviceIdentity
    said: DeviceTime
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicated:
    """One packet of a device, undecoded.

    `characteristic` is the 16-bit hex UUID ("2A35"), `connection` names the link it came over, `at` is when it arrived.
    """

    device: DeviceIdentity
    connection: str
    characteristic: str
    value: bytes
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A session is over; `detail` tells an operator what went wrong, None where nothing did."""

    address: str
    reason: EndReason
    at: datetime
    detail: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """The booth listens for devices, on the adapter with that address (None: the platform's own)."""

    adapter: str | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Deaf:
    """The booth hears no device on that adapter any more; `detail` tells an operator why. It goes on trying."""

    adapter: str | None
    detail: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """What had to be done so that a device can be met again, in words for the operator."""

    address: str
    detail: str
    at: datetime


DeviceEvent = Appeared | Connected | Identified | ClockRead | Indicated | Ended | Listening | Deaf | Mended
