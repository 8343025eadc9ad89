"""What each profile asks beyond its type: a tree of the elements that it constrains.

A tree holds what the profile's whole line of ancestors asks. https://hl7.org/fhir/R4/profiling.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from gateway.fhir.definitions.types import Rule, codes, parts, read

__all__ = ["Discriminator", "Node", "ancestors", "profile", "profiles_of"]

_BY_ADDRESS: Final = (("value", "url"),)
"""How extensions are sliced where a profile does not say it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Discriminator:
    """What tells that a value belongs to a slice: at `steps` in the value, what one of `tells` says.

    Each of `tells` is an element of the slice that fixes something, with the steps to what it fixes.
    """

    kind: str
    steps: tuple[str, ...]
    tells: tuple[tuple[Node, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One element as a profile constrains it.

    `path` is where the element, or its type, is defined, `step` its name in FHIRPath; `names` are the JSON names that
    it may stand under. `types` are the types that a choice may have, `targets` what a reference may name. `fixed` is
    the whole value, a `pattern` part of it. `optional`: nothing is asked where the object has none of `keys`; `itself`
    and `inside`: something is asked of the value as a whole, and of what is in it. What belongs to one of `slices` its
    `marks` tell.
    """

    path: str
    step: str
    names: tuple[str, ...]
    least: int = 0
    most: int | None = None
    types: frozenset[str] = frozenset()
    targets: frozenset[str] = frozenset()
    profiles: tuple[str, ...] = ()
    fixed: Any = None
    pattern: Any = None
    codes: frozenset[str] | None = None
    rules: tuple[Rule, ...] = ()
    closed: bool = False
    parts: Mapping[str, Node] = field(default_factory=dict)
    slices: Mapping[str, Node] = field(default_factory=dict)
    marks: tuple[Discriminator, ...] = ()
    optional: bool = True
    itself: bool = False
    inside: bool = False
    keys: frozenset[str] = frozenset()


@lru_cache(maxsize=256)
def profile(url: str) -> Node | None:
    """Return what the profile at *url* (without a version) asks, None where this server does not know it."""
    node = _profiles().get(url)
    return _node(node, node["type"], "", (), ()) if node else None


def profiles_of(type_: str) -> tuple[str, ...]:
    """Return the addresses of the profiles that this server enforces on a type."""
    return tuple(url for url, node in _profiles().items() if node["type"] == type_)


@lru_cache(maxsize=256)
def ancestors(url: str) -> frozenset[str]:
    """Return the addresses of the profiles that whoever keeps this one keeps as well."""
    node = _profiles().get(url, {})
    return frozenset(node.get("of", ()))


def _node(
    node: Mapping[str, Any], path: str, step: str, names: tuple[str, ...], by: tuple[tuple[str, str], ...]
) -> Node:
    least, most = node.get("min", 0), node.get("max", "*")
    sliced = tuple((each[0], each[1]) for each in node.get("by", ()))
    if not sliced and names and names[0] in ("extension", "modifierExtension"):
        sliced = _BY_ADDRESS
    slices = {name: _node(each, path, step, names, sliced) for name, each in node.get("slices", {}).items()}
    own: dict[str, Any] = {
        "types": frozenset(node.get("types", ())),
        "targets": frozenset(node.get("targets", ())) - {"Resource"},
        "profiles": tuple(node.get("profiles", ())),
        "fixed": node.get("fixed"),
        "pattern": node.get("pattern"),
        "codes": codes(node.get("codes", "")),
    }
    below = {name: _below(each, path, name) for name, each in node.get("parts", {}).items()}
    made = Node(
        path=path,
        step=step,
        names=names,
        least=least,
        most=None if most == "*" else int(most),
        rules=tuple(Rule(*each) for each in node.get("rules", ())),
        closed=node.get("closed", False),
        parts=below,
        slices=slices,
        optional=least == 0 and all(each.least == 0 for each in slices.values()),
        itself=any(own.values()),
        inside=bool(below or node.get("rules")),
        keys=frozenset((*names, *(f"_{each}" for each in names))),
        **own,
    )
    object.__setattr__(made, "marks", tuple(_mark(made, kind, where) for kind, where in by))
    return made


def _below(node: Mapping[str, Any], path: str, name: str) -> Node:
    known = parts(path)
    stem = name.removesuffix("[x]")
    names = (name,) if stem == name else tuple(each for each, part in known.items() if part.choice == stem)
    part = known.get(name)
    inner = f"{path}.{stem}" if part is None else part.path if part.own is not None or not part.type else part.type
    return _node(node, inner, part.choice or stem if part else stem, names, ())


def _mark(node: Node, kind: str, where: str) -> Discriminator:
    steps = () if where == "$this" else tuple(where.split("."))
    tells = tuple(_telling(node, steps, ())) if kind in ("value", "pattern") else ()
    return Discriminator(kind=kind, steps=steps, tells=tells)


def _telling(node: Node, steps: tuple[str, ...], passed: tuple[str, ...]) -> Iterator[tuple[Node, tuple[str, ...]]]:
    """Yield the nodes on the way along *steps* that fix something, with the steps to the value that they fix."""
    if node.fixed is not None or node.pattern is not None or (not steps and node.codes is not None):
        yield node, passed
        return
    below = node.parts.get(steps[0]) if steps else None
    for each in (below, *below.slices.values()) if below else ():
        yield from _telling(each, steps[1:], (*passed, steps[0]))


@lru_cache(maxsize=1)
def _profiles() -> dict[str, Any]:
    return read("profiles.json")
