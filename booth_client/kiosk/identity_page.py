"""The words and the HTML of the page on which the helper writes down who somebody is; everything shown is escaped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

from booth_client.identity.status import Proof
from booth_client.kiosk.helper_door import PATH

__all__ = ["WORDS", "writing"]

WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "fr": {
        "title": "Qui est cette personne ?",
        "intro": "Recopiez la pièce d’identité, lettre par lettre. La personne confirme ensuite sur son écran.",
        "birth_name": "Nom de naissance",
        "given_names": "Prénoms de naissance, tous, dans l’ordre",
        "sex": "Sexe",
        "female": "Féminin",
        "male": "Masculin",
        "born": "Date de naissance",
        "born-hint": "Jour, mois, année : 02/03/1944",
        "birth_place": "Code INSEE du lieu de naissance",
        "birth_place-hint": "5 signes, comme 59139 ; 99 et 3 chiffres à l’étranger. Ce n’est pas le code postal.",
        "proof": "Pièce que vous avez vue",
        "proof-hint": "La carte Vitale ne prouve pas l’identité.",
        "none": "Aucune : identité provisoire",
        Proof.PASSPORT: "Passeport",
        Proof.IDENTITY_CARD: "Carte d’identité",
        Proof.RESIDENCE_PERMIT: "Titre de séjour",
        Proof.FAMILY_BOOK: "Livret de famille, et la pièce d’un parent (enfant)",
        "send": "Demander à la personne",
        "anyway": "Oui, c’est une autre visite. Demander à la personne",
        "back": "Retour",
        "wrong": "À corriger : {field}",
        "same": "Une personne avec ces cinq traits existe déjà. Rien n’est réuni : dites-le au médecin.",
        "unasked": "Le serveur ne répond pas : nous ne savons pas si cette personne existe déjà.",
    },
    "en": {
        "title": "Who is this person?",
        "intro": "Copy the identity paper letter by letter. The person then confirms on their own screen.",
        "birth_name": "Birth name",
        "given_names": "Birth given names, all of them, in their order",
        "sex": "Sex",
        "female": "Female",
        "male": "Male",
        "born": "Date of birth",
        "born-hint": "Day, month, year: 02/03/1944",
        "birth_place": "INSEE code of the birth place",
        "birth_place-hint": "5 signs, like 59139; 99 and 3 digits abroad. It is not the postcode.",
        "proof": "Paper that you have seen",
        "proof-hint": "The carte Vitale does not prove an identity.",
        "none": "None: provisional identity",
        Proof.PASSPORT: "Passport",
        Proof.IDENTITY_CARD: "Identity card",
        Proof.RESIDENCE_PERMIT: "Residence permit",
        Proof.FAMILY_BOOK: "Family book, and a parent’s paper (child)",
        "send": "Ask the person",
        "anyway": "Yes, this is another visit. Ask the person",
        "back": "Back",
        "wrong": "To be corrected: {field}",
        "same": "Somebody with these five traits exists already. Nothing is merged: tell the doctor.",
        "unasked": "The server does not answer: we do not know whether this person exists already.",
    },
}
"""Every sentence of the page by language and name."""

_HEAD: Final = (
    '<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title} – Téléborne</title>'
    '<link rel="icon" href="data:,"><link rel="stylesheet" href="/static/shared/tokens.css">'
    '<link rel="stylesheet" href="/static/shared/base.css"><link rel="stylesheet" href="/page/identity.css">'
    '</head><body><main class="lone"><h1>{title}</h1>'
)


def writing(
    language: str,
    typed: Mapping[str, str],
    *,
    wrong: str | None = None,
    same: bool | None = False,
    told: str = "",
) -> str:
    """Return the form with what was *typed*; *wrong* is the field to mend.

    *same*: somebody of these traits exists (None: nobody knows). *told* marks that the helper was told so of these.
    """
    words = WORDS[language]
    said = words["wrong"].format(field=words.get(wrong, wrong)) if wrong else None
    if told:
        said = words["unasked"] if same is None else words["same"]
    notice = f'<p class="notice warn" role="alert">{escape(said)}</p>' if said else ""
    fields = "".join(
        (
            _text(words, typed, "birth_name", wrong),
            _text(words, typed, "given_names", wrong),
            _choice(words, typed, "sex", ("female", "male")),
            _text(words, typed, "born", wrong),
            _text(words, typed, "birth_place", wrong),
            _choice(words, typed, "proof", (*Proof, "none")),
        )
    )
    hidden = f'<input type="hidden" name="told" value="{escape(told)}">' if told else ""
    return (
        _HEAD.format(language=language, title=escape(words["title"]))
        + f"<p>{escape(words['intro'])}</p>{notice}"
        + f'<form method="post" action="{PATH}/personne" autocomplete="off">{hidden}{fields}'
        + f'<p class="buttons"><button class="main">{escape(words["anyway" if told else "send"])}</button></p></form>'
        + f'<p><a href="{PATH}">{escape(words["back"])}</a></p></main></body></html>'
    )


def _text(words: Mapping[str, str], typed: Mapping[str, str], name: str, wrong: str | None) -> str:
    bad = ' aria-invalid="true"' if wrong == name else ""
    hint = words.get(f"{name}-hint")
    told = f'<span class="hint" id="{name}-hint">{escape(hint)}</span>' if hint else ""
    described = f' aria-describedby="{name}-hint"' if hint else ""
    return (
        f'<p class="field"><label for="{name}">{escape(words[name])}</label>{told}'
        f'<input id="{name}" name="{name}" value="{escape(typed.get(name, ""))}"'
        f' required spellcheck="false"{described}{bad}></p>'
    )


def _choice(words: Mapping[str, str], typed: Mapping[str, str], name: str, values: Sequence[str]) -> str:
    hint = words.get(f"{name}-hint")
    choices = "".join(
        f'<label class="radio"><input type="radio" name="{name}" value="{value}" required'
        f"{' checked' if typed.get(name) == value else ''}> {escape(words[value])}</label>"
        for value in values
    )
    told = f'<span class="hint">{escape(hint)}</span>' if hint else ""
    return f'<fieldset><legend>{escape(words[name])}</legend>{told}<div class="choices">{choices}</div></fieldset>'
