"""The tables of types and parameters against the official definitions, and what is made from them."""

from __future__ import annotations

import json
import re
from pathlib import Path

from fhir.resources.R4B.capabilitystatement import CapabilityStatement

from gateway.fhir.capability import statement
from gateway.fhir.json import dumps, loads
from gateway.fhir.router import READ_ONLY, ROUTES
from gateway.fhir.search.index import field_of
from gateway.fhir.search.parameters import OWNERS, TYPES, Kind
from gateway.fhir.validation import check
from gateway.identity.permit import COMPARTMENT
from gateway.store.keys import field_number

OFFICIAL = json.loads(
    (Path(__file__).parents[2] / "data" / "fhir" / "search" / "r4-search-parameters.json").read_text()
)


def test_every_parameter_of_r4_is_served_as_it_is_defined_or_refused_by_name() -> None:
    for row in TYPES.values():
        official = {each["code"]: each for each in OFFICIAL if row.name in each["base"] or "Resource" in each["base"]}
        assert set(official) == {*row.named, *row.refused}
        for name, parameter in row.named.items():
            assert (official[name]["url"], official[name]["type"]) == (parameter.definition, parameter.kind)


def test_every_path_is_in_the_official_expression() -> None:
    for row in TYPES.values():
        official = {each["code"]: each for each in OFFICIAL if row.name in each["base"]}
        for parameter in row.parameters:
            expression = official[parameter.name]["expression"]
            for path in parameter.paths:
                condition = re.sub(r"\[(\w+)=(\w+)\]", r".where(\1='\2')", path)
                # A choice is named by its type in a path, and a name or an address by its parts.
                plain = re.sub(
                    r"\.(text|line|city|district|state|postalCode|country|family|given|prefix|suffix)$", "", condition
                )
                bare = re.sub(
                    r"(?<=[a-z])(DateTime|Period|Instant|Timing|Quantity|SampledData|CodeableConcept|Range|Age|Duration|Boolean|String|Uri|Canonical|Reference|Identifier|Date|Decimal|Money)$",
                    "",
                    plain,
                )
                assert any(f"{row.name}.{each}" in expression for each in (condition, plain, bare)), (row.name, path)


def test_a_composite_parameter_is_made_of_parameters_of_its_type() -> None:
    pairs = [each for row in TYPES.values() for each in row.parameters if each.kind is Kind.COMPOSITE]
    assert len(pairs) > 10
    for row in TYPES.values():
        for each in row.parameters:
            assert all(name in row.named for name in each.components)
            assert (len(each.components) == 2) == (each.kind is Kind.COMPOSITE)


def test_no_two_fields_of_a_type_share_a_number() -> None:
    numbers = {
        (row.name, field_of(parameter, path)): field_number(row.name, field_of(parameter, path))
        for row in TYPES.values()
        for parameter in row.named.values()
        for path in parameter.paths
    }
    numbers |= {
        (t, f"{f}:{s}"): field_number(t, f"{f}:{s}") for t, f in list(numbers) for s in ("identifier", "of-type")
    }
    assert len(set(numbers.values())) == len(numbers) > 1_000


def test_whose_a_resource_is_stands_in_one_element_for_permission_and_for_search() -> None:
    assert {**COMPARTMENT} == {**OWNERS}


def test_the_capability_statement_is_valid_and_says_what_the_routes_say() -> None:
    made = statement("https://gateway.example/fhir/R4", ROUTES, READ_ONLY)
    CapabilityStatement.model_validate_json(dumps(made))
    check(loads(dumps(made)))
    rest = made["rest"][0]
    assert [each["type"] for each in rest["resource"]] == sorted(TYPES)
    offered = {row.code for row in ROUTES}
    for each in rest["resource"]:
        said = {one["code"] for one in each["interaction"]} | {f"${one['name']}" for one in each.get("operation", ())}
        assert said <= offered
        assert ("create" in said) == (each["type"] not in READ_ONLY)


def test_no_two_routes_have_the_same_method_and_address() -> None:
    assert len({(row.method, row.address) for row in ROUTES}) == len(ROUTES)
