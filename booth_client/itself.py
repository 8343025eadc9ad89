"""The booth as the record knows it: a Device whose ids follow from its name."""

from __future__ import annotations

from importlib.metadata import version
from typing import Final
from uuid import NAMESPACE_URL, UUID, uuid5

from booth_client.config import BoothSettings
from booth_client.letters import Booth

__all__ = ["booth_of"]

_LOCALLY_ADMINISTERED: Final = 0x02
_GROUP: Final = 0x01


def booth_of(settings: BoothSettings) -> Booth:
    """Return the booth as a FHIR Device: its ids follow from its name, so that they outlive a new disk."""
    identity = uuid5(NAMESPACE_URL, f"urn:teleborne:booth:{settings.name}")
    return Booth(
        device_id=str(identity),
        name=settings.name,
        location=settings.place.name,
        software_version=version("teleborne"),
        system_id=_eui64(identity),
        phone=settings.helper.phone,
    )


def _eui64(identity: UUID) -> str:
    first = (identity.bytes[8] | _LOCALLY_ADMINISTERED) & ~_GROUP
    return bytes((first, *identity.bytes[9:])).hex().upper()
