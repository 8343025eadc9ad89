"""What a caller who sees one patient's record only may know of: nothing else, not even that it exists.

The answer for a stranger's resource is the one for a resource that is not there: a stranger's id must not be told from
a wrong one.
"""

from __future__ import annotations

from gateway.errors import Forbidden
from gateway.fhir.interactions.answer import missing
from gateway.fhir.json import loads
from gateway.fhir.repository import Stored
from gateway.fhir.rest import Access, Letter

__all__ = ["check_own", "is_own", "may"]


def check_own(access: Access, letter: Letter, stored: Stored) -> None:
    """Raise NotFound where the caller may do this in one record only and *stored* is not in it."""
    if not is_own(access, letter, stored):
        raise missing(stored.type, stored.id)


def may(access: Access, letter: Letter, type_: str) -> bool:
    """Return whether the caller may do this to resources of the type, if only to some."""
    try:
        access.permit(letter, type_)
    except Forbidden:
        return False
    return True


def is_own(access: Access, letter: Letter, stored: Stored) -> bool:
    """Return whether *stored*, a deleted version included, is in the only record the caller is limited to, if any."""
    patient = access.compartment(letter, stored.type)
    if patient is None:
        return True
    if stored.body is None:
        return stored.patient == patient
    try:
        access.permit(letter, stored.type, loads(stored.body, own=True))
    except Forbidden:
        return False
    return True
