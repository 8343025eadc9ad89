"""Invariants, compiled: one function for all that is asked of a value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gateway.fhir.definitions import Rule
from gateway.fhir.invariants import OWN, Focus, holds

__all__ = ["Check", "Look", "asked_rules"]

Look = dict[str, Any]
"""The resource that a value is in."""

Check = Callable[[Any, Look], bool]
"""Whether a value, in a resource, is certain to be right."""


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
