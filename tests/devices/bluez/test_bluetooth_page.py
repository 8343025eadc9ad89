"""docs/bluetooth.md says how long each fault can last: compared with the deadlines, and with what recoveries take."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import pytest

from gateway.devices.events import Appeared, Connected, Deaf, DeviceEvent, Ended, Listening
from gateway.devices.session import Deadlines
from gateway.devices.virtual import Scale
from tests.peers.bluez import faults
from tests.peers.bluez.booth import PATIENT, BluezBooth, bluez_booth
from tests.peers.bluez.daemon import FIRST, SECOND, Fault

_PAGE: Final = Path(__file__).parents[3] / "docs" / "bluetooth.md"
_ANSWER: Final = "answer_s"
_ANSWER_S: Final = 5.0  # what BlueZ(answer_s=…) is without another value
_PATIENT_ANSWER_S: Final = 1.0
_SPARE_S: Final = 4.0
"""What a busy machine may add; the sums of the tests' deadlines are a second or two."""

LASTS: Final[dict[str, tuple[str, ...]]] = {
    "a device wants a bond": ("pair_s",),
    "`InProgress`": ("backoff_s",),
    "`le-connection-abort-by-local`, the link flaps": ("connect_s",),
    "`le-connection-abort-by-local`, no flap": ("connect_s", "backoff_s"),
    "a missed disconnect": ("silence_s", "disconnect_s", _ANSWER, _ANSWER, _ANSWER, _ANSWER, "backoff_s"),
    "the Bluetooth service restarts": ("backoff_s",),
    "the device is removed from the list": ("backoff_s",),
    "the adapter is switched off or pulled out": ("backoff_s",),
    "an adapter does not scan": ("scan_s", "backoff_s"),
    "a GATT read never answers": ("read_s", "disconnect_s", "backoff_s"),
    "notifications before the subscription is answered": (),
}


def _seconds(names: tuple[str, ...], deadlines: Deadlines, answer_s: float) -> float:
    return sum(answer_s if name == _ANSWER else getattr(deadlines, name) for name in names)


def _rows() -> dict[str, str]:
    table = re.search(r"\| fault \|.*?\n\n", _PAGE.read_text("utf-8"), flags=re.DOTALL)
    assert table is not None
    cells = [[cell.strip() for cell in line.split(" | ")] for line in table.group().splitlines()[2:]]
    return {row[0].removeprefix("| "): row[-1].removesuffix(" |") for row in cells if len(row) > 1}


def test_the_page_says_what_the_deadlines_add_up_to() -> None:
    said = {fault: lasts for fault, lasts in _rows().items() if lasts != "a human"}
    assert said == {fault: f"{_seconds(names, Deadlines(), _ANSWER_S):g} s" for fault, names in LASTS.items()}


def test_only_a_stale_bond_needs_a_human() -> None:
    assert [fault for fault, lasts in _rows().items() if lasts == "a human"] == ["a stale bond"]


async def _refuse(booth: BluezBooth, method: str, fault: Fault) -> None:
    booth.bluez.faults[method].append(fault)


async def _in_a_session(booth: BluezBooth, then: Callable[[], Awaitable[object]]) -> None:
    """Have something happen as soon as the first link is up."""

    async def happen(event: DeviceEvent) -> None:
        if isinstance(event, Connected) and not booth.heard.all(Connected):
            await then()

    booth.heard.first = happen


async def _missed(booth: BluezBooth, scale: Scale) -> None:
    booth.bluez.remotes[booth.bluez.path_of(scale)].deaf = True
    booth.bluez.faults["Disconnect"].extend([faults.nothing] * 2)
    booth.heard.virtual.vanish(scale.address)
    asyncio.get_running_loop().call_later(0.2, booth.heard.virtual.come_back, scale.address)


_HAPPENS: Final[dict[str, Callable[[BluezBooth, Scale], Awaitable[None]]]] = {
    "`InProgress`": lambda booth, _: _refuse(booth, "Connect", faults.in_progress),
    "`le-connection-abort-by-local`, the link flaps": lambda booth, _: _refuse(
        booth, "Connect", faults.abort_after_a_flap
    ),
    "`le-connection-abort-by-local`, no flap": lambda booth, _: _refuse(booth, "Connect", faults.abort),
    "a missed disconnect": lambda booth, scale: _in_a_session(booth, lambda: _missed(booth, scale)),
    "the Bluetooth service restarts": lambda booth, _: _in_a_session(booth, booth.bluez.restart),
    "the device is removed from the list": lambda booth, scale: _in_a_session(
        booth, lambda: booth.host.forget(scale.address)
    ),
    "the adapter is switched off or pulled out": lambda booth, _: _in_a_session(
        booth, lambda: booth.bluez.switch(0, on=False)
    ),
    "an adapter does not scan": lambda booth, _: _restart_deaf(booth),
    "a GATT read never answers": lambda booth, _: _refuse(booth, "ReadValue", faults.never),
    "notifications before the subscription is answered": lambda booth, _: _refuse(
        booth, "StartNotify", faults.answer_late
    ),
}


async def _restart_deaf(booth: BluezBooth) -> None:
    booth.bluez.faults["StartDiscovery"].append(faults.not_ready)
    await booth.bluez.restart()


@pytest.mark.parametrize("fault", _HAPPENS)
async def test_no_recovery_takes_longer_than_the_page_says(
    fault: str, record_property: Callable[[str, object], None]
) -> None:
    scale = Scale(window_s=10.0)
    async with bluez_booth([scale], adapters=(FIRST, SECOND), prefer=(FIRST,), answer_s=_PATIENT_ANSWER_S) as booth:
        await booth.heard.until(lambda: booth.heard.all(Listening))
        await _HAPPENS[fault](booth, scale)
        record = await scale.measure()
        await booth.heard.until(lambda: booth.heard.packets("2A9D") == [record])
        took = _longest(booth.heard.events)
    record_property("recovery_s", took)
    assert took <= _seconds(LASTS[fault], PATIENT, _PATIENT_ANSWER_S) + _SPARE_S


def _longest(events: list[DeviceEvent]) -> float:
    """Return the longest time between a meeting that came to nothing, or deafness, and the next one."""
    longest, since = 0.0, None
    for event in events:
        if isinstance(event, Appeared | Listening) and since is not None:
            longest, since = max(longest, (event.at - since).total_seconds()), None
        if isinstance(event, Appeared):
            met = event.at
        elif isinstance(event, Deaf):
            since = event.at
        elif isinstance(event, Ended) and not event.reason.well:
            since = met
    return longest
