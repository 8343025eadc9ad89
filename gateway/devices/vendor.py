"""What one maker's file says: its models, the services and characteristics of its own, the layouts that it bends.

A file of `vendors/` has one VENDOR, and the catalogue one row for it. A distribution of somebody else adds its own the
same way, by an entry point of the group `teleborne.devices` that names its Vendor. See docs/devices.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType
from typing import Final

from gateway.devices.dialogue import MakeDialogue
from gateway.devices.errors import UnusablePlugin
from gateway.devices.packet import Packet

__all__ = ["GROUP", "Asks", "Model", "Profile", "Quirk", "Vendor", "Verified", "plugins"]

GROUP: Final = "teleborne.devices"
"""The group of entry points by which other distributions add devices."""


class Verified(StrEnum):
    """What stands behind what we say about a model, the strongest first."""

    SPEC = "spec"
    """It follows a public standard, or its maker has published its protocol."""
    CAPTURE = "capture"
    """Octets of a real device have been published, and ours decode them."""
    PUBLIC_CODE = "public code"
    """Somebody's published program reads it this way; no octets of it are at hand."""
    NONE = "none"
    """Nothing public confirms it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asks:
    """What must be written, to which characteristic and how often (seconds), for a device to send anything."""

    characteristic: str
    value: bytes
    every_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One kind of health object: the service that it advertises, and the characteristics that carry its readings.

    All as 16-bit UUIDs in upper-case hex, or a maker's own 128-bit ones in upper case with hyphens. `measurement` are
    kept, `live` are only shown; `clock` is the characteristic inside the service by which the time is read and set,
    where there may be one (else the Current Time service). `memory` are characteristics over which a Dialogue reads.
    """

    name: str
    service: str
    measurement: tuple[str, ...]
    live: tuple[str, ...] = ()
    feature: str | None = None
    clock: str | None = None
    asks: Asks | None = None
    memory: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Quirk:
    """One model that bends the layout of one characteristic, told by how its Model Number String begins."""

    name: str
    model: str
    characteristic: str
    decoder: type[Packet]


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One model in the catalogue: what it speaks, how far that is verified and by what, and what is odd about it."""

    name: str
    speaks: str
    verified: Verified
    source: str
    oddities: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """One maker: `decoders` by characteristic, spelt as in a Profile; `memories` by the name that an operator sets."""

    name: str
    models: tuple[Model, ...]
    profiles: tuple[Profile, ...] = ()
    decoders: Mapping[str, type[Packet]] = field(default_factory=lambda: MappingProxyType({}))
    quirks: tuple[Quirk, ...] = ()
    memories: Mapping[str, MakeDialogue] = field(default_factory=lambda: MappingProxyType({}))


def plugins(found: Iterable[EntryPoint] | None = None) -> tuple[Vendor, ...]:
    """Return the vendors that installed distributions add; raise UnusablePlugin for one that is none.

    Loudly and at the start: a booth that comes up without the cuff somebody installed a plugin for measures nobody.
    """
    return tuple(_loaded(point) for point in (entry_points(group=GROUP) if found is None else found))


def _loaded(point: EntryPoint) -> Vendor:
    where = f"the entry point {point.name} = {point.value} of {point.dist.name if point.dist else 'no distribution'}"
    try:
        vendor = point.load()
    except Exception as error:  # whatever a stranger's module raises as it is imported
        raise UnusablePlugin(f"{where} does not load: {error!r}; mend or uninstall it") from error
    if not isinstance(vendor, Vendor):
        raise UnusablePlugin(f"{where} is a {type(vendor).__name__} where a gateway.devices.vendor.Vendor is wanted")
    return vendor
