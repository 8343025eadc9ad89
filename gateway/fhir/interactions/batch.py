"""Requests that have nothing to do with each other, sent together: https://hl7.org/fhir/R4/http.html#transaction.

Each is answered as if it had come alone; one that fails does not touch the others. They are carried out in one
transaction all the same, which costs one wait for the disk: a request that is refused has not written anything.
"""

from __future__ import annotations

from collections.abc import Callable

from gateway.errors import Problem
from gateway.fhir.interactions.answer import json_response, refused
from gateway.fhir.interactions.entry import Entry, bundle
from gateway.fhir.interactions.locking import hold
from gateway.fhir.repository import Repository
from gateway.fhir.rest import Access, Act, Request, Response

__all__ = ["batch"]


def batch(request: Request, access: Access, entries: list[Entry], route: Callable[[Request, Access], Act]) -> Act:
    """Prepare to carry out *entries* in their order."""
    prepared = [_prepared(entry, access, route) for entry in entries]
    acts = [each for each in prepared if isinstance(each, Act)]

    def run(repository: Repository) -> Response:
        hold(repository, acts)
        answers = [(entry, _run(entry, each, repository)) for entry, each in zip(entries, prepared, strict=True)]
        return json_response(request, bundle("batch-response", answers))

    return Act(name="batch", writes=any(each.writes for each in acts), run=run)


def _prepared(entry: Entry, access: Access, route: Callable[[Request, Access], Act]) -> Act | Response:
    try:
        return route(entry.request, access)
    except Problem as problem:
        return refused(entry.request, problem)


def _run(entry: Entry, prepared: Act | Response, repository: Repository) -> Response:
    if isinstance(prepared, Response):
        return prepared
    try:
        return prepared.run(repository)
    except Problem as problem:
        return refused(entry.request, problem)
