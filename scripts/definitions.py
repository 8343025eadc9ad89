"""Compile the official definitions into the tables of the validation: `python scripts/definitions.py R4 PHD FR MES`.

The four folders hold FHIR packages as single JSON files: `hl7.fhir.r4.core` 4.0.1, the Personal Health Devices guide,
FR Core and « Mesures de santé » (see gateway/fhir/definitions/ORIGIN.md). Written are `types.json` (what R4 asks of
each type) and `profiles.json` (what each profile asks beyond it), one line a definition, into
gateway/fhir/definitions/.

A node of a tree is an element. Its keys, all left out where they say nothing:

    of         in profiles: the profiles that it refines, whose demands are among its own
    type       the complex type in it, whose own definition holds as well; `same` is the path of an element like it
    choice     the name of the choice it belongs to: `value` for `valueQuantity`
    min, max   how many there are (in profiles; in types only `min`: the library of models checks the rest)
    summary    it is part of a summary
    codes      the value set it is bound to with strength required
    rules      invariants: key, what it asks in words, FHIRPath
    fixed, pattern, types, targets, profiles    as in the profile; `types` are the types that a choice may have
    by, closed, slices    how the element is sliced (discriminators as type and path), and the slices by name
    parts      the elements in it
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from official import Definitions, Json
from tree import kept, names_of, place, pruned

TARGET = Path(__file__).parent.parent / "gateway/fhir/definitions"

# The profiles that are enforced, by how their address begins.
ENFORCED = (
    "http://hl7.org/fhir/StructureDefinition/",
    "http://hl7.org/fhir/uv/phd/",
    "http://hl7.fr/ig/fhir/core/",
    "http://interop.esante.gouv.fr/",
    "http://esante.gouv.fr/",
)

# Of R4's own profiles: the vital signs, and the extensions that the other profiles name.
R4_PROFILES = frozenset(
    {
        *("vitalsigns", "bp", "oxygensat", "heartrate", "resprate", "bodytemp", "bodyweight", "bodyheight"),
        *("headcircum", "bmi", "vitalspanel"),
        *("observation-gatewayDevice", "workflow-supportingInfo", "data-absent-reason"),
    }
)

# « Mesures de santé » names its parents by the address that FR Core had before.
RENAMED = {
    f"http://interopsante.org/fhir/StructureDefinition/FrObservation{old}": (
        f"http://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-observation-{new}"
    )
    for old, new in {
        "Bmi": "bmi",
        "BodyTemperature": "body-temperature",
        "BodyWeight": "body-weight",
        "BodyHeight": "body-height",
        "Bodyheight": "body-height",
        "Bp": "bp",
        "Heartrate": "heartrate",
        "HeartRate": "heartrate",
    }.items()
}

# R4 published these with 'something' where the system should be: https://jira.hl7.org/browse/FHIR-26303.
CORRECTED = ("ppc-2", "ppc-3", "ppc-4", "ppc-5")
SCOPE = "http://terminology.hl7.org/CodeSystem/consentscope"

# « Mesures de santé » sends PhdDevices without a version, by the guide's 1.0.0, which it pins; the later one asks for
# it.
RELAXED = (("http://hl7.org/fhir/uv/phd/StructureDefinition/PhdDevice", "Device.version"),)

# Checked by the reader of JSON and the walk through its structure, or said of every element again.
ELSEWHERE = frozenset({"ele-1", "ref-1", "txt-1", "txt-2"})

UCUM = "http://unitsofmeasure.org|"
RESOURCES = frozenset({"Resource", "DomainResource"})
PRIMITIVE = re.compile("[a-z]")


def rules(element: Json, *, own: Callable[[Json], bool]) -> list[list[str]]:
    """Return the invariants of an element that are errors and its own."""
    found = []
    for each in element.get("constraint", []):
        if each["severity"] == "error" and "expression" in each and each["key"] not in ELSEWHERE and own(each):
            expression = re.sub(r"\.trace\([^()]*\)", "", each["expression"])
            if each["key"] in CORRECTED:
                expression = expression.replace("'something'", f"'{SCOPE}'")
            found.append([each["key"], each["human"], expression])
    return found


class Compiler:
    """Trees of types and of profiles, and the value sets that they need."""

    def __init__(self, definitions: Definitions) -> None:
        self.all = definitions
        self.value_sets: dict[str, list[str]] = {}
        self.left_out: set[str] = set()

    def type(self, definition: Json) -> Json:
        """Return the tree of a type."""
        name = definition["type"]
        elements = definition["snapshot"]["element"]
        root = kept({"rules": rules(elements[0], own=lambda each: _is_own(name, each))})
        nodes: dict[str, Json] = {name: root}
        for element in elements[1:]:
            path = element["path"]
            holder = nodes[path.rpartition(".")[0]].setdefault("parts", {})
            for step, type_, choice in names_of(element):
                node = self._node(element, type_, choice)
                holder[step] = node
                nodes[path] = node
        return root

    def _node(self, element: Json, type_: str, choice: str) -> Json:
        same = element.get("contentReference", "").removeprefix("#")
        own = rules(element, own=lambda each: each["key"] != "ext-1" and not each["key"].startswith("dom-"))
        complex_ = "" if PRIMITIVE.match(type_) or type_ in ("BackboneElement", "Element") else type_
        inherited = {each[0] for each in self._inherited(complex_)}
        return kept(
            {
                "type": "" if complex_ in RESOURCES else complex_,
                "same": same,
                "choice": choice,
                "min": element["min"],
                "summary": element.get("isSummary", False),
                "codes": self._bound(element, type_),
                "rules": [each for each in own if each[0] not in inherited],
            }
        )

    def _inherited(self, type_: str) -> list[list[str]]:
        found = self.all.by_url.get(f"http://hl7.org/fhir/StructureDefinition/{type_}")
        return rules(found["snapshot"]["element"][0], own=lambda _: True) if found and "snapshot" in found else []

    def _bound(self, element: Json, type_: str) -> str:
        binding = element.get("binding", {})
        if binding.get("strength") != "required" or "valueSet" not in binding:
            return ""
        url = binding["valueSet"].partition("|")[0]
        typed = type_ != "code"
        key = url if not typed else f"{url}#"
        codes = self.all.codes(url, typed=typed)
        if codes is None:
            self.left_out.add(url)
            return ""
        self.value_sets[key] = codes
        return key

    def profile(self, definition: Json) -> Json:
        """Return the tree of a profile: all that its line of ancestors asks, without the type itself."""
        base = RENAMED.get(definition["baseDefinition"], definition["baseDefinition"])
        parent = self.all.by_url.get(base)
        tree: Json = {}
        if parent is not None and parent.get("derivation") == "constraint":
            tree = self.profile(parent)
        elif parent is None:
            self.left_out.add(base)
        for element in definition["differential"]["element"]:
            if any(definition["url"] == url and element["path"].startswith(path) for url, path in RELAXED):
                continue
            steps = element.get("id", element["path"]).split(".")[1:]
            node = place(tree, steps)
            self._constrain(node, element, definition)
            self._narrow(tree, steps, element, definition["type"])
            codes = self.value_sets.get(node.get("codes", ""), ())
            if steps and steps[-1].endswith("[x]") and codes and all(each.startswith(UCUM) for each in codes):
                # Units bind quantities: the devices' guide has codes as values beside them, in what it calls vital
                # signs.
                quantity = place(tree, [*steps[:-1], steps[-1].removesuffix("[x]") + "Quantity"])
                quantity["codes"] = node.pop("codes")
        return tree

    def _narrow(self, tree: Json, steps: list[str], element: Json, type_: str) -> None:
        """Leave a choice the types spoken of, unless it is said to be open: `valueQuantity` leaves Quantity."""
        holder, _, last = element["path"].rpartition(".")
        for path, plain in self._plain(type_).items():
            stem = path.rpartition(".")[2].removesuffix("[x]")
            if path != f"{holder}.{stem}[x]" or (last != f"{stem}[x]" and not last.startswith(stem)):
                continue
            name = steps[-1].partition(":")[2] or last
            types = [
                each["code"] for each in plain["type"] if name == stem + each["code"][0].upper() + each["code"][1:]
            ]
            choice = place(tree, [*steps[:-1], f"{stem}[x]"])
            if element.get("slicing", {}).get("rules") == "open":
                choice["open"] = True
            if types and "open" not in choice:
                choice["types"] = sorted({*choice.get("types", ()), *types})

    def ancestors(self, definition: Json) -> list[str]:
        """Return the addresses of the profiles that a profile refines."""
        base = RENAMED.get(definition["baseDefinition"], definition["baseDefinition"])
        parent = self.all.by_url.get(base)
        if parent is None or parent.get("derivation") != "constraint":
            return []
        return [base, *self.ancestors(parent)]

    def _constrain(self, node: Json, element: Json, definition: Json) -> None:
        plain = self._plain(definition["type"]).get(element["path"], {"min": 0, "max": "*"})
        for name in ("min", "max"):
            if name in element and (name in node or element[name] != plain[name]) and "." in element["path"]:
                node[name] = element[name]
        for name, value in element.items():
            if name.startswith("fixed"):
                node["fixed"] = value
            if name.startswith("pattern"):
                node["pattern"] = value
        slicing = element.get("slicing", {})
        if slicing.get("discriminator"):
            node["by"] = [[each["type"], each["path"]] for each in slicing["discriminator"]]
        if slicing.get("rules") == "closed":
            node["closed"] = True
        self._type(node, element, plain)
        own = rules(
            element, own=lambda each: "." not in element["path"] or not each["key"].startswith(("ext-", "dom-"))
        )
        known = {each[0] for each in node.get("rules", [])}
        if own:
            node["rules"] = node.get("rules", []) + [each for each in own if each[0] not in known]

    def _type(self, node: Json, element: Json, plain: Json) -> None:
        types = element.get("type", [])
        if types and element["path"].endswith("[x]"):
            node["types"] = [each["code"] for each in types]
        targets = [url for each in types for url in each.get("targetProfile", [])]
        if targets:
            node["targets"] = sorted({self._type_of(url) for url in targets})
        profiles = [url.partition("|")[0] for each in types for url in each.get("profile", [])]
        if profiles:
            node["profiles"] = profiles
        primary = types[0]["code"] if types else _guessed(element)
        bound = self._bound(element, primary)
        if bound and element["binding"]["valueSet"] != plain.get("binding", {}).get("valueSet"):
            node["codes"] = bound

    def _plain(self, type_: str) -> dict[str, Json]:
        """Return the elements of the type itself: what a profile says of them again it does not ask."""
        definition = self.all.by_url[f"http://hl7.org/fhir/StructureDefinition/{type_}"]
        return {each["path"]: each for each in definition["snapshot"]["element"]}

    def _type_of(self, url: str) -> str:
        found = self.all.by_url.get(RENAMED.get(url, url).partition("|")[0])
        type_ = found["type"] if found else url.rpartition("/")[2].removeprefix("Fr")
        return str(type_)


def _guessed(element: Json) -> str:
    """Return what a differential without a type binds: its other binding words do not say it, its name does."""
    last = element["path"].rpartition(".")[2]
    return "code" if last in ("status", "code", "use", "unit") and element["path"].count(".") > 1 else "CodeableConcept"


def _is_own(name: str, constraint: Json) -> bool:
    key = constraint["key"]
    return key != "ext-1" or name == "Extension" if not key.startswith("dom-") else name == "DomainResource"


def main(folders: list[Path]) -> None:
    """Write both tables, and say which value sets and parents could not be read."""
    compiler = Compiler(Definitions(folders))
    types = {
        each["type"]: compiler.type(each)
        for each in compiler.all.structures("specialization")
        if each["kind"] in ("resource", "complex-type") and "snapshot" in each
    }
    for name in ("Element", "Resource"):
        types.pop(name, None)
    profiles = {
        url: {"type": each["type"], "of": compiler.ancestors(each), **(pruned(compiler.profile(each)) or {})}
        for each in compiler.all.structures("constraint")
        if (url := each["url"]).startswith(ENFORCED)
        and (not url.startswith(ENFORCED[0]) or url.rpartition("/")[2] in R4_PROFILES)
    }
    for name, tables in (("types", types), ("profiles", profiles)):
        lines = [f"{json.dumps(key)}: {_json(value)}" for key, value in sorted(tables.items())]
        (TARGET / f"{name}.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
    lines = [f"{json.dumps(key)}: {_json(codes)}" for key, codes in sorted(compiler.value_sets.items())]
    (TARGET / "codes.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
    sys.stdout.write(f"{len(types)} types, {len(profiles)} profiles, {len(compiler.value_sets)} value sets\n")
    sys.stdout.write("cannot be listed, not enforced:\n  " + "\n  ".join(sorted(compiler.left_out)) + "\n")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


if __name__ == "__main__":
    main([Path(each) for each in sys.argv[1:]])
