"""docs/bluetooth.md says how long each fault can last: the sum of the deadlines that its recovery waits for."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Awaitable, Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, Final

import pytest

from gateway.devices.events import Appeared, DeviceEvent, Ended, Indicated, Listening, Mended
from gateway.devices.session import Deadlines
from gateway.devices.virtual import Cuff
from tests.peers.bluez import faults
from tests.peers.bluez.booth import PATIENT, BluezBooth, bluez_booth
from tests.peers.bluez.daemon import FIRST, SECOND, Fault

_PAGE: Final = Path(__file__).parents[3] / "docs" / "bluetooth.md"
_ANSWER: Final = "answer_s"
_ANSWER_S: Final = 5.0  # what BlueZ(answer_s=…) is without another value
_NEVER_S: Final = 3600.0
"""What a deadline is that no recovery may wait for."""
_BRISK: Final = replace(PATIENT, connect_s=0.5)

LASTS: Final[dict[str, tuple[str, ...]]] = {
    "a device wants a bond": ("pair_s",),
    "`InProgress`": ("backoff_s",),
    "`le-connection-abort-by-local`, the link flaps": ("connect_s",),
    "`le-connection-abort-by-local`, no flap": ("connect_s", "backoff_s"),
    "a connection never answers, nor does taking it back": ("connect_s", "disconnect_s", "backoff_s"),
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


async def _refuse_both(booth: BluezBooth) -> None:
    await _refuse(booth, "Connect", faults.never)
    await _refuse(booth, "Disconnect", faults.never)


async def _in_a_session(booth: BluezBooth, then: Callable[[], Awaitable[object]]) -> None:
    """Have something happen as soon as the first packet is heard."""

    async def happen(event: DeviceEvent) -> None:
        if isinstance(event, Indicated) and not booth.heard.all(Indicated):
            await then()

    booth.heard.first = happen


async def _missed(booth: BluezBooth, cuff: Cuff) -> None:
    booth.bluez.remotes[booth.bluez.path_of(cuff)].deaf = True
    booth.bluez.faults["Disconnect"].extend([faults.nothing] * 2)
    booth.heard.virtual.vanish(cuff.address)
    asyncio.get_running_loop().call_later(0.2, booth.heard.virtual.come_back, cuff.address)


_HAPPENS: Final[dict[str, Callable[[BluezBooth, Cuff], Awaitable[None]]]] = {
    "`InProgress`": lambda booth, _: _refuse(booth, "Connect", faults.in_progress),
    "`le-connection-abort-by-local`, the link flaps": lambda booth, _: _refuse(
        booth, "Connect", faults.abort_after_a_flap
    ),
    "`le-connection-abort-by-local`, no flap": lambda booth, _: _refuse(booth, "Connect", faults.abort),
    "a connection never answers, nor does taking it back": lambda booth, _: _refuse_both(booth),
    "a missed disconnect": lambda booth, cuff: _in_a_session(booth, lambda: _missed(booth, cuff)),
    "the Bluetooth service restarts": lambda booth, _: _in_a_session(booth, booth.bluez.restart),
    "the device is removed from the list": lambda booth, cuff: _in_a_session(
        booth, lambda: booth.host.forget(cuff.address)
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


def _only(names: tuple[str, ...]) -> dict[str, Any]:
    """Return the tests' deadlines for *names*, and all others out of reach."""
    others = {each.name for each in fields(Deadlines)} - set(names)
    return {
        "deadlines": replace(_BRISK, **dict.fromkeys(others, _NEVER_S)),
        "answer_s": 1.0 if _ANSWER in names else _NEVER_S,
    }


@pytest.mark.parametrize("fault", _HAPPENS)
async def test_a_recovery_waits_for_no_other_deadlines_than_the_page_adds_up(
    fault: str, record_property: Callable[[str, object], None]
) -> None:
    cuff = Cuff(inflates_s=0.1, live_packets=5, bonded=False, window_s=40.0)
    async with bluez_booth([cuff], adapters=(FIRST, SECOND), prefer=(FIRST,), **_only(LASTS[fault])) as booth:
        await booth.heard.until(lambda: booth.heard.all(Listening))
        await _HAPPENS[fault](booth, cuff)
        record = await cuff.measure()
        await booth.heard.until(lambda: booth.heard.packets("2A35") == [record])
        assert not any(booth.bluez.faults.values()), "it did not happen"
        took = _longest(booth.heard.events)
    record_property("recovery_s", took)
    sys.stdout.write(f"{fault}: met again after {took:.2f} s\n")


def _longest(events: list[DeviceEvent]) -> float:
    """Return the longest time from the last sign of a device, or deafness, until it was met again: for information."""
    longest, since = 0.0, None
    for event in events:
        if isinstance(event, Appeared) and since is not None:
            longest = max(longest, (event.at - since).total_seconds())
        if not isinstance(event, Listening | Ended | Mended):
            since = event.at
    return longest
