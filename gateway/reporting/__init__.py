"""The report of a visit from its draft to its signature, on the records."""

from __future__ import annotations

from gateway.reporting.attached import Attached
from gateway.reporting.printing import Printing
from gateway.reporting.reporting import PhysicianOf, Reporting, Took
from gateway.reporting.storing import Prepared, Signed

__all__ = ["Attached", "PhysicianOf", "Prepared", "Printing", "Reporting", "Signed", "Took"]
