"""What the booth leaves on its disk for its own machine: its folder, and the file that says where its kiosk is."""

from __future__ import annotations

import json
import os
from pathlib import Path

from gateway.errors import SettingsError

__all__ = ["folder", "is_well", "write_status"]


def folder(path: Path) -> Path:
    """Return the booth's own folder, made if missing. Raises SettingsError where it cannot be used."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"data_dir: {path} cannot be made: {error.strerror}; choose another folder") from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise SettingsError(f"data_dir: {path} is not writable; choose another folder or change its owner")
    return path.resolve()


def is_well(file: Path | None) -> bool:
    """Return whether the booth that writes this status file is ready, and still there."""
    try:
        status = json.loads(file.read_text("utf-8")) if file is not None else {}
        return bool(status["ready"]) and Path(f"/proc/{int(status['pid'])}").exists()
    except (OSError, ValueError, LookupError, TypeError):
        return False


def write_status(file: Path, *, name: str, kiosk: str | None) -> None:
    """Write the status file, whole or not at all, for its owner only: it holds the kiosk's token."""
    status = {"ready": True, "pid": os.getpid(), "name": name, "kiosk": kiosk}
    draft = file.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as written:
        json.dump(status, written)
    draft.replace(file)
