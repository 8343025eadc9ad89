"""A capture: sessions with real devices as they went, and nobody in it.

A JSON Lines file. The first line is a `Header`, every other one a `Recorded` session, written when it has ended.

| of a session | in the capture |
|---|---|
| address, serial number, System ID | not there; devices are numbered as they come, the maker's part of the ID stays |
| advertised name | its first word, where that is the maker's or the model's; else "device" |
| manufacturer, model, firmware, hardware, software | as said: a quirk is told by them |
| times | from the start of the session; in packets moved, as if the capture began on 2020-01-01 at midnight |
| packets of measurements | disguised (`disguise.py`): layout, flags, statuses, precision stay, numbers are invented |
| octets that nothing decodes | how many; what they say, nobody knows |
| users, consent codes, names, birth dates | never delivered to a session's listeners, so never written |
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta, tzinfo
from secrets import token_bytes
from typing import Any, Final, Literal

import msgspec

from gateway.devices.disguise import disguised
from gateway.devices.errors import MalformedPacket
from gateway.devices.events import Appeared, ClockRead, DeviceEvent, Ended, Identified, Indicated
from gateway.devices.reading import DeviceIdentity, DeviceTime

__all__ = ["BEGUN", "Capture", "Header", "Packet", "Recorded", "read_capture"]

BEGUN: Final = datetime(2020, 1, 1)  # noqa: DTZ001 - a device's clock has no zone
"""When every capture began, by the clocks in it."""

_FORMAT: Final = 1
_NAMELESS: Final = "device"


class Header(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The first line: that this is a capture, and of which format."""

    teleborne_capture: Literal[1] = _FORMAT


class Packet(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One packet, `after_ms` from the start of the session; `hex` None where only the count of `octets` is known."""

    after_ms: int
    characteristic: str
    octets: int
    hex: str | None


class Recorded(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One session: with device `number` of the capture, `began_ms` after the capture, how it went and ended.

    `services` are those that it advertised. `clock_error_s` is how far its clock ran beside ours; None where it was not
    read, or showed no date (`clock_read` tells the two apart).
    """

    number: int
    began_ms: int
    name: str
    services: tuple[str, ...]
    manufacturer: str | None = None
    model: str | None = None
    firmware: str | None = None
    hardware: str | None = None
    software: str | None = None
    oui: str | None = None
    battery_percent: int | None = None
    clock_read: bool = False
    clock_error_s: int | None = None
    packets: tuple[Packet, ...] = ()
    ended: str = ""
    ended_ms: int = 0


class _Session:
    """A session that has not ended."""

    def __init__(self, appeared: Appeared) -> None:
        self.appeared = appeared
        self.device = DeviceIdentity(address=appeared.address, name=appeared.name)
        self.clock: ClockRead | None = None
        self.heard: list[Indicated] = []


class Capture:
    """Makes lines of events; feed it every event, in order, and write what it returns.

    *zone* is the booth's, in which device clocks run (None: this computer's).
    """

    def __init__(self, *, zone: tzinfo | None = None) -> None:
        self._zone = zone
        self._key = token_bytes()
        self._began: datetime | None = None
        self._numbers: dict[str, int] = {}
        self._open: dict[str, _Session] = {}

    def header(self) -> str:
        """Return the first line."""
        return _line(Header())

    def take(self, event: DeviceEvent) -> str | None:
        """Take in one event; return the line of the session that it ends."""
        if isinstance(event, Appeared):
            self._began = self._began or event.at
            self._open[event.address] = _Session(event)
            return None
        if isinstance(event, Ended):
            session = self._open.pop(event.address, None)
            return None if session is None else _line(self._recorded(session, event))
        if isinstance(event, (Identified, ClockRead, Indicated)):
            session = self._open.get(event.device.address)
            if session is not None:
                session.device = event.device
                if isinstance(event, Indicated):
                    session.heard.append(event)
                elif isinstance(event, ClockRead):
                    session.clock = event
        return None

    def _recorded(self, session: _Session, ended: Ended) -> Recorded:
        start, device = session.appeared.at, session.device
        return Recorded(
            number=self._numbers.setdefault(device.key, len(self._numbers) + 1),
            began_ms=_ms(start - (self._began or start)),
            name=_name(device),
            services=session.appeared.services,
            manufacturer=device.manufacturer,
            model=device.model,
            firmware=device.firmware,
            hardware=device.hardware,
            software=device.software,
            oui=device.system_id[:6] if device.system_id else None,
            battery_percent=device.battery_percent,
            clock_read=session.clock is not None,
            clock_error_s=None if session.clock is None else _error_s(session.clock, self._zone),
            packets=tuple(self._packet(heard, start) for heard in session.heard),
            ended=ended.reason,
            ended_ms=_ms(ended.at - start),
        )

    def _packet(self, heard: Indicated, start: datetime) -> Packet:
        began = (self._began or start).astimezone(self._zone).replace(tzinfo=None, microsecond=0)
        new = disguised(heard.characteristic, heard.value, model=heard.device.model, by=BEGUN - began, key=self._key)
        return Packet(
            after_ms=_ms(heard.at - start),
            characteristic=heard.characteristic,
            octets=len(heard.value),
            hex=None if new is None else new.hex(),
        )


def read_capture(lines: Iterable[str | bytes]) -> Iterator[Recorded]:
    """Return the sessions of a capture; raise MalformedPacket where a line is none of a capture's."""
    number = 0
    for number, line in enumerate(lines, 1):
        kind: Any = Header if number == 1 else Recorded
        try:
            found = msgspec.json.decode(line, type=kind)
        except (msgspec.MsgspecError, ValueError) as error:
            raise MalformedPacket(f"capture, line {number}: {error}") from None
        if isinstance(found, Recorded):
            yield found
    if number == 0:
        raise MalformedPacket("capture: it is empty")


def _line(row: msgspec.Struct) -> str:
    return msgspec.json.encode(row).decode()


def _ms(span: timedelta) -> int:
    return span // timedelta(milliseconds=1)


def _error_s(clock: ClockRead, zone: tzinfo | None) -> int | None:
    said: DeviceTime = clock.said
    try:
        shown = datetime(said.year, said.month, said.day, said.hour, said.minute, said.second)  # noqa: DTZ001 - a device's clock has no zone
    except ValueError:
        return None
    return int((shown - clock.at.astimezone(zone).replace(tzinfo=None)).total_seconds())


def _name(device: DeviceIdentity) -> str:
    """Return what of the advertised name is the maker's: people give their own names to things."""
    first = re.match(r"[A-Za-z]+", device.name or "")
    words = [word.lower() for text in (device.manufacturer, device.model) for word in re.findall(r"\w+", text or "")]
    if first is None or not any(word.startswith(first[0].lower()) for word in words):
        return _NAMELESS
    return first[0]
