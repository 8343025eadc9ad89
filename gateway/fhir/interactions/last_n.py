"""The last observations of each code: https://hl7.org/fhir/R4/observation-operation-lastn.html.

`max` says how many of each, one where it is not given. Observations are of one kind if they share a coding; those with
words alone are if their words are the same. Newest first: a kind that is complete is left out of the look at what is
older, so that ten years of pulses do not hide the one blood group.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any, Final

from gateway.errors import Malformed
from gateway.fhir.interactions.answer import json_response
from gateway.fhir.interactions.negotiation import parameter, preference
from gateway.fhir.interactions.searchset import searchset
from gateway.fhir.interactions.shape import Shape
from gateway.fhir.json import loads
from gateway.fhir.repository import Repository, Stored
from gateway.fhir.rest import Access, Act, Place, Request, Response
from gateway.fhir.search import parsing
from gateway.fhir.search.limit import limited
from gateway.fhir.search.query import NEWEST, NotClause, Query, Term, TermClause

__all__ = ["last_n"]

_PAGE: Final = 100
_MOST: Final = 100
_LOOKS: Final = 200
"""The most pages that one answer looks at: what is older than twenty thousand of other kinds is not found."""

_SUBJECTS: Final = frozenset({"patient", "subject"})

Kind = frozenset[tuple[str, str]]


def last_n(request: Request, access: Access, place: Place) -> Act:
    """Prepare to show the last of each code that match the search parameters."""
    access.permit("s", place.type)
    access.permit("r", place.type)
    most = _max(parameter(request, "max"))
    pairs = [pair for pair in request.query if pair[0] not in ("max", "_count")]
    own = access.compartment("s", place.type)
    if own is None and not any(re.split("[:.]", name)[0] in _SUBJECTS for name, _ in pairs):
        raise Malformed("$lastn needs to know whose observations.", where="patient", remedy="Add patient=<id>.")
    asked = parsing.search(place.type, pairs, base=request.base, lenient=preference(request).lenient)
    query = limited(asked.query, partial(access.compartment, "s"))
    query = replace(query, order=(NEWEST,), count=_PAGE, cursor=None, total=False, includes=())
    shape = Shape.of(request)

    def run(repository: Repository) -> Response:
        links, found = {"self": f"{request.base}/{request.path.strip('/')}"}, list(_last(repository, query, most))
        return json_response(request, searchset(request.base, links, found, shape=shape, total=len(found)))

    return Act(name="operation", writes=False, run=run)


def _max(said: str | None) -> int:
    if said is None:
        return 1
    if not re.fullmatch("[1-9][0-9]{0,3}", said, re.ASCII):
        raise Malformed(f"max={said[:40]} is no number above 0.", where="max", remedy="Write e.g. max=3.")
    return min(int(said), _MOST)


def _last(repository: Repository, query: Query, most: int) -> Iterator[Stored]:
    counts: dict[int, int] = {}
    kinds: dict[tuple[str, str], int] = {}
    for _ in range(_LOOKS):
        page = repository.search(query)
        done: set[tuple[str, str]] = set()
        for stored in page.entries:
            kind = _kind(loads(stored.body or b"{}", own=True))
            number = next((kinds[each] for each in kind if each in kinds), len(kinds))
            kinds |= dict.fromkeys(kind, number)
            counts[number] = counts.get(number, 0) + 1
            if counts[number] <= most:
                yield stored
            if counts[number] >= most:
                done |= {each for each in kind if each[0] != _WORDS}
        if page.next is None:
            return
        left_out = NotClause(clause=TermClause(alternatives=tuple(Term("code", code, system) for system, code in done)))
        query = replace(query, cursor=page.next, clauses=(*query.clauses, left_out) if done else query.clauses)


_WORDS: Final = "\0text"


def _kind(observation: dict[str, Any]) -> Kind:
    code = observation.get("code", {})
    codings = frozenset((each.get("system", ""), each["code"]) for each in code.get("coding", ()) if "code" in each)
    return codings or frozenset({(_WORDS, str(code.get("text", "")))})
