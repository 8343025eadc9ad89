"""How devices misbehave: each behaviour a name for the command line and what it does to a device that is made.

`cuff+send-all+wrong-clock` is a cuff with two of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Final

from gateway.devices.virtual.analyser import Analyser
from gateway.devices.virtual.cgm import GlucoseSensor
from gateway.devices.virtual.cuff import Cuff, Speech
from gateway.devices.virtual.device import VirtualDevice
from gateway.devices.virtual.glucometer import Glucometer
from gateway.devices.virtual.jumper import Jumper
from gateway.devices.virtual.memory import MemoryDevice
from gateway.devices.virtual.nonin import Nonin
from gateway.devices.virtual.omron import OmronCuff
from gateway.devices.virtual.oximeter import Oximeter
from gateway.devices.virtual.ring import Ring
from gateway.devices.virtual.scale import Scale
from gateway.devices.virtual.sensor import Sensor
from gateway.devices.virtual.strap import Strap
from gateway.devices.virtual.thermometer import Thermometer
from gateway.errors import SettingsError

__all__ = ["BEHAVIOURS", "MODELS", "Behaviour", "make"]

MODELS: Final[Mapping[str, type[VirtualDevice]]] = MappingProxyType(
    {
        model.key: model
        for model in (
            *(Cuff, Oximeter, Thermometer, Scale, Analyser, Glucometer, GlucoseSensor, Strap, Sensor),
            *(Ring, Jumper, Nonin, OmronCuff),
        )
    }
)
"""The devices there are, by their key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """What a device does, in words; `options` are those of its making, `of` the devices that can behave so."""

    about: str
    options: Mapping[str, Any] = field(default_factory=dict)
    of: type[Any] = VirtualDevice


BEHAVIOURS: Final[Mapping[str, Behaviour]] = MappingProxyType(
    {
        "open": Behaviour(about="wants no bond", options={"bonded": False}),
        "bonded": Behaviour(about="talks to nobody without a bond", options={"bonded": True}),
        "send-all": Behaviour(about="keeps its records and sends them all, each time", options={"memory": True}),
        "delete-after": Behaviour(about="forgets what it has handed over", options={"memory": False}),
        "no-end": Behaviour(about="never says that it is through", options={"ends": False}, of=MemoryDevice),
        "drop": Behaviour(about="hangs up once, its first record unconfirmed", options={"drops_at": 1}),
        "vanish": Behaviour(
            about="is out of reach once, for 3 s, before its first record", options={"vanishes_at": 1, "away_s": 3.0}
        ),
        "wrong-clock": Behaviour(about="its clock is 400 days behind", options={"clock_error": timedelta(days=-400)}),
        "unset-clock": Behaviour(about="its clock was never set", options={"clock_error": None}),
        "low-battery": Behaviour(about="its battery is at 9 %", options={"battery_percent": 9}),
        "enhanced": Behaviour(
            about="says its result in the enhanced form", options={"speaks": Speech.ENHANCED}, of=Cuff
        ),
        "bm85": Behaviour(about="bends the layout as a Beurer BM85", options={"speaks": Speech.BM85}, of=Cuff),
        "history": Behaviour(about="has 20 records of other people", options={"history": 20}, of=Glucometer),
        "stubs": Behaviour(about="sends 35 zero-filled records first", options={"stubs": 35}, of=Analyser),
        "asks-consent": Behaviour(
            about="sends nothing before its user's code 1234 is given", options={"consent_code": 1234}, of=Analyser
        ),
        "spoilt-crc": Behaviour(about="seals its records wrongly", options={"spoils": True}, of=GlucoseSensor),
    }
)
"""The behaviours there are, by the word of the command line."""


def make(spec: str, **options: Any) -> VirtualDevice:
    """Return the device that *spec* names ("cuff", "cuff+send-all"), made with *options*; raise SettingsError."""
    key, *words = spec.split("+")
    model = MODELS.get(key)
    if model is None:
        raise SettingsError(f"no virtual device is called {key}; there are {', '.join(MODELS)}")
    for word in words:
        behaviour = BEHAVIOURS.get(word)
        if behaviour is None:
            raise SettingsError(f"{spec}: no behaviour is called {word}; there are {', '.join(BEHAVIOURS)}")
        if not issubclass(model, behaviour.of):
            raise SettingsError(f"{spec}: {word} is no behaviour of a {key}")
        options |= behaviour.options
    return model(**options)
