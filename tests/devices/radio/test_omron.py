"""An Omron's memory, read by its maker's own protocol over the virtual radio: once into the ledger, never written."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from booth_client import ledger as rows
from booth_client.config import Equipment
from booth_client.journey import Act, Device, Result
from booth_client.ledger import Booth, Ledger, Visit
from booth_client.measure import Measurements
from gateway import outbox
from gateway.database import open_database, open_keyring
from gateway.devices.dialogue import Dialogue
from gateway.devices.errors import NotLetIn, RadioError
from gateway.devices.events import ClockRead, Ended, EndReason, Indicated
from gateway.devices.vendors.omron_frame import OmronFrame
from gateway.devices.vendors.omron_memory import LAYOUTS, MEMORIES, TOLD, UNLOCK
from gateway.devices.virtual import OmronCuff
from gateway.devices.virtual.backend import VirtualClient
from gateway.devices.virtual.omron import KEY
from tests.peers.bluez.booth import PATIENT, bluez_booth
from tests.peers.listener import Listener, listening

ADDRESS = OmronCuff().address
DIALOGUES = {ADDRESS.lower(): partial(MEMORIES["HEM-7322T"], KEY)}
RECORD = "OMRON+HEM-7322T"
END = 0x0F
"""The type of the last question's frame."""
BOOTH = Booth(
    device_id="6c3a3b5e-55b1-4a4e-9d12-0b6f8e0f1a01",
    name="caudry-mairie",
    location="Mairie de Caudry",
    software_version="0.1.0",
    system_id="0254420000000001",
)


@dataclass
class Keeper:
    """A booth's ledger with somebody's visit, and what the journey is told."""

    ledger: Ledger
    told: list[tuple[Act, Device]]

    def __post_init__(self) -> None:
        self.visit = Visit(
            id="7e0c7a52-0c4c-4f0b-8a3e-1d5f0b9c2a11",
            patient_id="e9d4f7a0-5a44-4b8c-9a55-2f3f5b7a6c22",
            started=datetime.now(UTC) - timedelta(seconds=2),
            consented=True,
        )
        self.measurements = Measurements(self.ledger, visit=lambda: self.visit, report=self._told)

    async def _told(self, act: Act, result: Result) -> None:
        self.told.append((act, result.device))

    @asynccontextmanager
    async def hears(self, cuff: OmronCuff) -> AsyncIterator[Listener]:
        async with listening([cuff], dialogues=DIALOGUES, deadlines=PATIENT, first=self.measurements.receive) as booth:
            yield booth


@pytest.fixture
async def keeper(tmp_path: Path) -> AsyncIterator[Keeper]:
    async with (
        open_keyring(f"sqlite:///{tmp_path}/keys.db", tmp_path / "kek") as keyring,
        open_database(f"sqlite:///{tmp_path}/booth.db", rows.METADATA, outbox.METADATA) as database,
    ):
        yield Keeper(Ledger(database, keyring, booth=BOOTH, wake=asyncio.Event()), told=[])


async def test_what_was_just_measured_is_the_visitors_and_the_rest_of_the_memory_is_set_aside_once(
    keeper: Keeper,
) -> None:
    cuff = OmronCuff(history=130)  # more than one user's hundred slots: the oldest are overwritten
    async with keeper.hears(cuff) as booth:
        record = await cuff.measure(systolic=134, diastolic=86, pulse=70)
        await booth.until_ended()
        assert booth.all(Ended)[0].reason is EndReason.COMPLETE
        assert len(booth.packets(RECORD)) == 100
        assert booth.packets(RECORD).count(record) == 1
    assert keeper.told == [(Act.SAVED, Device.CUFF)]
    assert await keeper.ledger.quarantine.count() == 99
    assert cuff.written == []

    async with keeper.hears(cuff) as booth:
        await cuff.measure(systolic=129, diastolic=81, pulse=71)
        await booth.until_ended()
    assert keeper.told == [(Act.SAVED, Device.CUFF)] * 2
    assert await keeper.ledger.quarantine.count() == 99, "what was read before is told by the ledger"


async def test_the_cuffs_clock_is_read_with_its_memory_and_puts_its_times_on_ours(keeper: Keeper) -> None:
    cuff = OmronCuff(clock_error=timedelta(days=-400))
    async with keeper.hears(cuff) as booth:
        await cuff.measure()
        await booth.until_ended()
        assert len(booth.all(ClockRead)) == 1
    assert keeper.told == [(Act.SAVED, Device.CUFF)]
    assert cuff.clock_error == timedelta(days=-400), "and it is not set"


async def test_a_reading_that_breaks_off_is_done_again_whole(keeper: Keeper) -> None:
    cuff = OmronCuff(history=20, window_s=20.0)
    async with keeper.hears(cuff) as booth:
        measuring = asyncio.create_task(cuff.measure())
        await booth.until(lambda: len(booth.packets(RECORD)) > 8)
        await cuff._hang_up()
        await measuring
        await booth.until_ended(2)
        assert booth.all(Ended)[0].reason is EndReason.LOST
        assert booth.all(Ended)[-1].reason is EndReason.COMPLETE
    assert [act for act, _ in keeper.told].count(Act.SAVED) == 1
    assert await keeper.ledger.quarantine.count() == 20


