"""The physician's signature, kept beside what it covers: a Provenance with the compact JWS inside.

https://hl7.org/fhir/R4/provenance.html, https://hl7.org/fhir/R4/datatypes.html#Signature. What the JWS says and how it
is checked: gateway.identity.signature.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from gateway.care.report import Physician
from gateway.fhir.codes import Code, coding
from gateway.fhir.observation import instant
from gateway.fhir.version import instant as exact_instant

__all__ = ["provenance", "signature"]

_AGENTS: Final = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
_SIGNATURES: Final = "urn:iso-astm:E1762-95:2013"


def provenance(
    *,
    id: str,  # noqa: A002 - FHIR's own word
    targets: Sequence[str],
    physician: Physician,
    written: datetime,
    recorded: datetime,
    jws: str,
) -> dict[str, Any]:
    """Return who made *targets* (references) and the signature over them; both moments have a zone."""
    who = {"reference": f"Practitioner/{physician.id}", "display": physician.name}
    return {
        "resourceType": "Provenance",
        "id": id,
        "target": [{"reference": each} for each in targets],
        "occurredDateTime": instant(written),
        "recorded": exact_instant(recorded),
        "agent": [{"type": {"coding": [coding(_AGENTS, Code("author", "Author"))]}, "who": who}],
        "signature": [
            {
                "type": [coding(_SIGNATURES, Code("1.2.840.10065.1.12.1.1", "Author's Signature"))],
                "when": exact_instant(recorded),
                "who": who,
                "targetFormat": "application/fhir+json",
                "sigFormat": "application/jose",
                "data": base64.b64encode(jws.encode("ascii")).decode(),
            }
        ],
    }


def signature(resource: dict[str, Any]) -> str:
    """Return the compact JWS in a Provenance made by `provenance`."""
    return base64.b64decode(resource["signature"][0]["data"]).decode("ascii")
