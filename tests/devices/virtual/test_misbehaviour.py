"""Devices that drop, vanish, forget the time or are switched off: what they measured is heard once, or by nobody."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from gateway.devices.events import ClockRead, Ended, EndReason
from gateway.devices.virtual import Cuff, Scale, VirtualDevice, VirtualRadio, make
from tests.devices.virtual.quick import QUICK
from tests.peers.listener import Listener, listening


async def _measured_twice_heard(device: VirtualDevice, booth: Listener, uuid: str) -> list[bytes]:
    record = await device.measure()
    await booth.until(lambda: booth.packets(uuid).count(record) == 2)
    return booth.packets(uuid)


async def test_a_record_whose_confirmation_never_came_is_sent_again() -> None:
    cuff = make("cuff+drop", window_s=3.0, **QUICK["cuff"])
    async with listening([cuff]) as booth:
        packets = await _measured_twice_heard(cuff, booth, "2A35")
    assert packets[0] == packets[1], "heard twice, for the device was told only of the second"
    assert [sent.value for sent in cuff.sent if sent.characteristic == "2A35"] == [packets[0]]


async def test_a_device_that_vanishes_by_itself_comes_back_with_its_record() -> None:
    cuff = Cuff(vanishes_at=1, away_s=0.6, window_s=4.0, **QUICK["cuff"])
    async with listening([cuff]) as booth:
        record = await cuff.measure()
        await booth.until(lambda: booth.packets("2A35"))
        await booth.until(lambda: len(booth.all(Ended)) == 2)
    assert booth.packets("2A35") == [record]
    assert booth.all(Ended)[0].reason is EndReason.SILENCE


async def test_a_clock_that_was_never_set_says_so_until_it_is_set() -> None:
    scale = make("scale+unset-clock")
    with pytest.raises(ValueError, match="its clock was never set"):
        _ = scale.clock_error
    async with listening([scale]) as booth:
        await scale.measure()
        await booth.until_ended()
    assert str(booth.all(ClockRead)[0].said) == "0000-00-00T00:00:00"
    assert abs(scale.clock_error) < timedelta(seconds=2)


async def test_nobody_hears_a_device_that_was_switched_off_meanwhile() -> None:
    cuff = Cuff(window_s=0.2, **QUICK["cuff"])
    await cuff.measure()
    async with VirtualRadio([cuff]):
        pass
    assert not cuff.is_connected
    assert len(cuff.sent) == 0


async def test_a_device_is_put_down_at_once_also_while_its_controller_answers() -> None:
    # A cancellation that meets the controller's answer must not be forgotten: tried at each of the loop's next turns.
    for turns in range(12):
        scale = Scale(window_s=20.0)
        async with VirtualRadio([scale]):
            using = asyncio.create_task(scale.measure())
            for _ in range(turns):
                await asyncio.sleep(0)
            using.cancel()
            done, _ = await asyncio.wait([using], timeout=2.0)
            assert done, f"still in use, put down after {turns} turns"
