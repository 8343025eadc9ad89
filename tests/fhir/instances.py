"""The official examples of every type that is served, read from their archive."""

from __future__ import annotations

import tarfile
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from gateway.fhir.json import loads

__all__ = ["instances", "resource"]

_ARCHIVE: Final = Path(__file__).parents[1] / "data" / "fhir" / "instances" / "examples.tar.xz"


@lru_cache(maxsize=1)
def instances() -> dict[str, bytes]:
    """Return the bytes of all examples by their names in the archive (`r4/Patient-example.json`)."""
    found = {}
    with tarfile.open(_ARCHIVE) as archive:
        for member in archive:
            file = archive.extractfile(member)
            assert file is not None
            found[member.name] = file.read()
    return found


def resource(name: str) -> dict[str, Any]:
    """Return one example as our reader of JSON gives it."""
    value: dict[str, Any] = loads(instances()[name])
    return value
