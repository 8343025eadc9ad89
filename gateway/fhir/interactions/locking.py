"""The one order in which locks are taken, so that no two acts wait for each other.

First criteria, then addresses, each sorted: what meets criteria is known only once they are held, and a search gives
up nothing. An act that meets one criterion locks in this order by itself; what does several acts at once holds all that
they will lock before the first of them begins.
"""

from __future__ import annotations

from collections.abc import Iterable

from gateway.fhir.repository import Repository
from gateway.fhir.rest import Act

__all__ = ["hold"]


def hold(repository: Repository, acts: Iterable[Act], criteria: Iterable[str] = ()) -> None:
    """Lock what *acts* will lock, and *criteria* beside."""
    acts = tuple(acts)
    keys = {key for act in acts for key in act.locks} | set(criteria)
    searched = {key for key in keys if "?" in key}
    for key in sorted(searched):
        repository.lock(key)
    found = {key for act in acts if act.meant is not None for key in act.meant(repository)}
    for key in sorted(keys - searched | found):
        repository.lock(key)
