"""A picture of a visit as FHIR: a DocumentReference that carries the JPEG inside, with the visit it was taken in.

LOINC 72170-4 is a photographic image. Its id follows from the visit and the still, so that what is sent twice is one.
https://hl7.org/fhir/R4/documentreference.html
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid5

from gateway.care.report import Physician
from gateway.fhir.codes import Code, System, coding
from gateway.fhir.observation import instant
from gateway.fhir.report import practitioner

__all__ = ["picture", "picture_id"]

_NAMESPACE: Final = UUID("9d1c4a52-6a0e-5f0b-9d0e-0f6f3e1f9a11")
_TITLE: Final = "Image d'examen"


def picture_id(encounter: str, still: str) -> str:
    """Return the id of the still called *still* of the visit with this Encounter id."""
    return str(uuid5(_NAMESPACE, f"{encounter}/{still}"))


def picture(
    encounter: Mapping[str, Any],
    still: str,
    jpeg: bytes,
    *,
    caption: str,
    physician: Physician,
    at: datetime,
    security: Sequence[Mapping[str, Any]] = (),
    appends: str | None = None,
) -> dict[str, Any]:
    """Return the picture as a resource; *caption* may be empty, *at* is when the physician put it into the record.

    *appends* is the signed DocumentReference that it is an addition to: that one is left as it was signed.
    """
    # FHIR's hash of an attachment is SHA-1; what protects it on its way is the connection's, and the blob's SHA-256.
    sha1 = hashlib.sha1(jpeg, usedforsecurity=False).digest()
    return {
        "resourceType": "DocumentReference",
        "id": picture_id(encounter["id"], still),
        **({"meta": {"security": [dict(each) for each in security]}} if security else {}),
        "contained": [practitioner(physician)],
        "status": "current",
        "type": {"coding": [coding(System.LOINC, Code("72170-4", "Photographic image"))], "text": _TITLE},
        "subject": encounter["subject"],
        "date": instant(at),
        "author": [{"reference": f"#{physician.id}", "display": physician.name}],
        **({"relatesTo": [_addition_to(appends)]} if appends else {}),
        **({"description": caption} if caption else {}),
        "content": [
            {
                "attachment": {
                    "contentType": "image/jpeg",
                    "data": base64.b64encode(jpeg).decode(),
                    "size": len(jpeg),
                    "hash": base64.b64encode(sha1).decode(),
                    "title": caption or _TITLE,
                    "creation": instant(at),
                }
            }
        ],
        "context": {"encounter": [{"reference": f"Encounter/{encounter['id']}"}]},
    }


def _addition_to(document: str) -> dict[str, Any]:
    """Return how an addition points at what it is added to (valueset document-relationship-type)."""
    return {"code": "appends", "target": {"reference": f"DocumentReference/{document}"}}
