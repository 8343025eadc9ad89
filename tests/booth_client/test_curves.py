"""Curves reach the physician piece by piece and the record stretch by stretch, and are nobody's without a visit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from booth_client import ledger as rows
from booth_client.config import HomeSettings, VirtualRadioSettings, Who
from booth_client.curves import CurveKeeper, Piece, pieces
from booth_client.journey import Device
from booth_client.ledger import Booth, Ledger, Visit
from gateway import outbox
from gateway.database import Database, open_database, open_keyring
from gateway.devices.events import Ended, EndReason, Indicated
from gateway.devices.heart_rate import HeartRateMeasurement
from gateway.devices.reading import DeviceIdentity, Kind, Name, Reading, Series, Special, Unit
from gateway.devices.virtual import Ring, Strap
from gateway.devices.waveform import STRETCHES, Curves, length, series_of
from gateway.fhir.observation import observation
from gateway.fhir.validation import check
from tests.peers.listener import BRISK, listening
from tests.peers.patience import PATIENCE
from tests.peers.town import PERSONA, Town, town

T0 = datetime(2026, 3, 3, 14, 5, tzinfo=UTC)
STRAP = DeviceIdentity(address="F0:54:42:06:00:01")
BOOTH = Booth(
    device_id="6c3a3b5e-55b1-4a4e-9d12-0b6f8e0f1a01",
    name="caudry-mairie",
    location="Mairie de Caudry",
    software_version="0.1.0",
    system_id="0254420000000001",
)
VISIT = Visit(
    id="7e0c7a52-0c4c-4f0b-8a3e-1d5f0b9c2a11",
    patient_id="e9d4f7a0-5a44-4b8c-9a55-2f3f5b7a6c22",
    started=T0 - timedelta(days=900),
    consented=True,
)


@dataclass
class Desk:
    """A keeper of curves with a ledger on disk, and all that it shows."""

    database: Database
    ledger: Ledger
    visit: Visit | None = VISIT
    drawn: list[Piece] = field(default_factory=list)
    shared: list[tuple[Reading, str]] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.keeper = CurveKeeper(
            self.ledger,
            visit=lambda: self.visit,
            draw=self.drawn.append,
            share=lambda readings, device, _at: self.shared.extend((each, device) for each in readings),
            unsaved=self.lost.append,
        )

    async def letters(self) -> int:
        kept = text("select count(*) from outbox where path like 'Observation/%'")
        return int(await self.database.look(lambda connection: connection.execute(kept).scalar_one()))

    async def beats(self, *intervals: int, after_s: float = 0.0, connection: str = "1") -> None:
        value = HeartRateMeasurement(hr=70, contact=True, rr=intervals).encode()
        at = T0 + timedelta(seconds=after_s)
        event = Indicated(device=STRAP, connection=connection, characteristic="2A37", value=value, at=at)
        await self.keeper.receive(event)


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Desk]:
    async with (
        open_keyring(f"sqlite:///{folder}/keys.db", folder / "kek") as keyring,
        open_database(f"sqlite:///{folder}/booth.db", rows.METADATA, outbox.METADATA) as database,
    ):
        yield Desk(database, Ledger(database, keyring, booth=BOOTH, wake=asyncio.Event()))


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with opened(tmp_path) as made:
        yield made


async def test_a_straps_beats_are_drawn_one_by_one_where_they_were(desk: Desk) -> None:
    strap = Strap(every_s=0.1, live_packets=30)
    async with listening([strap]) as booth:
        booth.first = desk.keeper.receive
        await strap.measure(pulse=75)
        await booth.until_ended()

    intervals = [rr for packet in booth.decoded("2A37") for rr in getattr(packet, "rr", None) or ()]
    assert len(desk.drawn) == len(intervals) >= 3
    assert {(piece.name, piece.unit) for piece in desk.drawn} == {(Name.RR_INTERVAL, Unit.MILLISECOND)}
    drawn = [piece.samples[0] for piece in desk.drawn]
    assert drawn == [(Decimal(rr) * 1000 / 1024).quantize(Decimal("0.1")) for rr in intervals]
    assert {device for _, device in desk.shared} == {"strap"}
    assert all(not reading.stored for reading, _ in desk.shared), "the rate is shown and not kept"
    assert await desk.letters() == 1, "the beats of the session are one curve"


async def test_beats_of_one_packet_end_as_far_apart_as_they_were_long(desk: Desk) -> None:
    await desk.beats(1024, 512, 2048)
    ends = [piece.first_at for piece in desk.drawn]
    assert ends[-1] == T0
    assert [(later - one) / timedelta(milliseconds=1) for one, later in pairwise(ends)] == [500, 2000]


async def test_a_pulse_wave_is_drawn_and_kept_in_stretches(desk: Desk) -> None:
    ring = Ring(live_packets=3)
    async with listening([ring], deadlines=replace(BRISK, silence_s=2.0)) as booth:
        booth.first = desk.keeper.receive
        await ring.measure()
        await booth.until_ended()
    assert len(desk.drawn) == 3
    assert {(piece.name, piece.period) for piece in desk.drawn} == {(Name.PLETH, timedelta(milliseconds=8))}
    wave = [sample for piece in desk.drawn for sample in piece.samples if isinstance(sample, Decimal)]
    assert 30 < min(wave) < max(wave) < 170
    assert await desk.letters() == 1


async def test_long_curves_are_kept_every_minute_and_the_rest_at_the_end(desk: Desk) -> None:
    for second in range(150):
        await desk.beats(1024, after_s=second)
    assert await desk.letters() == 2
    await desk.keeper.receive(_ended())
    assert await desk.letters() == 3


def _ended() -> Ended:
    return Ended(address=STRAP.address, reason=EndReason.HUNG_UP, at=T0)


async def test_what_comes_without_a_visit_is_nobodys(desk: Desk) -> None:
    desk.visit = None
    await desk.beats(1000, 900)
    await desk.keeper.receive(_ended())
    assert (desk.drawn, desk.shared, await desk.letters()) == ([], [], 0)


async def test_the_beats_of_one_person_never_end_in_the_curve_of_the_next(desk: Desk) -> None:
    await desk.beats(1000, 900)
    desk.visit = replace(
        VISIT, id="00000000-0000-4000-8000-000000000002", patient_id="00000000-0000-4000-8000-0000000000aa"
    )
    await desk.beats(700, after_s=5)
    await desk.keeper.receive(_ended())
    assert await desk.letters() == 1
    assert desk.drawn[-1].samples == (Decimal("683.6"),)


async def test_a_gap_is_a_gap_and_a_curve_without_contact_is_none() -> None:
    series = Series(
        name=Name.PLETH,
        unit=Unit.DIMENSIONLESS,
        factor=Decimal(1),
        samples=(5, None, 7),
        period=timedelta(milliseconds=8),
    )
    (piece,) = pieces(series, at=T0)
    assert piece.samples == (Decimal(5), Special.NAN, Decimal(7))
    assert piece.first_at == T0 - timedelta(milliseconds=16)
    assert series_of(HeartRateMeasurement(hr=70, contact=False, rr=(1000,))) is None
    assert series_of(HeartRateMeasurement(hr=70)) is None


def _observed(series: Series) -> dict[str, Any]:
    kind, _ = STRETCHES[series.name]
    found = observation(
        Reading(kind=kind, measures=(), series=series),
        id="00000000-0000-4000-8000-000000000001",
        patient="Patient/1",
        device="Device/1",
        gateway_device="Device/2",
        effective=T0,
        device_key="A",
    )
    check(found)
    return found


def test_a_curve_is_an_observation_of_sampled_data() -> None:
    wave = Series(
        name=Name.PLETH,
        unit=Unit.DIMENSIONLESS,
        factor=Decimal(1),
        samples=(80, None, 120),
        period=timedelta(milliseconds=8),
    )
    found = _observed(wave)
    assert found["code"]["coding"][0]["code"] == "150452"
    assert found["meta"]["profile"] == ["http://hl7.org/fhir/uv/phd/StructureDefinition/PhdRtsaObservation"]
    assert found["effectivePeriod"] == {"start": "2026-03-03T14:05:00+00:00", "end": "2026-03-03T14:05:00.024+00:00"}
    data = found["valueSampledData"]
    assert (data["period"], data["factor"], data["dimensions"], data["data"]) == (8, 1, 1, "80 E 120")
    assert data["origin"]["code"] == "1"


def test_beats_carry_the_times_at_which_they_ended() -> None:
    beats = Series(
        name=Name.RR_INTERVAL, unit=Unit.MILLISECOND, factor=Decimal(1000) / 1024, samples=(1024, 512), period=None
    )
    data = _observed(beats)["valueSampledData"]
    said = {each["url"].rpartition(".")[2]: each for each in data["extension"]}
    assert said["intervalUnit"]["valueCode"] == "ms"
    assert said["offsets"]["valueString"] == "1000.0 1500.0"
    assert data["data"] == "1024 512"
    assert data["period"] == Decimal("750.0"), "the mean, for who does not know the extension"
    assert data["factor"] * 1024 == 1000
    assert length(beats) == timedelta(seconds=1.5)


def test_another_connection_begins_another_stretch() -> None:
    curves = Curves()
    beats = Series(name=Name.RR_INTERVAL, unit=Unit.MILLISECOND, factor=Decimal(1), samples=(900,), period=None)
    first = Indicated(device=STRAP, connection="1", characteristic="2A37", value=b"\x01", at=T0)
    assert curves.take(first, beats) is None
    done = curves.take(replace(first, connection="2", value=b"\x02"), beats)
    assert done is not None
    assert (done.event.value, done.reading.kind) == (b"\x01", Kind.RR_INTERVALS)


async def _until(here: Town, query: str, good: Callable[[list[dict[str, Any]]], Any]) -> list[dict[str, Any]]:
    async with asyncio.timeout(PATIENCE):
        while not good(resources := await here.search(query)):
            await asyncio.sleep(0.2)
    return resources


async def test_a_glucometers_memory_and_a_straps_beats_arrive_at_the_gateway(tmp_path: Path) -> None:
    patient = "0b0f4b7e-6c7a-4a3e-9d55-0d4d2a3c4b5e"
    async with town(
        tmp_path,
        virtual=VirtualRadioSettings(hands=False, persona=PERSONA, others=("glucometer+history", "strap")),
        patient=Who.HOME,
        home=HomeSettings(patient=patient),
        devices=(Device.SCALE,),
    ) as here:
        strips = await _until(here, "Observation?code=2345-7&_count=50", lambda found: len(found) == 21)
        curves = await _until(here, "Observation?code=urn:iso:std:iso:11073:10101|147240", len)
    assert {strip["subject"]["reference"] for strip in (*strips, *curves)} == {f"Patient/{patient}"}
    assert len({strip["effectiveDateTime"] for strip in strips}) == 21
    assert all(strip["valueQuantity"]["code"] == "mg/dL" for strip in strips)
    beats = curves[0]["valueSampledData"]["data"].split()
    assert len(beats) >= 5
    assert all(500 < int(beat) < 1500 for beat in beats)
