"""The report of a visit from its draft to its signature, on the records."""

from __future__ import annotations

from gateway.reporting.printing import Printing
from gateway.reporting.reporting import Attends, PhysicianOf, Reporting
from gateway.reporting.storing import Prepared, Signed

__all__ = ["Attends", "PhysicianOf", "Prepared", "Printing", "Reporting", "Signed"]
