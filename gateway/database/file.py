"""Files and names that survive a power cut, and that only their owner may read."""

from __future__ import annotations

import os
from pathlib import Path

from gateway.errors import SettingsError

__all__ = ["create_file", "keep_names", "synchronise_directory"]


def create_file(path: Path) -> None:
    """Make *path* an empty file that only its owner may read, durably, unless it exists; raises SettingsError."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            os.fchmod(descriptor, 0o600)  # SQLite gives its log files the mode of the database
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        synchronise_directory(path.parent)
    except OSError as error:
        message = f"{path}: cannot make or open this file ({error.strerror}); check the folder and its owner"
        raise SettingsError(message) from error


def keep_names(path: Path) -> None:
    """Make the names of *path* and of what SQLite has opened beside it durable; raises SettingsError.

    SQLite does so for a new log too, and does not say when that fails: all that it then writes would have no name.
    """
    try:
        synchronise_directory(path.parent)
    except OSError as error:
        raise SettingsError(f"{path}: its name cannot be made durable ({error.strerror}); check the disk") from error


def synchronise_directory(path: Path) -> None:
    """Make the names in the directory *path* durable: a new file survives a power cut only after this."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
