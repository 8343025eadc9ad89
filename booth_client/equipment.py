"""The start of the day: whether every device is there, its battery full, its clock right, its calibration good.

The helper uses each device once; it is met as in any session, and what the session tells of it stands on this page;
`teleborne devices test` decides the same way. What is measured while no patient is there is set aside like everything
that is nobody's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from html import escape
from typing import Final

from gateway.devices.events import DeviceEvent
from gateway.devices.inspection import Checked, Expected, Fault, Inspection

__all__ = ["FAULTS", "Equipment"]

_COLUMNS: Final = ("device", "seen", "battery", "clock", "calibrated", "state")
_DAY_MIN: Final = 24 * 60

_Words = Mapping[str, str]
_WORDS: Final[Mapping[str, _Words]] = {
    "fr": {
        "title": "Les appareils",
        "what": "Utilisez chaque appareil une fois. Il apparaît ici.",
        "device": "Appareil",
        "seen": "Vu",
        "battery": "Pile",
        "clock": "Horloge",
        "calibrated": "Étalonné le",
        "state": "État",
        "ready": "Prêt",
        "never": "pas encore",
        "unset": "pas à l’heure",
        "right": "à l’heure",
        "unknown": "–",
        "none": "Aucun appareil n’est inscrit pour cette borne (réglage « equipment »).",
        "all": "Tous les appareils sont prêts.",
        "ahead": "en avance de {span}",
        "behind": "en retard de {span}",
        "days": "{days} j",
    },
    "en": {
        "title": "The devices",
        "what": "Use each device once. It then appears here.",
        "device": "Device",
        "seen": "Seen",
        "battery": "Battery",
        "clock": "Clock",
        "calibrated": "Calibrated on",
        "state": "State",
        "ready": "Ready",
        "never": "not yet",
        "unset": "not set",
        "right": "right",
        "unknown": "–",
        "none": "No device is listed for this booth (the setting “equipment”).",
        "all": "All devices are ready.",
        "ahead": "{span} ahead",
        "behind": "{span} behind",
        "days": "{days} d",
    },
}
FAULTS: Final[Mapping[str, Mapping[Fault, str]]] = {
    "fr": {
        Fault.NOT_SEEN: "Pas encore vu : allumez-le et utilisez-le",
        Fault.BOND_LOST: "Il ne reconnaît plus la borne : il faut l’appairer de nouveau",
        Fault.SESSION_FAILED: "Vu, mais il ne répond pas : recommencez",
        Fault.BATTERY_LOW: "Changez la pile",
        Fault.CLOCK_UNSET: "Son horloge n’a jamais été réglée ; la borne s’en charge",
        Fault.CLOCK_OFF: "Son horloge n’était pas à l’heure ; la borne l’a réglée",
        Fault.CALIBRATION_DUE: "Étalonnage à refaire : appelez le service technique",
        Fault.CALIBRATION_UNKNOWN: "Date d’étalonnage inconnue",
    },
    "en": {
        Fault.NOT_SEEN: "Not seen yet: switch it on and use it",
        Fault.BOND_LOST: "It no longer knows the booth: pair it again",
        Fault.SESSION_FAILED: "Seen, but it does not answer: try again",
        Fault.BATTERY_LOW: "Change its battery",
        Fault.CLOCK_UNSET: "Its clock was never set; the booth does it",
        Fault.CLOCK_OFF: "Its clock was wrong; the booth has set it",
        Fault.CALIBRATION_DUE: "Calibration is due: call the technical service",
        Fault.CALIBRATION_UNKNOWN: "Nobody knows when it was calibrated",
    },
}


class Equipment:
    """The booth's *expected* devices, from the start of the program on; `receive` every event of the radio."""

    def __init__(self, expected: Sequence[Expected]) -> None:
        self._inspection = Inspection(expected)

    async def receive(self, event: DeviceEvent) -> None:
        """Take in one event of the radio."""
        self._inspection.take(event)

    def report(self) -> tuple[Checked, ...]:
        """Return how every device is."""
        return self._inspection.report()

    def section(self, lang: str, *, now: datetime) -> str:
        """Return the devices as a part of the helper's page, in the language *lang*."""
        devices, words = self.report(), _WORDS[lang]
        unfit = [each for each in devices if each.faults(today=now.date())]
        said = words["none"] if not devices else words["all"] if not unfit else words["what"]
        heads = "".join(f'<th scope="col">{words[name]}</th>' for name in _COLUMNS)
        rows = "".join(_row(each, words=words, lang=lang, now=now) for each in devices)
        whole = (
            f'<table aria-labelledby="devices"><thead><tr>{heads}</tr></thead><tbody data-live>{rows}</tbody></table>'
        )
        return f'<h2 id="devices">{words["title"]}</h2><p role="status" data-live>{said}</p>{whole if devices else ""}'


def _row(each: Checked, *, words: _Words, lang: str, now: datetime) -> str:
    faults = each.faults(today=now.date())
    battery = each.device.battery_percent if each.device else None
    state = "<br>".join(FAULTS[lang][fault] for fault in faults) or words["ready"]
    cells = (
        each.seen.astimezone(now.tzinfo).strftime("%H:%M") if each.seen else words["never"],
        words["unknown"] if battery is None else f"{battery} %",
        _clock(each, words),
        _day(each.expected.calibrated, words),
        state,
    )
    return f'<tr><th scope="row">{escape(each.expected.name)}</th>{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>'


def _clock(each: Checked, words: _Words) -> str:
    if not each.clock_read:
        return words["unknown"]
    if each.clock_off is None:
        return words["unset"]
    minutes = abs(each.clock_off) // timedelta(minutes=1)
    if minutes == 0:
        return words["right"]
    days, rest = divmod(minutes, _DAY_MIN)
    span = words["days"].format(days=days) if days else f"{rest} min"
    return words["ahead" if each.clock_off > timedelta(0) else "behind"].format(span=span)


def _day(day: date | None, words: _Words) -> str:
    return words["unknown"] if day is None else day.isoformat()
