"""What R4 asks of every value whatever its profile: codes of required bindings, and invariants.

The walk through the structure has been before: elements are where they belong and have the right JSON type. Every
broken rule is yielded with its place. https://hl7.org/fhir/R4/terminologies.html#required
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, TypeVar

from gateway.errors import Invalid
from gateway.fhir.definitions import Part, Rule, invariants, parts
from gateway.fhir.invariants import Focus, holds

__all__ = ["Asked", "allowed", "asked", "below", "broken", "of_resource", "path_of", "refused", "uncoded"]

T = TypeVar("T")

_SHOWN: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked of the values of one element, and of what is in them; `any` marks a place for any resource."""

    part: Part
    rules: tuple[Rule, ...]
    any: bool = False


def broken(resource: dict[str, Any]) -> Iterator[Invalid]:
    """Yield every rule of its type that *resource* breaks."""
    yield from _resource(resource, resource["resourceType"], resource)


def _resource(resource: dict[str, Any], where: str, root: dict[str, Any]) -> Iterator[Invalid]:
    type_ = resource["resourceType"]
    for rule in of_resource(type_):
        yield from refused(rule, Focus(resource, type_, resource, root), str, where)
    yield from _inside(resource, asked(type_), where, resource, root)


@lru_cache(maxsize=256)
def of_resource(type_: str) -> tuple[Rule, ...]:
    """Return what is asked of a resource of the type as a whole."""
    return (*(invariants("DomainResource") if "contained" in parts(type_) else ()), *invariants(type_))


def _inside(
    value: Mapping[str, Any], known: Mapping[str, Asked], where: str, resource: dict[str, Any], root: dict[str, Any]
) -> Iterator[Invalid]:
    for name, member in value.items():
        one = known.get(name)
        if one is None:
            continue
        at = f"{where}.{one.part.choice or name}"
        if isinstance(member, list):
            for number, each in enumerate(member):
                yield from _value(each, one, f"{at}[{number}]", resource, root)
        else:
            yield from _value(member, one, at, resource, root)


def _value(value: Any, one: Asked, where: str, resource: dict[str, Any], root: dict[str, Any]) -> Iterator[Invalid]:
    if value is None:
        return
    if one.any:
        yield from _resource(value, where, root if where.rpartition(".")[2].startswith("contained") else value)
        return
    if one.part.codes is not None and not allowed(value, one.part.codes):
        yield uncoded(value, one.part.codes, where)
    for rule in one.rules:
        yield from refused(rule, Focus(value, path_of(one.part), resource, root), str, where)
    if isinstance(value, dict):
        yield from _inside(value, asked(below(one.part)), where, resource, root)


def path_of(part: Part) -> str:
    """Return where the type of an element is defined: what FHIRPath knows it by."""
    return part.type or part.path


def refused(rule: Rule, focus: Focus, words: Callable[[T], str], place: T) -> list[Invalid]:
    """Return *rule*, with its *place* put into *words*, where it does not hold."""
    return [] if holds(rule, focus) else [Invalid(f"{rule.key}: {rule.text}", where=words(place))]


def allowed(value: Any, codes: frozenset[str]) -> bool:
    """Return whether a code, Coding, CodeableConcept or Quantity has one of *codes*; what has no codes is free."""
    if isinstance(value, str):
        return value in codes or "|" in next(iter(codes))
    if not isinstance(value, dict):
        return True
    codings = value.get("coding", [value])
    said = [each for each in codings if "code" in each]
    if not said:  # what is in words alone is in no set; a quantity without a unit has no code to be in one
        return "value" in value or "unit" in value or value.keys() <= {"id", "extension"}
    return any(f"{each.get('system', '')}|{each['code']}" in codes or each["code"] in codes for each in said)


def uncoded(value: Any, codes: frozenset[str], where: str) -> Invalid:
    """Return what is said of a value that has none of *codes*."""
    said = value if isinstance(value, str) else [each.get("code") for each in value.get("coding", [value])]
    shown = sorted(each.rpartition("|")[2] for each in codes)
    listed = ", ".join(shown[:_SHOWN]) + (", …" if len(shown) > _SHOWN else "")
    return Invalid(f"{str(said)[:80]!r} is no code of {where}; {listed} are.", where=where)


@lru_cache(maxsize=1024)
def asked(type_: str) -> Mapping[str, Asked]:
    """Return the elements of a type of which something is asked, in them or below them."""
    return {name: one for name, part in parts(type_).items() if (one := _of(part, name)) is not None}


def below(part: Part) -> str:
    """Return under which name `asked` knows what is in an element."""
    return part.path if part.own is not None else part.type


def _of(part: Part, name: str) -> Asked | None:
    if name in ("contained", "resource") and not part.type and part.own is None:
        return Asked(part=part, rules=(), any=True)
    rules = (*part.rules, *(invariants(part.type) if part.type and part.own is None else ()))
    if rules or part.codes is not None or _reaches(below(part)):
        return Asked(part=part, rules=rules)
    return None


@lru_cache(maxsize=1024)
def _reaches(type_: str, *, above: frozenset[str] = frozenset()) -> bool:
    """Return whether anything is asked of what can be in a value of *type_*."""
    if not type_ or type_ in above:
        return False
    for name, part in parts(type_).items():
        if part.rules or part.codes is not None or name in ("contained", "resource"):
            return True
        inner = below(part)
        if inner and (invariants(inner) or _reaches(inner, above=above | {type_})):
            return True
    return False
