"""Compile the official R4 definitions into the tables of the search: `python scripts/search_parameters.py FOLDER`.

FOLDER is the R4 definitions (https://hl7.org/fhir/R4/downloads.html) as single files: `other/` with the bundle of
search parameters, the compartments and fhir.schema.json, `structuredefinitions/` and `valuesets/`. Written are
`parameters.json`, `compartments.json` and `value_sets.json` in gateway/fhir/search/r4/. A parameter is compiled if its
FHIRPath is one of the few forms that R4 uses; the names of the others are kept, so that they can be refused by name.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TYPES = [
    "AllergyIntolerance",
    "Appointment",
    "AuditEvent",
    "Binary",
    "Bundle",
    "CarePlan",
    "Communication",
    "Composition",
    "Condition",
    "Consent",
    "DetectedIssue",
    "Device",
    "DeviceMetric",
    "DocumentReference",
    "Encounter",
    "Flag",
    "Goal",
    "Group",
    "HealthcareService",
    "List",
    "Location",
    "MedicationRequest",
    "MedicationStatement",
    "Observation",
    "OperationOutcome",
    "Organization",
    "Patient",
    "Practitioner",
    "PractitionerRole",
    "Provenance",
    "Questionnaire",
    "QuestionnaireResponse",
    "RelatedPerson",
    "RiskAssessment",
    "Schedule",
    "ServiceRequest",
    "Slot",
    "Subscription",
    "Task",
]

COMMON = ["_id", "_lastUpdated", "_profile", "_security", "_source", "_tag"]

TARGET = Path(__file__).parent.parent / "gateway/fhir/search/r4"

# Which elements of a choice a kind of parameter can be answered from.
CHOICES = {
    "date": ("DateTime", "Period", "Instant", "Timing", "Date"),
    "quantity": ("Quantity", "Age", "Range", "Duration", "SampledData", "Money"),
    "number": ("Decimal", "Integer", "Range"),
    "reference": ("Reference", "Canonical", "Uri"),
    "token": ("CodeableConcept", "Coding", "Code", "Boolean", "Identifier", "String"),
    "string": ("String",),
    "uri": ("Uri", "Url", "Canonical"),
}

# The parts of a data type that a string parameter looks at.
PARTS = {
    "HumanName": ("text", "family", "given", "prefix", "suffix"),
    "Address": ("text", "line", "city", "district", "state", "postalCode", "country"),
}

# Systems of plain codes whose value set is not called like its code system, or whose definition is not in the folder.
SYSTEMS = {
    **{
        f"{type_}.address.use": "http://hl7.org/fhir/address-use"
        for type_ in ("Location", "Organization", "Patient", "Practitioner", "RelatedPerson")
    },
    "Composition.confidentiality": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality",
    "DocumentReference.content.attachment.language": "urn:ietf:bcp:47",
    "AllergyIntolerance.type": "http://hl7.org/fhir/allergy-intolerance-type",
    "AllergyIntolerance.category": "http://hl7.org/fhir/allergy-intolerance-category",
    "AllergyIntolerance.criticality": "http://hl7.org/fhir/allergy-intolerance-criticality",
    "AllergyIntolerance.reaction.severity": "http://hl7.org/fhir/reaction-event-severity",
    "DetectedIssue.status": "http://hl7.org/fhir/observation-status",
    "Goal.lifecycleStatus": "http://hl7.org/fhir/goal-status",
    "MedicationRequest.status": "http://hl7.org/fhir/CodeSystem/medicationrequest-status",
    "MedicationRequest.intent": "http://hl7.org/fhir/CodeSystem/medicationrequest-intent",
    "MedicationStatement.status": "http://hl7.org/fhir/CodeSystem/medication-statement-status",
    "Questionnaire.subjectType": "http://hl7.org/fhir/resource-types",
    "DocumentReference.content.attachment.contentType": "urn:ietf:bcp:13",
    "Subscription.channel.payload": "urn:ietf:bcp:13",
    "RiskAssessment.status": "http://hl7.org/fhir/observation-status",
    "List.status": "http://hl7.org/fhir/list-status",
}


class Unknown(Exception):
    """A form of FHIRPath that is not compiled."""


class Definitions:
    """The definitions in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.schema = self.read("other/fhir.schema.json")["definitions"]
        entries = self.read("other/search-parameters.bundle.json")["entry"]
        self.parameters = [each["resource"] for each in entries]
        self.by_url = {each["url"]: each for each in self.parameters}

    def read(self, name: str) -> dict[str, Any]:
        """Return the JSON of one file."""
        value = json.loads((self.folder / name).read_text("utf-8"))
        assert isinstance(value, dict)
        return value

    def of(self, type_: str) -> list[dict[str, Any]]:
        """Return the parameters of a type, by name."""
        found = [each for each in self.parameters if type_ in each["base"]]
        return sorted(found, key=lambda each: str(each["code"]))

    def element(self, model: str, name: str) -> str | None:
        """Return the model of an element, "" for a primitive one, None where the model has no such element."""
        # The schema has no Resource of its own: every resource has its elements.
        properties = self.schema["Patient" if model == "Resource" else model].get("properties", {})
        if name not in properties:
            return None
        said = properties[name].get("items", properties[name])
        return str(said.get("$ref", "")).rpartition("/")[2]

    def systems(self, type_: str) -> dict[str, str]:
        """Return the code system of each plain code of a type, by path."""
        path = self.folder / f"structuredefinitions/StructureDefinition-{type_}.json"
        if not path.exists():
            return {}
        found = {}
        for element in json.loads(path.read_text("utf-8"))["snapshot"]["element"]:
            bound = element.get("binding", {}).get("valueSet", "").partition("|")[0]
            is_code = [each["code"] for each in element.get("type", ())] == ["code"]
            if is_code and bound.startswith("http://hl7.org/fhir/ValueSet/"):
                found[element["path"]] = "http://hl7.org/fhir/" + bound.rpartition("/")[2]
        return found


