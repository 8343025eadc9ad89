"""The resource that a condition means: nobody, one, or too many.

The normalised criteria are locked, then searched, in the transaction of the act itself: of any number of identical
conditional acts at the same time each one finds what the one before it did.
https://hl7.org/fhir/R4/http.html#cond-update, https://hl7.org/fhir/R4/search.html
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final
from urllib.parse import parse_qsl

from gateway.errors import Forbidden, Malformed, PreconditionFailed
from gateway.fhir.interactions.negotiation import GENERAL
from gateway.fhir.interactions.own import may
from gateway.fhir.repository import Repository, Stored
from gateway.fhir.rest import Access, Letter, Request
from gateway.fhir.search.limit import limited
from gateway.fhir.search.parsing import criteria
from gateway.fhir.search.query import Query

__all__ = ["Condition", "in_address", "in_text"]

_MOST: Final = 20
"""The most parameters of one condition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Criteria that at most one resource may meet; `where` is what named them, for words about it."""

    query: Query
    where: str

    @property
    def key(self) -> str:
        """Return what is locked: equal for equal criteria."""
        return f"{self.query.type}?{self.query.normalised}"

    def meant(self, repository: Repository) -> tuple[str, ...]:
        """Return what an act on what meets the criteria locks: see gateway.fhir.interactions.locking."""
        return tuple(f"{each.type}/{each.id}" for each in repository.search(self.query).entries)

    def meets(self, repository: Repository) -> Stored | None:
        """Lock the criteria and return what meets them, None for nothing; raises PreconditionFailed for several."""
        repository.lock(self.key)
        found = repository.search(self.query).entries
        if len(found) > 1:
            raise PreconditionFailed(
                f"More than one {self.query.type} matches.", where=self.where, remedy="Name one identifier exactly."
            )
        return found[0] if found else None


def in_address(request: Request, access: Access, letter: Letter, type_: str) -> Condition:
    """Return the condition that the parameters of the address make; raises Malformed where there are none."""
    pairs = [pair for pair in request.query if pair[0] not in GENERAL]
    _check_known(pairs, access, type_)
    return _condition(pairs, type_, request, partial(access.compartment, letter), where="")


def in_text(text: str, request: Request, access: Access, letter: Letter, type_: str, *, where: str) -> Condition:
    """Return the condition that *text* makes, which is written like the parameters of an address."""
    try:
        pairs = parse_qsl(text.strip().removeprefix("?"), keep_blank_values=True, errors="strict", max_num_fields=_MOST)
    except ValueError as error:
        raise Malformed(f"{where} cannot be read: {error}.", where=where) from error
    _check_known(pairs, access, type_)
    return _condition(pairs, type_, request, partial(access.compartment, letter), where=where)


def _check_known(pairs: list[tuple[str, str]], access: Access, type_: str) -> None:
    """Raise Forbidden where a condition would let somebody search who may not: they may name an identifier."""
    other = next((name for name, _ in pairs if name != "identifier"), None)
    if other is not None and not may(access, "s", type_):
        raise Forbidden(
            f"A condition on {other[:80]} is a search; your permissions do not include searching {type_} resources.",
            where=type_,
            remedy="Name the resource by its identifier, or ask for a scope that includes searching.",
        )


def _condition(
    pairs: list[tuple[str, str]], type_: str, request: Request, compartment: Callable[[str], str | None], *, where: str
) -> Condition:
    if not pairs:
        raise Malformed(
            f"No criteria say which {type_} is meant.",
            where=where or None,
            remedy="Write e.g. identifier=system|value.",
        )
    query = criteria(type_, pairs, base=request.base)
    return Condition(query=limited(query, compartment), where=where or pairs[0][0])
