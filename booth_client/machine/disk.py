"""The booth's disk: whether it takes what is written, and has room for days without a network."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Final

from booth_client.machine.row import Row, State

__all__ = ["disk"]

_PLENTY: Final = 2 * 1024**3
_LEAST: Final = 256 * 1024**2
_PROBE: Final = b"teleborne" * 512


def disk(folder: Path) -> Row:
    """Write, sync and read a file in *folder* as the ledger does, and look how much room is left; may block."""
    wanted = f"{_PLENTY / 1024**3:.0f} GB free, writable"
    try:
        with tempfile.TemporaryFile(dir=folder, prefix=".probe-") as file:
            file.write(_PROBE)
            file.flush()
            os.fsync(file.fileno())
            file.seek(0)
            whole = file.read() == _PROBE
        room = os.statvfs(folder)
    except OSError as error:
        remedy = "free the disk, or replace it; until then nothing can be saved"
        return Row(what="disk", state=State.BROKEN, found=error.strerror or "", wanted=wanted, remedy=remedy)
    free = room.f_bavail * room.f_frsize
    found = f"{free / 1024**3:.1f} GB free"
    if not whole:
        remedy = "replace the disk: it does not read what was written"
        return Row(what="disk", state=State.BROKEN, found="reads back wrong", wanted=wanted, remedy=remedy)
    state = State.GOOD if free >= _PLENTY else State.ATTENTION if free >= _LEAST else State.BROKEN
    remedy = "" if state is State.GOOD else f"make room on the disk of {folder}: journalctl --vacuum-size=200M"
    return Row(what="disk", state=state, found=found, wanted=wanted, remedy=remedy)