_TYPE_CAST = re.compile(r"\((?P<path>[\w.]+) as (?P<kind>\w+)\)|(?P<path2>[\w.]+)\.as\((?P<kind2>\w+)\)")
_MEMBER = re.compile(r"\((?P<path>[\w.]+) as (?P<kind>\w+)\)\.(?P<member>\w+)")
_WHERE = re.compile(r"(?P<path>[\w.]+)\.where\((?P<element>\w+)='(?P<value>\w+)'\)")
_RESOLVED = re.compile(r"(?P<path>[\w.]+)\.where\(resolve\(\) is (?P<type>\w+)\)")


def alternatives(expression: str, type_: str) -> list[str]:
    """Return the parts of an expression that start at the type."""
    parts = [each.strip() for each in re.split(r"\s\|\s", expression)]
    return [each for each in parts if each.lstrip("(").startswith((f"{type_}.", "Resource."))]


def paths(definitions: Definitions, part: str, kind: str) -> Iterator[str]:
    """Yield the dotted paths of elements that one alternative of an expression names."""
    cast = condition = member = ""
    if match := _MEMBER.fullmatch(part):
        part, member = f"({match['path']} as {match['kind']})", "." + match["member"]
    if match := _RESOLVED.fullmatch(part):
        part = match["path"]
    elif match := _WHERE.fullmatch(part):
        part, condition = match["path"], f"[{match['element']}={match['value']}]"
    elif match := _TYPE_CAST.fullmatch(part):
        part = match["path"] or match["path2"]
        cast = match["kind"] or match["kind2"]
        cast = cast[0].upper() + cast[1:]
    if not re.fullmatch(r"[\w.]+", part):
        raise Unknown(part)
    model, *steps = part.split(".")
    for path, leaf in expanded(definitions, model, steps, (cast,) if cast else CHOICES[kind]):
        if kind == "string" and leaf in PARTS:
            yield from (f"{path}.{each}" for each in PARTS[leaf])
        else:
            yield path + condition + member


def expanded(
    definitions: Definitions, model: str, steps: list[str], choices: tuple[str, ...]
) -> Iterator[tuple[str, str]]:
    """Yield the paths that *steps* mean from a model on, a choice of types as its single elements, and their models."""
    name, *rest = steps
    found = [(name, definitions.element(model, name))]
    if found[0][1] is None:
        found = [(name + each, definitions.element(model, name + each)) for each in choices]
        found = [each for each in found if each[1] is not None]
        if not found:
            raise Unknown(f"{model}.{name}")
    for step, leaf in found:
        if not rest:
            yield step, str(leaf)
        else:
            yield from ((f"{step}.{path}", last) for path, last in expanded(definitions, str(leaf), rest, choices))


