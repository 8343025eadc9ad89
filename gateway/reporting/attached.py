"""A picture of a visit, as the physician puts it into the record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.care.report import Physician
from gateway.fhir.picture import picture
from gateway.fhir.record import security_of
from gateway.fhir.report import PaperKind, ids
from gateway.reporting.record import Record

__all__ = ["Attached"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """A JPEG by its name in the visit; `addendum`: the report is signed, and the picture goes beside it."""

    still: str
    jpeg: bytes
    caption: str = ""
    addendum: bool = False

    def resource(self, record: Record, *, physician: Physician, at: datetime) -> dict[str, Any]:
        """Return it as what is stored."""
        return picture(
            record.encounter,
            self.still,
            self.jpeg,
            caption=self.caption,
            physician=physician,
            at=at,
            security=[dict(each) for each in security_of(record.patient)],
            appends=ids(record.encounter["id"]).papers[PaperKind.REPORT] if self.addendum else None,
        )
