"""A Problem as its caller can read it: OperationOutcome for FHIR, a page for a person, problem+json for the rest.

https://www.rfc-editor.org/rfc/rfc9457
"""

from __future__ import annotations

from html import escape
from typing import Final, Literal

from aiohttp import web

from gateway.errors import MethodNotAllowed, NotFound, Problem, Unauthenticated, Unavailable
from gateway.fhir import json as fhir_json
from gateway.fhir.outcome import TEXTS, answer, operation_outcome

__all__ = ["Lang", "Unexpected", "language", "problem_response"]

Lang = Literal["fr", "en"]

_RETRY_AFTER_S: Final = 5


class Unexpected(Problem):
    """Our own mistake: the caller learns only the number under which the log has it."""


_UNEXPECTED: Final[dict[Lang, str]] = {
    "fr": "Une erreur est survenue de notre côté.",
    "en": "Something went wrong on our side.",
}
_HOME: Final[dict[Lang, str]] = {"fr": "Retour à l'accueil", "en": "Back to the start"}
_REFERENCE: Final[dict[Lang, str]] = {"fr": "Référence", "en": "Reference"}

_NO_PAGE: Final[dict[Lang, str]] = {"fr": "Cette page n'existe pas.", "en": "There is no such page."}

_PAGE: Final = """<!doctype html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{text} · Téléborne</title>
<link rel="stylesheet" href="/static/shared/tokens.css">
<link rel="stylesheet" href="/static/shared/base.css">
</head>
<body>
<header class="road"><a class="brand" href="/"><span>Téléborne</span></a></header>
<main class="sheet">
<section class="doorway">
<div class="stone"></div>
<div>
<h1>{text}</h1>
{detail}
<p><a class="button main" href="/">{home}</a></p>
<p class="small quiet">{reference} {correlation}</p>
</div>
</section>
</main>
</body>
</html>
"""


def problem_response(request: web.Request, problem: Problem, *, correlation: str) -> web.Response:
    """Return the answer to a request that could not be served."""
    status = 500 if isinstance(problem, Unexpected) else answer(problem).status
    if request.path.startswith("/fhir/"):
        response = _for_fhir(request, problem, status)
    elif "text/html" in request.headers.get("Accept", ""):
        response = _for_a_person(request, problem, status, correlation)
    else:
        response = _for_a_program(problem, status, correlation)
    _say_more(response, problem)
    return response


def language(request: web.Request) -> Lang:
    """Return the first of our languages that the browser asks for, else French.

    https://www.rfc-editor.org/rfc/rfc9110#field.accept-language
    """
    for choice in request.headers.get("Accept-Language", "").split(","):
        tag = choice.split(";", 1)[0].strip().lower()
        if tag.startswith("en"):
            return "en"
        if tag.startswith("fr"):
            return "fr"
    return "fr"


def _for_fhir(request: web.Request, problem: Problem, status: int) -> web.Response:
    if isinstance(problem, Unexpected):
        issue = {"severity": "fatal", "code": "exception", "diagnostics": str(problem)}
        outcome: dict[str, object] = {"resourceType": "OperationOutcome", "issue": [issue]}
    else:
        outcome = operation_outcome(problem, lang=language(request) if "Accept-Language" in request.headers else "en")
    return web.Response(status=status, body=fhir_json.dumps(outcome), content_type="application/fhir+json")


def _for_a_person(request: web.Request, problem: Problem, status: int, correlation: str) -> web.Response:
    lang = language(request)
    # What a problem says of itself is English; a French page has its sentence, and the number for whoever is asked.
    more = lang == "en" and not isinstance(problem, Unexpected | NotFound)
    detail = f"<p>{escape(str(problem))}</p>" if more else ""
    page = _PAGE.format(
        lang=lang,
        text=escape(_NO_PAGE[lang] if isinstance(problem, NotFound) else _text(problem, lang)),
        detail=detail,
        home=_HOME[lang],
        reference=_REFERENCE[lang],
        correlation=escape(correlation),
    )
    return web.Response(status=status, text=page, content_type="text/html")


def _for_a_program(problem: Problem, status: int, correlation: str) -> web.Response:
    told = {
        "type": "about:blank",
        "title": _text(problem, "en"),
        "status": status,
        "detail": str(problem),
        "instance": f"urn:teleborne:request:{correlation}",
    }
    return web.Response(status=status, body=fhir_json.dumps(told), content_type="application/problem+json")


def _text(problem: Problem, lang: Lang) -> str:
    known = next((kind for kind in type(problem).__mro__ if kind in TEXTS[lang]), None)
    return TEXTS[lang][known] if known else _UNEXPECTED[lang]


def _say_more(response: web.Response, problem: Problem) -> None:
    """Add the header that HTTP wants beside some statuses."""
    if isinstance(problem, Unauthenticated):
        response.headers["WWW-Authenticate"] = 'Bearer realm="Teleborne"'
    elif isinstance(problem, MethodNotAllowed):
        response.headers["Allow"] = ", ".join(problem.allow)
    elif isinstance(problem, Unavailable):
        response.headers["Retry-After"] = str(_RETRY_AFTER_S)
