"""Scenarios: who uses which device when, and what goes wrong, as a TOML file that a person can read and write.

    about = "A cuff that drops the link in the middle, and a door that closes."

    [[devices]]
    name = "cuff"               # how the steps call it
    model = "cuff+drop"         # a device and its behaviours, as on the command line

    [[steps]]
    at_s = 1.0                  # from the start
    device = "cuff"
    do = "measure"              # one of ACTIONS
    values = { systolic = "132", diastolic = "84" }

Steps begin at their times, also while earlier ones still go on.
"""

from __future__ import annotations

import asyncio
import tomllib
from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Final

import msgspec

from gateway.devices.virtual.behaviour import make
from gateway.devices.virtual.device import VirtualDevice
from gateway.devices.virtual.person import Body, Persona
from gateway.devices.virtual.radio import VirtualRadio
from gateway.errors import SettingsError

__all__ = ["ACTIONS", "Player", "Scenario", "Step", "Used", "read_scenario", "shipped"]

_SHIPPED: Final = files("gateway.devices.virtual") / "scenarios"


class Used(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One device of a scenario: its name in the steps, its model with behaviours, and around what its values lie."""

    name: str
    model: str
    number: Annotated[int, msgspec.Meta(ge=1, le=0xFFFF)] = 1
    person: dict[str, float] = {}


class Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What happens at `at_s` seconds from the start; `values` are those of the measurement, numbers as text."""

    at_s: Annotated[float, msgspec.Meta(ge=0)]
    device: str
    do: str
    values: dict[str, str | int] = {}


class Scenario(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole scenario."""

    about: str
    devices: tuple[Used, ...]
    steps: tuple[Step, ...]


async def _measure(_radio: VirtualRadio, device: VirtualDevice, values: Mapping[str, Any]) -> None:
    numbers = {name: Decimal(value) if isinstance(value, str) else value for name, value in values.items()}
    await device.measure(**numbers)


async def _vanish(radio: VirtualRadio, device: VirtualDevice, _values: Mapping[str, Any]) -> None:
    radio.vanish(device.address)


async def _come_back(radio: VirtualRadio, device: VirtualDevice, _values: Mapping[str, Any]) -> None:
    radio.come_back(device.address)


async def _forget_bonds(_radio: VirtualRadio, device: VirtualDevice, _values: Mapping[str, Any]) -> None:
    await device.forget_bonds()


ACTIONS: Final[Mapping[str, Callable[[VirtualRadio, VirtualDevice, Mapping[str, Any]], Awaitable[None]]]] = (
    MappingProxyType({"measure": _measure, "vanish": _vanish, "come-back": _come_back, "forget-bonds": _forget_bonds})
)
"""What a step can do."""


def shipped() -> Mapping[str, str]:
    """Return the scenarios that come with the program: name and what it is about."""
    found = sorted(path.name.removesuffix(".toml") for path in _SHIPPED.iterdir() if path.name.endswith(".toml"))
    return {name: read_scenario(name).about for name in found}


def read_scenario(name: str) -> Scenario:
    """Return the shipped scenario *name*, or the one in that file; raise SettingsError with what is wrong in it."""
    own = _SHIPPED / f"{name}.toml"
    try:
        text = own.read_text("utf-8") if own.is_file() else Path(name).read_text("utf-8")
        scenario = msgspec.convert(tomllib.loads(text), type=Scenario)
    except OSError as error:
        raise SettingsError(f"--scenario {name}: neither a scenario of ours nor a file ({error.strerror})") from None
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise SettingsError(f"--scenario {name}: {error}") from None
    names = [used.name for used in scenario.devices]
    for step in scenario.steps:
        if step.device not in names:
            raise SettingsError(f"--scenario {name}: a step uses {step.device}; the devices are {', '.join(names)}")
        if step.do not in ACTIONS:
            raise SettingsError(f"--scenario {name}: nobody can {step.do}; a step can {', '.join(ACTIONS)}")
    return scenario


class Player:
    """A scenario's devices, made (*options* go to each), and `play` to use them as it says."""

    def __init__(self, scenario: Scenario, *, seed: int | None = None, **options: Any) -> None:
        self._scenario = scenario
        self._devices = {used.name: _made(used, seed, options) for used in scenario.devices}

    @property
    def devices(self) -> tuple[VirtualDevice, ...]:
        """Return the devices, for a VirtualRadio."""
        return tuple(self._devices.values())

    def device(self, name: str) -> VirtualDevice:
        """Return the device that the steps call *name*."""
        return self._devices[name]

    async def play(self, radio: VirtualRadio) -> None:
        """Carry out every step; return when the last one is done."""
        started = asyncio.get_running_loop().time()
        async with asyncio.TaskGroup() as steps:
            for step in sorted(self._scenario.steps, key=lambda step: step.at_s):
                await asyncio.sleep(started + step.at_s - asyncio.get_running_loop().time())
                steps.create_task(_carry_out(step, radio, self._devices[step.device]))


def _made(used: Used, seed: int | None, options: Mapping[str, Any]) -> VirtualDevice:
    unknown = used.person.keys() - set(Persona.__slots__)
    if unknown:
        raise SettingsError(
            f"{used.name}: nobody has {', '.join(sorted(unknown))}; give {', '.join(Persona.__slots__)}"
        )
    return make(used.model, number=used.number, body=Body(Persona(**used.person), seed=seed), **options)


async def _carry_out(step: Step, radio: VirtualRadio, device: VirtualDevice) -> None:
    try:
        await ACTIONS[step.do](radio, device, step.values)
    except (TypeError, ArithmeticError) as error:
        raise SettingsError(f"{step.device} at {step.at_s:g} s: {step.do} cannot take {step.values}: {error}") from None
