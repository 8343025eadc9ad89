"""What every decoded characteristic can do, and what makes one of its numbers a measurement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Protocol, Self

from gateway.devices.reading import Measure, Name, Number, Quality, Reading, Special, Unit

__all__ = ["Packet", "StatusBit", "bits", "measure", "qualities"]

StatusBit = tuple[int, int, Quality]
"""A mask, the value that the masked bits must have, and what that says."""


class Packet(Protocol):
    """One value of a characteristic, decoded."""

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read the octets of one value; raise MalformedPacket where they do not hold what they promise."""
        ...

    def encode(self) -> bytes:
        """Return the octets that decode to this value; raise NotRepresentable where a field is too small."""
        ...

    def to_json(self) -> dict[str, object]:
        """Return the value under the keys of docs/devices.md, numbers as Decimal or int; absent fields are left out."""
        ...

    def readings(self) -> tuple[Reading, ...]:
        """Return the measurements in this value; none for a zero-filled stub or a value that measures nothing."""
        ...


def measure(name: Name, value: Number | None, unit: Unit) -> tuple[Measure, ...]:
    """Return the measure, or nothing where *value* is absent or zero.

    For quantities that a living person cannot have at zero: devices fill what they did not measure with zeros. Below
    zero is worse than absent (a model that does not keep to the layout): the number is withheld and said to be in
    error.
    """
    if value is None or value == 0:
        return ()
    if isinstance(value, Decimal) and value < 0:
        return (Measure(name=name, value=Special.NRES, unit=unit),)
    return (Measure(name=name, value=value, unit=unit),)


def qualities(status: int | None, table: Iterable[StatusBit]) -> frozenset[Quality]:
    """Return what the bits of *status* say, by *table*."""
    if not status:
        return frozenset()
    return frozenset(quality for mask, value, quality in table if status & mask == value)


def bits(meanings: Mapping[int, Quality]) -> tuple[StatusBit, ...]:
    """Return the table of a status in which each bit speaks for itself, by number from the least significant."""
    return tuple((1 << bit, 1 << bit, quality) for bit, quality in meanings.items())