def compiled(definitions: Definitions, parameter: dict[str, Any], type_: str) -> dict[str, Any]:
    """Return the row of one parameter; raises Unknown."""
    kind, name = parameter["type"], parameter["code"]
    row: dict[str, Any] = {"name": name, "kind": kind, "definition": parameter["url"]}
    row["documentation"] = documented(parameter["description"], type_)
    parts = alternatives(parameter.get("expression", ""), type_)
    if name == "deceased":
        return row | {"paths": ["deceasedBoolean", "deceasedDateTime"]}
    if kind == "composite":
        return row | {"components": components(definitions, parameter, type_)}
    if kind not in CHOICES or not parts:
        raise Unknown(kind)
    resolved = [match["type"] for part in parts if (match := _RESOLVED.fullmatch(part))]
    row["paths"] = [path for part in parts for path in paths(definitions, part, kind)]
    if kind == "reference":
        targets = resolved or parameter.get("target", [])
        row["narrowed"] = bool(resolved)
        row["targets"] = [] if len(targets) > 40 else sorted(set(targets))  # noqa: PLR2004  any type of resource
    if kind == "token":
        said = definitions.systems(type_) | SYSTEMS
        row["systems"] = {path: said[f"{type_}.{path}"] for path in row["paths"] if f"{type_}.{path}" in said}
    return {name: value for name, value in row.items() if value or name in ("paths", "name")}


def components(definitions: Definitions, parameter: dict[str, Any], type_: str) -> list[str]:
    """Return the names of the two parameters of a composite one."""
    names = [definitions.by_url[each["definition"]]["code"] for each in parameter["component"]]
    if any("where" in each["expression"] for each in parameter["component"]):
        raise Unknown(parameter["code"])
    for each in names:
        compiled(definitions, next(one for one in definitions.of(type_) if one["code"] == each), type_)
    return names


def documented(text: str, type_: str) -> str:
    """Return a description in one line; of one for several types, the line of this type."""
    for line in text.splitlines():
        match = re.match(rf"\* \[{type_}\]\([^)]*\): (.*)", line)
        if match:
            text = match[1]
    return " ".join(text.split())


def table(definitions: Definitions) -> dict[str, Any]:
    """Return the parameters that are served, and the names of those that are not, by type."""
    whole: dict[str, Any] = {}
    for type_ in ("Resource", *TYPES):
        served, refused = [], []
        for parameter in definitions.of(type_):
            try:
                served.append(compiled(definitions, parameter, type_))
            except Unknown:
                refused.append(parameter["code"])
        whole[type_] = {"served": served, "refused": refused}
    return whole


def compartments(definitions: Definitions, served: dict[str, Any]) -> dict[str, Any]:
    """Return which parameters of a type lead into which compartment."""
    found: dict[str, Any] = {}
    for path in sorted((definitions.folder / "other").glob("CompartmentDefinition-*.json")):
        compartment = json.loads(path.read_text("utf-8"))
        if compartment["id"] == "example":
            continue
        rows = {each["code"]: each.get("param", []) for each in compartment["resource"] if each["code"] in TYPES}
        known = {type_: [each["name"] for each in served[type_]["served"]] for type_ in rows}
        found[compartment["code"]] = {
            type_: [each for each in names if each in known[type_] or each == "{def}"]
            for type_, names in sorted(rows.items())
            if names
        }
    return found


def value_sets(definitions: Definitions) -> dict[str, list[list[str]]]:
    """Return the codes of every value set that can be listed, as pairs of system and code."""
    systems = {}
    for path in (definitions.folder / "valuesets").glob("CodeSystem-*.json"):
        system = json.loads(path.read_text("utf-8"))
        systems[system["url"]] = list(codes(system["concept"]))
    found = {}
    for path in sorted((definitions.folder / "valuesets").glob("ValueSet-*.json")):
        value_set = json.loads(path.read_text("utf-8"))
        included = value_set["compose"]["include"]
        if all("concept" in each or (each.get("system") in systems and "filter" not in each) for each in included):
            found[value_set["url"]] = [
                [each["system"], code]
                for each in included
                for code in ([one["code"] for one in each["concept"]] if "concept" in each else systems[each["system"]])
            ]
    return found


def codes(concepts: list[dict[str, Any]]) -> Iterator[str]:
    """Yield the codes of a code system, children included."""
    for each in concepts:
        yield each["code"]
        yield from codes(each.get("concept", []))


def write(name: str, value: dict[str, Any]) -> None:
    """Write one table, one line an entry, so that a change can be read."""
    lines = (f"{json.dumps(key)}: {json.dumps(value[key], ensure_ascii=False)}" for key in value)
    (TARGET / name).write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")


def main() -> None:
    """Write the three tables."""
    definitions = Definitions(Path(sys.argv[1]))
    TARGET.mkdir(exist_ok=True)
    served = table(definitions)
    write("parameters.json", served)
    write("compartments.json", compartments(definitions, served))
    write("value_sets.json", value_sets(definitions))


if __name__ == "__main__":
    main()
