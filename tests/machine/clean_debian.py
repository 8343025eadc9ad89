"""docs/install-booth.md followed word for word on a clean Debian, until its booth is seen by a running gateway.

    make debian SUITE=bookworm       as root; needs debootstrap, systemd-container and a mirror of Debian's

A minimal root is made, systemd becomes its first process (with a /tmp, a /dev and processes of its own, this machine's
network), and the page's blocks are run in it in their order. The gateway is the demo's; the health objects are
simulated, and the kiosk has a screen that nobody sees, as the page says of machines without either.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import aiohttp

from tests.peers.demo import Demo, running_demo

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = ROOT / "docs" / "install-booth.md"
BOOTH: Final = "ligny-mairie"
UNITS: Final = ("teleborne-booth.service", "teleborne-kiosk.service")
NO_HARDWARE: Final = frozenset({"camera", "microphone", "loudspeaker"})
NO_SCREEN: Final = "[Service]\nEnvironment=WLR_BACKENDS=headless WLR_LIBINPUT_NO_DEVICES=1 WLR_RENDERER=pixman\n"
VARIABLES: Final = ("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LANG=C.UTF-8")
START_S: Final = 180


def say(line: str) -> None:
    """Tell whoever watches."""
    sys.stdout.write(f"clean debian: {line}\n")
    sys.stdout.flush()


def make_root(suite: str, root: Path) -> None:
    """Make a Debian with nothing but what every Debian has; one that is there is used as it is."""
    if not (root / "etc/debian_version").exists():
        subprocess.run(
            ["debootstrap", "--variant=minbase", "--include=systemd-sysv,netbase", suite, str(root)], check=True
        )
    # What Debian's installer writes and debootstrap does not.
    (root / "etc/hosts").write_text("127.0.0.1\tlocalhost booth\n::1\tlocalhost ip6-localhost\n")
    (root / "etc/hostname").write_text("booth\n")


@asynccontextmanager
async def machine(root: Path, log: Path) -> AsyncIterator[str]:
    """Let systemd be the first process of *root*; give its number here, and switch it off at the end."""
    command = ["systemd-nspawn", f"--directory={root}", "--machine=clean-debian", "--hostname=booth", "--boot"]
    command += ["--register=no", "--keep-unit", "--resolv-conf=copy-host", "--console=passive", "--capability=all"]
    command += ["--system-call-filter=bpf"]  # without it systemd leaves IPAddressDeny out, and says nothing
    with log.open("ab") as said:
        process = await asyncio.create_subprocess_exec(
            *command,
            env={**os.environ, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
        )
    first = ""
    try:
        async with asyncio.timeout(START_S):
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
            while not first or not await active(first, "dbus.socket", "basic.target"):
                assert process.returncode is None, log.read_text(errors="replace")[-2000:]
                first = (children.read_text().split() or [""])[-1]
                await asyncio.sleep(0.5)
        yield first
    finally:
        if process.returncode is None and first:
            await asyncio.to_thread(do, first, "systemctl poweroff")
        async with asyncio.timeout(START_S):
            await process.wait()


async def active(first: str, *units: str) -> bool:
    """Return whether all of these units are active there."""
    process = await asyncio.create_subprocess_exec(
        *inside(first), "systemctl", "is-active", "--quiet", *units, stderr=asyncio.subprocess.DEVNULL
    )
    return await process.wait() == 0


def inside(first: str) -> list[str]:
    """Return the command that becomes one of the machine whose first process is *first*."""
    variables = [*VARIABLES, "DEBIAN_FRONTEND=noninteractive"]
    variables += [f"{name}={os.environ[name]}" for name in ("PIP_INDEX_URL",) if name in os.environ]
    variables += ["PIP_CERT=/root/certificates.pem"] if "PIP_CERT" in os.environ else []
    return ["nsenter", "-t", first, "-m", "-u", "-i", "-p", "-r", "-w", "env", "-i", *variables]


def do(first: str, script: str) -> str:
    """Run a script there as root; raise CalledProcessError where a line of it fails."""
    told = subprocess.run(
        [*inside(first), "sh", "-eu"], input=script, check=True, text=True, stdout=subprocess.PIPE, timeout=3600
    )
    return told.stdout


async def heard(first: str, unit: str, address: str) -> bool:
    """Return whether a program in the cgroup of *unit* reaches *address*, where somebody listens."""
    server = await asyncio.start_server(lambda _, writer: writer.close(), "0.0.0.0", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        inside_it = f"echo $$ > /sys/fs/cgroup$(systemctl show -p ControlGroup --value {unit})/cgroup.procs"
        script = f"{inside_it}; timeout 5 bash -c 'exec 3<>/dev/tcp/{address}/{port}' && echo heard || true"
        return "heard" in await asyncio.to_thread(do, first, script)


def own_address() -> str:
    """Return this machine's address in its network: to its own loopback address a foreign one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("198.51.100.1", 9))  # RFC 5737: nobody's; nothing is sent
        return str(probe.getsockname()[0])


