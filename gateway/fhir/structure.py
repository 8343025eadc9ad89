"""Does JSON have the shape that FHIR gives a resource? Element by element, before the library of models sees it.

The models of fhir.resources (R4B, the same as R4 for every type served here) know the elements; they accept too much:
text for a boolean, null and empty lists, any reference, unknown contained types with a KeyError. This walk refuses
those and names the place as a FHIRPath. https://hl7.org/fhir/R4/json.html
"""

from __future__ import annotations

import re
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from fhir.resources.R4B import fhirtypes
from fhir.resources.R4B.element import Element as ElementModel
from fhir.resources.R4B.fhirresourcemodel import FHIRResourceModel
from fhir_core.fhirabstractmodel import FHIRAbstractModel

from gateway.errors import Invalid, Malformed
from gateway.fhir.bindings import NOT_R4
from gateway.fhir.forms import Form, certain_form, rules
from gateway.fhir.narrative import check_div

__all__ = [
    "ID",
    "JSON",
    "LONGEST",
    "SCRIPT",
    "Element",
    "Walk",
    "contained_ids",
    "elements",
    "is_measurable",
    "model_of",
]

ID: Final = re.compile(r"[A-Za-z0-9\-.]{1,64}", re.ASCII)

_REFERENCE: Final = re.compile(
    r"(?:(?P<type>[A-Z][A-Za-z]+)/[A-Za-z0-9\-.]{1,64}(?:/_history/[A-Za-z0-9\-.]{1,64})?"
    r"|\#(?P<fragment>[A-Za-z0-9\-.]{0,64})"
    r"|https?://[^\s<>\"{}|\\^`]+"
    r"|urn:uuid:[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
    r"|urn:oid:[0-2](?:\.(?:0|[1-9][0-9]*))+)",
    re.ASCII,
)
SCRIPT: Final = re.compile(r"\s*(?:java|vb)script\s*:", re.IGNORECASE)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_ADDRESSES: Final = frozenset({"Uri", "Url", "Canonical", "Oid", "Uuid"})
_DIGITS: Final = 1000
LONGEST: Final = 1024 * 1024
"""The most characters of a text: https://hl7.org/fhir/R4/datatypes.html#string."""

