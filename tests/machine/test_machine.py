"""What the booth finds of its machine: on real files, a real disk, real certificates, and the kernel's own lists."""

from __future__ import annotations

import errno
import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from booth_client.config import GatewayLink
from booth_client.disinfection import METADATA, Disinfections
from booth_client.machine.certificate import certificate, expiry
from booth_client.machine.clock import clock, clock_is_kept
from booth_client.machine.disk import disk
from booth_client.machine.media import media
from booth_client.machine.row import State, worst
from certs_example.make import make
from gateway.database import open_database
from gateway.errors import Unavailable
from tests.peers.town import BOOTH

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)


def link(folder: Path) -> GatewayLink:
    made = make(folder, booths=[BOOTH])
    own = made.booths[BOOTH]
    return GatewayLink(base_url="https://localhost:9", ca=made.ca, certificate=own.certificate, key=own.key)


def test_a_disk_that_takes_what_is_written_is_good(tmp_path: Path) -> None:
    row = disk(tmp_path)
    assert row.state is State.GOOD
    assert row.found.endswith(" GB free")
    assert list(tmp_path.iterdir()) == []


def test_a_disk_without_room_is_broken_and_says_what_to_do(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    # A disk of a megabyte, in a mount namespace of its own: nobody else sees it.
    command = (
        f"mount -t tmpfs -o size=1M tmpfs {small} && head -c 1000000 /dev/zero > {small}/full;"
        f"python -c 'from booth_client.machine.disk import disk; from pathlib import Path;"
        f' row = disk(Path("{small}")); print(row.state, row.found, row.remedy, sep="|")\''
    )
    said = subprocess.run(
        ["unshare", "--mount", "--map-root-user", "sh", "-c", command],
        capture_output=True, text=True, check=False, timeout=30,
        env={**os.environ, "PYTHONPATH": ".", "PATH": f"{Path('.venv/bin').resolve()}:{os.environ['PATH']}"},
    )  # fmt: skip
    state, found, remedy = said.stdout.strip().split("|")
    assert state == "broken", said.stderr
    assert found in (os.strerror(errno.ENOSPC), "0.0 GB free")
    assert remedy


def test_a_folder_that_is_not_there_is_broken(tmp_path: Path) -> None:
    assert disk(tmp_path / "gone").state is State.BROKEN


@pytest.mark.parametrize(
    ("kept", "ahead_s", "state"),
    [
        (True, 0, State.GOOD),
        (True, None, State.GOOD),
        (True, -3, State.GOOD),
        (True, 4, State.ATTENTION),
        (False, 0, State.ATTENTION),
        (True, -61, State.BROKEN),
        (True, 365 * 86400, State.BROKEN),
        (None, None, State.UNKNOWN),
        (None, 1, State.GOOD),
    ],
)
def test_a_clock_is_judged_by_ntp_and_by_the_gateways(kept: bool | None, ahead_s: int | None, state: State) -> None:  # noqa: FBT001
    row = clock(kept=kept, ahead=None if ahead_s is None else timedelta(seconds=ahead_s))
    assert row.state is state
    assert bool(row.remedy) is (state is not State.GOOD)


def test_the_kernel_says_whether_its_clock_is_kept() -> None:
    assert clock_is_kept() in (True, False, None)


def test_a_certificate_is_good_and_old_and_over_and_another_ones(tmp_path: Path) -> None:
    mine = link(tmp_path / "mine")
    ends = expiry(mine.certificate)
    assert ends is not None
    assert certificate(mine, now=datetime.now(UTC)).state is State.GOOD
    assert certificate(mine, now=ends - timedelta(hours=1)).state is State.ATTENTION
    over = certificate(mine, now=ends + timedelta(seconds=1))
    assert (over.state, over.found) == (State.BROKEN, f"ended {ends:%Y-%m-%d}")
    other = link(tmp_path / "other")
    mixed = GatewayLink(base_url=mine.base_url, ca=mine.ca, certificate=mine.certificate, key=other.key)
    assert certificate(mixed, now=datetime.now(UTC)).found == "the key is another certificate's"
    mine.certificate.write_text("no certificate")
    assert certificate(mine, now=NOW).state is State.BROKEN
    assert expiry(mine.certificate) is None


def test_camera_sound_and_radio_are_found_where_the_kernel_lists_them(tmp_path: Path) -> None:
    for node, index in (("video0", "0"), ("video1", "1")):
        folder = tmp_path / "sys/class/video4linux" / node
        folder.mkdir(parents=True)
        (folder / "name").write_text("Logitech BRIO\n")
        (folder / "index").write_text(f"{index}\n")
    (tmp_path / "sys/class/bluetooth/hci0").mkdir(parents=True)
    (tmp_path / "proc/asound").mkdir(parents=True)
    (tmp_path / "proc/asound/pcm").write_text(
        "00-00: Jabra SPEAK 510 : USB Audio : playback 1 : capture 1\n01-03: HDMI 0 : HDMI 0 : playback 1\n"
    )
    found = {row.what: row for row in media(root=tmp_path)}
    assert {what: row.found for what, row in found.items()} == {
        "camera": "Logitech BRIO",
        "microphone": "Jabra SPEAK 510",
        "loudspeaker": "Jabra SPEAK 510, HDMI 0",
        "radio": "hci0",
    }
    assert worst(tuple(row.state for row in found.values())) is State.GOOD


def test_a_machine_without_them_says_what_to_plug_in(tmp_path: Path) -> None:
    rows = media(root=tmp_path, radio=False)
    assert [row.what for row in rows] == ["camera", "microphone", "loudspeaker"]
    assert all(row.state is State.BROKEN and "plug" in row.remedy for row in rows)


async def test_a_disinfection_is_durable_and_forgotten_after_400_days(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/booth.db"
    async with open_database(url, METADATA) as database:
        await Disinfections(database).note("Marie", now=NOW - timedelta(days=401))
        await Disinfections(database).note("Marie", now=NOW - timedelta(days=2))
        await Disinfections(database).note("Marie" * 40, now=NOW)
    async with open_database(url, METADATA) as database:
        log = await Disinfections(database).last()
    assert [each.at for each in log] == [NOW, NOW - timedelta(days=2)]
    assert len(log[0].by) == 80


async def test_a_disinfection_that_cannot_be_written_is_not_said_to_be(tmp_path: Path) -> None:
    async with open_database(f"sqlite:///{tmp_path}/booth.db", METADATA) as database:
        log = Disinfections(database)
        await database.act(lambda connection: connection.exec_driver_sql("PRAGMA query_only = 1"))
        with pytest.raises(Unavailable):
            await log.note("Marie", now=NOW)
