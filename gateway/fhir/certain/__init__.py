"""Resources in which nothing can be wrong: every check in one compiled walk, which says yes or that it cannot tell.

A busy booth sends right Observations by the hundred. Each type, and each profile, is compiled once into functions that
look at what a resource has and stop at the first thing that is not plainly right; they make no words, know no places.
What is not certain goes to the checks that do, `gateway.fhir.validation`, and theirs is the only verdict that refuses.
A test holds the two together on all that it can think of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from gateway.fhir.certain.profile import keeps
from gateway.fhir.certain.type import fits

__all__ = ["certain"]


def certain(resource: dict[str, Any], profiles: Callable[[], Iterable[str]]) -> bool:
    """Return True only where *resource* is certain to be valid and to keep *profiles*.

    They are asked for once its structure is known to be right, and are known to this server.
    """
    return fits(resource) and all(keeps(resource, url) for url in profiles())
