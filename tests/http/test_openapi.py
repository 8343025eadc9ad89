"""The OpenAPI document says what the server does: the same types, interactions, parameters and permissions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import aiohttp
import jsonschema_rs
import pytest

from gateway.fhir.capability import statement
from gateway.fhir.interactions.shape import Shape
from gateway.fhir.json import dumps
from gateway.fhir.openapi import document
from gateway.fhir.rest import Request
from gateway.fhir.router import READ_ONLY, ROUTES, route
from gateway.fhir.search.parameters import TYPES
from tests.fhir.instances import instances, resource
from tests.peers.running import Running

BASE = "https://gateway.example/fhir/R4"
DRAFT = "https://json-schema.org/draft/2020-12/schema"
DOCUMENT = document(BASE, ROUTES, READ_ONLY)
STATEMENT = statement(BASE, ROUTES, READ_ONLY)
METHODS = {
    "read": ("get", "/{type}/{{id}}"),
    "vread": ("get", "/{type}/{{id}}/_history/{{version}}"),
    "create": ("post", "/{type}"),
    "update": ("put", "/{type}/{{id}}"),
    "patch": ("patch", "/{type}/{{id}}"),
    "delete": ("delete", "/{type}/{{id}}"),
    "search-type": ("get", "/{type}"),
    "history-type": ("get", "/{type}/_history"),
    "history-instance": ("get", "/{type}/{{id}}/_history"),
}


def parameters(operation: Mapping[str, Any], place: str = "query") -> set[str]:
    components = DOCUMENT["components"]["parameters"]
    found = [components[each["$ref"].rpartition("/")[2]] for each in operation["parameters"]]
    return {each["name"] for each in found if each["in"] == place}


@pytest.mark.parametrize("row", STATEMENT["rest"][0]["resource"], ids=lambda row: str(row["type"]))
def test_the_document_offers_what_the_capability_statement_offers_and_no_more(row: dict[str, Any]) -> None:
    type_, paths = row["type"], DOCUMENT["paths"]
    said = {each["code"] for each in row["interaction"]}
    assert said <= set(METHODS)
    for code, (method, address) in METHODS.items():
        assert (method in paths.get(address.format(type=type_), {})) == (code in said), code
    for condition, method in (("conditionalCreate", "post"), ("conditionalUpdate", "put")):
        assert (method in paths[f"/{type_}"]) == row[condition]
    assert ("delete" in paths[f"/{type_}"]) == (row["conditionalDelete"] == "single")
    offered = {path.rpartition("$")[2] for path in paths if path.startswith(f"/{type_}/") and "$" in path}
    assert offered == {each["name"] for each in row.get("operation", ())}
    searched = parameters(paths[f"/{type_}"]["get"])
    assert {each["name"] for each in row["searchParam"]} <= searched
    assert searched - {each["name"] for each in row["searchParam"]} >= {"_count", "_sort", "_include", "_revinclude"}
    form = paths[f"/{type_}/_search"]["post"]["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
    assert {each["name"] for each in row["searchParam"]} <= set(form["properties"])


def test_the_document_serves_the_server_s_own_interactions_and_every_type() -> None:
    system = {each["code"] for each in STATEMENT["rest"][0]["interaction"]}
    assert system == {"transaction", "batch", "history-system"}
    assert set(DOCUMENT["paths"]["/"]) == {"post"}
    assert set(DOCUMENT["paths"]["/_history"]) == {"get"}
    assert set(DOCUMENT["paths"]["/metadata"]) == {"get"}
    assert set(TYPES) <= set(DOCUMENT["components"]["schemas"])
    named = [each["operationId"] for path in DOCUMENT["paths"].values() for each in path.values()]
    assert len(set(named)) == len(named) > 500


def test_every_reference_in_the_document_leads_somewhere() -> None:
    def walk(value: Any) -> None:
        if isinstance(value, dict):
            if isinstance(value.get("$ref"), str):
                _, kind, name = value["$ref"].removeprefix("#/").split("/")
                assert name in DOCUMENT["components"][kind], value
            for each in value.values():
                walk(each)
        elif isinstance(value, list):
            for each in value:
                walk(each)

    walk(DOCUMENT)


def test_every_schema_is_json_schema_itself() -> None:
    for schema in DOCUMENT["components"]["schemas"].values():
        jsonschema_rs.meta.validate({"$schema": DRAFT, **schema})


@pytest.mark.parametrize("type_", ["Observation", "OperationOutcome", "Questionnaire"])
def test_a_write_may_be_answered_with_an_outcome_as_the_document_says(type_: str) -> None:
    outcome = {"resourceType": "OperationOutcome", "issue": [{"severity": "information", "code": "informational"}]}
    for method, status in (("post", "201"), ("put", "200")):
        (content,) = DOCUMENT["paths"][f"/{type_}"][method]["responses"][status]["content"].values()
        schema = {**content["schema"], "components": DOCUMENT["components"]}
        assert jsonschema_rs.validator_for(schema).is_valid(outcome), (method, status)


@cache
def validator(type_: str) -> Any:
    schema = {"$ref": f"#/components/schemas/{type_}", "components": DOCUMENT["components"]}
    return jsonschema_rs.validator_for(schema)


def fits(value: Any) -> bool:
    return bool(validator(value["resourceType"]).is_valid(value))


SHAPES = [
    *(Shape(summary=each) for each in ("true", "text", "data")), Shape(elements=("id",)),
    Shape(summary="true", elements=("no-such-element",)),
]  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_what_is_shown_in_part_has_all_that_the_document_says_it_must_have(shape: Shape) -> None:
    shown = {name: json.loads(shape.shown(text)) for name, text in instances().items()}
    assert [name for name, each in shown.items() if not fits(each)] == []


def test_every_official_example_fits_its_schema_and_what_is_wrong_does_not() -> None:
    examples = [json.loads(text) for text in instances().values()]
    assert len(examples) > 200
    assert [each["id"] for each in examples if not fits(each)] == []
    good = {"resourceType": "Observation", "status": "final", "code": {"text": "pulse"}}
    assert fits(good)
    wrong = {"status": "nonsense", "colour": "red", "code": [], "issued": "yesterday", "valueInteger": "1"}
    for name, value in wrong.items():
        assert not fits({**good, name: value}), name


class Recorded:
    """Access that allows everything and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: set[tuple[str, str]] = set()

    def permit(self, letter: str, type_: str, _resource: Mapping[str, Any] | None = None) -> None:
        self.asked.add((letter, type_))

    def compartment(self, letter: str, type_: str) -> str | None:
        self.asked.add((letter, type_))
        return None


