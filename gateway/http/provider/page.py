"""The provider's one page: who do you want to be? One button a person; works without JavaScript."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Final

from gateway.http.problem import Lang
from gateway.http.provider.core import Invented

__all__ = ["page"]

_TEXTS: Final[dict[Lang, dict[str, str]]] = {
    "fr": {
        "title": "Qui voulez-vous être ?",
        "lead": "Ces personnes sont inventées. Cette page n'existe que dans la démonstration.",
        "as": "Continuer comme",
        "physician": "médecin",
        "citizen": "patient",
        "back": "Retour à l'accueil",
    },
    "en": {
        "title": "Who do you want to be?",
        "lead": "These people are invented. This page is in the demonstration only.",
        "as": "Go on as",
        "physician": "physician",
        "citizen": "patient",
        "back": "Back to the start",
    },
}

_PAGE: Final = """<!doctype html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · Téléborne</title>
<link rel="stylesheet" href="/static/shared/tokens.css">
<link rel="stylesheet" href="/static/shared/base.css">
</head>
<body>
<header class="road"><span class="brand">Téléborne</span></header>
<main class="lone">
<h1>{title}</h1>
<p>{lead}</p>
<form method="post" action="{action}">
{hidden}
<div class="buttons">
{buttons}
</div>
</form>
<p><a href="/">{back}</a></p>
</main>
</body>
</html>
"""


def page(people: Iterable[Invented], query: Mapping[str, str], *, action: str, lang: Lang) -> str:
    """Return the page; *query* is the checked request, which comes back with the choice."""
    texts = _TEXTS[lang]
    hidden = "\n".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in query.items()
    )
    buttons = "\n".join(
        f'<button type="submit" name="person" value="{escape(each.id)}">'
        f"{texts['as']} {escape(each.name)}, {_role(each, texts)}</button>"
        for each in people
    )
    return _PAGE.format(
        lang=lang, title=texts["title"], lead=texts["lead"], back=texts["back"], action=escape(action),
        hidden=hidden, buttons=buttons,
    )  # fmt: skip


def _role(person: Invented, texts: Mapping[str, str]) -> str:
    return texts.get(str(person.claims.get("role")), str(person.claims.get("role")))
