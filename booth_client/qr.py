"""A code of squares for the patient's telephone: what was done today, readable without network, account or program.

The text is all there is: nothing is fetched, and nothing stays on the booth.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Literal

from booth_client.journey import Device, Journey, Picture, Result
from booth_client.recognising import readable
from gateway.devices.reading import Measure, Name, Special, Unit
from gateway.squares import squares

__all__ = ["picture", "summary"]

Language = Literal["fr", "en"]

_WORDS: Final[Mapping[Language, Mapping[str, str]]] = {
    "fr": {
        "title": "Téléborne, votre visite du {at:%d/%m/%Y} à {at:%H} h {at:%M}",
        "doctor": "Médecin : {name}",
        "cuff": "Tension",
        "scale": "Poids",
        "thermometer": "Température",
        "oximeter": "Oxygène",
        "analyser": "Poids, graisse",
        "glucometer": "Glycémie",
        "strap": "Rythme du cœur : enregistré",
        "sensor": "Respiration",
        "pulse": "Pouls",
        "minute": "par minute",
        "call": "Urgence : 15 ou 112",
    },
    "en": {
        "title": "Téléborne, your visit of {at:%d/%m/%Y} at {at:%H:%M}",
        "doctor": "Doctor: {name}",
        "cuff": "Blood pressure",
        "scale": "Weight",
        "thermometer": "Temperature",
        "oximeter": "Oxygen",
        "analyser": "Weight, fat",
        "glucometer": "Blood glucose",
        "strap": "Heart rhythm: recorded",
        "sensor": "Breathing",
        "pulse": "Pulse",
        "minute": "a minute",
        "call": "Emergency: 15 or 112",
    },
}
_UNITS: Final = {Unit.CELSIUS: "°C", Unit.FAHRENHEIT: "°F"}


def picture(text: str) -> Picture:
    """Return the code for *text* as an SVG path, with the quiet zone that readers need around it."""
    size, path = squares(text)
    return Picture(size=size, path=path)


def summary(journey: Journey, *, place: str, at: datetime) -> str:
    """Return what the person takes home in words: when, where, which physician, what was measured."""
    language: Language = "en" if journey.language == "en" else "fr"
    words = _WORDS[language]
    name = journey.consultation.name if journey.consultation else None
    lines = [words["title"].format(at=at), place]
    if name is not None:
        lines.append(words["doctor"].format(name=name))
    lines += [_line(journey.results[device], language) for device in journey.plan.devices if device in journey.results]
    return "\n".join((*lines, words["call"]))


def _line(result: Result, language: Language) -> str:
    words = _WORDS[language]
    if not result.measures:
        return words[result.device]
    values = {measure.name: readable(measure) for measure in result.measures}
    pulse = values.pop(Name.PULSE, None)
    if result.device is Device.CUFF and Name.SYSTOLIC in values and Name.DIASTOLIC in values:
        upper, lower = values[Name.SYSTOLIC], values[Name.DIASTOLIC]
        said = f"{_digits(upper, language)}/{_digits(lower, language)} {upper.unit}"
    else:
        said = ", ".join(f"{_digits(each, language)} {_UNITS.get(each.unit, each.unit)}" for each in values.values())
    beside = f" ({words['pulse']} {_digits(pulse, language)} {words['minute']})" if pulse else ""
    return f"{words[result.device]} : {said}{beside}" if language == "fr" else f"{words[result.device]}: {said}{beside}"


def _digits(measure: Measure, language: Language) -> str:
    if isinstance(measure.value, Special):
        return "—"
    text = f"{measure.value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.replace(".", ",") if language == "fr" else text
