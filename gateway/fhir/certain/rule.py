"""Checks, compiled: one function for all that is asked of a value, and whether it is asked each time anew."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gateway.fhir.alike import again, is_alike
from gateway.fhir.definitions import Rule
from gateway.fhir.invariants import OWN, Focus, holds

__all__ = ["Check", "Look", "alike", "asked_rules"]

Look = dict[str, Any]
"""The resource that a value is in."""

Check = Callable[[Any, Look], bool]
"""Whether a value, in a resource, is certain to be right."""


def alike(path: str, name: str, check: Check) -> Check:
    """Return *check*, of an element of what stands at *path*, remembering its verdicts where the same comes again.

    No rule of such an element asks about the rest of the resource; only one of references does, about contained
    resources, and those are never certain.
    """
    if not is_alike(path, name):
        return check
    verdict = again(lambda value: check(value, {}), often=True)
    return lambda value, _resource: verdict(value)


def asked_rules(rules: Sequence[Rule], path: str) -> Check | None:
    """Return whether *rules* hold for a value at *path*, None where nothing is asked."""
    if not rules:
        return None
    verdicts = [OWN.get(rule.key) or _official(rule) for rule in rules]
    if len(verdicts) == 1:
        only = verdicts[0]
        return lambda value, resource: only(Focus(value, path, resource, resource))

    def check(value: Any, resource: Look) -> bool:
        focus = Focus(value, path, resource, resource)
        for each in verdicts:  # noqa: SIM110  a generator costs more than most verdicts
            if not each(focus):
                return False
        return True

    return check


def _official(rule: Rule) -> Callable[[Focus], bool]:
    return lambda focus: holds(rule, focus)
