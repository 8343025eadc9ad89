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

from search_paths import CHOICES, RESOLVED, Definitions, Unknown, alternatives, paths

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
    resolved = [match["type"] for part in parts if (match := RESOLVED.fullmatch(part))]
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
