"""Paper: the printers that a booth can have (docs/printing.md)."""

from __future__ import annotations

from booth_client.printing.driverless import Driverless
from booth_client.printing.errors import Unprinted, Unwiped, Why
from booth_client.printing.folder import Folder
from booth_client.printing.printer import Condition, Printer
from booth_client.printing.settings import PrinterSettings

__all__ = [
    "Condition",
    "Driverless",
    "Folder",
    "Printer",
    "PrinterSettings",
    "Unprinted",
    "Unwiped",
    "Why",
    "printer_of",
]


def printer_of(given: PrinterSettings | None, *, owner: str) -> Printer | None:
    """Return the printer of the booth called *owner*; None: it has none."""
    if given is None:
        return None
    if given.folder is not None:
        return Folder(given.folder)
    pinned = bytes.fromhex(given.certificate_sha256) if given.certificate_sha256 else None
    return Driverless(given.uri or "", owner=owner, certificate=pinned)
