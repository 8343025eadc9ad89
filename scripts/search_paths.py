"""The elements that R4's search parameters look at: their FHIRPath, in the few forms that R4 uses, as dotted paths."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

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
RESOLVED = re.compile(r"(?P<path>[\w.]+)\.where\(resolve\(\) is (?P<type>\w+)\)")


def alternatives(expression: str, type_: str) -> list[str]:
    """Return the parts of an expression that start at the type."""
    parts = [each.strip() for each in re.split(r"\s\|\s", expression)]
    return [each for each in parts if each.lstrip("(").startswith((f"{type_}.", "Resource."))]


def paths(definitions: Definitions, part: str, kind: str) -> Iterator[str]:
    """Yield the dotted paths of elements that one alternative of an expression names."""
    cast = condition = member = ""
    if match := _MEMBER.fullmatch(part):
        part, member = f"({match['path']} as {match['kind']})", "." + match["member"]
    if match := RESOLVED.fullmatch(part):
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
