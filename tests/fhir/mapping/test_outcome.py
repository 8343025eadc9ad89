"""Every problem is told as an OperationOutcome, in both languages."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from gateway.errors import OUTCOMES, Invalid, Malformed, MethodNotAllowed, NotFound, Problem
from gateway.fhir import json
from gateway.fhir.outcome import TEXTS, Lang, answer, operation_outcome
from gateway.fhir.validation import check


class OwnKind(NotFound):
    """A problem of a class that the table does not name."""


@pytest.mark.parametrize("kind", OUTCOMES)
@pytest.mark.parametrize("lang", get_args(Lang))
def test_every_class_of_problem_becomes_a_valid_outcome_in_both_languages(kind: type[Problem], lang: Lang) -> None:
    more: dict[str, Any] = {"allow": ("GET",)} if kind is MethodNotAllowed else {}
    outcome = operation_outcome(kind("It broke.", where="Observation.status", remedy="Mend it.", **more), lang=lang)
    check(outcome)
    (issue,) = outcome["issue"]
    assert issue["code"] == OUTCOMES[kind].code
    assert issue["details"]["text"] == TEXTS[lang][kind]
    assert issue["diagnostics"] == "It broke. Mend it."
    assert issue["expression"] == ["Observation.status"]


@pytest.mark.parametrize(
    ("where", "told"),
    [
        ("Observation.value", {"expression": ["Observation.value"]}),
        ("_count", {"location": ["http._count"]}),
        ("code", {"location": ["http.code"]}),
        (None, {}),
    ],
)
def test_a_place_is_a_fhirpath_or_a_parameter(where: str | None, told: dict[str, list[str]]) -> None:
    (issue,) = operation_outcome(Malformed("No.", where=where))["issue"]
    assert {name: issue[name] for name in ("expression", "location") if name in issue} == told


def test_a_class_of_its_own_is_answered_like_its_parent() -> None:
    assert answer(OwnKind("x")) == OUTCOMES[NotFound]
    assert answer(Invalid("x")).status == 422


def test_what_no_text_can_hold_is_told_as_a_replacement_character() -> None:
    outcome = operation_outcome(Malformed("No \ud800, no \0.", where="a\x07"))
    assert outcome["issue"][0]["diagnostics"] == "No \ufffd, no \ufffd."
    assert outcome["issue"][0]["location"] == ["http.a\ufffd"]
    check(json.loads(json.dumps(outcome)))
