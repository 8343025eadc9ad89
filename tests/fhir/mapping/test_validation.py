"""What may be stored: official resources pass, each broken rule is refused by name and place, nothing crashes."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.devices.reading import Kind, Name, Unit
from gateway.errors import Invalid, Problem
from gateway.fhir import json
from gateway.fhir.definitions import parts
from gateway.fhir.structure import elements, model_of
from gateway.fhir.validation import check
from tests.fhir.mapping.profile import DATA, codes_of
from tests.fhir.mapping.readings import observed, reading

EXAMPLES = sorted((DATA / "examples").glob("*.json"))
Resource = dict[str, Any]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_official_example_is_accepted_and_not_changed(path: Path) -> None:
    resource = json.loads(path.read_bytes())
    before = copy.deepcopy(resource)
    check(resource)
    assert resource == before


PRESSURE = observed(reading(Kind.BLOOD_PRESSURE, (Name.SYSTOLIC, "132", Unit.MMHG), (Name.DIASTOLIC, "81", Unit.MMHG)))
WEIGHT = observed(reading(Kind.BODY_WEIGHT, (Name.WEIGHT, "72.50", Unit.KILOGRAM)))
NOTE: Resource = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}}
PATIENT: Resource = {"resourceType": "Patient", "id": "p1"}
VISIT: Resource = {"resourceType": "Encounter", "status": "finished", "class": {"code": "VR"}}
SCOPES = "http://terminology.hl7.org/CodeSystem/consentscope"
CONSENT: Resource = {
    "resourceType": "Consent",
    "status": "active",
    "scope": {"coding": [{"system": SCOPES, "code": "patient-privacy"}]},
    "category": [{"text": "x"}],
    "patient": {"reference": "Patient/p1"},
    "policyRule": {"text": "x"},
}
DIV = '<div xmlns="http://www.w3.org/1999/xhtml">'


@pytest.mark.parametrize("resource", [PRESSURE, WEIGHT, NOTE, PATIENT, VISIT, CONSENT])
def test_the_good_ones_of_these_tests_are_good(resource: Resource) -> None:
    check(resource)


@pytest.mark.parametrize(
    ("resource", "where", "says"),
    [
        ({}, "None", "no resource type"),
        ({"resourceType": "Nope"}, "Nope", "no resource type 'Nope'"),
        ({"resourceType": "SubscriptionTopic"}, "SubscriptionTopic", "no resource type"),
        ({"resourceType": "HumanName"}, "HumanName", "no resource type"),
        ({"resourceType": ["Patient"]}, "['Patient']", "no resource type"),
        (PATIENT | {"id": "x" * 65}, "Patient.id", "1 to 64"),
        (PATIENT | {"id": "a b"}, "Patient.id", "1 to 64"),
        (PATIENT | {"id": 7}, "Patient.id", "text"),
        (PATIENT | {"active": "true"}, "Patient.active", "true or false, not text"),
        (PATIENT | {"active": 1}, "Patient.active", "true or false, not a number"),
        (PATIENT | {"multipleBirthInteger": "2"}, "Patient.multipleBirth", "whole number, not text"),
        (PATIENT | {"multipleBirthInteger": True}, "Patient.multipleBirth", "whole number, not a boolean"),
        (PATIENT | {"multipleBirthInteger": 2, "multipleBirthBoolean": True}, "Patient", "multiple"),
        (PATIENT | {"name": None}, "Patient.name", "not null"),
        (PATIENT | {"gender": None}, "Patient.gender", "not null"),
        (PATIENT | {"name": []}, "Patient.name", "at least one"),
        (PATIENT | {"name": {"text": "x"}}, "Patient.name", "not an object"),
        (PATIENT | {"name": [{}]}, "Patient.name[0]", "empty"),
        (PATIENT | {"name": [{"given": [None]}]}, "Patient.name[0].given[0]", "not null"),
        (PATIENT | {"name": [{"given": ["a", None], "_given": [None]}]}, "Patient.name[0].given[1]", "not null"),
        (PATIENT | {"name": [{"text": ""}]}, "Patient.name[0].text", "empty"),
        (PATIENT | {"name": [{"text": "a\x07"}]}, "Patient.name[0].text", "control"),
        (PATIENT | {"name": [{"use": "best"}]}, "Patient.name[0].use", "no code"),
        (PATIENT | {"gender": "F"}, "Patient.gender", "no code"),
        (PATIENT | {"birthDate": "31/01/1942"}, "Patient.birthDate", "Date"),
        (PATIENT | {"contact": [{"gender": "male"}]}, "Patient.contact[0]", "pat-1"),
        (PATIENT | {"telecom": [{"value": "0600000000"}]}, "Patient.telecom[0]", "cpt-2"),
        (PATIENT | {"fhir_comments": "x"}, "Patient", "no element 'fhir_comments'"),
        (PATIENT | {"surname": "x"}, "Patient", "no element 'surname'"),
        (PATIENT | {"extension": [{"url": "http://a.b"}]}, "Patient.extension[0]", "ext-1"),
        (
            PATIENT | {"extension": [{"url": "javascript:alert(1)", "valueString": "x"}]},
            "Patient.extension[0].url",
            "script",
        ),
        (PATIENT | {"photo": [{"url": " JavaScript:alert(1)"}]}, "Patient.photo[0].url", "script"),
        (PATIENT | {"contained": [{"resourceType": "Nope"}]}, "Patient.contained[0]", "no resource type"),
        (PATIENT | {"contained": ["x"]}, "Patient.contained[0]", "no resource type"),
        (PATIENT | {"contained": [{"resourceType": "Patient", "id": "#"}]}, "Patient.contained[0].id", "1 to 64"),
        (
            PATIENT | {"text": {"status": "generated", "div": f"{DIV}<script>x</script></div>"}},
            "Patient.text.div",
            "txt-1",
        ),
        (
            PATIENT | {"text": {"status": "generated", "div": f'{DIV}<p onclick="x">a</p></div>'}},
            "Patient.text.div",
            "txt-1",
        ),
        (
            PATIENT | {"text": {"status": "generated", "div": f'{DIV}<a href="javascript:x">a</a></div>'}},
            "Patient.text.div",
            "txt-1",
        ),
        (
            PATIENT | {"text": {"status": "generated", "div": f'{DIV}<a href="java&#9;script:x">a</a></div>'}},
            "Patient.text.div",
            "txt-1",
        ),
        (PATIENT | {"text": {"status": "generated", "div": f"{DIV}<!DOCTYPE x>a</div>"}}, "Patient.text.div", "txt-1"),
        (PATIENT | {"text": {"status": "generated", "div": "<p>x</p>"}}, "Patient.text.div", "txt-1"),
        (PATIENT | {"text": {"status": "generated", "div": f"{DIV} </div>"}}, "Patient.text.div", "txt-2"),
        (NOTE | {"status": "foo"}, "Observation.status", "'foo' is no code"),
        ({"resourceType": "Observation", "code": {"text": "x"}}, "Observation.status", "required"),
        ({"resourceType": "Observation", "status": "final"}, "Observation.code", "required"),
        (NOTE | {"component": [{"valueString": "x"}]}, "Observation.component[0].code", "required"),
        (NOTE | {"issued": "2026-11-22"}, "Observation.issued", "Instant"),
        (NOTE | {"effectiveDateTime": "2026-11-22T10:00"}, "Observation.effective", "DateTime"),
        (NOTE | {"valueQuantity": {"value": "12"}}, "Observation.value.value", "a number, not text"),
        (NOTE | {"valueQuantity": {"value": 1, "code": "kg"}}, "Observation.value", "qty-3"),
        (NOTE | {"valueQuantity": {"value": 1, "comparator": "~"}}, "Observation.value.comparator", "no code"),
        (NOTE | {"valueString": "x", "dataAbsentReason": {"text": "y"}}, "Observation", "obs-6"),
        (NOTE | {"subject": {"reference": "javascript:alert(1)"}}, "Observation.subject.reference", "no reference"),
        (NOTE | {"subject": {"reference": "Nope/1"}}, "Observation.subject.reference", "no reference"),
        (NOTE | {"subject": {"reference": "Patient/" + "x" * 65}}, "Observation.subject.reference", "no reference"),
        (NOTE | {"subject": {"reference": "Encounter/1"}}, "Observation.subject.reference", "cannot be here"),
        (NOTE | {"subject": {"reference": "#p"}}, "Observation.subject.reference", "ref-1"),
        (VISIT | {"status": "done"}, "Encounter.status", "no code"),
        ({"resourceType": "Encounter", "status": "finished"}, "Encounter.class", "required"),
        ({"resourceType": "Device", "status": "on"}, "Device.status", "no code"),
        (CONSENT | {"status": "given"}, "Consent.status", "no code"),
        (CONSENT | {"provision": {"type": "maybe"}}, "Consent.provision.type", "no code"),
        ({k: v for k, v in CONSENT.items() if k != "scope"}, "Consent.scope", "required"),
        ({k: v for k, v in CONSENT.items() if k != "policyRule"}, "Consent", "ppc-1"),
        ({k: v for k, v in CONSENT.items() if k != "patient"}, "Consent", "ppc-2"),
    ],
)
def test_a_broken_rule_is_refused_with_its_place(resource: Resource, where: str, says: str) -> None:
    with pytest.raises(Invalid) as caught:
        check(resource)
    assert caught.value.where == where
    assert says in caught.value.what


@pytest.mark.parametrize(
    "resource",
    [
        PATIENT
        | {
            "name": [{"given": ["a", None], "_given": [None, {"extension": [{"url": "http://a.b", "valueCode": "x"}]}]}]
        },
        NOTE | {"subject": {"reference": "#p"}, "contained": [{"resourceType": "Patient", "id": "p"}]},
        NOTE | {"subject": {"reference": "Patient/1/_history/2"}},
    ],
)
def test_what_the_rules_allow_is_accepted(resource: Resource) -> None:
    check(resource)


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
MODELS = [model for kind in ("Observation", "Patient", "Device") if (model := model_of(kind))]
NAMES = sorted({name for model in MODELS for name in elements(model)})


def _problem(resource: Resource) -> Problem | None:
    try:
        check(resource)
    except Problem as problem:
        return problem
    return None


@given(
    st.sampled_from(("Observation", "Patient", "Device", "Encounter", "Bundle")),
    st.dictionaries(st.sampled_from(NAMES), JSON),
)
@settings(max_examples=300, deadline=None)
def test_no_json_gives_anything_but_an_answer(kind: str, members: Resource) -> None:
    problem = _problem({"resourceType": kind, **members})
    assert problem is None or (problem.where or "").startswith(kind)


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, member in inside:
        yield from _places(member, (*path, step))


@given(st.sampled_from((PRESSURE, WEIGHT)), JSON, st.data())
@settings(max_examples=300, deadline=None)
def test_anything_in_any_place_of_a_good_one_gives_nothing_but_an_answer(good: Resource, odd: Any, data: Any) -> None:
    broken = copy.deepcopy(good)
    *way, last = data.draw(st.sampled_from([place for place in _places(good) if place]))
    holder: Any = broken
    for step in way:
        holder = holder[step]
    holder[last] = odd
    problem = _problem(broken)
    assert problem is None or problem.what


def test_a_resource_nested_too_deeply_is_refused() -> None:
    deep: Resource = {"url": "http://a.b", "valueString": "x"}
    for _ in range(3000):
        deep = {"url": "http://a.b", "extension": [deep]}
    with pytest.raises(Problem, match="too deeply"):
        check(PATIENT | {"extension": [deep]})


@pytest.mark.parametrize(
    ("kind", "element", "value_set"),
    [
        ("Observation", "status", "observation-status"),
        ("Encounter", "status", "encounter-status"),
        ("Device", "status", "device-status"),
        ("Consent", "status", "consent-state-codes"),
        ("Patient", "gender", "administrative-gender"),
        ("HumanName", "use", "name-use"),
        ("Identifier", "use", "identifier-use"),
        ("ContactPoint", "system", "contact-point-system"),
        ("Quantity", "comparator", "quantity-comparator"),
    ],
)
def test_the_codes_that_are_enforced_are_those_of_the_official_value_set(
    kind: str, element: str, value_set: str
) -> None:
    assert parts(kind)[element].codes == codes_of(value_set)
