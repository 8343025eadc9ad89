"""A Problem as an OperationOutcome: what is wrong for a program, and one sentence for a person in their language.

https://hl7.org/fhir/R4/operationoutcome.html
"""

from __future__ import annotations

import re
from typing import Any, Final, Literal

from gateway.errors import (
    OUTCOMES,
    Conflict,
    Forbidden,
    Gone,
    Invalid,
    Malformed,
    MethodNotAllowed,
    NotAcceptable,
    NotFound,
    NotSupported,
    Outcome,
    PreconditionFailed,
    Problem,
    TooLarge,
    Unauthenticated,
    Unavailable,
    UnsupportedMedia,
)

__all__ = ["TEXTS", "Lang", "answer", "operation_outcome"]

Lang = Literal["fr", "en"]

TEXTS: Final[dict[Lang, dict[type[Problem], str]]] = {
    "fr": {
        Malformed: "La demande est illisible.",
        Invalid: "La demande ne respecte pas une règle de FHIR ou d'un profil.",
        NotSupported: "Ce serveur ne propose pas cela.",
        Unauthenticated: "Il faut d'abord s'identifier.",
        Forbidden: "Cet accès n'est pas permis.",
        NotFound: "Cette ressource n'existe pas.",
        Gone: "Cette ressource a été supprimée.",
        Conflict: "La demande contredit ce qui est enregistré.",
        PreconditionFailed: "Une condition de la demande n'est pas remplie.",
        TooLarge: "La demande est trop volumineuse.",
        MethodNotAllowed: "Cette adresse n'accepte pas cette méthode.",
        NotAcceptable: "Ce serveur ne répond qu'en JSON.",
        UnsupportedMedia: "Ce serveur ne lit que le JSON.",
        Unavailable: "Le serveur ne peut pas enregistrer pour le moment. Réessayez plus tard.",
    },
    "en": {
        Malformed: "The request cannot be read.",
        Invalid: "The request breaks a rule of FHIR or of a profile.",
        NotSupported: "This server does not offer that.",
        Unauthenticated: "Sign in first.",
        Forbidden: "This access is not allowed.",
        NotFound: "There is no such resource.",
        Gone: "This resource was deleted.",
        Conflict: "The request contradicts what is stored.",
        PreconditionFailed: "A condition of the request does not hold.",
        TooLarge: "The request is too large.",
        MethodNotAllowed: "This address does not take this method.",
        NotAcceptable: "This server answers in JSON only.",
        UnsupportedMedia: "This server reads JSON only.",
        Unavailable: "The server cannot store anything just now. Try again later.",
    },
}

# FHIRPath starts with a type or $this; anything else that a Problem points at is a parameter or a header.
_FHIRPATH: Final = re.compile(r"[A-Z]|\$this")

# A problem may quote what somebody sent; what FHIR text cannot hold becomes U+FFFD.
_NO_TEXT: Final = re.compile("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f\\ud800-\\udfff]")


def answer(problem: Problem) -> Outcome:
    """Return the HTTP status and the issue code of *problem*: its class's own, else its nearest ancestor's."""
    return OUTCOMES[_known(problem)]


def operation_outcome(problem: Problem, *, lang: Lang = "en") -> dict[str, Any]:
    """Return *problem* as an OperationOutcome: one issue, or one for each rule that is broken.

    `details.text` is in *lang*; `diagnostics` is English. A FHIRPath `where` becomes `expression`, the name of a
    parameter or a header becomes `location` as `http.` + name, as the standard asks.
    """
    all_ = (problem, *problem.also) if isinstance(problem, Invalid) else (problem,)
    return {"resourceType": "OperationOutcome", "issue": [_issue(each, lang) for each in all_]}


def _issue(problem: Problem, lang: Lang) -> dict[str, Any]:
    issue: dict[str, Any] = {
        "severity": "error",
        "code": answer(problem).code,
        "details": {"text": TEXTS[lang][_known(problem)]},
        "diagnostics": _readable(str(problem)),
    }
    if problem.where:
        where = _readable(problem.where)
        issue |= {"expression": [where]} if _FHIRPATH.match(where) else {"location": [f"http.{where}"]}
    return issue


def _known(problem: Problem) -> type[Problem]:
    return next(kind for kind in type(problem).__mro__ if kind in OUTCOMES)


def _readable(text: str) -> str:
    return _NO_TEXT.sub("\ufffd", text)
