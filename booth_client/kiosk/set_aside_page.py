"""The words and the HTML of the helper's page, in French and English; everything that is shown is escaped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

from booth_client.attribution import Why
from booth_client.quarantine import DAYS, Held
from gateway.devices.reading import Kind, Reading, Special

__all__ = ["WORDS", "asking", "listing"]

WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "fr": {
        "title": "Mesures mises de côté",
        "ask": "Code de l’aidant",
        "enter": "Entrer",
        "back": "Fermer cette page",
        "devices": "La borne, ce matin",
        "identity": "Écrire l’identité d’une personne",
        "intro": (
            "Ces mesures ont été lues dans un appareil sans que l’on sache de qui elles sont. "
            "Sans décision, elles restent scellées {days} jours, puis sont détruites."
        ),
        "none": "Aucune mesure n’est mise de côté.",
        "no-visit": "Personne n’est en visite : une mesure peut être supprimée, mais pas attribuée.",
        "what": "Mesure",
        "device": "Appareil",
        "shown": "Heure de l’appareil",
        "arrived": "Arrivée",
        "why": "Pourquoi",
        "until": "Gardée jusqu’au",
        "decide": "Décision",
        "unknown": "inconnue",
        "give": "C’est à la personne présente",
        "discard": "Supprimer",
        "given": "La mesure a été attribuée à la personne présente.",
        "discarded": "La mesure a été supprimée.",
        "gone": "Cette mesure n’est plus là, ou ne peut pas être écrite. Rien n’a été changé.",
        "nobody": "Personne n’est en visite : rien n’a été attribué.",
        "wrong": "Ce n’est pas le bon code.",
        "wait": "Trop d’essais. Attendez cinq minutes.",
        "broken": "La décision n’a pas pu être écrite. Rien n’a été changé.",
        Why.NO_VISIT: "aucune visite n’était ouverte",
        Why.NO_CONSENT: "la personne n’avait pas accepté",
        Why.STALE: "mesurée avant le début de la visite",
        Why.NO_REAL_TIME: "l’horloge de l’appareil n’était pas à l’heure",
        Why.NO_TIME: "l’appareil ne donne pas l’heure\u00a0: elle peut être plus ancienne",
        Why.IMPLAUSIBLE: "valeur impossible",
        Why.NO_MEANING: "ne peut pas être écrite au dossier",
        Kind.BLOOD_PRESSURE: "Tension",
        Kind.PULSE_RATE: "Pouls",
        Kind.OXYGEN_SATURATION: "Oxygène",
        Kind.BODY_TEMPERATURE: "Température",
        Kind.BODY_WEIGHT: "Poids",
        Kind.GLUCOSE: "Glycémie",
    },
    "en": {
        "title": "Measurements set aside",
        "ask": "Helper’s code",
        "enter": "Enter",
        "back": "Close this page",
        "devices": "The booth, this morning",
        "identity": "Write down who somebody is",
        "intro": (
            "These measurements were read from a device, and nobody knows whose they are. "
            "Without a decision they stay sealed for {days} days and are then destroyed."
        ),
        "none": "No measurement is set aside.",
        "no-visit": "Nobody is visiting: a measurement can be discarded, but given to nobody.",
        "what": "Measurement",
        "device": "Device",
        "shown": "Device’s time",
        "arrived": "Arrived",
        "why": "Why",
        "until": "Kept until",
        "decide": "Decision",
        "unknown": "unknown",
        "give": "It is this visitor’s",
        "discard": "Discard",
        "given": "The measurement was given to the visitor.",
        "discarded": "The measurement was discarded.",
        "gone": "This measurement is no longer there, or cannot be written. Nothing was changed.",
        "nobody": "Nobody is visiting: nothing was given.",
        "wrong": "That is not the code.",
        "wait": "Too many tries. Wait five minutes.",
        "broken": "The decision could not be written. Nothing was changed.",
        Why.NO_VISIT: "no visit was open",
        Why.NO_CONSENT: "the person had not agreed",
        Why.STALE: "measured before the visit began",
        Why.NO_REAL_TIME: "the device’s clock was not right",
        Why.NO_TIME: "the device tells no time: it may be an older one",
        Why.IMPLAUSIBLE: "impossible value",
        Why.NO_MEANING: "cannot be written into the record",
        Kind.BLOOD_PRESSURE: "Blood pressure",
        Kind.PULSE_RATE: "Pulse",
        Kind.OXYGEN_SATURATION: "Oxygen",
        Kind.BODY_TEMPERATURE: "Temperature",
        Kind.BODY_WEIGHT: "Weight",
        Kind.GLUCOSE: "Blood glucose",
    },
}
"""Every sentence of the page by language and name; a kind of reading without one goes by its own name."""

_HEAD: Final = (
    '<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title} – Téléborne</title>'
    '<link rel="icon" href="data:,"><link rel="stylesheet" href="/static/shared/tokens.css">'
    '<link rel="stylesheet" href="/static/shared/base.css"><link rel="stylesheet" href="/page/aside.css"></head>'
    '<body><main class="page"><h1>{title}</h1>'
)
_COLUMNS: Final = ("what", "device", "shown", "arrived", "why", "until", "decide")


def asking(language: str, *, said: str | None = None) -> str:
    """Return the page that asks for the code; *said* names what went wrong before."""
    words = WORDS[language]
    return (
        _begin(language)
        + _notice(words, said, role="alert")
        + f'<form method="post" action="/aide"><p><label for="code">{escape(words["ask"])}</label> '
        + '<input id="code" name="code" type="password" inputmode="numeric" autocomplete="off" required></p>'
        + f'<p class="buttons"><button class="main">{escape(words["enter"])}</button></p></form>'
        + _devices(language)
        + f'<p><a href="/">{escape(words["back"])}</a></p></main></body></html>'
    )


def listing(
    language: str, held: Sequence[Held], *, with_visit: bool, said: str | None = None, identity: bool = False
) -> str:
    """Return the page with what is set aside; *with_visit* says that there is somebody to give it to."""
    words = WORDS[language]
    head = "".join(f'<th scope="col">{escape(words[column])}</th>' for column in _COLUMNS)
    rows = "".join(_row(words, each, with_visit=with_visit) for each in held)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>" if held else ""
    return (
        _begin(language)
        + _notice(words, said, role="status")
        + f"<p>{escape(words['intro'].format(days=DAYS) if held else words['none'])}</p>"
        + (f"<p>{escape(words['no-visit'])}</p>" if held and not with_visit else "")
        + table
        + (f'<p><a href="/aide/personne">{escape(words["identity"])}</a></p>' if identity else "")
        + _devices(language)
        + '<form method="post" action="/aide/leave"><p class="buttons">'
        + f"<button>{escape(words['back'])}</button></p></form></main></body></html>"
    )


def _row(words: Mapping[str, str], held: Held, *, with_visit: bool) -> str:
    aside = held.aside
    numbers = "; ".join(_reading(words, reading) for reading in aside.readings)
    time = next((each.device_time for each in aside.readings if each.device_time is not None), None)
    cells = (
        numbers,
        aside.event.device.name or aside.event.device.model or aside.event.device.address,
        str(time).replace("T", " ") if time else words["unknown"],
        f"{aside.event.at.astimezone():%Y-%m-%d %H:%M}",
        words[held.why],
        held.until.isoformat(),
    )
    decisions = ("give", "discard") if with_visit else ("discard",)
    forms = "".join(
        f'<form method="post" action="/aide/{what}"><input type="hidden" name="id" value="{escape(held.id)}">'
        f'<button aria-label="{escape(words[what])} – {escape(numbers)}">{escape(words[what])}</button></form>'
        for what in decisions
    )
    return "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + f'<td class="buttons">{forms}</td></tr>'


def _reading(words: Mapping[str, str], reading: Reading) -> str:
    values = " / ".join(
        "–" if isinstance(each.value, Special) else f"{each.value:f} {each.unit}" for each in reading.measures
    )
    return f"{words.get(reading.kind, reading.kind)} {values}"


def _begin(language: str) -> str:
    return _HEAD.format(language=language, title=escape(WORDS[language]["title"]))


def _devices(language: str) -> str:
    return f'<p><a href="/appareils?lang={language}">{escape(WORDS[language]["devices"])}</a></p>'


def _notice(words: Mapping[str, str], said: str | None, *, role: str) -> str:
    return f'<p class="notice" role="{role}">{escape(words[said])}</p>' if said else ""
