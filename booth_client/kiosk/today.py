"""The part of the helper's page that tells what did not work at the booth today, and what has not been sent yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from booth_client.kiosk.screen import STICKERS
from booth_client.mishaps import Happened, Mishap, Mishaps

__all__ = ["Today", "clock"]

_Words = Mapping[str, str]

_WORDS: Final[Mapping[str, _Words]] = {
    "fr": {
        "title": "Ce qui n’a pas marché aujourd’hui",
        "when": "Heure",
        "what": "Ce qui s’est passé",
        "to-do": "À faire",
        "nothing": "Rien n’est noté.",
        "started": "La borne a démarré à {since}.",
        "device": "Appareil n°\u00a0{sticker}",
        "some": "Un appareil",
        "from": "{at} à {over}",
        "still": "depuis {at}",
        "sent": "Tout est envoyé.",
        "one": "1 envoi attend. Il part tout seul quand Internet est là.",
        "many": "{count} envois attendent. Ils partent tout seuls quand Internet est là.",
        "refused-one": "1 envoi a été refusé. Appelez le service technique.",
        "refused-many": "{count} envois ont été refusés. Appelez le service technique.",
    },
    "en": {
        "title": "What did not work today",
        "when": "Time",
        "what": "What happened",
        "to-do": "To do",
        "nothing": "Nothing is written down.",
        "started": "The booth started at {since}.",
        "device": "Device {sticker}",
        "some": "A device",
        "from": "{at} to {over}",
        "still": "since {at}",
        "sent": "Everything is sent.",
        "one": "1 item waits. It leaves by itself when the internet is there.",
        "many": "{count} items wait. They leave by themselves when the internet is there.",
        "refused-one": "1 item was refused. Call the technical service.",
        "refused-many": "{count} items were refused. Call the technical service.",
    },
}

_HAPPENED: Final[Mapping[str, Mapping[Mishap, tuple[str, str]]]] = {
    "fr": {
        Mishap.NETWORK: ("Internet coupé.", "Regardez le câble de la box."),
        Mishap.DEVICE: ("{device}\u00a0: il n’a pas marché.", "Regardez sa pile. Essayez-le une fois."),
        Mishap.UNSAVED: ("Une mesure n’a pas été enregistrée.", "Appelez le service technique."),
        Mishap.PAPER: ("Le papier n’est pas sorti.", "Regardez l’imprimante\u00a0: allumée, papier, encre."),
        Mishap.CALL: ("Un appel vidéo s’est coupé.", "Si cela revient, appelez le service technique."),
        Mishap.UNPROVED: ("Un appel vidéo n’était pas sûr. La borne l’a arrêté.", "Appelez le service technique."),
        Mishap.HELP: ("Quelqu’un a demandé de l’aide.", ""),
    },
    "en": {
        Mishap.NETWORK: ("No internet.", "Look at the router’s cable."),
        Mishap.DEVICE: ("{device}: it did not work.", "Look at its battery. Try it once."),
        Mishap.UNSAVED: ("A measurement was not saved.", "Call the technical service."),
        Mishap.PAPER: ("The paper did not come out.", "Look at the printer: on, paper, ink."),
        Mishap.CALL: ("A video call was cut.", "If it happens again, call the technical service."),
        Mishap.UNPROVED: ("A video call was not safe. The booth stopped it.", "Call the technical service."),
        Mishap.HELP: ("Somebody asked for help.", ""),
    },
}


class Today:
    """Tells of *mishaps*, of how many letters are *waiting* and of how many were *refused*; of nobody."""

    def __init__(self, mishaps: Mishaps, *, waiting: Callable[[], int], refused: Callable[[], int]) -> None:
        self._mishaps = mishaps
        self._waiting = waiting
        self._refused = refused

    def section(self, lang: str, *, now: datetime) -> str:
        """Return it as a part of the helper's page, in the language *lang*, with times as *now* has them."""
        words, found = _WORDS[lang], self._mishaps.today()
        since = self._mishaps.since.astimezone(now.tzinfo)
        said = [] if found else [words["nothing"]]
        if since.date() == now.date():
            said.append(words["started"].format(since=clock(since, lang)))
        heads = "".join(f'<th scope="col">{words[name]}</th>' for name in ("when", "what", "to-do"))
        rows = "".join(_row(each, lang, now) for each in found)
        table = f'<table aria-labelledby="today"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'
        return (
            f'<h2 id="today">{words["title"]}</h2>'
            f"<div data-live><p>{' '.join(said)}</p>{table if found else ''}<p>{self._letters(words)}</p></div>"
        )

    def _letters(self, words: _Words) -> str:
        waiting, refused = self._waiting(), self._refused()
        told = [words["one" if waiting == 1 else "many"].format(count=waiting)] if waiting else [words["sent"]]
        if refused:
            told.append(words["refused-one" if refused == 1 else "refused-many"].format(count=refused))
        return " ".join(told)


def _row(each: Happened, lang: str, now: datetime) -> str:
    words, (what, to_do) = _WORDS[lang], _HAPPENED[lang][each.what]
    at, over = (
        clock(each.at.astimezone(now.tzinfo), lang),
        clock(each.over.astimezone(now.tzinfo), lang) if each.over else None,
    )
    lasted = at if at == over else words["from"].format(at=at, over=over) if over else words["still"].format(at=at)
    device = words["device"].format(sticker=STICKERS[each.device]) if each.device else words["some"]
    return f'<tr><th scope="row">{lasted}</th><td>{what.format(device=device)}</td><td>{to_do}</td></tr>'


def clock(at: datetime, lang: str) -> str:
    """Return the time of day of *at*, as the language *lang* writes it."""
    return f"{at.hour}\u00a0h\u00a0{at:%M}" if lang == "fr" else f"{at:%H:%M}"