async def code(demo: Demo) -> str:
    """Return the code that an operator makes in « Parc »."""
    url = f"{demo.described['gateway']}/fleet/enrolments"
    async with operator(demo) as odile, odile.post(url, json={"booth": BOOTH}) as answer:
        return str((await answer.json())["code"])


async def seen(demo: Demo) -> dict[str, Any]:
    """Return the booth as an operator sees it, once it is there."""
    async with operator(demo) as odile, asyncio.timeout(START_S):
        while True:
            async with odile.get(f"{demo.described['gateway']}/fleet/booths/{BOOTH}") as answer:
                if answer.status == 200:
                    found: dict[str, Any] = await answer.json()
                    return found
            await asyncio.sleep(0.5)


@asynccontextmanager
async def operator(demo: Demo) -> AsyncIterator[aiohttp.ClientSession]:
    """Enter the demo as its operator."""
    (person,) = (each for each in demo.described["people"] if each["role"] == "operator")
    jar, headers = aiohttp.CookieJar(unsafe=True), {"Sec-Fetch-Site": "same-origin"}
    async with aiohttp.ClientSession(cookie_jar=jar, headers=headers) as session, session.get(person["sign_in"]):
        yield session


def bring(root: Path, demo: Demo) -> None:
    """Lay what the page wants brought by hand into /root: the release, and whom the booth believes."""
    for archive in (ROOT / "release").glob("teleborne-*.tar.gz"):
        shutil.copy(archive, root / "root")
    keys = root / "root/keys"
    keys.mkdir(exist_ok=True)
    made = demo.folder / "certificates"
    for file in (made / "ca.pem", made / "device-ca.pem", demo.folder / "authority/registration-authority.pem"):
        shutil.copy(file, keys)
    if "PIP_CERT" in os.environ:
        shutil.copy(os.environ["PIP_CERT"], root / "root/certificates.pem")


def adapt(root: Path, demo: Demo) -> None:
    """Adapt the settings to the demo's gateway, as the page says."""
    path = root / "etc/teleborne/booth.toml"
    (port,) = re.findall(r"^\[booths\]\nport = (\d+)", (demo.folder / "gateway.toml").read_text(), re.MULTILINE)
    text = path.read_text().replace("https://gateway.example:8443", f"https://localhost:{port}")
    text = text.replace("https://gateway.example", demo.described["gateway"]).replace('"caudry-mairie"', f'"{BOOTH}"')
    path.write_text('radio = "virtual"\n' + text)
    drop_in = root / "etc/systemd/system/teleborne-kiosk.service.d/no-screen.conf"
    drop_in.write_text(NO_SCREEN)


async def follow(suite: str, folder: Path) -> None:
    """Follow the page; raise where something is not as it says."""
    root, log = folder / suite, folder / f"{suite}.log"
    make_root(suite, root)
    _, packages, *files, first_start = re.findall(r"```sh\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    (folder / "demo").mkdir(exist_ok=True)
    async with running_demo(folder / "demo") as demo:
        bring(root, demo)
        async with machine(root, log) as first:
            say("installing the packages…")
            await asyncio.to_thread(do, first, packages)
            do(first, "\n".join(files))
            adapt(root, demo)
            say("upgrade with a code…")
            made = re.sub(r"[A-Z0-9]{4}(-[A-Z0-9]{4}){2}", await code(demo), first_start)
            say((await asyncio.to_thread(do, first, made)).strip())
        async with machine(root, log) as first:  # `reboot`
            async with asyncio.timeout(START_S):
                while not await active(first, *UNITS):
                    await asyncio.sleep(1)
            asked = "sudo -u teleborne teleborne booth --config /etc/teleborne/booth.toml --check --json || true"
            rows = json.loads(do(first, asked))
            for row in rows:
                say(f"{row['state']:10} {row['what']:24} {row['found']}")
            wrong = {row["what"] for row in rows if row["state"] == "broken"} - NO_HARDWARE
            assert not wrong, wrong
            say(f"the gateway sees {BOOTH}: {(await seen(demo))['condition']}")
            reached = {each: await heard(first, UNITS[1], each) for each in ("127.0.0.1", own_address())}
            say(f"the kiosk's unit reaches: {reached}")
            assert list(reached.values()) == [True, False], "IPAddressDeny is not in force"
            say(do(first, f"systemctl show -p NRestarts -p ActiveState {UNITS[1]}").replace("\n", " "))


if __name__ == "__main__":
    missing = [each for each in ("debootstrap", "systemd-nspawn", "nsenter") if not shutil.which(each)]
    if missing or os.geteuid() != 0:
        sys.exit(f"clean debian: as root, with {' '.join(missing) or 'nothing more'} (debootstrap, systemd-container)")
    where = Path(sys.argv[2]).absolute()
    where.mkdir(parents=True, exist_ok=True)
    subprocess.run(["sh", str(ROOT / "scripts/release.sh")], check=True, stdout=subprocess.DEVNULL)
    asyncio.run(follow(sys.argv[1], where))
