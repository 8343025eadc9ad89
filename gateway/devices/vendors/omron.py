"""Omron cuffs: the standard profile where they have it, and their own memory protocol, which is only ever read."""

from __future__ import annotations

from typing import Final

from gateway.devices.vendor import Model, Profile, Vendor, Verified
from gateway.devices.vendors.omron_frame import OmronFrame
from gateway.devices.vendors.omron_memory import ASKED, MEMORIES, SERVICE
from gateway.devices.vendors.omron_record import Hem7322Record, Hem7361Record

__all__ = ["VENDOR"]

VENDOR: Final = Vendor(
    name="Omron",
    models=(
        Model(
            name="X4 Smart, X2 Smart, BP5150",
            speaks="blood pressure",
            verified=Verified.SPEC,
            source="derdilla/blood-pressure-monitor-fl and eigger/hass-omron name them as standard",
            oddities="clock never written; the X4 forgets a record once it is sent; bonds with one host at a time",
        ),
        Model(
            name="HEM-7322T, HEM-7600T, HEM-7361T",
            speaks="memory by address",
            verified=Verified.PUBLIC_CODE,
            source="userx14/omblepy",
            oddities="read when the settings name its memory; memory and clock are never written",
        ),
    ),
    profiles=(Profile(name="Omron memory", service=SERVICE, measurement=(), memory=ASKED[:1]),),
    memories=MEMORIES,
    decoders={"OMRON+FRAME": OmronFrame, "OMRON+HEM-7322T": Hem7322Record, "OMRON+HEM-7361T": Hem7361Record},
)
