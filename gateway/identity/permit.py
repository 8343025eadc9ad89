"""The only gate: whether this principal may do this interaction on this resource.

Called twice where a resource is involved: before it is looked for (`resource=None`: could anything of the type be
allowed?), and with the resource itself, the stored one and the one that would replace it. `restrict` narrows a search.
A patient's compartment: https://hl7.org/fhir/R4/compartmentdefinition-patient.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from gateway.errors import Forbidden
from gateway.fhir.search.parameters import OWNERS
from gateway.identity.principal import Principal
from gateway.identity.scopes import Context, Interaction

__all__ = ["COMPARTMENT", "owners", "permit", "restrict"]

COMPARTMENT: Final = OWNERS
"""Which element says whose a resource is. A Patient is its own; a type that is not here is in nobody's compartment."""

_UNOWNED_MAY_BE_READ: Final = frozenset({"Device"})
"""A booth's cuff belongs to nobody; a patient may follow their own reading's reference to it, but not list them."""

_PATIENT: Final = re.compile(r"Patient/([A-Za-z0-9\-.]{1,64})(?:/_history/[A-Za-z0-9\-.]{1,64})?", re.ASCII)


def permit(
    principal: Principal, interaction: Interaction, type_: str, *, resource: Mapping[str, Any] | None = None
) -> None:
    """Return if the principal may do this to the type, and to *resource* when given; else raise Forbidden."""
    contexts = principal.scopes.of(interaction, type_)
    if not contexts:
        raise Forbidden(
            f"Your permissions do not include {_WORDS[interaction]} {type_} resources.",
            where=type_,
            remedy="Ask whoever runs this server for a scope that does.",
        )
    if contexts == {Context.PATIENT} and not _inside(principal.patient, interaction, type_, resource):
        raise Forbidden(f"This {type_} is not in your own record.", where=type_)


def restrict(principal: Principal, type_: str, interaction: Interaction = Interaction.SEARCH) -> str | None:
    """Return the id of the only patient whose resources a search may show, or None when it may show everyone's.

    Raises Forbidden when it may show nothing at all.
    """
    permit(principal, interaction, type_)
    if principal.scopes.of(interaction, type_) == {Context.PATIENT}:
        return principal.patient
    return None


def owners(resource: Mapping[str, Any]) -> Iterator[str]:
    """Yield the ids of the patients whose record the resource is part of."""
    type_, identity = resource.get("resourceType"), resource.get("id")
    if type_ == "Patient" and isinstance(identity, str):
        yield identity
    element = resource.get(COMPARTMENT.get(str(type_), ""))
    reference = element.get("reference") if isinstance(element, Mapping) else None
    match = _PATIENT.fullmatch(reference) if isinstance(reference, str) else None
    if match is not None:
        yield match[1]


_WORDS: Final = {
    Interaction.CREATE: "creating",
    Interaction.READ: "reading",
    Interaction.UPDATE: "updating",
    Interaction.DELETE: "deleting",
    Interaction.SEARCH: "searching",
}


def _inside(patient: str | None, interaction: Interaction, type_: str, resource: Mapping[str, Any] | None) -> bool:
    if patient is None:
        return False
    if resource is None:
        return type_ == "Patient" or type_ in COMPARTMENT
    if resource.get("resourceType") != type_:
        return False
    if interaction is Interaction.READ and type_ in _UNOWNED_MAY_BE_READ and COMPARTMENT[type_] not in resource:
        return True
    return patient in owners(resource)