async def test_a_cuff_that_hangs_up_before_its_last_acknowledgement_is_back_was_read_whole(
    keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = VirtualClient.write_gatt_char

    async def late(client: VirtualClient, characteristic: Any, octets: Any, *, response: bool) -> None:
        await written(client, characteristic, octets, response)
        if bytes(octets)[1] == END:
            await asyncio.Event().wait()

    monkeypatch.setattr(
        VirtualClient, "write_gatt_char", lambda c, at, octets, response: late(c, at, octets, response=response)
    )
    cuff = OmronCuff(history=5)
    async with keeper.hears(cuff) as booth:
        await cuff.measure()
        await booth.until_ended()
        assert [event.reason for event in booth.all(Ended)] == [EndReason.COMPLETE]
    assert keeper.told == [(Act.SAVED, Device.CUFF)]
    assert await keeper.ledger.quarantine.count() == 5


@pytest.mark.parametrize(
    ("dialogues", "why"),
    [
        ({}, "where its settings name its `memory`"),
        ({ADDRESS: partial(MEMORIES["HEM-7322T"], bytes(16))}, "does not know the unlock_key"),
    ],
)
async def test_a_cuff_that_does_not_know_the_booth_gives_nothing_and_the_operator_reads_why(
    dialogues: dict[str, Callable[[], Dialogue]], why: str
) -> None:
    cuff = OmronCuff(window_s=8.0)
    async with listening([cuff], dialogues=dialogues) as booth:
        measuring = asyncio.create_task(cuff.measure())
        await booth.until_ended()
        measuring.cancel()
        await asyncio.wait([measuring])
        ended = booth.all(Ended)[0]
    assert ended.reason is EndReason.NO_CONSENT
    assert why in str(ended.detail)
    assert not booth.all(Indicated)


async def test_the_memory_is_read_on_bleaks_bluez_backend_too() -> None:
    cuff = OmronCuff(history=5, window_s=20.0)
    async with bluez_booth([cuff], radio={"dialogues": DIALOGUES}) as booth:
        record = await cuff.measure()
        await booth.heard.until_ended()
        assert booth.reasons() == [EndReason.COMPLETE]
        assert booth.heard.packets(RECORD)[-1] == record
        assert len(booth.heard.packets(RECORD)) == 6
        assert cuff.written == []


@pytest.mark.parametrize("model", LAYOUTS)
def test_a_model_is_asked_for_every_octet_of_every_record_and_for_nothing_else(model: str) -> None:
    layout, memory = LAYOUTS[model], bytes(range(256)) * 256
    reading = MEMORIES[model](None)
    step, asked, records = reading.begin(offers=frozenset()), 0, 0
    while not step.done:
        question = OmronFrame.decode(b"".join(octets for _, octets in step.writes))
        asked += question.kind == "read"
        data = memory[question.address : question.address + question.size] if question.kind == "read" else b"\0"
        kind = {"start": "started", "read": "was-read", "end": "ended"}[question.kind]
        octets = OmronFrame(kind=kind, address=question.address, size=len(data), data=data + b"\0").encode()
        for at, channel in zip(range(0, len(octets), 16), TOLD, strict=False):
            step = reading.take(channel, octets[at : at + 16])
        records += len(step.records)
    assert records == sum(slots for _, slots in layout.users)
    assert asked == sum(1 for _ in layout.questions())


def test_an_answer_to_another_question_ends_the_reading() -> None:
    reading = MEMORIES["HEM-7322T"](KEY)
    assert reading.begin(offers=frozenset({UNLOCK})).writes == ((UNLOCK, b"\x01" + KEY),)
    with pytest.raises(NotLetIn):
        reading.take(UNLOCK, b"\x81\x01")
    reading.take(UNLOCK, b"\x81\x00")
    with pytest.raises(RadioError, match="was-read"):
        reading.take(TOLD[0], OmronFrame(kind="was-read", size=1, data=b"\1").encode())
    with pytest.raises(RadioError, match="XOR"):
        reading.take(TOLD[0], bytes([8, 1, 2, 3, 4, 5, 6, 7]))


def test_the_settings_name_only_memories_that_are_known() -> None:
    listed = Equipment(name="Tensiomètre", address=ADDRESS, memory="HEM-7322T", unlock_key=KEY.hex())
    assert listed.dialogue is not None
    assert KEY.hex() not in repr(listed)
    with pytest.raises(ValueError, match="HEM-7361T"):
        Equipment(name="Tensiomètre", address=ADDRESS, memory="HEM-1")
    with pytest.raises(ValueError, match="32 hexadecimal digits"):
        Equipment(name="Tensiomètre", address=ADDRESS, memory="HEM-7322T", unlock_key="12")
