"""Every fault of BlueZ that is known from the field, on bleak's unmodified BlueZ backend.

The same faults over the virtual radio: tests/devices/radio/test_bluez_faults.py. The table: docs/bluetooth.md.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from gateway.devices.session import Connected, Deaf, DeviceEvent, Ended, EndReason, Listening, Mended
from gateway.devices.virtual import Cuff, Oximeter, Scale
from tests.peers.bluez import faults
from tests.peers.bluez.booth import PATIENT, bluez_booth
from tests.peers.bluez.daemon import FIRST, SECOND
from tests.peers.bluez.tree import DEVICE


def _cuff(**options: Any) -> Cuff:
    return Cuff(inflates_s=0.1, live_packets=5, window_s=8.0, **options)


async def test_a_cuff_is_bonded_by_our_agent_and_read() -> None:
    cuff = _cuff()
    async with bluez_booth([cuff]) as booth:
        record = await cuff.measure()
        await booth.heard.until_ended()
        assert booth.heard.packets("2A35") == [record]
        assert [bond.address for bond in booth.host.bonds()] == [cuff.address]


async def test_nobody_bonds_without_an_agent() -> None:
    cuff = _cuff()
    async with bluez_booth([cuff]) as booth:
        await booth.heard.until(lambda: booth.heard.all(Listening))
        booth.bluez.agents.clear()
        measuring = asyncio.create_task(cuff.measure())
        await booth.heard.until_ended()
        assert booth.reasons()[0] is EndReason.PAIRING_FAILED
        measuring.cancel()


@pytest.mark.parametrize("security", ["display", "confirm"])
async def test_a_passkey_is_shown_on_the_kiosk_while_the_device_bonds(security: str) -> None:
    cuff = _cuff()
    async with bluez_booth([cuff], security=security, passkey=1234) as booth:
        record = await cuff.measure()
        await booth.heard.until_ended()
        assert booth.heard.packets("2A35") == [record]
        assert booth.kiosk.shown == [(cuff.address, "001234")]
        await booth.kiosk.cleared.wait()
        assert not booth.kiosk.showing


@pytest.mark.parametrize(("typed", "ends"), [("271828", EndReason.HUNG_UP), ("1", EndReason.PAIRING_FAILED)])
async def test_a_passkey_that_the_device_shows_is_typed_at_the_booth(typed: str, ends: EndReason) -> None:
    cuff = _cuff()
    async with bluez_booth([cuff], security="enter") as booth:
        booth.kiosk.types = typed
        measuring = asyncio.create_task(cuff.measure())
        await booth.heard.until_ended()
        assert booth.reasons()[0] is ends
        measuring.cancel()


async def test_a_device_that_wants_a_passkey_where_nobody_types_is_refused_and_does_not_stop_the_booth() -> None:
    cuff, scale = _cuff(), Scale()
    async with bluez_booth([cuff, scale], security="enter") as booth:
        measuring = asyncio.create_task(cuff.measure())
        await booth.heard.until_ended()
        assert booth.reasons()[0] is EndReason.PAIRING_FAILED
        weight = await scale.measure()
        await booth.heard.until(lambda: booth.heard.packets("2A9D") == [weight])
        measuring.cancel()


async def test_a_stranger_who_wants_to_bond_is_turned_away() -> None:
    cuff = _cuff()
    async with bluez_booth([cuff]) as booth:
        await booth.heard.until(lambda: booth.heard.all(Listening) and booth.bluez.agents)
        stranger = "/org/bluez/hci0/dev_66_66_66_66_66_66"
        with pytest.raises(Exception, match="AuthenticationRejected"):
            await booth.bluez.ask_agent("RequestConfirmation", "ou", stranger, 123456)
        assert not booth.kiosk.shown


async def test_in_progress_is_met_again() -> None:
    cuff = _cuff()
    async with bluez_booth([cuff]) as booth:
        booth.bluez.faults["Connect"].extend([faults.in_progress] * 2)
        record = await cuff.measure()
        await booth.heard.until(lambda: booth.heard.packets("2A35") == [record])
        assert booth.reasons()[:2] == [EndReason.UNREACHABLE] * 2


async def test_an_abort_by_local_with_a_flap_is_tried_again_at_once() -> None:
    cuff = _cuff()
    async with bluez_booth([cuff]) as booth:
        booth.bluez.faults["Connect"].extend([faults.abort_after_a_flap] * 2)
        record = await cuff.measure()
        await booth.heard.until_ended()
        assert booth.heard.packets("2A35") == [record]
        assert booth.reasons() == [EndReason.HUNG_UP]


async def test_an_abort_by_local_without_a_flap_ends_at_our_deadline_and_is_met_again() -> None:
    cuff = _cuff()
    async with bluez_booth([cuff], deadlines=replace(PATIENT, connect_s=0.4)) as booth:
        booth.bluez.faults["Connect"].append(faults.abort)
        record = await cuff.measure()
        await booth.heard.until(lambda: booth.heard.packets("2A35") == [record])
        assert booth.reasons()[0] is EndReason.UNREACHABLE


async def test_a_missed_disconnect_ends_by_silence_and_a_device_without_bond_is_removed() -> None:
    scale = Scale(window_s=8.0)
    async with bluez_booth([scale]) as booth:

        async def deafen(event: DeviceEvent) -> None:
            if isinstance(event, Connected) and not booth.heard.all(Ended):
                remote = booth.bluez.remotes[booth.bluez.path_of(scale)]
                remote.deaf = True
                booth.bluez.faults["Disconnect"].extend([faults.nothing] * 2)
                booth.heard.virtual.vanish(scale.address)

        booth.heard.first = deafen
        weighing = asyncio.create_task(scale.measure())
        await booth.heard.until_ended()
        await booth.heard.until(lambda: booth.heard.all(Mended))
        assert "removed from its list" in booth.heard.all(Mended)[0].detail
        booth.heard.virtual.come_back(scale.address)
        record = await weighing
        await booth.heard.until(lambda: booth.heard.packets("2A9D") == [record])


async def test_a_missed_disconnect_of_a_bonded_device_is_repaired_by_switching_the_adapter_off_and_on() -> None:
    cuff = _cuff()
    async with bluez_booth([cuff]) as booth:
        await cuff.measure()
        await booth.heard.until_ended()

        async def deafen(event: DeviceEvent) -> None:
            if isinstance(event, Connected) and len(booth.heard.all(Ended)) == 1:
                booth.bluez.remotes[booth.bluez.path_of(cuff)].deaf = True
                booth.bluez.faults["Disconnect"].extend([faults.nothing] * 2)
                booth.heard.virtual.vanish(cuff.address)

        booth.heard.first = deafen
        measuring = asyncio.create_task(cuff.measure())
        await booth.heard.until(lambda: booth.heard.all(Mended))
        assert "switched off and on" in booth.heard.all(Mended)[0].detail
        booth.heard.virtual.come_back(cuff.address)
        record = await measuring
        await booth.heard.until(lambda: booth.heard.packets("2A35")[1:] == [record])
        assert [bond.address for bond in booth.host.bonds()] == [cuff.address], "the bond outlives the repair"


async def test_a_restart_of_the_daemon_between_sessions_is_noticed_and_the_scan_goes_on() -> None:
    cuff = _cuff()
    async with bluez_booth([cuff]) as booth:
        first = await cuff.measure()
        await booth.heard.until_ended()
        await booth.bluez.restart()
        await booth.heard.until(lambda: len(booth.heard.all(Listening)) == 2)
        second = await cuff.measure()
        await booth.heard.until(lambda: booth.heard.packets("2A35") == [first, second])
        assert "restarted" in booth.heard.all(Deaf)[0].detail
        assert len(booth.bluez.agents) == 1, "the agent has to be registered again"


async def test_a_restart_of_the_daemon_in_a_session_ends_it_at_once_and_the_device_is_met_again() -> None:
    cuff = _cuff(bonded=False)
    async with bluez_booth([cuff]) as booth:
        measuring = asyncio.create_task(cuff.measure())
        await booth.heard.until(lambda: booth.heard.packets("2A36"))
        await booth.bluez.restart()
        await booth.heard.until_ended()
        assert booth.reasons() == [EndReason.CUT]
        record = await measuring
        await booth.heard.until(lambda: booth.heard.packets("2A35") == [record])


async def test_a_device_that_was_removed_in_a_session_is_met_again() -> None:
    cuff = _cuff(bonded=False)
    async with bluez_booth([cuff]) as booth:
        measuring = asyncio.create_task(cuff.measure())
        await booth.heard.until(lambda: booth.heard.packets("2A36"))
        await booth.host.forget(cuff.address)
        await booth.heard.until_ended()
        assert not booth.reasons()[0].well
        record = await measuring
        await booth.heard.until(lambda: booth.heard.packets("2A35") == [record])


async def test_an_adapter_that_is_switched_off_and_on_again_is_used_again() -> None:
    cuff = _cuff(bonded=False)
    async with bluez_booth([cuff]) as booth:
        measuring = asyncio.create_task(cuff.measure())
        await booth.heard.until(lambda: booth.heard.packets("2A36"))
        await booth.bluez.switch(0, on=False)
        await booth.heard.until(lambda: booth.heard.all(Deaf) and booth.heard.all(Ended))
        assert not booth.reasons()[0].well
        assert "off or gone" in booth.heard.all(Deaf)[0].detail
        await booth.bluez.switch(0, on=True)
        record = await measuring
        await booth.heard.until(lambda: booth.heard.packets("2A35") == [record])


async def test_the_second_adapter_takes_over_from_one_that_is_pulled_out() -> None:
    cuff = _cuff(bonded=False)
    async with bluez_booth([cuff], adapters=(FIRST, SECOND), prefer=(FIRST,)) as booth:
        measuring = asyncio.create_task(cuff.measure())
        await booth.heard.until(lambda: booth.heard.packets("2A36"))
        booth.bluez.unplug(0)
        record = await measuring
        await booth.heard.until(lambda: booth.heard.packets("2A35") == [record])
        assert [event.adapter for event in booth.heard.all(Listening)] == [FIRST, SECOND]


async def test_the_second_adapter_takes_over_from_one_that_does_not_scan() -> None:
    cuff = _cuff()
    async with bluez_booth([cuff], adapters=(FIRST, SECOND), prefer=(FIRST,)) as booth:
        booth.bluez.faults["StartDiscovery"].append(faults.not_ready)
        record = await cuff.measure()
        await booth.heard.until(lambda: booth.heard.packets("2A35") == [record])
        assert [event.adapter for event in booth.heard.all(Deaf)] == [FIRST]
        assert [event.adapter for event in booth.heard.all(Listening)] == [SECOND]


async def test_adapters_are_told_by_address_whatever_number_they_get() -> None:
    cuff = _cuff()
    async with bluez_booth([cuff], adapters=(FIRST, SECOND), prefer=(SECOND,)) as booth:
        record = await cuff.measure()
        await booth.heard.until(lambda: booth.heard.packets("2A35") == [record])
        assert [event.adapter for event in booth.heard.all(Listening)] == [SECOND]
        assert booth.bluez.tree.has(booth.bluez.path_of(cuff, 1), DEVICE, "Paired")


async def test_a_read_that_never_answers_ends_at_our_deadline_and_the_device_is_met_again() -> None:
    cuff = _cuff()
    async with bluez_booth([cuff]) as booth:
        booth.bluez.faults["ReadValue"].append(faults.never)
        record = await cuff.measure()
        await booth.heard.until(lambda: booth.heard.packets("2A35") == [record])
        assert booth.reasons()[0] is EndReason.TIMEOUT
        assert "no answer within 1 s" in str(booth.heard.all(Ended)[0].detail)


async def test_a_burst_before_the_subscription_is_answered_is_heard_whole() -> None:
    oximeter = Oximeter(every_s=0.01, live_packets=8)
    async with bluez_booth([oximeter]) as booth:
        booth.bluez.faults["StartNotify"].extend([faults.answer_late] * 2)
        record = await oximeter.measure()
        await booth.heard.until_ended()
        assert len(booth.heard.packets("2A5F")) == 8
        assert booth.heard.packets("2A5E") == [record]


async def test_a_stale_bond_is_recognised_and_the_device_can_be_paired_anew_once_forgotten() -> None:
    cuff, scale = _cuff(), Scale()
    async with bluez_booth([cuff, scale]) as booth:
        first = await cuff.measure()
        await booth.heard.until_ended()
        await cuff.forget_bonds()
        measuring = asyncio.create_task(cuff.measure())
        await booth.heard.until_ended(2)
        assert booth.reasons()[1] is EndReason.BOND_LOST
        weight = await scale.measure()
        await booth.heard.until(lambda: booth.heard.packets("2A9D") == [weight])
        assert await booth.host.forget(cuff.address)
        second = await measuring
        await booth.heard.until(lambda: booth.heard.packets("2A35") == [first, second])
