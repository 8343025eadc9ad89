"""Sessions that were captured play again, and nobody is in them."""

from __future__ import annotations

import asyncio
import io
import json
import stat
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import FileIO
from pathlib import Path

import pytest

from booth_client.capturing import _Writer, capturing
from gateway.devices.capture import read_capture
from gateway.devices.catalogue import decode
from gateway.devices.errors import MalformedPacket
from gateway.devices.events import ClockRead, Ended, Identified, Indicated
from gateway.devices.virtual import Analyser, Cuff, Glucometer, Scale, VirtualDevice, make
from gateway.devices.virtual.replay import replayed
from gateway.devices.virtual.simulate import simulate
from gateway.errors import SettingsError
from tests.peers.listener import listening
from tests.peers.patience import PATIENCE

Use = Callable[[], Awaitable[object]]


async def _captured(path: Path, devices: list[VirtualDevice], *uses: Use) -> None:
    """Use *devices* one after the other before a booth that captures into *path*."""
    async with capturing(path) as capture, listening(devices) as booth:
        assert capture is not None
        booth.first = capture
        for count, use in enumerate(uses, 1):
            await use()
            await booth.until_ended(count)


@pytest.fixture
async def captured(tmp_path: Path) -> Path:
    path = tmp_path / "capture.jsonl"
    cuff = Cuff(inflates_s=0.1, live_packets=3, clock_error=timedelta(days=-400), number=77)
    scale, glucometer = Scale(number=33), Glucometer(history=2, number=44)
    await _captured(
        path,
        [cuff, scale, glucometer],
        lambda: cuff.measure(systolic=187, diastolic=113, pulse=49, status=0b100, user_id=1),
        lambda: scale.measure(weight=Decimal("131.45")),
        lambda: glucometer.measure(glucose=311),
        lambda: cuff.measure(systolic=186, diastolic=112, pulse=51),
    )
    return path


async def test_a_capture_is_one_line_a_session_for_its_owner_alone(captured: Path) -> None:
    lines = captured.read_text().splitlines()
    assert json.loads(lines[0]) == {"teleborne_capture": 1}
    sessions = list(read_capture(lines))
    assert [session.number for session in sessions] == [1, 2, 3, 1]
    assert [session.ended for session in sessions] == ["hung-up", "hung-up", "complete", "hung-up"]
    assert stat.S_IMODE(captured.stat().st_mode) == 0o600
    assert sessions[0].clock_error_s is not None
    assert abs(sessions[0].clock_error_s + 400 * 86400) < 5
    assert sessions[3].began_ms >= sessions[2].began_ms > sessions[1].began_ms > sessions[0].began_ms == 0


async def test_nobody_is_in_a_capture(captured: Path) -> None:
    text = captured.read_text()
    cuff = Cuff(number=77)
    for own in (cuff.address, cuff.identity.serial, cuff.identity.system_id, cuff.name):
        assert own is not None
        assert own.lower() not in text.lower(), own
    numbers = {"systolic": 187, "diastolic": 113, "pulse": 49}
    today = datetime.now(UTC).year
    for session in read_capture(text.splitlines()):
        for packet in session.packets:
            assert packet.hex is not None
            shown = decode(packet.characteristic, bytes.fromhex(packet.hex)).to_json()
            assert not {name: shown[name] for name in numbers if shown.get(name) == numbers[name]}
            times = [str(shown[name]) for name in ("timestamp", "base_time") if name in shown]
            assert all(int(time[:4]) < today - 4 for time in times)
            assert float(str(shown.get("weight", 0))) < 120
            assert float(str(shown.get("concentration", 0))) < 0.0025


