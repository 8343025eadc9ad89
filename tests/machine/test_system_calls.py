"""The booth under the system call filter of its unit: it measures and delivers, and what it never does fails."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE
from pathlib import Path

from booth_client.journey import Device
from gateway.app import gateway
from tests.peers.filtered import allowed
from tests.peers.town import BOOTH, Town, booth_settings, gateway_settings

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "deploy" / "booth" / "teleborne-booth.service"
RUNNER = (sys.executable, "-m", "tests.peers.filtered", str(UNIT))
TRIES = """
import os, ctypes
def fails(what, *given):
    try:
        what(*given)
    except PermissionError:
        return True
    return False
print(fails(os.setpriority, os.PRIO_PROCESS, 0, 5), fails(os.chroot, "/"), fails(os.sched_setaffinity, 0, {0}))
print(ctypes.CDLL(None, use_errno=True).mount(b"none", b"/mnt", b"tmpfs", 0, None) == -1 and ctypes.get_errno() == 1)
"""


async def test_the_filter_is_the_units_and_refuses_what_no_booth_does() -> None:
    calls = allowed(UNIT.read_text(encoding="utf-8"))
    assert {"epoll_wait", "openat", "sendmsg", "clone", "execve"} <= calls
    assert not {"mount", "ptrace", "reboot", "setpriority", "chroot", "kexec_load"} & calls
    tried = await asyncio.create_subprocess_exec(*RUNNER, sys.executable, "-c", TRIES, stdout=PIPE, cwd=ROOT)
    said, _ = await tried.communicate()
    assert said.decode().split() == ["True"] * 4


async def test_a_booth_under_its_filter_measures_and_delivers(tmp_path: Path) -> None:
    async with gateway(gateway_settings(tmp_path)) as running:
        assert running.booths_url is not None
        settings = booth_settings(tmp_path, running.booths_url)
        trust = settings.trust
        assert trust is not None
        link, config = settings.gateway, tmp_path / "booth.toml"
        config.write_text(
            f"""name = "{BOOTH}"
data_dir = "{settings.data_dir}"
radio = "virtual"
ways = []
rest_s = 0
rounds = 1
patient = "simulated"
devices = ["{Device.CUFF}"]
visits = true
questions = false

[trust]
device_authority = "{trust.device_authority}"
registration_authority = "{trust.registration_authority}"

[simulated]
pace_s = 0.1
pause_s = 0.5

[gateway]
base_url = "{link.base_url}"
ca = "{link.ca}"
certificate = "{link.certificate}"
key = "{link.key}"
""",
            encoding="utf-8",
        )
        command = (*RUNNER, sys.executable, "-m", "gateway.cli", "booth", "--config", str(config))
        booth = await asyncio.create_subprocess_exec(*command, stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE, cwd=ROOT)
        here = Town(settings=settings, kiosk="", gateway=running)
        try:
            async with asyncio.timeout(90):
                while not await here.search("Observation?code=85354-9"):
                    assert booth.returncode is None, (await booth.communicate())[1].decode()
                    await asyncio.sleep(0.5)
        finally:
            if booth.returncode is None:
                booth.terminate()
            await booth.communicate()
        assert booth.returncode == 0
