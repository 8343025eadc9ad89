"""The health objects that belong to a booth, as its settings list them in [[equipment]]."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from typing import Final

from booth_client.words import Exam
from gateway.devices.catalogue import MEMORIES
from gateway.devices.dialogue import Dialogue
from gateway.devices.inspection import Expected
from gateway.devices.user_data import UNKNOWN_USER, Consent

__all__ = ["ADDRESS", "Equipment", "Instruments"]

ADDRESS: Final = re.compile("[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}")
_CODE: Final = re.compile("[0-9]{1,4}")
_KEY: Final = re.compile("[0-9A-Fa-f]{32}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Equipment:
    """A health object that belongs to the booth: what people call it, its radio address, its calibration.

    `calibrated` is the day of the last one ("2026-03-01"), `calibrate_every_days` how long it lasts (0: needs none).
    `user` is the slot of its users that the booth measures as, and `consent_code` what lets that user in, for a device
    that wants it. `memory` names the layout of a memory that is asked in its maker's own words ("HEM-7322T"),
    `unlock_key` (32 hexadecimal digits) is what that device was given when it was paired.
    """

    name: str
    address: str
    calibrated: str | None = None
    calibrate_every_days: int = 0
    user: int | None = None
    consent_code: str | None = field(default=None, repr=False)
    memory: str | None = None
    unlock_key: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if not ADDRESS.fullmatch(self.address):
            raise ValueError(f"address {self.address!r} is not one such as 00:09:1F:8A:5C:11 (teleborne devices scan)")
        if self.calibrate_every_days < 0:
            raise ValueError("calibrate_every_days must be 0 or more")
        if self.calibrated is not None:
            date.fromisoformat(self.calibrated)
        if (self.user is None) != (self.consent_code is None):
            raise ValueError("user and consent_code go together; give both or neither")
        if self.user is not None and not 0 <= self.user < UNKNOWN_USER:
            raise ValueError(f"user {self.user} is not between 0 and {UNKNOWN_USER - 1}")
        if self.consent_code is not None and not _CODE.fullmatch(self.consent_code):
            raise ValueError("consent_code has one to four digits and nothing else")
        if self.memory is not None and self.memory not in MEMORIES:
            raise ValueError(f"memory {self.memory!r} is none of those that are known: {', '.join(MEMORIES)}")
        if self.unlock_key is not None and (self.memory is None or not _KEY.fullmatch(self.unlock_key)):
            raise ValueError("unlock_key has 32 hexadecimal digits, and belongs to a memory")

    @property
    def expected(self) -> Expected:
        """Return it as the inspection of devices wants it."""
        return Expected(
            name=self.name,
            address=self.address,
            calibrated=None if self.calibrated is None else date.fromisoformat(self.calibrated),
            every=timedelta(days=self.calibrate_every_days) if self.calibrate_every_days else None,
        )

    @property
    def consent(self) -> Consent | None:
        """Return the consent that the device is given, None for one that wants none."""
        if self.user is None or self.consent_code is None:
            return None
        return Consent(user_index=self.user, code=int(self.consent_code))

    @property
    def dialogue(self) -> Callable[[], Dialogue] | None:
        """Return what begins to read its memory in its maker's own words, None for one that has no such memory."""
        if self.memory is None:
            return None
        return partial(MEMORIES[self.memory], None if self.unlock_key is None else bytes.fromhex(self.unlock_key))


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruments:
    """What a physician examines with from afar: each a device, a file that is played, or "synthetic"; None: none."""

    stethoscope: str | None = None
    camera: str | None = None

    @property
    def exams(self) -> frozenset[Exam]:
        """Return what can be examined."""
        named = {Exam.LISTEN: self.stethoscope, Exam.CAMERA: self.camera}
        return frozenset(exam for exam, device in named.items() if device)
