"""docs/install-booth.md and the files of deploy/booth are tried, as far as a machine without systemd can."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import tarfile
import time
import tomllib
import xml.etree.ElementTree as ET
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.async_api import Error, async_playwright

from booth_client.config import BOOTH_PREFIX, BoothSettings
from booth_client.kiosk.supervisor import KIOSK_PREFIX, KioskSettings
from gateway.config import load
from tests.peers.kiosk import CHROMIUM, MEDIA_FLAGS

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy" / "booth"
PAGE = (ROOT / "docs" / "install-booth.md").read_text("utf-8")
UNITS = ("teleborne-booth.service", "teleborne-kiosk.service")


def test_every_file_of_the_folder_is_on_the_page_and_the_other_way_round() -> None:
    named = set(re.findall(r"\$deploy/([\w.-]+)", PAGE))
    assert named == {path.name for path in DEPLOY.iterdir()}


def test_every_block_of_the_page_is_a_shell_script() -> None:
    blocks = re.findall(r"```(sh|console)\n(.*?)```", PAGE, re.DOTALL)
    assert len(blocks) > 6
    for _, block in blocks:
        subprocess.run(["sh", "-n", "-c", block], check=True, timeout=10)
    for script in ("upgrade", "roll-back"):
        subprocess.run(["sh", "-n", str(DEPLOY / script)], check=True, timeout=10)


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A root with what the units start, so that systemd's own checker finds it."""
    for program in (
        "bin/sh",
        "usr/bin/cage",
        "usr/bin/env",
        "opt/teleborne/roll-back",
        "opt/teleborne/current/bin/teleborne",
    ):
        (tmp_path / program).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / program).write_text("#!/bin/sh\n")
        (tmp_path / program).chmod(0o755)
    units = tmp_path / "etc/systemd/system"
    units.mkdir(parents=True)
    for unit in UNITS:
        shutil.copy(DEPLOY / unit, units)
    drop_in = units / "teleborne-kiosk.service.d"
    drop_in.mkdir()
    shutil.copy(DEPLOY / "kiosk-relays.conf", drop_in / "relays.conf")
    own = tmp_path / "usr/lib/systemd/system"
    own.mkdir(parents=True)
    for target in Path("/usr/lib/systemd/system").glob("*.target"):
        shutil.copy(target, own)
    return tmp_path


@pytest.mark.parametrize("unit", UNITS)
def test_systemd_finds_nothing_wrong_with_the_units(machine: Path, unit: str) -> None:
    said = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", f"--root={machine}", f"/etc/systemd/system/{unit}"],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    ours = [line for line in said.stderr.splitlines() if "teleborne" in line]
    assert ours == []


@pytest.mark.parametrize("unit", UNITS)
def test_nothing_of_a_units_memory_comes_onto_a_disk(unit: str) -> None:
    said = dict(line.split("=", 1) for line in (DEPLOY / unit).read_text().splitlines() if "=" in line)
    assert (said["MemorySwapMax"], said["LimitCORE"], said["CoredumpFilter"]) == ("0", "0", "0")


@pytest.mark.parametrize(("unit", "most"), [(UNITS[0], 1.7), (UNITS[1], 4.5)])
def test_the_units_leave_open_no_more_than_the_page_says(unit: str, most: float) -> None:
    said = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", str(DEPLOY / unit)],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    (found,) = re.findall(r"Overall exposure level for \S+: ([\d.]+)", said.stdout)
    assert float(found) <= most
    assert str(most) in PAGE


def test_the_kiosk_s_processes_stay_in_their_unit_and_its_folder_is_nobody_else_s() -> None:
    unit, lines = (DEPLOY / UNITS[1]).read_text(), (DEPLOY / "sysusers.conf").read_text()
    # With a session logind takes them out: no limit is in force any more, and systemd never hears that it is ready.
    assert "PAMName=" not in unit
    assert "linger/teleborne-kiosk" in (DEPLOY / "tmpfiles.conf").read_text()  # for the sound server, without one
    (home,) = re.findall(r'^u teleborne-kiosk - "[^"]*" (\S+)$', lines, re.MULTILINE)
    profiles = tomllib.loads((DEPLOY / "kiosk.toml").read_text())["profiles"]
    assert profiles != home  # where the sound server keeps its volumes: the supervisor erases only what is its own
    assert f"d {profiles} 0700 teleborne-kiosk" in (DEPLOY / "tmpfiles.conf").read_text()


