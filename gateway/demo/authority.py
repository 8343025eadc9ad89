"""The demo's registration authority: a program of its own, with a folder that no other program reads."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from certs_example.make import Pair
from gateway.authority import CERTIFICATE, initialise, register
from gateway.http.provider import ACR
from gateway.http.session import DEMO_ACR
from gateway.http.statement_key import statement_key
from signalling import jws

__all__ = ["GATEWAY_NAME", "STRONG", "prepare_authority"]

GATEWAY_NAME: Final = "demo"
"""What the authority calls the demo's gateway."""

STRONG: Final = (DEMO_ACR, ACR)
"""What it takes for signing in strongly: nothing real is behind either."""


def prepare_authority(folder: Path, *, gateway: Path, devices: Pair) -> Path:
    """Make the authority once and register the gateway whose data is in *gateway*; return the certificate's path.

    *devices* certified the demo's booths, so the authority certifies others with it.
    """
    if not (folder / CERTIFICATE).exists():
        initialise(folder)
    for file in (devices.certificate, devices.key):
        shutil.copy2(file, folder)
    register(folder, GATEWAY_NAME, jws.jwk_of(statement_key(gateway).public_key()))
    return folder / CERTIFICATE