@pytest.mark.parametrize("row", ROUTES, ids=lambda row: f"{row.method} {row.address or 'base'}")
def test_the_scopes_in_the_document_are_what_the_server_asks_for(row: Any) -> None:
    type_ = (row.only or ("Observation",))[0]
    path = row.address.format(type=type_, compartment="Patient", id="x", version="1")
    body, media = _body(row)
    # A condition on anything but an identifier is a search.
    query = (("patient", "x"),) if row.takes is None and row.code != "create" else ()
    access = Recorded()
    route(
        Request(method=row.method, path=path, base=BASE, query=query, headers={"content-type": media}, body=body),
        access,
    )
    address = "/" + row.address.format(type=type_, compartment="Patient", id="{id}", version="{version}")
    (said,) = DOCUMENT["paths"][address][row.method.lower()]["security"] or [{"smart": []}]
    scopes = [each.removeprefix("system/").split(".") for each in said["smart"]]
    letters = {letter for _, all_ in scopes for letter in all_}
    asked = {letter for letter, of in access.asked if row.code != "transaction"}
    # An update asks for creating once it finds that there is nothing.
    assert letters == asked | ({"c"} if row.code == "update" else set())
    assert all(of == type_ for of, _ in scopes) or row.code in ("history-system", "$everything")


def _body(row: Any) -> tuple[bytes, str]:
    media = "application/fhir+json"
    match row.code, row.method:
        case "search-type", "POST":
            return b"patient=x", "application/x-www-form-urlencoded"
        case "transaction", _:
            return dumps({"resourceType": "Bundle", "type": "batch"}), media
        case "patch", _:
            return b'[{"op":"test","path":"/status","value":"final"}]', "application/json-patch+json"
        case ("create" | "update", _) | ("$validate", "POST"):
            return dumps({**resource("r4/Observation-f001.json"), "id": "x"}), media
    return b"", media


async def test_the_document_is_served_to_anybody_and_names_this_server(running: Running) -> None:
    async with aiohttp.ClientSession() as session, session.get(f"{running.fhir}/openapi.json") as answer:
        assert (answer.status, answer.content_type) == (200, "application/json")
        made = await answer.json()
    assert made["servers"] == [{"url": running.fhir}]
    flow = made["components"]["securitySchemes"]["smart"]["flows"]["clientCredentials"]
    assert flow["tokenUrl"] == running.token_url
    assert made["paths"] == DOCUMENT["paths"]
