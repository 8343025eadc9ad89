"""The booth's settings: its gateway, its radio, its devices, and who stands in front of it.

docs/settings.md explains each; a test compares the two.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from booth_client.hours import OpeningHours
from booth_client.identifying import ReaderSettings
from booth_client.invented import Persona, SimulatedPatient, VirtualRadioSettings
from booth_client.inventory import ADDRESS, Equipment, Instruments
from booth_client.journey import Device, Plan, Way
from booth_client.printing.settings import PrinterSettings
from gateway.config import LogFormat, is_loopback
from gateway.devices.dialogue import Dialogue
from gateway.devices.inspection import Expected
from gateway.devices.user_data import Consent

__all__ = [
    "BOOTH_PREFIX",
    "Bluetooth",
    "BoothSettings",
    "Equipment",
    "GatewayLink",
    "Helper",
    "HomeSettings",
    "Instruments",
    "KioskListener",
    "Persona",
    "Place",
    "PrinterSettings",
    "RadioKind",
    "ReaderSettings",
    "SimulatedPatient",
    "Trust",
    "VirtualRadioSettings",
    "Who",
]

BOOTH_PREFIX: Final = "TELEBORNE_BOOTH_"
_HIGHEST_PORT: Final = 65535
_LANGUAGES: Final = ("fr", "en")
_LONGEST_INITIALS: Final = 12
_POSITION: Final = re.compile(r"-?[0-8]?[0-9](\.[0-9]{1,6})?,-?(1[0-7]|[0-9])?[0-9](\.[0-9]{1,6})?", re.ASCII)


class RadioKind(StrEnum):
    """Which radio the booth listens to: the machine's Bluetooth, or simulated devices in memory."""

    BLUEZ = "bluez"
    VIRTUAL = "virtual"