JSON: Final[dict[type, tuple[tuple[type, ...], str]]] = {
    bool: ((bool,), "true or false"),
    int: ((int,), "a whole number"),
    Decimal: ((int, Decimal), "a number"),
    str: ((str,), "text"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One element of a type: its FHIRPath step, its JSON form, and what may be in it.

    `model` is the class of a complex type, `any_resource` marks a place for a resource of whatever type. `certain`
    tells which values the library of models accepts without being asked; `primitive` is its name of a primitive type.
    """

    step: str
    many: bool
    json: type = str
    model: type[FHIRAbstractModel] | None = None
    any_resource: bool = False
    targets: frozenset[str] = frozenset()
    address: bool = False
    xhtml: bool = False
    base64: bool = False
    certain: Form | None = None
    primitive: str = ""


def model_of(name: object) -> type[FHIRAbstractModel] | None:
    """Return the model of the R4 resource type *name*, or None where R4 has no such type."""
    return _model(name) if isinstance(name, str) and name.isascii() and name.isalpha() else None


@lru_cache(maxsize=256)
def _model(name: str) -> type[FHIRAbstractModel] | None:
    of_type = getattr(fhirtypes, f"{name}Type", None)
    if of_type is None or name in NOT_R4 or name in {"Resource", "DomainResource"}:
        return None
    model: type[FHIRAbstractModel] = of_type.get_model_klass()
    return model if issubclass(model, FHIRResourceModel) and not issubclass(model, ElementModel) else None


@lru_cache(maxsize=512)
def elements(model: type[FHIRAbstractModel]) -> Mapping[str, Element]:
    """Return the elements of *model* by their JSON names, `_name` included."""
    return {
        alias: _element(model, alias, member)
        for name, member in model.model_fields.items()
        if (alias := member.alias or name) != "fhir_comments"
    }


def _element(model: type[FHIRAbstractModel], name: str, member: Any) -> Element:
    said = member.json_schema_extra or {}
    core, many, marks = _unwrapped(member.annotation)
    plain = name.removeprefix("_")
    chosen = said.get("one_of_many") or _choice(model, plain)
    is_complex = hasattr(core, "get_model_klass")
    any_resource = is_complex and core.__name__ == "ResourceType"
    return Element(
        step=chosen or plain,
        many=many,
        json=core if core in JSON else str,
        model=core.get_model_klass() if is_complex and not any_resource else None,
        any_resource=any_resource,
        targets=frozenset(said.get("enum_reference_types", ())) - {"Resource"},
        address=not _ADDRESSES.isdisjoint(marks),
        xhtml="Xhtml" in marks,
        base64="Base64Binary" in marks or core is bytes,
        certain=None if is_complex else certain_form(core, marks),
        primitive=next(iter(marks)) if len(marks) == 1 else "",
    )


def _choice(model: type[FHIRAbstractModel], name: str) -> str | None:
    """Return `value` for `valueQuantity`: the FHIRPath name of a choice of types, None where *name* is no choice."""
    member = model.model_fields.get(name)
    extra = member.json_schema_extra if member else None
    chosen = extra.get("one_of_many") if isinstance(extra, dict) else None
    return chosen if isinstance(chosen, str) else None


def _unwrapped(annotation: Any) -> tuple[Any, bool, frozenset[str]]:
    """Return what an annotation such as Optional[List[Annotated[str, Code()]]] is about: type, list or not, marks."""
    many, marks = False, frozenset[str]()
    while inside := typing.get_args(annotation):
        if typing.get_origin(annotation) is list:
            many = True
        marks |= {type(mark).__name__ for mark in getattr(annotation, "__metadata__", ())}
        annotation = next(each for each in inside if each is not type(None))
    return annotation, many, marks


@dataclass(slots=True, kw_only=True)
class Walk:
    """One walk through one resource; `contained` holds the ids that a `#reference` may name.

    After it, `certain` says that the library of models would accept the resource: see gateway.fhir.forms.
    """

    contained: frozenset[str] = field(default_factory=frozenset)
    certain: bool = True

    def resource(self, value: Any, where: str) -> None:
        """Raise Invalid unless *value* is a resource of an R4 type with nothing but its elements."""
        name = value.get("resourceType") if isinstance(value, dict) else None
        model = model_of(name)
        if model is None:
            raise Invalid(
                f"There is no resource type {str(name)[:80]!r} in FHIR R4.", where=where, remedy="Name an R4 type."
            )
        if not ID.fullmatch(str(value.get("id", "0"))):
            raise Invalid(
                "An id has 1 to 64 letters, digits, '-' or '.'.", where=f"{where}.id", remedy="Choose another id."
            )
        self.object(model, {key: member for key, member in value.items() if key != "resourceType"}, where)

    def object(self, model: type[FHIRAbstractModel], value: Any, where: str) -> None:
        """Raise Invalid unless *value* is an object of *model* and its invariants hold."""
        if not isinstance(value, dict):
            raise Invalid(f"{where} is an object, not {_said(value)}.", where=where)
        known = elements(model)
        for name, member in value.items():
            element = known.get(name)
            if element is None:
                raise Invalid(f"{model.__name__} has no element {name[:80]!r} in FHIR R4.", where=where)
            self._member(element, value, name, member, f"{where}.{element.step}")
        kept = rules(model)
        if kept is None or not kept.hold(value):
            self.certain = False
        if not value and where.find(".") > 0:
            raise Invalid(f"{where} is empty.", where=where, remedy="Leave the element out.")

    def _member(self, element: Element, holder: dict[str, Any], name: str, member: Any, where: str) -> None:
        if not element.many:
            self._one(element, member, where)
        elif not isinstance(member, list) or not member:
            raise Invalid(
                f"{where} is a list of at least one, not {_said(member)}.", where=where, remedy="Leave it out if empty."
            )
        else:
            for index, item in enumerate(member):
                if item is not None or not _has_twin(holder, name, index):
                    self._one(element, item, f"{where}[{index}]")
                else:
                    self.certain = False

    def _one(self, element: Element, value: Any, where: str) -> None:
        if element.any_resource:
            self.certain = False
            inside = self if element.step == "contained" else Walk(contained=contained_ids(value))
            inside.resource(value, where)
        elif element.model is not None:
            self.object(element.model, value, where)
            if element.model.__name__ == "Reference":
                self._reference(value, element.targets, where)
        else:
            _primitive(element, value, where)
            if element.certain is None or not element.certain(value):
                self.certain = False

    def _reference(self, value: dict[str, Any], targets: frozenset[str], where: str) -> None:
        said = value.get("reference")
        if said is None:
            return
        match = _REFERENCE.fullmatch(said)
        at = f"{where}.reference"
        if match is None or (match["type"] and model_of(match["type"]) is None):
            raise Invalid(f"{said[:80]!r} is no reference.", where=at, remedy="Write it as Type/id.")
        if match["type"] and targets and match["type"] not in targets:
            raise Invalid(f"A {match['type']} cannot be here; {_listed(targets)} can.", where=at)
        if match["fragment"] and match["fragment"] not in self.contained:
            raise Invalid(f"ref-1: nothing contained has the id {match['fragment']!r}.", where=at)


def contained_ids(value: Any) -> frozenset[str]:
    """Return the ids of what a resource contains: what its `#references` may name."""
    inside = value.get("contained") if isinstance(value, dict) else None
    each = inside if isinstance(inside, list) else []
    return frozenset(str(one.get("id")) for one in each if isinstance(one, dict))


def _has_twin(holder: dict[str, Any], name: str, index: int) -> bool:
    """Return whether a null stands in for something: `given[1]` for what `_given[1]` says, and the other way round."""
    twin = holder.get(name.removeprefix("_") if name.startswith("_") else f"_{name}")
    return isinstance(twin, list) and index < len(twin) and twin[index] is not None


def _primitive(element: Element, value: Any, where: str) -> None:
    types, form = JSON[element.json]
    if type(value) not in types:
        raise Invalid(f"{where} is {form}, not {_said(value)}.", where=where)
    if isinstance(value, Decimal) and not is_measurable(value):
        raise Invalid(f"{where} is beyond what a measurement can be.", where=where)
    if not isinstance(value, str):
        return
    if len(value) > LONGEST and not element.base64:
        raise Malformed(f"{where} has {len(value)} characters; at most {LONGEST} are kept.", where=where)
    if not value.strip() or _CONTROL.search(value):
        raise Invalid(f"{where} is empty or has control characters.", where=where)
    if element.address and SCRIPT.match(value):
        raise Invalid(f"{where} is a script, not an address.", where=where)
    if element.xhtml:
        check_div(value, where)


def is_measurable(value: Decimal) -> bool:
    """Return whether a number has a size that a measurement can have."""
    return -_DIGITS <= value.adjusted() <= _DIGITS


def _said(value: Any) -> str:
    names = {type(None): "null", bool: "a boolean", str: "text", list: "a list", dict: "an object"}
    return names.get(type(value), "a number")


def _listed(words: frozenset[str]) -> str:
    return ", ".join(sorted(words))
