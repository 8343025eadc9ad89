"""`teleborne booth --check` on a machine that is as the page wants it, and on one that is not."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from booth_client.config import BoothSettings, KioskListener, RadioKind
from booth_client.machine.installed import check, listing, machine_readable
from booth_client.machine.row import State
from booth_client.status import is_well
from tests.peers.town import booth_settings, town

DEPLOY = Path(__file__).parents[2] / "deploy" / "booth"


def machine(root: Path) -> None:
    """Make what the page puts onto a machine."""
    for program in ("chromium", "cage", "Xwayland", "pipewire", "unattended-upgrade"):
        write(root / "usr/bin" / program, "")
    write(root / "usr/libexec/bluetooth/bluetoothd", "")
    write(root / "usr/sbin/seatd", "")
    write(root / "var/lib/systemd/linger/teleborne-kiosk", "")
    write(root / "etc/os-release", 'NAME="Debian GNU/Linux"\nVERSION_ID="12"\nID=debian\n')
    write(root / "etc/passwd", "root:x:0\nteleborne:x:990\nteleborne-kiosk:x:991\n")
    write(root / "proc/swaps", "Filename Type Size Used Priority\n/dev/zram0 partition 1 0 100\n")
    write(root / "proc/self/mounts", "/dev/sda2 / ext4 ro,relatime 0 0\n")
    write(root / "sys/class/block/dm-0/dm/uuid", "CRYPT-LUKS2-abc-teleborne")
    copied = {
        "chromium-policies.json": POLICIES,
        "watchdog.conf": "etc/systemd/system.conf.d/teleborne.conf",
        "teleborne-booth.service": "etc/systemd/system/teleborne-booth.service",
        "teleborne-kiosk.service": "etc/systemd/system/teleborne-kiosk.service",
    }
    wants = root / "etc/systemd/system/multi-user.target.wants"
    wants.mkdir(parents=True)
    for name, path in copied.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(DEPLOY / name, root / path)
        if name.endswith(".service"):
            (wants / name).symlink_to(f"/etc/systemd/system/{name}")


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def settings(folder: Path, **changes: Any) -> BoothSettings:
    made = booth_settings(folder, "https://localhost:9", radio=RadioKind.BLUEZ)
    made.data_dir.mkdir(mode=0o700)
    kiosk = KioskListener(port=8181, supervisor=folder / "kiosk.sock")
    return replace(made, **{"kiosk": kiosk, **changes})


def states(rows: Any) -> dict[str, State]:
    return {row.what: row.state for row in rows}


HARDWARE = {"camera", "microphone", "loudspeaker", "radio", "clock", "disk"}


def test_a_machine_as_the_page_wants_it_has_nothing_to_mend(tmp_path: Path) -> None:
    machine(tmp_path / "root")
    rows = check(settings(tmp_path), root=tmp_path / "root")
    found = {what: state for what, state in states(rows).items() if what not in HARDWARE}
    assert set(found.values()) == {State.GOOD}, found
    assert all(row.remedy for row in rows if row.state in (State.ATTENTION, State.BROKEN))


POLICIES = "etc/chromium/policies/managed/teleborne.json"
BREAKS: dict[str, Callable[[Path], None]] = {
    "system": lambda root: write(root / "etc/os-release", "ID=ubuntu\nVERSION_ID=12\n"),
    "chromium": lambda root: (root / "usr/bin/chromium").unlink(),
    "xwayland": lambda root: (root / "usr/bin/Xwayland").unlink(),
    "seat": lambda root: (root / "usr/sbin/seatd").unlink(),
    "sound-session": lambda root: (root / "var/lib/systemd/linger/teleborne-kiosk").unlink(),
    "bluez": lambda root: (root / "usr/libexec/bluetooth/bluetoothd").unlink(),
    "teleborne-kiosk.service": lambda root: (
        root / "etc/systemd/system/multi-user.target.wants/teleborne-kiosk.service"
    ).unlink(),
    "users": lambda root: write(root / "etc/passwd", "teleborne:x:990\n"),
    "browser-policies": lambda root: write(
        root / "etc/chromium/policies/managed/teleborne.json", '{"URLBlocklist": []}'
    ),
    "watchdog": lambda root: write(root / "etc/systemd/system.conf.d/z.conf", "RuntimeWatchdogSec=off\n"),
    "swap": lambda root: write(root / "proc/swaps", "Filename\n/dev/sda3 partition 1 0 -2\n"),
    "root": lambda root: write(root / "proc/self/mounts", "/dev/sda2 / ext4 rw 0 0\n"),
    "encryption": lambda root: (root / "sys/class/block/dm-0/dm/uuid").unlink(),
}


@pytest.mark.parametrize("what", BREAKS)
def test_whatever_is_not_as_wanted_is_named_with_its_remedy(tmp_path: Path, what: str) -> None:
    machine(tmp_path / "root")
    BREAKS[what](tmp_path / "root")
    rows = check(settings(tmp_path), root=tmp_path / "root")
    (row,) = (each for each in rows if each.what == what)
    assert row.state in (State.BROKEN, State.ATTENTION)
    assert row.remedy
    others = {each.what for each in rows if each.state is not State.GOOD and each.what not in HARDWARE}
    assert others == {what}


def test_a_key_that_others_can_read_and_a_kiosk_without_a_port_are_named(tmp_path: Path) -> None:
    machine(tmp_path / "root")
    given = settings(tmp_path, kiosk=KioskListener())
    given.gateway.key.chmod(0o644)
    found = states(check(given, root=tmp_path / "root"))
    assert found["key-file"] is State.BROKEN
    assert found["kiosk-settings"] is State.BROKEN
    assert found["browser-policies"] is State.BROKEN  # they are of another port


def test_the_command_says_each_row_and_ends_with_1_where_something_is_broken(tmp_path: Path) -> None:
    given = settings(tmp_path)
    rows = check(given, root=tmp_path)
    text = "\n".join(listing(rows))
    assert "FAIL  chromium" in text
    assert "→ apt-get install chromium" in text
    assert json.loads(machine_readable(rows))[0].keys() == {"what", "state", "found", "wanted", "remedy"}
    config = tmp_path / "booth.toml"
    lines = {"name": given.name, "data_dir": str(given.data_dir), "status_file": str(tmp_path / "status.json")}
    link = {name: str(getattr(given.gateway, name)) for name in ("base_url", "ca", "certificate", "key")}
    config.write_text(
        "".join(f"{name} = {json.dumps(value)}\n" for name, value in lines.items())
        + "[gateway]\n"
        + "".join(f"{name} = {json.dumps(value)}\n" for name, value in link.items())
    )
    command = [sys.executable, "-m", "gateway.cli", "booth", "--config", str(config)]
    said = subprocess.run([*command, "--check", "--json"], capture_output=True, text=True, check=False, timeout=60)
    assert said.returncode == 1, said.stderr
    assert {row["what"] for row in json.loads(said.stdout)} >= {"system", "disk", "certificate", "kiosk-settings"}
    assert subprocess.run([*command, "--well"], check=False, timeout=60).returncode == 1


async def test_a_booth_is_well_while_it_runs(tmp_path: Path) -> None:
    async with town(tmp_path, online=False) as here:
        assert is_well(here.settings.status_file)
    assert not is_well(here.settings.status_file)
    assert not is_well(None)
    (tmp_path / "stale.json").write_text('{"ready": true, "pid": 4194304}')
    assert not is_well(tmp_path / "stale.json")
