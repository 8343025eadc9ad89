"""The tray of the demonstration's booth: invented cards and codes for a visitor who has no card reader and no scanner.

A page beside the kiosk's own, in another window: a card put in here is read as one in a reader, octet for octet, and a
code shown here as one before a scanner. Plain forms, without any script; only where `readers.tray` is set.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from html import escape
from typing import Any, Final

from aiohttp import web

from booth_client.identity import Reception, demonstration_card
from booth_client.identity.datamatrix import HEADER
from booth_client.kiosk.helper_door import form_of, page
from booth_client.words import Way

__all__ = ["CARDS", "PATH", "Tray"]

PATH: Final = "/plateau"
_TEST: Final = "1.2.250.1.213.1.4.10"
_GS: Final = "\x1d"


def _invented(family: str, given: str, sex: str, born: str, matricule: str) -> dict[str, Any]:
    return {
        "birth_name": family,
        "given_names": [given],
        "sex": sex,
        "born": born,
        "birth_place": "59999",
        "matricule": matricule,
        "oid": _TEST,
    }


_JEANNE: Final = _invented("LEFEBVRE", "JEANNE", "female", "1944-03-02", "244035999900181")
_ROGER: Final = _invented("CARPENTIER", "ROGER", "male", "1950-03-14", "150035999900230")
_TOM: Final = _invented("CARPENTIER", "TOM", "male", "2018-06-05", "118065999900690")
CARDS: Final[Mapping[str, tuple[dict[str, Any], ...]]] = {"jeanne": (_JEANNE,), "family": (_ROGER, _TOM)}
"""The cards on the tray, the holder first; nobody of these names exists."""

_CODE: Final = (
    f"{HEADER}S1{_ROGER['matricule']}S2{_TEST}S3ROGER{_GS}S4CARPENTIER{_GS}S5MS614-03-1950S7{_ROGER['birth_place']}"
)

_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "fr": {
        "title": "Cartes et codes à essayer",
        "intro": "Touchez la borne jusqu’à « Dites-nous qui vous êtes ». Choisissez une image, puis revenez ici.",
        "cards": "Mettre une carte dans le lecteur",
        "jeanne": "La carte de Jeanne Lefebvre",
        "family": "La carte de Roger Carpentier et de son petit-fils Tom",
        "turned": "Une carte à l’envers",
        "codes": "Montrer un code au lecteur",
        "letter": "Le code INS d’une lettre de Roger Carpentier",
        "other": "Un code qui n’est pas d’ici",
        "text": "Le texte du code de votre carnet",
        "text-hint": "Dans « Mon carnet », touchez « Mon code pour la borne », puis « Copier le texte ».",
        "show": "Montrer ce code",
        "done": "C’est fait. Regardez l’écran de la borne.",
        "invented": "Ces personnes sont inventées.",
    },
    "en": {
        "title": "Cards and codes to try",
        "intro": "Touch the booth until “Tell us who you are”. Choose a picture, then come back here.",
        "cards": "Put a card into the reader",
        "jeanne": "Jeanne Lefebvre’s card",
        "family": "The card of Roger Carpentier and his grandson Tom",
        "turned": "A card upside down",
        "codes": "Show a code to the reader",
        "letter": "The INS code of a letter to Roger Carpentier",
        "other": "A code from elsewhere",
        "text": "The text of your notebook’s code",
        "text-hint": "In “My notebook” touch “My code for the booth”, then “Copy the text”.",
        "show": "Show this code",
        "done": "Done. Look at the booth’s screen.",
        "invented": "These people are invented.",
    },
}
_SHOWN: Final[Mapping[str, str]] = {"letter": _CODE, "other": "https://example.org/"}


class Tray:
    """The page's routes; *hear* takes in a code as from a scanner."""

    def __init__(
        self, reception: Reception, *, hear: Callable[[str], Awaitable[None]], language: Callable[[], str]
    ) -> None:
        self._reception = reception
        self._hear = hear
        self._language = language

    def routes(self) -> tuple[web.RouteDef, ...]:
        """Return what the kiosk's server serves."""
        return web.get(PATH, self._show), web.post(PATH, self._take)

    async def _show(self, _request: web.Request) -> web.StreamResponse:
        return page(_page(_WORDS[self._language()]))

    async def _take(self, request: web.Request) -> web.StreamResponse:
        form = await form_of(request)
        what = form.get("what", "")
        if what in CARDS:
            say = demonstration_card.virtual(CARDS[what])
            await self._reception.read(demonstration_card.read(say, today=date.today()))  # noqa: DTZ011  where it stands
        elif what == "turned":
            await self._reception.misread(Way.CARD, "turned")
        else:
            await self._hear(_SHOWN.get(what, form.get("text", "").strip()))
        return page(_page(_WORDS[self._language()], done=True))


def _page(words: Mapping[str, str], *, done: bool = False) -> str:
    said = f'<p class="notice" role="status">{escape(words["done"])}</p>' if done else ""
    language = next(name for name, each in _WORDS.items() if each is words)
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{escape(words["title"])} – Téléborne</title><link rel="icon" href="data:,">'
        '<link rel="stylesheet" href="/static/shared/tokens.css"><link rel="stylesheet" href="/static/shared/base.css">'
        '<link rel="stylesheet" href="/page/identity.css"></head><body><main class="lone">'
        f"<h1>{escape(words['title'])}</h1><p>{_set(words['intro'])}</p>{said}"
        f'<form method="post" action="{PATH}"><h2>{escape(words["cards"])}</h2>'
        f"{_buttons(words, (*CARDS, 'turned'))}<h2>{escape(words['codes'])}</h2>{_buttons(words, tuple(_SHOWN))}</form>"
        f'<form method="post" action="{PATH}" autocomplete="off"><p class="field">'
        f'<label for="text">{escape(words["text"])}</label>'
        f'<span class="hint" id="text-hint">{_set(words["text-hint"])}</span>'
        '<input id="text" name="text" required spellcheck="false" aria-describedby="text-hint"></p>'
        f'<p class="buttons"><button>{escape(words["show"])}</button></p></form>'
        f'<p class="quiet">{escape(words["invented"])}</p></main></body></html>'
    )


def _buttons(words: Mapping[str, str], names: tuple[str, ...]) -> str:
    buttons = (f'<button name="what" value="{each}">{escape(words[each])}</button>' for each in names)
    return f'<p class="buttons">{"".join(buttons)}</p>'


def _set(text: str) -> str:
    """Return *text* as HTML, its guillemets kept with their words."""
    return escape(text).replace("« ", "«&nbsp;").replace(" »", "&nbsp;»")
