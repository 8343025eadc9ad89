"""What a helper did at a booth, as the AuditEvent in which the booth tells it: who, what and when; of no patient.

The booth delivers it like its other letters (PUT); the gateway takes it into its chained audit and asks for nothing
else in it. https://hl7.org/fhir/R4/auditevent.html, https://profiles.ihe.net/ITI/TF/Volume2/ITI-20.html
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

import msgspec

from gateway.errors import Invalid, Malformed
from gateway.fhir.version import instant

__all__ = ["DEEDS", "HelperDeed", "helper_deed", "read"]

DEEDS: Final = (
    "code", "badge", "refused", "waited", "guided", "shortened", "identity", "opened", "disinfected", "left",
)  # fmt: skip
"""What a helper may be told to have done: let in by code or badge, refused, made to wait; guided a measurement,
shortened a rest, wrote down who somebody is, opened the helper's pages, disinfected, left."""

_SYSTEM: Final = "urn:teleborne:helper-deed"
_TYPE: Final = {"system": "http://dicom.nema.org/resources/ontology/DCM", "code": "110100"}
_NOBODY: Final = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class HelperDeed:
    """One deed: *by* is a helper's name, empty where nobody was let in."""

    at: datetime
    by: str
    deed: str


class _Coding(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    system: str
    code: str


class _Agent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    altId: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]  # noqa: N815  FHIR's own name
    requestor: bool


class _Observer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    display: Annotated[str, msgspec.Meta(max_length=100)]


class _Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    observer: _Observer


class _Event(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a booth may say, and nothing beyond: no field of it can hold a person's name but the helper's."""

    resourceType: Literal["AuditEvent"]  # noqa: N815
    id: str
    type: _Coding
    subtype: tuple[_Coding]
    recorded: datetime
    agent: tuple[_Agent]
    source: _Source


def helper_deed(told: HelperDeed, *, id: str, booth: str) -> dict[str, Any]:  # noqa: A002  FHIR's own word
    """Return the AuditEvent of a deed at the booth of that name."""
    return {
        "resourceType": "AuditEvent",
        "id": id,
        "type": _TYPE,
        "subtype": [{"system": _SYSTEM, "code": told.deed}],
        "recorded": instant(told.at),
        "agent": [{"altId": told.by or _NOBODY, "requestor": True}],
        "source": {"observer": {"display": booth}},
    }


def read(body: bytes) -> HelperDeed:
    """Return the deed that an AuditEvent tells; raises Malformed or Invalid."""
    try:
        event = msgspec.json.decode(body, type=_Event)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Malformed(f"That is no AuditEvent of a helper's deed: {error}.") from None
    (subtype,), (agent,) = event.subtype, event.agent
    if (subtype.system, subtype.code in DEEDS) != (_SYSTEM, True):
        raise Invalid("No helper does that.", where="AuditEvent.subtype")
    if event.recorded.tzinfo is None or not agent.altId.isprintable():
        raise Invalid("The time needs an offset and the name letters.", where="AuditEvent.recorded")
    by = "" if agent.altId == _NOBODY else agent.altId
    return HelperDeed(at=event.recorded.astimezone(UTC), by=by, deed=subtype.code)