class Who(StrEnum):
    """Who uses the booth: people at its kiosk, a simulated patient by itself, or one patient at home."""

    KIOSK = "kiosk"
    SIMULATED = "simulated"
    HOME = "home"


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayLink:
    """The gateway's listener for booths (`https://…`), the CA of its certificate, and the booth's own certificate.

    `enrolment` is its address for people, where the booth gets its certificate and renews it; None: it does neither.
    """

    base_url: str
    ca: Path
    certificate: Path
    key: Path
    enrolment: str | None = None

    def __post_init__(self) -> None:
        url = urlsplit(self.base_url)
        if url.scheme != "https" or not url.hostname:
            raise ValueError(f"base_url {self.base_url!r} is not an https:// address; booths only speak mutual TLS")
        if self.enrolment is not None:
            people = urlsplit(self.enrolment)
            here = people.scheme == "http" and is_loopback(people.hostname or "")
            if not (here or (people.scheme == "https" and people.hostname)):
                raise ValueError(f"enrolment {self.enrolment!r} is neither https:// nor http:// on this machine")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """The authorities whose word a visit rests on: for booths' certificates, and for physicians' credentials."""

    device_authority: Path
    registration_authority: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class KioskListener:
    """Where the kiosk page is served: loopback only, for the booth's own browser. Port 0 lets the system choose.

    `supervisor` is the socket where `teleborne kiosk` finds this booth; with it every person gets a fresh browser.
    """

    host: str = "127.0.0.1"
    port: int = 0
    supervisor: Path | None = None

    def __post_init__(self) -> None:
        if not is_loopback(self.host):
            raise ValueError(f"host {self.host!r} is not loopback; the kiosk page is for the booth's own browser")
        if not 0 <= self.port <= _HIGHEST_PORT:
            raise ValueError(f"port {self.port} is not between 0 and {_HIGHEST_PORT}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Helper:
    """The person near the booth who comes when called; without a name the screens say « quelqu'un ».

    Who may open the helper's mode is no setting: `teleborne badge` (booth_client/badges.py).
    """

    name: str | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bluetooth:
    """The adapters to use, by address and the best first; others are used where none of these can be."""

    adapters: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        wrong = [address for address in self.adapters if not ADDRESS.fullmatch(address)]
        if wrong:
            raise ValueError(f"adapters {wrong[0]!r} is not an address such as 00:1A:7D:DA:71:13 (bluetoothctl list)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the booth stands, as somebody reads it out to the emergency service.

    `territory` is whose physicians are asked first, `speciality` what the booth is for where it is for one thing.
    `position` is where the operator's map shows it: "50.1249,3.4118", latitude and longitude in degrees (WGS 84).
    `telephone`: one stands beside the booth, from which 15 can be called.
    """

    name: str = "Borne Téléborne"
    address: str | None = None
    territory: str | None = None
    speciality: str | None = None
    position: str | None = None
    telephone: bool = False

    def __post_init__(self) -> None:
        if self.position is not None and not _POSITION.fullmatch(self.position):
            raise ValueError(f'position {self.position!r} is not like "50.1249,3.4118", degrees north and east')


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeSettings:
    """A hub at a home: the Patient that all readings belong to, and how often a simulated one is taken."""

    patient: str
    every_s: float = 30.0

    def __post_init__(self) -> None:
        UUID(self.patient)


@dataclass(frozen=True, slots=True, kw_only=True)
class BoothSettings:
    """All that a booth can be told. `status_file` gets one line of JSON: the kiosk's address, the pid, ready or not."""

    name: str
    data_dir: Path
    gateway: GatewayLink
    status_file: Path | None = None
    kiosk: KioskListener = field(default_factory=KioskListener)
    radio: RadioKind = RadioKind.BLUEZ
    patient: Who = Who.KIOSK
    devices: tuple[Device, ...] = (Device.SCALE, Device.THERMOMETER, Device.OXIMETER, Device.CUFF)
    ways: tuple[Way, ...] = (Way.PHONE,)
    language: str = "fr"
    rest_s: float = 300.0
    rounds: int = 3
    gap_s: float = 60.0
    both_arms: bool = True
    visits: bool = False
    hours: OpeningHours | None = None
    questions: bool = True
    log: LogFormat = LogFormat.TEXT
    trust: Trust | None = None
    helper: Helper = field(default_factory=Helper)
    printer: PrinterSettings | None = None
    readers: ReaderSettings = field(default_factory=ReaderSettings)
    bluetooth: Bluetooth = field(default_factory=Bluetooth)
    equipment: tuple[Equipment, ...] = ()
    instruments: Instruments = field(default_factory=Instruments)
    place: Place = field(default_factory=Place)
    virtual: VirtualRadioSettings = field(default_factory=VirtualRadioSettings)
    simulated: SimulatedPatient = field(default_factory=SimulatedPatient)
    home: HomeSettings | None = None

    def __post_init__(self) -> None:
        if self.language not in _LANGUAGES:
            raise ValueError(f"language {self.language!r} is not one of {', '.join(_LANGUAGES)}")
        if not self.devices or len(set(self.devices)) != len(self.devices):
            raise ValueError("devices needs at least one device, and each only once")
        if self.rest_s < 0 or self.gap_s < 0 or self.rounds < 1:
            raise ValueError("rest_s and gap_s must be 0 or more and rounds 1 or more")
        if self.visits and self.trust is None:
            raise ValueError("visits = true needs the table [trust]: whom to believe that they are a physician")
        if self.visits and self.patient is Who.HOME:
            raise ValueError('visits = true is for booths that people come to; leave it out with patient = "home"')
        if (self.patient is Who.HOME) != (self.home is not None):
            raise ValueError('patient = "home" and the table [home] go together; give both or neither')

    @property
    def expected(self) -> tuple[Expected, ...]:
        """Return the devices that should be there at the start of the day."""
        return tuple(each.expected for each in self.equipment)

    @property
    def consents(self) -> dict[str, Consent]:
        """Return by address which user's consent a device is given."""
        return {each.address: each.consent for each in self.equipment if each.consent is not None}

    @property
    def dialogues(self) -> dict[str, Callable[[], Dialogue]]:
        """Return by address what begins to read a memory in its maker's own words."""
        return {each.address: each.dialogue for each in self.equipment if each.dialogue is not None}

    @property
    def plan(self) -> Plan:
        """Return what a visit consists of."""
        return Plan(
            ways=frozenset(self.ways),
            devices=self.devices,
            language=self.language,
            rest=timedelta(seconds=self.rest_s),
            rounds=self.rounds,
            gap=timedelta(seconds=self.gap_s),
            arms=self.both_arms and self.rounds > 1,
            visits=self.visits,
            hours=self.hours.hours if self.hours else None,
            questions=self.questions,
            printer=self.printer is not None,
            exams=self.instruments.exams,
        )
