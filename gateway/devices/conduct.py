"""How a model wants to be treated, where that is not as the profiles say: a row for each, and the rule for all others.

Sources stand beside the rows. A user slot, a clock or a memory is never written to in the hope that it may help.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gateway.devices.reading import DeviceIdentity

__all__ = ["CONDUCTS", "Conduct", "conduct_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conduct:
    """What may be done with the models whose identity has a `field` that begins with `prefix` (lower case).

    `takes_time` says whether the clock may be written, `answers` whether the device tells the end of its records.
    There is no row, and no code, that deletes what a device remembers.
    """

    field: str = "model"
    prefix: str = ""
    takes_time: bool = True
    answers: bool = True


CONDUCTS: Final = (
    # Omron's EEPROM protocol: the time lies beside calibration data, and their own app sets it (blessed-kotlin).
    Conduct(field="name", prefix="blesmart_", takes_time=False),
    Conduct(field="manufacturer", prefix="omron", takes_time=False),
    # Sends its records and hangs up, with no word on the control point (its capture in the reference of the profiles).
    Conduct(field="model", prefix="bc87", answers=False),
)
_USUAL: Final = Conduct()


def conduct_of(device: DeviceIdentity) -> Conduct:
    """Return how *device* wants to be treated."""
    return next((row for row in CONDUCTS if _said(device, row.field).startswith(row.prefix)), _USUAL)


def _said(device: DeviceIdentity, field: str) -> str:
    return str(getattr(device, field) or "").lower()