def test_the_settings_are_those_that_the_programs_read() -> None:
    booth = load(BoothSettings, DEPLOY / "booth.toml", BOOTH_PREFIX, environ={})
    kiosk = load(KioskSettings, DEPLOY / "kiosk.toml", KIOSK_PREFIX, environ={})
    assert kiosk.booth == booth.kiosk.supervisor
    assert tomllib.loads((DEPLOY / "kiosk.toml").read_text())["profiles"] in (DEPLOY / "tmpfiles.conf").read_text()
    page = f"http://127.0.0.1:{booth.kiosk.port}"
    policies = json.loads((DEPLOY / "chromium-policies.json").read_text())
    assert policies["URLAllowlist"] == policies["VideoCaptureAllowedUrls"] == [page]
    assert ET.parse(DEPLOY / "bluetooth-dbus.conf").getroot().tag == "busconfig"


# The browser's policies, in a real Chromium whose /etc/chromium is ours in a mount namespace of its own.

ALL_TEXT = """() => {
  const said = (node) => [...node.childNodes].map((n) => n.nodeType === 3 ? n.data : said(n)).join(" ")
    + (node.shadowRoot ? said(node.shadowRoot) : "");
  return said(document.body);
}"""


WRAPPER = """#!/bin/sh
exec unshare --mount --map-root-user sh -c 'mount --bind "$0" /etc/chromium && exec {chromium} "$@"' {folder} "$@"
"""


@pytest.mark.browser
async def test_the_browser_opens_and_hands_out_nothing_but_to_the_booths_page(tmp_path: Path) -> None:
    policies = json.loads((DEPLOY / "chromium-policies.json").read_text())
    for hides in ("RemoteDebuggingAllowed", "DeveloperToolsAvailability", "IncognitoModeAvailability"):
        del policies[hides]  # or this test could not look
    policies["URLAllowlist"] += ["chrome://policy"]
    managed = tmp_path / "etc" / "policies" / "managed"
    managed.mkdir(parents=True)
    (managed / "teleborne.json").write_text(json.dumps(policies))
    wrapper = tmp_path / "chromium"
    wrapper.write_text(WRAPPER.format(chromium=CHROMIUM, folder=tmp_path / "etc"))
    wrapper.chmod(0o755)
    flags = [flag for flag in MEDIA_FLAGS if flag != "--use-fake-ui-for-media-stream"]
    async with async_playwright() as playwright:
        context = await playwright.chromium.launch_persistent_context(
            str(tmp_path / "profile"), executable_path=str(wrapper), args=flags, accept_downloads=True
        )
        page = await context.new_page()
        await page.goto("chrome://policy")
        await page.get_by_text("URLBlocklist", exact=True).first.wait_for()
        text = await page.evaluate(ALL_TEXT)
        assert [name for name in policies if name not in text] == []
        assert "Unknown policy." not in {line.strip() for line in text.splitlines()}
        assert "xpected" not in text  # a value of another type than the policy's
        html = "<h1>Borne</h1><a download=a.txt href='data:text/plain,x'>a</a>"
        await context.route("**/*", lambda route: route.fulfill(body=html, content_type="text/html"))
        await page.goto("http://127.0.0.1:8181/")
        granted = await page.evaluate(
            "navigator.mediaDevices.getUserMedia({audio: true, video: true}).then(s => s.getTracks().length)"
        )
        assert granted == 2  # and nobody was asked
        for what in ("clipboard-read", "geolocation", "notifications"):
            state = await page.evaluate("name => navigator.permissions.query({name}).then(p => p.state)", what)
            assert state == "denied", what
        await context.unroute("**/*")
        for elsewhere in ("http://127.0.0.1:8182/", "https://example.org/", "file:///etc/passwd", "chrome://version"):
            other = await context.new_page()
            with suppress(Error):
                await other.goto(elsewhere)
            await other.get_by_text("blocked").first.wait_for()
            await other.close()
        await context.close()


