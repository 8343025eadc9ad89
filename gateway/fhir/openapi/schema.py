"""JSON Schema of what is served, made from the same elements that the structure check walks.

A schema says what JSON Schema can say: names, forms, lists, what must be there, codes of required bindings. Invariants,
profiles and targets of references are checked on write all the same. https://json-schema.org/draft/2020-12
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

from fhir_core.fhirabstractmodel import FHIRAbstractModel

from gateway.fhir.definitions import Part, parts
from gateway.fhir.forms import rules
from gateway.fhir.structure import Element, elements, model_of

__all__ = ["REFERENCE", "schemas"]

REFERENCE: Final = "#/components/schemas/"
"""Where a document keeps its schemas."""

_JSON: Final[Mapping[type, str]] = {bool: "boolean", int: "integer", Decimal: "number", str: "string"}
_DATE: Final = "[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01])"
_CLOCK: Final = r"([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]+)?"
_ZONE: Final = r"(Z|[+-]([01][0-9]):[0-5][0-9])"
_FORMS: Final[Mapping[str, str]] = {
    "Code": r"^\S+( \S+)*$",
    "Date": f"^{_DATE})?)?$",
    "DateTime": f"^{_DATE}(T{_CLOCK}{_ZONE})?)?)?$",
    "Id": r"^[A-Za-z0-9\-.]{1,64}$",
    "Instant": f"^{_DATE}T{_CLOCK}{_ZONE}))$",
    "Uri": r"^\S+$",
}
"""How primitive types are written: https://hl7.org/fhir/R4/datatypes.html."""

_ANY: Final = "Resource"
_BESIDE: Final = {"type": ["object", "array"], "description": "id and extensions of the primitive of that name"}


def schemas(types: Iterable[str]) -> dict[str, Any]:
    """Return the schemas of the resource *types* and of all that can be in them, by name."""
    found: dict[str, Any] = {
        _ANY: {
            "type": "object",
            "required": ["resourceType"],
            "properties": {"resourceType": {"type": "string", "pattern": "^[A-Z][A-Za-z]{1,40}$"}},
        }
    }
    for name in dict.fromkeys(types):
        model = model_of(name)
        if model is not None:
            _add(found, model, parts(name))
            found[name]["properties"] |= {"resourceType": {"const": name}}
            found[name]["required"] = ["resourceType", *found[name].get("required", ())]
    return dict(sorted(found.items()))


def _add(found: dict[str, Any], model: type[FHIRAbstractModel], tree: Mapping[str, Part]) -> None:
    name = model.__name__
    if name in found:
        return
    made: dict[str, Any] = {}
    found[name] = made  # before its elements: a type may be in itself
    members = {each: element for each, element in elements(model).items() if each[0] != "_" and each != "resourceType"}
    made |= {
        "type": "object",
        "properties": {each: _schema(found, element, tree.get(each)) for each, element in members.items()},
        "patternProperties": {"^_[a-z]": _BESIDE},
        "additionalProperties": False,
    }
    required = _required(model, members)
    if required:
        made["required"] = required


def _required(model: type[FHIRAbstractModel], members: Collection[str]) -> list[str]:
    asked = rules(model)
    return sorted(asked.required & set(members)) if asked else []


def _schema(found: dict[str, Any], element: Element, part: Part | None) -> dict[str, Any]:
    one: dict[str, Any]
    if element.any_resource:
        one = {"$ref": REFERENCE + _ANY}
    elif element.model is not None:
        _add(found, element.model, part.parts if part else {})
        one = {"$ref": REFERENCE + element.model.__name__}
    else:
        one = {"type": _JSON[element.json]} | _form(element, part)
    return {"type": "array", "items": one, "minItems": 1} if element.many else one


def _form(element: Element, part: Part | None) -> dict[str, Any]:
    """Return what narrows a primitive: its codes, or that text is not empty."""
    if element.json is not str:
        return {}
    codes = sorted(part.codes) if part and part.codes else []
    if codes and not any("|" in each for each in codes):
        return {"enum": codes}
    form = _FORMS.get(element.primitive)
    return {"pattern": form} if form else {"minLength": 1}
