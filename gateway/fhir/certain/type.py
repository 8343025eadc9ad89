"""Whether a resource is plainly what R4 asks of its type: structure, formats, required codes, invariants.

The same tables as `gateway.fhir.structure` and `gateway.fhir.rules`, compiled: for each object a table of functions by
the JSON names of its elements. Whatever is rare is not looked into but left to them: contained resources, narratives,
extensions of primitives, values that the library of models must judge.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from fhir_core.fhirabstractmodel import FHIRAbstractModel

from gateway.fhir.alike import anew
from gateway.fhir.certain.rule import Check, Look, alike, asked_rules
from gateway.fhir.forms import Form, always, rules
from gateway.fhir.rules import allowed, asked, below, of_resource, path_of
from gateway.fhir.structure import ID, JSON, LONGEST, SCRIPT, Element, elements, is_measurable, model_of

__all__ = ["fits"]

_LOCAL: Final = re.compile(r"([A-Z][A-Za-z]+)/[A-Za-z0-9\-.]{1,64}", re.ASCII)
_ELSEWHERE: Final = re.compile(r"urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


def fits(resource: dict[str, Any]) -> bool:
    """Return True only where *resource* is certain to be right by its type."""
    anew()
    name = resource.get("resourceType")
    if type(name) is not str or "contained" in resource or not ID.fullmatch(str(resource.get("id", "0"))):
        return False
    check = _resource(name)
    return check is not None and check(resource, resource)


@lru_cache(maxsize=256)
def _resource(name: str) -> Check | None:
    model = model_of(name)
    if model is None:
        return None
    inside = _object(model, name, resource=True)
    return _both(inside, asked_rules(of_resource(name), name))


def _both(check: Check, rules: Check | None) -> Check:
    if rules is None:
        return check
    return lambda value, resource: check(value, resource) and rules(value, resource)


@lru_cache(maxsize=2048)
def _object(model: type[FHIRAbstractModel], path: str, *, resource: bool = False) -> Check:
    """Return the check of an object of *model*, of which R4 asks what stands under *path*."""
    kept = rules(model)
    looks: dict[str, Check] = {}
    more: dict[str, Check] = {"resourceType": _yes} if resource else {}

    def check(value: Any, root: Look) -> bool:
        if type(value) is not dict or not value:
            return False
        if not looks:  # types hold one another: what is in one is compiled when a value of it is first met
            looks.update(_looks(model, path) | more)
        for name, member in value.items():
            look = looks.get(name)
            if look is None or not look(member, root):
                return False
        return kept is not None and kept.hold(value)

    return check


def _yes(_value: Any, _root: Look) -> bool:
    return True


def _looks(model: type[FHIRAbstractModel], path: str) -> dict[str, Check]:
    return {
        name: alike(path, name, _member(element, path, name))
        for name, element in elements(model).items()
        if not name.startswith("_")
    }


def _member(element: Element, path: str, name: str) -> Check:
    one = _one(element, path, name)
    if not element.many:
        return one

    def check(member: Any, root: Look) -> bool:
        if type(member) is not list or not member:
            return False
        for each in member:  # noqa: SIM110  a generator costs as much as what it would save lines
            if not one(each, root):
                return False
        return True

    return check


def _one(element: Element, path: str, name: str) -> Check:
    """Return the check of one value of an element."""
    found = asked(path).get(name)
    if element.model is not None:
        inside = _object(element.model, below(found.part) if found else "")
        check = _reference(inside, element.targets) if element.model.__name__ == "Reference" else inside
    else:
        check = _primitive(element)
    if found is None:
        return check
    codes = found.part.codes
    if codes is not None:
        check = _coded(check, codes)
    return _both(check, asked_rules(found.rules, path_of(found.part)))


def _coded(check: Check, codes: frozenset[str]) -> Check:
    return lambda value, root: check(value, root) and allowed(value, codes)


def _reference(inside: Check, targets: frozenset[str]) -> Check:
    def check(value: Any, root: Look) -> bool:
        if not inside(value, root):
            return False
        said = value.get("reference")
        return said is None or _names(said, targets)

    return check


@lru_cache(maxsize=4096)
def _names(said: str, targets: frozenset[str]) -> bool:
    """Return whether a reference plainly names one of *targets*; devices and patients come again and again."""
    local = _LOCAL.fullmatch(said)
    if local is None:
        return _ELSEWHERE.fullmatch(said) is not None
    return model_of(local[1]) is not None and (not targets or local[1] in targets)


def _primitive(element: Element) -> Check:
    form, types = element.certain, JSON[element.json][0]
    if form is None or element.any_resource or element.xhtml or element.base64:
        return _no
    if types != (str,):
        return _plain(types, form)
    if element.address:
        return lambda value, _root: type(value) is str and _is_plain(value) and SCRIPT.match(value) is None
    if form is always:
        return lambda value, _root: type(value) is str and _is_plain(value)
    # Every other form is one of printable characters.
    return lambda value, _root: type(value) is str and form(value) is not None and len(value) <= LONGEST


def _no(_value: Any, _root: Look) -> bool:
    return False


def _plain(types: Sequence[type], form: Form) -> Check:
    return lambda value, _root: (
        type(value) in types and bool(form(value)) and (type(value) is not Decimal or is_measurable(value))
    )


def _is_plain(text: str) -> bool:
    # Printable: no control characters, no white space but blanks. Lines and tabs are left to the others.
    return text.isprintable() and not text.isspace() and 0 < len(text) <= LONGEST
