"""What goes in and out of FHIR's RESTful API, as plain values: no HTTP framework, no SQL, no clock.

An interaction works in two steps. *Preparing* reads the request, validates it and asks for permission, without
touching what is stored. The result is an `Act`, whose `run(repository)` reads or writes inside one transaction and
gives the answer. So a request is refused before it costs a transaction, and all that must be atomic is inside one.

https://hl7.org/fhir/R4/http.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import msgspec

from gateway.fhir.repository import Repository, Stored

__all__ = ["FHIR_JSON", "Access", "Act", "Content", "Draft", "Letter", "Place", "Request", "Response"]

FHIR_JSON = "application/fhir+json"

Letter = Literal["c", "r", "u", "d", "s"]
"""An interaction as SMART scopes name it: create, read, update, delete, search."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A body that was read already, as of an entry of a Bundle.

    `checked`: it is known to be valid. `id` is the one that a create gives it, chosen beforehand because other entries
    refer to it; empty: any.
    """

    value: Any
    checked: bool = False
    id: str = ""


# Of these each request makes one: msgspec does it in a fifth of the time.
class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One request to the FHIR endpoint.

    `path` is what follows the base, percent-decoded (`Observation/17`; slashes at the ends do not count). `query` holds
    the decoded parameters in the client's order. Header names are lower case; a repeated header is joined by a comma.
    `base` is the absolute base URL by which this client reached us, without a slash at the end. `content` stands for a
    body that was read already.
    """

    method: str
    path: str
    base: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = msgspec.field(default_factory=dict)
    body: bytes = b""
    content: Content | None = None


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """One answer: status, headers by their usual names, and body; the edge withholds the body of a HEAD."""

    status: int
    headers: Mapping[str, str] = msgspec.field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What an address names; what it does not name is empty. In a `compartment`, the id is that of its resource."""

    type: str = ""
    id: str = ""
    version: str = ""
    compartment: str = ""


class Access(Protocol):
    """What the caller may do: the store's asks `gateway.identity`, a test's says what the test needs."""

    def permit(self, letter: Letter, type_: str, resource: Mapping[str, Any] | None = None) -> None:
        """Return if the caller may do this to this type (and this content), else raise Forbidden or Unauthenticated."""

    def compartment(self, letter: Letter, type_: str) -> str | None:
        """Return the id of the only patient in whose record the caller may do this, or None where that is not limited.

        Raises like `permit`.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The *resource* that an act keeps as a first version where there is none yet: it can be made before it begins.

    `id` is the one it has, empty for any new one. `answer`: the act does nothing else, whatever is there.
    """

    resource: dict[str, Any]
    id: str = ""
    answer: Callable[[Stored], Response] | None = None


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """A prepared interaction: run it inside a durable act where it `writes`, else inside a read-only look.

    `name` is FHIR's code of the interaction (https://hl7.org/fhir/R4/valueset-type-restful-interaction.html). `locks`
    are the keys that `run` will lock, as far as they are known beforehand; `meant` finds those of what meets its
    criteria. See gateway.fhir.interactions.locking. `draft`: what `run` keeps where nothing is there. `once`: it
    does nothing but one search, and answers with what that finds as it is.
    """

    name: str
    writes: bool
    run: Callable[[Repository], Response]
    locks: tuple[str, ...] = ()
    meant: Callable[[Repository], tuple[str, ...]] | None = None
    draft: Draft | None = None
    once: bool = False
