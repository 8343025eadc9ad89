"""The official examples, found by exactly the parameters whose official FHIRPath finds something in them."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any, Final

from fhirpathpy import evaluate
from fhirpathpy.models import models

from gateway.fhir.json import loads
from gateway.fhir.search.parameters import TYPES, Kind
from tests.fhir.instances import instances
from tests.store.endpoint import Endpoint

_PARAMETERS: Final = Path(__file__).parents[1] / "data" / "fhir" / "search" / "r4-search-parameters.json"
EXPRESSIONS: Final = {
    (base, each["code"]): each.get("expression", "")
    for each in json.loads(_PARAMETERS.read_text())
    for base in each["base"]
}
_RESOLVED: Final = re.compile(r"\.where\(resolve\(\) is (\w+)\)")
_CAST: Final = re.compile(r"\(([\w.]+) as (\w+)\)|([\w.]+)\.as\((\w+)\)")
NOT_OF_THE_KIND: Final = {
    "CarePlan/f001 activity-date: True",  # a string in words
    "CarePlan/f002 activity-date: True",
    "Consent/consent-example-Emergency source-reference: True",  # an attachment
    "Consent/consent-example-basic source-reference: True",
    "RelatedPerson/f001 identifier: True",  # without a value
}
"""Where the expression finds an element that a parameter of that kind is not searched by."""

EACH: Final = 2
"""How many examples of a type are stored."""


def said(example: Any, type_: str, name: str) -> bool | None:
    """Return whether the official expression finds something; None where this FHIRPath library cannot say."""
    parts = [each.strip() for each in EXPRESSIONS[type_, name].split(" | ")]
    mine = [each for each in parts if each.lstrip("(").startswith(f"{type_}.")]
    return any(_found(example, each) for each in mine) if mine else None


def _found(example: Any, part: str) -> bool:
    wanted = _RESOLVED.search(part)
    # `as` takes one element in FHIRPath, several in these expressions: a choice is asked for by its own name.
    path = _CAST.sub(lambda m: _choice(m[1] or m[3], m[2] or m[4]), _RESOLVED.sub("", part))
    found = evaluate(example, path, {}, models["r4"])
    # A reference that is words alone can be shown, not searched.
    found = [each for each in found if not isinstance(each, dict) or set(each) - {"display", "id", "extension"}]
    if wanted:
        found = [each for each in found if str(each.get("reference", "")).startswith(f"{wanted[1]}/")]
    return bool(found)


def _choice(path: str, type_: str) -> str:
    return path + type_[0].upper() + type_[1:]


async def stored(endpoint: Endpoint) -> list[dict[str, Any]]:
    kept, count = [], Counter[str]()
    for name, body in sorted(instances().items()):
        example = json.loads(body) if name.startswith("r4/") else {}
        type_ = str(example.get("resourceType"))
        if type_ not in TYPES or count[type_] == EACH:
            continue
        answer = await endpoint.put(f"{type_}/{example['id']}", body)
        if answer.status in (200, 201):  # some examples break rules of their own type, and some types are not written
            count[type_] += 1
            kept.append(example)
    assert len(count) > 30, set(TYPES) - set(count)  # the archive has no example of the others
    return kept


async def test_an_example_is_found_by_what_the_official_expressions_find_in_it(endpoint: Endpoint) -> None:
    compared, wrong = 0, []
    for example in await stored(endpoint):
        type_, id_ = example["resourceType"], example["id"]
        for parameter in TYPES[type_].parameters:
            if parameter.kind is Kind.COMPOSITE or parameter.name == "deceased":
                continue
            expected = said(example, type_, parameter.name)
            if expected is None:
                continue
            answer = await endpoint.get(f"{type_}?_id={id_}&{parameter.name}:missing=false&_count=0")
            compared += 1
            if loads(answer.body).get("total") != int(expected):
                wrong.append(f"{type_}/{id_} {parameter.name}: {expected}")
    assert set(wrong) <= NOT_OF_THE_KIND
    assert compared > 750
