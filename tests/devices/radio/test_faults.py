"""What goes wrong in the air ends one session, tells why, and never stops the scan."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway.devices.ble import Radio
from gateway.devices.session import Appeared, Connected, DeviceEvent, Ended, EndReason, Indicated
from gateway.devices.virtual import Cuff, Oximeter, Scale, VirtualRadio
from tests.peers.listener import BRISK, listening


def _cuff(**options: Any) -> Cuff:
    return Cuff(inflates_s=0.2, live_packets=10, **options)


async def test_a_device_that_vanishes_while_it_measures_is_given_up_and_met_again() -> None:
    cuff = _cuff(window_s=3.0)
    async with listening([cuff]) as booth:
        measuring = asyncio.create_task(cuff.measure())
        await booth.until(lambda: booth.packets("2A36"))
        booth.virtual.vanish("cuff")
        await booth.until_ended()
        assert booth.all(Ended)[0].reason is EndReason.SILENCE
        booth.virtual.come_back("cuff")
        record = await measuring
        await booth.until_ended(2)

    assert booth.packets("2A35") == [record]
    assert booth.all(Ended)[1].reason is EndReason.HUNG_UP


async def test_a_device_that_vanishes_while_it_is_asked_runs_into_the_deadline() -> None:
    cuff = _cuff(window_s=3.0)
    async with listening([cuff]) as booth:

        async def vanish_once_connected(event: DeviceEvent) -> None:
            if isinstance(event, Connected) and not booth.all(Ended):
                booth.virtual.vanish("cuff")

        booth.first = vanish_once_connected  # walk away at the worst moment
        measuring = asyncio.create_task(cuff.measure())
        await booth.until_ended()
        ended = booth.all(Ended)[0]
        assert ended.reason is EndReason.TIMEOUT
        assert ended.detail is not None
        assert "no answer within 0.3 s" in ended.detail
        booth.virtual.come_back("cuff")
        record = await measuring
        await booth.until_ended(2)
    assert booth.packets("2A35") == [record]


async def test_an_advertisement_without_a_device_behind_it_ends_at_the_connect_deadline() -> None:
    scale, cuff = Scale(window_s=3.0), _cuff()
    async with listening([scale, cuff], deadlines=replace(BRISK, connect_s=0.3)) as booth:

        async def vanish_at_once(event: DeviceEvent) -> None:
            if isinstance(event, Appeared) and not booth.all(Appeared):
                booth.virtual.vanish("scale")

        booth.first = vanish_at_once  # gone between advertisement and connection
        weighing = asyncio.create_task(scale.measure())
        await booth.until_ended()
        assert booth.all(Ended)[0].reason is EndReason.UNREACHABLE
        record = await cuff.measure()
        assert booth.packets("2A35") == [record], "the scan went on and the controller is free again"
        booth.virtual.come_back("scale")
        weight = await weighing
        await booth.until(lambda: booth.packets("2A9D") == [weight])


async def test_a_forgotten_bond_is_reported_as_such_and_the_scan_goes_on() -> None:
    cuff, scale = _cuff(), Scale()
    async with listening([cuff, scale]) as booth:
        await cuff.measure()
        await booth.until_ended()
        await cuff.forget_bonds()
        measuring = asyncio.create_task(cuff.measure())
        await booth.until_ended(2)
        await scale.measure()
        await booth.until(lambda: booth.packets("2A9D"))
        measuring.cancel()

    reasons = [event.reason for event in booth.all(Ended) if event.address == cuff.address]
    assert reasons[:2] == [EndReason.HUNG_UP, EndReason.BOND_LOST]
    detail = next(event.detail for event in booth.all(Ended) if event.reason is EndReason.BOND_LOST)
    assert detail is not None
    assert "PIN or Key Missing" in detail


async def test_a_failing_device_is_left_alone_for_longer_each_time() -> None:
    cuff, clock = _cuff(window_s=30.0), asyncio.get_running_loop().time
    deadlines = replace(BRISK, backoff_s=0.1, backoff_max_s=0.4)

    def now() -> datetime:  # a wall clock may be set meanwhile
        return datetime.fromtimestamp(clock(), UTC)

    async with listening([cuff], deadlines=deadlines, now=now) as booth:
        await cuff.measure()
        await booth.until_ended()
        await cuff.forget_bonds()
        measuring = asyncio.create_task(cuff.measure())
        await booth.until(lambda: len(booth.all(Appeared)) == 6)
        measuring.cancel()

    failed = [event for event in booth.all(Ended) if not event.reason.well]
    again = [event.at for event in booth.all(Appeared)[2:]]
    rests = [back - event.at for event, back in zip(failed, again, strict=False)]
    assert [rest >= timedelta(seconds=least) for rest, least in zip(rests, (0.1, 0.2, 0.4, 0.4), strict=True)] == [
        True
    ] * 4


async def test_a_booth_that_cannot_keep_a_reading_stops_taking_them() -> None:
    cuff = _cuff(window_s=1.0)

    async def full(event: DeviceEvent) -> None:
        if isinstance(event, Indicated):
            raise OSError("no space left on device")

    async with VirtualRadio([cuff]) as virtual:
        radio = Radio(scanner_backend=virtual.scanner_backend, client_backend=virtual.client_backend, deadlines=BRISK)
        measuring = asyncio.create_task(cuff.measure())
        with pytest.raises(ExceptionGroup) as stopped:
            await radio.run(full)
        assert stopped.group_contains(OSError, match="no space left")
        await measuring


async def test_a_session_that_would_never_end_is_ended() -> None:
    oximeter = Oximeter(every_s=0.02, live_packets=100, window_s=2.0)
    async with listening([oximeter], deadlines=replace(BRISK, session_s=0.3)) as booth:
        using = asyncio.create_task(oximeter.measure())
        await booth.until_ended()
        using.cancel()

    ended = booth.all(Ended)[0]
    assert ended.reason is EndReason.TIMEOUT
    assert ended.detail == "still talking after 0.3 s"


async def test_nothing_is_left_running_afterwards() -> None:
    before = asyncio.all_tasks()
    cuff, oximeter = _cuff(), Oximeter(every_s=0.02)
    async with listening([cuff, oximeter]) as booth:
        using = asyncio.create_task(oximeter.measure())
        await cuff.measure()
        await booth.until(lambda: booth.packets("2A5F"))
        using.cancel()
        await asyncio.wait([using])
    await asyncio.sleep(0.05)
    assert asyncio.all_tasks() == before