async def test_a_replayed_device_says_the_same_in_the_same_layout_as_if_it_were_today(captured: Path) -> None:
    recorded = list(read_capture(captured.read_text().splitlines()))
    devices = replayed(captured)
    assert [device.key for device in devices] == ["device 1", "device 2", "device 3"]
    async with listening(devices) as booth:
        for count, device in enumerate((*devices, devices[0]), 1):
            await device.measure()
            await booth.until_ended(count)

    by_device = {device.address: number for number, device in enumerate(devices, 1)}
    heard = [event for event in booth.events if isinstance(event, Ended)]
    assert [by_device[event.address] for event in heard] == [1, 2, 3, 1]
    said = [session for session in recorded for _ in session.packets]
    packets = [packet for session in recorded for packet in session.packets]
    indicated = booth.all(Indicated)
    assert [event.characteristic for event in indicated] == [packet.characteristic for packet in packets]
    assert [len(event.value) for event in indicated] == [packet.octets for packet in packets]
    assert [event.reason for event in heard] == [session.ended for session in recorded]
    assert said[0].model == booth.all(Identified)[0].device.model == "TB-BP1"

    result = next(event for event in indicated if event.characteristic == "2A35")
    shown = decode("2A35", result.value).to_json()
    assert shown["status"] == 0b100
    assert shown["user_id"] == 1
    (clock, *_) = booth.all(ClockRead)
    lag = clock.at.year - clock.said.year
    assert lag in (1, 2), "its clock is as wrong as it was"
    assert str(shown["timestamp"])[:4] == str(clock.at.astimezone().year), "it was set before it measured"


async def test_octets_that_nothing_decodes_are_counted_and_not_written(tmp_path: Path) -> None:
    path = tmp_path / "capture.jsonl"
    analyser = Analyser()
    garbled = b"\xff\xffJeanne Martin"

    async def use() -> None:
        analyser._records.append(garbled[:1])
        await analyser.measure()

    await _captured(path, [analyser], use)
    (session,) = read_capture(path.read_text().splitlines())
    assert (session.packets[0].octets, session.packets[0].hex) == (1, None)
    (device,) = replayed(path)
    async with listening([device]) as booth:
        await device.measure()
        await booth.until_ended()
    assert len(booth.packets("2A9C")) == 2


async def test_a_name_that_somebody_gave_a_thing_is_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "capture.jsonl"
    scale = make("scale", model_number="Scale 3000")
    type(scale).name, before = "Balance de Jeanne", type(scale).name
    try:
        await _captured(path, [scale], scale.measure)
    finally:
        type(scale).name = before
    (session,) = read_capture(path.read_text().splitlines())
    assert session.name == "device"
    assert session.model == "Scale 3000"


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ([], "capture: it is empty"),
        (['{"teleborne_capture": 2}'], "capture, line 1"),
        (["not json"], "capture, line 1"),
        (['{"teleborne_capture": 1}', '{"number": 1}'], "capture, line 2"),
    ],
)
def test_what_is_no_capture_is_refused_with_its_line(tmp_path: Path, lines: list[str], says: str) -> None:
    with pytest.raises(MalformedPacket, match=says):
        list(read_capture(lines))
    path = tmp_path / "file"
    path.write_text("\n".join(lines))
    with pytest.raises(SettingsError, match=f"--replay .*{says}"):
        replayed(path)


async def test_a_file_that_exists_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "capture.jsonl"
    path.write_text("somebody's")
    with pytest.raises(SettingsError, match="File exists; name a new file"):
        async with capturing(path):
            pass
    assert path.read_text() == "somebody's"


async def test_a_full_disk_ends_the_capture_and_not_the_booth() -> None:
    cuff = Cuff(inflates_s=0.1, live_packets=3)
    with FileIO("/dev/full", "w") as full:
        writer = _Writer(full)
        async with listening([cuff]) as booth:
            booth.first = writer.take
            record = await cuff.measure()
            await booth.until_ended()
            await cuff.measure()
            await booth.until_ended(2)
        assert booth.packets("2A35")[0] == record
        assert writer._out is None


async def test_simulate_plays_a_capture_to_its_end(captured: Path) -> None:
    out = io.StringIO()
    async with asyncio.timeout(PATIENCE):
        await simulate([], replay=captured, every_s=0.1, out=out)
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [line["device"] for line in lines if "ended" in line].count("device 1") == 2
    assert {line["characteristic"] for line in lines if "hex" in line} == {"2A36", "2A35", "2A9D", "2A18", "2A34"}