@pytest.mark.browser
def test_the_browser_gives_no_debugging_port(tmp_path: Path) -> None:
    managed = tmp_path / "etc" / "policies" / "managed"
    managed.mkdir(parents=True)
    shutil.copy(DEPLOY / "chromium-policies.json", managed)
    wrapper = tmp_path / "chromium"
    wrapper.write_text(WRAPPER.format(chromium=CHROMIUM, folder=tmp_path / "etc"))
    wrapper.chmod(0o755)
    command = [str(wrapper), "--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0"]
    command += [f"--user-data-dir={tmp_path}/profile", "http://127.0.0.1:8181/"]
    with (tmp_path / "said").open("wb") as said:
        browser = subprocess.Popen(command, stdout=said, stderr=said, start_new_session=True)
    try:
        for _ in range(300):
            if "debugging is disallowed" in (tmp_path / "said").read_text("utf-8", "replace"):
                break
            time.sleep(0.1)
        assert "debugging is disallowed" in (tmp_path / "said").read_text("utf-8", "replace")
        assert not (tmp_path / "profile" / "DevToolsActivePort").exists()
    finally:
        os.killpg(browser.pid, signal.SIGKILL)
        browser.wait()


# Upgrading and going back, with releases whose program is a script.

PROGRAM = "#!/bin/sh\ncase $* in *--well*) exit {status};; esac\n"


def release(folder: Path, name: str, *, well: bool) -> Path:
    """Make a release that is there already, with its marker, as a second try finds it; its archive is not needed."""
    made = folder / "releases" / name
    (made / "venv/bin").mkdir(parents=True)
    (made / "venv/bin/teleborne").write_text(PROGRAM.format(status=0 if well else 1))
    (made / "venv/bin/teleborne").chmod(0o755)
    (made / "bin").symlink_to("venv/bin")
    (made / "whole").touch()
    archive = folder / f"{name}.tar.gz"
    with tarfile.open(archive, "w:gz"):
        pass
    return archive


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environ = {"BORNE_ROOT": str(folder), "BORNE_PATIENCE_S": "2"}
    environ |= {"BORNE_RESTART": "true", "BORNE_RESTART_KIOSK": "true"}
    for script in ("upgrade", "roll-back"):
        shutil.copy(DEPLOY / script, folder)
    return subprocess.run(
        [str(folder / command[0]), *command[1:]],
        env={**os.environ, **environ}, capture_output=True, text=True, check=False, timeout=30,
    )  # fmt: skip


def current(folder: Path) -> str:
    return (folder / "current").readlink().name


def test_a_release_that_is_not_well_gives_way_to_the_one_before(tmp_path: Path) -> None:
    assert run(tmp_path, "upgrade", str(release(tmp_path, "teleborne-1", well=True))).returncode == 0
    assert current(tmp_path) == "teleborne-1"
    bad = run(tmp_path, "upgrade", str(release(tmp_path, "teleborne-2", well=False)))
    assert bad.returncode == 1
    assert current(tmp_path) == "teleborne-1"
    assert "teleborne-1 again" in bad.stderr
    assert run(tmp_path, "upgrade", str(release(tmp_path, "teleborne-3", well=True))).returncode == 0
    assert current(tmp_path) == "teleborne-3"
    assert run(tmp_path, "upgrade", str(tmp_path / "teleborne-3.tar.gz")).returncode == 1  # it runs already


def test_a_release_that_a_power_cut_left_on_trial_gives_way_at_its_fourth_start(tmp_path: Path) -> None:
    run(tmp_path, "upgrade", str(release(tmp_path, "teleborne-1", well=True)))
    release(tmp_path, "teleborne-2", well=False)
    (tmp_path / "before").write_text("releases/teleborne-1\n")
    (tmp_path / "trying").write_text("0\n")
    (tmp_path / "current").unlink()
    (tmp_path / "current").symlink_to("releases/teleborne-2")
    for _ in range(3):
        run(tmp_path, "roll-back")
        assert current(tmp_path) == "teleborne-2"
    run(tmp_path, "roll-back")
    assert current(tmp_path) == "teleborne-1"
    run(tmp_path, "roll-back")
    assert current(tmp_path) == "teleborne-1"


def test_a_first_release_that_is_not_well_can_be_tried_again(tmp_path: Path) -> None:
    archive = str(release(tmp_path, "teleborne-1", well=False))
    assert run(tmp_path, "upgrade", archive).returncode == 1
    (tmp_path / "releases/teleborne-1/bin/teleborne").write_text(PROGRAM.format(status=0))
    assert run(tmp_path, "upgrade", archive).returncode == 0
    assert current(tmp_path) == "teleborne-1"
