"""One operation of the OpenAPI document: a row of the router for one type, and what it asks of the caller.

https://spec.openapis.org/oas/v3.1.0#operation-object
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

__all__ = ["LETTERS", "Operation", "Row"]


class Row(Protocol):
    """A row of the router, as far as it is told."""

    @property
    def method(self) -> str:
        """Return the method of HTTP."""

    @property
    def address(self) -> str:
        """Return the address, types and ids in braces."""

    @property
    def code(self) -> str:
        """Return FHIR's code of the interaction, or the name of the operation."""

    @property
    def only(self) -> tuple[str, ...]:
        """Return the types it is offered for; none means all."""

    @property
    def writes(self) -> bool:
        """Return whether it is not offered for types that only the server writes."""

    @property
    def takes(self) -> tuple[str, ...] | None:
        """Return the parameters beside the general ones; None: those of a search."""


LETTERS: Final[Mapping[str, str]] = {
    "capabilities": "",
    "transaction": "",
    "history-system": "rs",
    "history-type": "rs",
    "history-instance": "r",
    "search-type": "s",
    "create": "c",
    "read": "r",
    "vread": "r",
    "update": "cu",
    "patch": "ru",
    "delete": "d",
    "$validate": "r",
    "$everything": "rs",
    "$lastn": "rs",
}
"""What an interaction asks of the caller, as SMART scopes name it; each entry of a Bundle asks for itself. A condition
on anything but an identifier is a search too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One row for one type: `path` as the document writes it, `type` empty where it is the server's."""

    row: Row
    path: str
    type: str = ""
    compartment: str = ""

    @property
    def searches(self) -> bool:
        """Return whether it takes the search parameters of its type."""
        return self.row.takes is None and self.row.code != "create"

    @property
    def conditional(self) -> bool:
        """Return whether the parameters say which resource is meant."""
        return self.searches and self.row.code in ("update", "patch", "delete")

    @property
    def letters(self) -> str:
        """Return the letters of the scope it needs, in SMART's order."""
        wanted = LETTERS[self.row.code] + ("s" if self.conditional else "")
        return "".join(each for each in "cruds" if each in wanted)

    @property
    def scopes(self) -> tuple[str, ...]:
        """Return the scopes it needs, none where each entry of a body needs its own."""
        return (f"system/{self.type or '*'}.{self.letters}",) if self.letters else ()
