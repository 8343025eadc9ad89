"""The tables of types and parameters against the official definitions, and what is made from them."""

from __future__ import annotations

import json
import re
from pathlib import Path

from fhir.resources.R4B.capabilitystatement import CapabilityStatement

from gateway.fhir.capability import statement
from gateway.fhir.json import dumps
from gateway.fhir.router import ROUTES
from gateway.fhir.search.parameters import TYPES, Kind

OFFICIAL = json.loads(
    (Path(__file__).parents[2] / "data" / "fhir" / "search" / "r4-search-parameters.json").read_text()
)


def test_every_parameter_is_the_official_one_of_its_type() -> None:
    official = {(base, each["code"]): each for each in OFFICIAL for base in each["base"]}
    for row in TYPES.values():
        for parameter in row.named.values():
            found = official.get((row.name, parameter.name)) or official["Resource", parameter.name]
            assert (found["url"], found["type"]) == (parameter.definition, parameter.kind), (row.name, parameter.name)
            if parameter.kind is Kind.REFERENCE and parameter.name != "patient" and "target" in found:
                assert set(parameter.targets) <= set(found["target"])


def test_every_path_is_in_the_official_expression() -> None:
    official = {(base, each["code"]): each.get("expression", "") for each in OFFICIAL for base in each["base"]}
    for row in TYPES.values():
        for parameter in row.parameters:
            expression = official[row.name, parameter.name]
            for path in parameter.paths:
                element = re.sub(r"(?<=effective)[A-Z]\w+|\.(text|prefix|suffix)$", "", path)
                assert f"{row.name}.{element}" in expression, (row.name, parameter.name, expression)


def test_the_capability_statement_is_valid_and_names_no_route_that_is_not_there() -> None:
    made = statement("https://gateway.example/fhir/R4", codes=("read", "create"))
    CapabilityStatement.model_validate_json(dumps(made))
    assert [each["type"] for each in made["rest"][0]["resource"]] == sorted(TYPES)
    assert {each["code"] for each in made["rest"][0]["resource"][0]["interaction"]} == {"read", "create"}


def test_no_two_routes_have_the_same_method_and_address() -> None:
    assert len({(row.method, row.address) for row in ROUTES}) == len(ROUTES)
