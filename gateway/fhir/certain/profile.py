"""Whether a resource plainly keeps a profile: the tree of gateway.fhir.definitions, compiled.

The resource fits its type already: nothing stands where it may not, and of a choice there is one at most.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from gateway.fhir.certain.rule import Check, Look, alike, asked_rules
from gateway.fhir.definitions import Discriminator, Node, profile
from gateway.fhir.profile import belongs, contains, is_one_of, node_at
from gateway.fhir.rules import allowed

__all__ = ["keeps"]

Fits = Callable[[Any], bool]


def keeps(resource: dict[str, Any], url: str) -> bool:
    """Return True only where *resource*, which fits its type, is certain to keep the profile at *url*."""
    return _profile(url)(resource, resource)


@lru_cache(maxsize=256)
def _profile(url: str) -> Check:
    node = profile(url)
    return _yes if node is None else _object(node)


def _yes(_value: Any, _resource: Look) -> bool:
    return True


def _object(node: Node) -> Check:
    """Return the check of what is in a value."""
    rules = asked_rules(node.rules, node.path)
    members = {
        name: alike(node.path, name, look)
        for part in node.parts.values()
        for name in part.names
        if (look := _element(part, name)) is not None
    }
    needed = [frozenset(part.names) for part in node.parts.values() if not part.optional]
    every = frozenset().union(*(each for each in needed if len(each) == 1))
    some = [each for each in needed if len(each) > 1]
    known = members.keys()

    def check(value: Any, resource: Look) -> bool:
        if rules is not None and not rules(value, resource):
            return False
        if type(value) is not dict:
            return True
        names = value.keys()
        if not every <= names:
            return False
        for each in some:
            if each.isdisjoint(names):
                return False
        for name in known & names:  # noqa: SIM110  a generator costs as much as what it would save lines
            if not members[name](value[name], resource):
                return False
        return True

    return check


def _element(node: Node, name: str) -> Check | None:
    """Return the check of all that stands under one JSON name of an element, None where all that is there will do."""
    own = _value(node, name)
    slices = _slices(node, name) if node.slices else None
    least, most = node.least, node.most
    if own is None and slices is None and least <= 1 and most is None:
        return None

    def check(member: Any, resource: Look) -> bool:
        values = member if type(member) is list else (member,)
        if len(values) < least or (most is not None and len(values) > most):
            return False
        if own is not None:
            for each in values:
                if not own(each, resource):
                    return False
        return slices is None or slices(values, resource)

    return check


def _value(node: Node, name: str) -> Check | None:
    """Return the check of one value of an element that stands under *name*, None where nothing is asked of it."""
    checks = [*_itself(node, name)]
    if node.inside:
        checks.append(_object(node))
    checks += [_elsewhere(url) for url in node.profiles if profile(url) is not None]
    return _all(checks) if checks else None


def _all(checks: Sequence[Check]) -> Check:
    first, *rest = checks
    if not rest:
        return first
    after = _all(rest)
    return lambda value, resource: first(value, resource) and after(value, resource)


def _elsewhere(url: str) -> Check:
    return lambda value, resource: type(value) is not dict or _profile(url)(value, resource)


def _itself(node: Node, name: str) -> list[Check]:
    """Return what is asked of a value as a whole."""
    fixed, pattern, codes, targets = node.fixed, node.pattern, node.codes, node.targets
    asked: list[Check] = []
    if node.types and not is_one_of(node.types, name):
        asked.append(lambda _value, _resource: False)
    if fixed is not None:
        asked.append(lambda value, _resource: bool(value == fixed))
    if pattern is not None:
        asked.append(lambda value, _resource: contains(value, pattern))
    if codes is not None:
        asked.append(lambda value, _resource: allowed(value, codes))
    if targets:
        asked.append(lambda value, _resource: _leads(value, targets))
    return asked


def _leads(value: Any, targets: frozenset[str]) -> bool:
    if type(value) is not dict:
        return True
    type_, slash, _ = value.get("reference", "").partition("/")
    named = type_ if slash and ":" not in type_ else value.get("type", "")
    return not named or named in targets


def _slices(node: Node, name: str) -> Callable[[Sequence[Any], Look], bool]:
    """Return the check of how the values of a sliced element fall into its slices."""
    rows = [(_member_of(one, title, name), one, _value(one, name)) for title, one in node.slices.items()]
    closed = node.closed

    def check(values: Sequence[Any], resource: Look) -> bool:
        left = values
        for is_mine, one, look in rows:
            mine = [each for each in left if is_mine(each)]
            if len(mine) < one.least or (one.most is not None and len(mine) > one.most):
                return False
            if mine:
                left = [each for each in left if not is_mine(each)] if len(mine) < len(left) else ()
            if look is not None:
                for each in mine:
                    if not look(each, resource):
                        return False
        return not (closed and left)

    return check


def _member_of(one: Node, title: str, name: str) -> Fits:
    """Return what tells whether a value belongs to a slice; `gateway.fhir.profile` itself says so in the rare cases."""
    if len(one.profiles) == 1 and name in ("extension", "modifierExtension"):
        url = one.profiles[0]
        return lambda value: bool(value.get("url") == url)
    if one.profiles or not one.marks or any(mark.kind not in ("value", "pattern") for mark in one.marks):
        return lambda value: belongs(one, value, name, title)
    first, *rest = (_told(one, mark) for mark in one.marks)
    if not rest:
        return first
    second, *more = rest
    if not more:
        return lambda value: first(value) and second(value)
    return lambda value: first(value) and second(value) and all(each(value) for each in more)


def _told(one: Node, mark: Discriminator) -> Fits:
    """Return whether a value says at the mark what the slice says there."""
    if not mark.tells:  # it fixes nothing there: what it asks there must hold
        node = node_at(one, mark.steps)
        kept = _object(one if node is None else node)
        return _along(() if node is None else mark.steps, lambda value: kept(value, {}))
    tells = [_along(steps, _right(node)) for node, steps in mark.tells]
    if len(tells) == 1:
        return tells[0]
    return lambda value: any(each(value) for each in tells)


def _right(node: Node) -> Fits:
    fixed, pattern, codes = node.fixed, node.pattern, node.codes
    if pattern is None and codes is None:
        return lambda value: bool(value == fixed)
    return lambda value: (
        (fixed is None or value == fixed)
        and (pattern is None or contains(value, pattern))
        and (codes is None or allowed(value, codes))
    )


def _along(steps: Sequence[str], right: Fits) -> Fits:
    """Return whether anything at *steps* in a value is *right*."""
    if not steps:
        return right
    step, after = steps[0], _along(steps[1:], right)

    def check(value: Any) -> bool:
        if type(value) is not dict or step not in value:
            return False
        member = value[step]
        if type(member) is not list:
            return after(member)
        for each in member:  # noqa: SIM110  a generator costs as much as what it would save lines
            if after(each):
                return True
        return False

    return check
