"""Every fault of BlueZ that is known from the field, over the virtual radio.

The same faults on bleak's own BlueZ backend: tests/devices/bluez/test_faults.py. The table: docs/bluetooth.md.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import Any

from gateway.devices.session import Connected, Deaf, DeviceEvent, Ended, EndReason, Listening, Mended
from gateway.devices.virtual import Cuff, Oximeter, Scale
from tests.peers import troubled_radio as trouble
from tests.peers.listener import BRISK
from tests.peers.troubled_radio import FIRST, SECOND, pairing_by, troubled_radio


def _cuff(**options: Any) -> Cuff:
    return Cuff(inflates_s=0.1, live_packets=5, window_s=8.0, **options)


@dataclass
class _Reader:
    """Somebody at the desk who types what the device shows, or something else."""

    types: asyncio.Future[str]
    mistaken: bool = False

    def reads(self, shown: str) -> None:
        if not self.types.done():
            self.types.set_result(shown)

    def show(self, address: str, passkey: str) -> None:
        raise AssertionError(f"{address} has a display of its own, {passkey}")

    async def ask(self, address: str) -> str | None:  # noqa: ARG002 - a Desk's
        shown = await self.types
        return f"{(int(shown) + self.mistaken) % 1_000_000:06}"

    def clear(self, address: str) -> None:
        """Nothing is shown."""


async def _paired_by_passkey(*, mistaken: bool) -> EndReason:
    cuff = _cuff()
    async with troubled_radio([cuff]) as (_, booth):
        reader = _Reader(asyncio.get_running_loop().create_future(), mistaken=mistaken)
        pairing_by(booth.virtual, cuff, reader, read=reader.reads)
        measuring = asyncio.create_task(cuff.measure())
        await booth.until_ended()
        measuring.cancel()
        return booth.all(Ended)[0].reason


async def test_a_passkey_that_the_device_shows_is_typed_at_the_booth() -> None:
    assert await _paired_by_passkey(mistaken=False) is EndReason.HUNG_UP


async def test_a_passkey_that_is_mistyped_makes_no_bond() -> None:
    assert await _paired_by_passkey(mistaken=True) is EndReason.PAIRING_FAILED


async def test_in_progress_is_met_again() -> None:
    cuff = _cuff()
    async with troubled_radio([cuff]) as (host, booth):
        host.faults["connect"].extend([trouble.in_progress] * 2)
        record = await cuff.measure()
        await booth.until(lambda: booth.packets("2A35") == [record])
        assert [event.reason for event in booth.all(Ended)][:2] == [EndReason.UNREACHABLE] * 2
        assert host.mended[:2] == [cuff.address] * 2


async def test_an_abort_by_local_is_met_again() -> None:
    cuff = _cuff()
    async with troubled_radio([cuff]) as (host, booth):
        host.faults["connect"].append(trouble.abort_by_local)
        record = await cuff.measure()
        await booth.until(lambda: booth.packets("2A35") == [record])
        assert booth.all(Ended)[0].reason is EndReason.UNREACHABLE


async def test_a_missed_disconnect_ends_by_silence_and_is_mended() -> None:
    scale = Scale(window_s=8.0)
    async with troubled_radio([scale]) as (host, booth):

        async def vanish(event: DeviceEvent) -> None:
            if isinstance(event, Connected) and not booth.all(Ended):
                host.faults["disconnect"].append(trouble.never)
                booth.virtual.vanish(scale.address)

        booth.first = vanish
        weighing = asyncio.create_task(scale.measure())
        await booth.until(lambda: booth.all(Mended))
        assert host.mended == [scale.address]
        booth.virtual.come_back(scale.address)
        record = await weighing
        await booth.until(lambda: booth.packets("2A9D") == [record])


async def test_a_restart_of_the_service_ends_the_session_at_once_and_the_device_is_met_again() -> None:
    cuff = _cuff(bonded=False)
    async with troubled_radio([cuff]) as (host, booth):
        measuring = asyncio.create_task(cuff.measure())
        await booth.until(lambda: booth.packets("2A36"))
        await host.restart()
        await booth.until_ended()
        assert booth.all(Ended)[0].reason is EndReason.CUT
        record = await measuring
        await booth.until(lambda: booth.packets("2A35") == [record])
        assert len(booth.all(Listening)) == 2


async def test_a_device_that_was_removed_in_a_session_is_met_again() -> None:
    cuff = _cuff(bonded=False)
    async with troubled_radio([cuff]) as (host, booth):
        measuring = asyncio.create_task(cuff.measure())
        await booth.until(lambda: booth.packets("2A36"))
        await host.remove(cuff.address)
        await booth.until_ended()
        assert booth.all(Ended)[0].reason is EndReason.CUT
        record = await measuring
        await booth.until(lambda: booth.packets("2A35") == [record])


async def test_a_device_that_was_removed_before_the_connection_is_met_again() -> None:
    cuff = _cuff()
    async with troubled_radio([cuff]) as (host, booth):
        host.faults["connect"].append(trouble.not_found)
        record = await cuff.measure()
        await booth.until(lambda: booth.packets("2A35") == [record])
        assert booth.all(Ended)[0].reason is EndReason.UNREACHABLE


async def test_an_adapter_that_is_switched_off_and_on_again_is_used_again() -> None:
    cuff = _cuff(bonded=False)
    async with troubled_radio([cuff]) as (host, booth):
        measuring = asyncio.create_task(cuff.measure())
        await booth.until(lambda: booth.packets("2A36"))
        await host.off(FIRST)
        await booth.until(lambda: booth.all(Deaf) and booth.all(Ended))
        assert booth.all(Ended)[0].reason is EndReason.CUT
        await host.on(FIRST)
        record = await measuring
        await booth.until(lambda: booth.packets("2A35") == [record])


async def test_the_second_adapter_takes_over() -> None:
    cuff = _cuff(bonded=False)
    async with troubled_radio([cuff], adapters=(FIRST, SECOND)) as (host, booth):
        measuring = asyncio.create_task(cuff.measure())
        await booth.until(lambda: booth.packets("2A36"))
        await host.off(FIRST)
        record = await measuring
        await booth.until(lambda: booth.packets("2A35") == [record])
        assert [event.adapter for event in booth.all(Listening)] == [FIRST, SECOND]


async def test_an_adapter_that_does_not_scan_comes_after_the_others() -> None:
    cuff = _cuff()
    async with troubled_radio([cuff], adapters=(FIRST, SECOND)) as (host, booth):
        host.faults["start"].append(trouble.not_ready)
        record = await cuff.measure()
        await booth.until(lambda: booth.packets("2A35") == [record])
        assert [event.adapter for event in booth.all(Deaf)] == [FIRST]
        assert [event.adapter for event in booth.all(Listening)] == [SECOND]


async def test_the_only_adapter_is_tried_for_ever() -> None:
    cuff = _cuff()
    async with troubled_radio([cuff]) as (host, booth):
        host.faults["start"].extend([trouble.not_ready] * 3)
        record = await cuff.measure()
        await booth.until(lambda: booth.packets("2A35") == [record])
        assert "Resource Not Ready" in booth.all(Deaf)[0].detail


async def test_a_connection_that_never_answers_nor_lets_go_ends_and_the_device_is_met_again() -> None:
    cuff = _cuff()
    async with troubled_radio([cuff]) as (host, booth):
        host.faults["connect"].append(trouble.never_let_go)
        record = await cuff.measure()
        await booth.until(lambda: booth.packets("2A35") == [record])
        assert booth.all(Ended)[0].reason is EndReason.UNREACHABLE


async def test_a_read_that_never_answers_ends_at_our_deadline_and_the_device_is_met_again() -> None:
    cuff = _cuff()
    async with troubled_radio([cuff]) as (host, booth):
        host.faults["read_gatt_char"].append(trouble.never)
        record = await cuff.measure()
        await booth.until(lambda: booth.packets("2A35") == [record])
        assert booth.all(Ended)[0].reason is EndReason.TIMEOUT


async def test_a_burst_before_the_subscription_is_answered_is_heard_whole() -> None:
    oximeter = Oximeter(every_s=0.01, live_packets=8)
    async with troubled_radio([oximeter]) as (host, booth):
        host.faults["start_notify"].extend([trouble.answer_late] * 2)
        record = await oximeter.measure()
        await booth.until_ended()
        assert len(booth.packets("2A5F")) == 8
        assert booth.packets("2A5E") == [record]


async def test_a_stale_bond_is_recognised_and_the_scan_goes_on() -> None:
    cuff, scale = _cuff(), Scale()
    async with troubled_radio([cuff, scale]) as (_, booth):
        await cuff.measure()
        await booth.until_ended()
        await cuff.forget_bonds()
        measuring = asyncio.create_task(cuff.measure())
        await booth.until_ended(2)
        assert booth.all(Ended)[1].reason is EndReason.BOND_LOST
        weight = await scale.measure()
        await booth.until(lambda: booth.packets("2A9D") == [weight])
        measuring.cancel()


async def test_a_scan_that_has_fallen_asleep_is_begun_anew() -> None:
    async with troubled_radio([_cuff()], deadlines=replace(BRISK, rescan_s=0.05)) as (_, booth):
        await booth.until(lambda: len(booth.all(Listening)) >= 3)
        assert not booth.all(Deaf)
