"""`teleborne booth --check`: the machine held against docs/install-booth.md, a row for each thing, and what to do.

It reads files and asks nobody; what cannot be told from here is UNKNOWN and no failure. *root* is the machine's.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from booth_client.config import BoothSettings, GatewayLink, RadioKind
from booth_client.machine.certificate import begun, certificate
from booth_client.machine.clock import clock, clock_is_kept
from booth_client.machine.disk import disk
from booth_client.machine.media import media
from booth_client.machine.row import Row, State

__all__ = ["check", "listing", "machine_readable", "tell"]

_DEBIAN: Final = (12, 13)
_UNITS: Final = ("teleborne-booth.service", "teleborne-kiosk.service")
_PROGRAMS: Final = {
    "chromium": ("usr/bin/chromium", "apt-get install chromium"),
    "compositor": ("usr/bin/cage", "apt-get install cage"),
    "xwayland": ("usr/bin/Xwayland", "apt-get install xwayland: without it Debian 12's cage ends at once"),
    "seat": ("usr/sbin/seatd", "apt-get install seatd: the compositor gets screen and touch from it"),
    "bluez": ("usr/libexec/bluetooth/bluetoothd", "apt-get install bluez"),
    "sound-server": ("usr/bin/pipewire", "apt-get install pipewire wireplumber pipewire-pulse"),
    "upgrades": ("usr/bin/unattended-upgrade", "apt-get install unattended-upgrades"),
}
_SECRET: Final = 0o077
_LINGER: Final = "var/lib/systemd/linger/teleborne-kiosk"
_POLICIES: Final = "etc/chromium/policies/managed/teleborne.json"


def check(settings: BoothSettings, *, root: Path = Path("/")) -> tuple[Row, ...]:
    """Return a row for everything that the page wants; may block for some seconds."""
    rows = [_debian(root), *_programs(root, settings), *(_unit(root, unit) for unit in _UNITS)]
    rows += [
        _users(root),
        _linger(root),
        _policies(root, settings),
        _watchdog(root),
        _swap(root),
        _read_only(root),
        _encrypted(root),
    ]
    rows += [
        disk(_existing(settings.data_dir)),
        *_secrets(settings),
        *_time(settings.gateway),
    ]
    rows += [_supervisor(settings)]
    return (*rows, *media(root=root, radio=settings.radio is RadioKind.BLUEZ))


def _time(link: GatewayLink) -> Iterator[Row]:
    """Yield the clock, and the certificate by that clock: one of a booth whose clock is wrong is not to blame."""
    now, given, kept = datetime.now(UTC), begun(link.certificate), clock_is_kept()
    passed = given if now < given else None
    yield clock(kept=kept, ahead=None, passed=passed)
    yield certificate(link, now=now, sure=bool(kept) and passed is None)


def tell(settings: BoothSettings, *, as_json: bool) -> int:
    """Write the rows to standard output; return 1 where something is broken, else 0."""
    rows = check(settings)
    sys.stdout.write((machine_readable(rows) if as_json else "\n".join(listing(rows))) + "\n")
    return 1 if any(row.state is State.BROKEN for row in rows) else 0


def listing(rows: tuple[Row, ...]) -> Iterator[str]:
    """Yield the rows as lines for a person, the remedy below what is not good."""
    marks = {State.GOOD: "ok", State.UNKNOWN: "?", State.ATTENTION: "look", State.BROKEN: "FAIL"}
    for row in rows:
        yield f"{marks[row.state]:5} {row.what:24} {row.found or '–'}" + (
            f"   (wanted: {row.wanted})" if row.wanted else ""
        )
        if row.remedy:
            yield f"{'':5} {'':24} → {row.remedy}"


def machine_readable(rows: tuple[Row, ...]) -> str:
    """Return the rows as one line of JSON."""
    fields = ("what", "state", "found", "wanted", "remedy")
    return json.dumps([{name: str(getattr(row, name)) for name in fields} for row in rows], ensure_ascii=False)


def _row(what: str, *, good: bool | None, found: str, wanted: str, remedy: str, bad: State = State.BROKEN) -> Row:
    state = State.UNKNOWN if good is None else State.GOOD if good else bad
    return Row(what=what, state=state, found=found, wanted=wanted, remedy="" if good else remedy)


def _debian(root: Path) -> Row:
    found = re.search(r'^VERSION_ID="?(\d+)', _text(root / "etc/os-release"), re.MULTILINE)
    debian = re.search(r"^ID=debian$", _text(root / "etc/os-release"), re.MULTILINE) is not None
    number = int(found[1]) if found and debian else None
    wanted = "Debian " + " or ".join(map(str, _DEBIAN))
    said = f"Debian {number}" if number else "another system"
    good = number in _DEBIAN
    return _row("system", good=good, found=said, wanted=wanted, remedy=f"install {wanted}", bad=State.ATTENTION)


def _programs(root: Path, settings: BoothSettings) -> Iterator[Row]:
    for what, (path, remedy) in _PROGRAMS.items():
        if what == "bluez" and settings.radio is not RadioKind.BLUEZ:
            continue
        there = (root / path).exists()
        yield _row(what, good=there, found=f"/{path}" if there else "not installed", wanted=f"/{path}", remedy=remedy)


def _unit(root: Path, unit: str) -> Row:
    here = root / "etc/systemd/system"
    enabled = (here / "multi-user.target.wants" / unit).is_symlink()
    found = "enabled" if enabled else "not enabled" if (here / unit).exists() else "not there"
    return _row(unit, good=enabled, found=found, wanted="enabled", remedy=f"systemctl enable --now {unit}")


def _users(root: Path) -> Row:
    there = set(re.findall(r"^([^:]+):", _text(root / "etc/passwd"), re.MULTILINE))
    missing = sorted({"teleborne", "teleborne-kiosk"} - there)
    remedy = "copy deploy/booth/sysusers.conf to /etc/sysusers.d/teleborne.conf; systemd-sysusers"
    return _row(
        "users", good=not missing, found=f"no {missing[0]}" if missing else "both", wanted="both", remedy=remedy
    )


def _linger(root: Path) -> Row:
    there = (root / _LINGER).exists()
    remedy = "copy deploy/booth/tmpfiles.conf to /etc/tmpfiles.d/teleborne.conf; systemd-tmpfiles --create"
    return _row("sound-session", good=there, found="lingers" if there else "no", wanted="lingers", remedy=remedy)


def _policies(root: Path, settings: BoothSettings) -> Row:
    try:
        policies = json.loads(_text(root / _POLICIES) or "{}")
    except ValueError:
        policies = {}
    page = f"http://127.0.0.1:{settings.kiosk.port}"
    wanted = f"only {page} may be opened, and use camera and microphone"
    ours = ("URLAllowlist", "AudioCaptureAllowedUrls", "VideoCaptureAllowedUrls")
    good = "*" in policies.get("URLBlocklist", ()) and all(policies.get(name) == [page] for name in ours)
    found = "as wanted" if good else "not there" if not policies else "of another page or looser"
    remedy = f"copy deploy/booth/chromium-policies.json to /{_POLICIES}, with the port of kiosk.port"
    return _row("browser-policies", good=good, found=found, wanted=wanted, remedy=remedy)


def _watchdog(root: Path) -> Row:
    files = [root / "etc/systemd/system.conf", *sorted((root / "etc/systemd/system.conf.d").glob("*.conf"))]
    set_ = re.findall(r"^RuntimeWatchdogSec=(\S+)", "\n".join(map(_text, files)), re.MULTILINE)
    good = bool(set_) and set_[-1] not in ("0", "off")
    remedy = "copy deploy/booth/watchdog.conf to /etc/systemd/system.conf.d/teleborne.conf"
    return _row(
        "watchdog", good=good, found=set_[-1] if set_ else "off", wanted="on", remedy=remedy, bad=State.ATTENTION
    )


def _swap(root: Path) -> Row:
    lines = _text(root / "proc/swaps").splitlines()[1:]
    plain = [line.split()[0] for line in lines if not line.startswith(("/dev/zram", "/dev/dm-", "/dev/mapper/"))]
    remedy = "swapoff -a, and take it out of /etc/fstab; or zram: what is in memory must not come onto the disk"
    return _row(
        "swap", good=not plain, found=", ".join(plain) or "none in clear", wanted="none in clear", remedy=remedy
    )


def _read_only(root: Path) -> Row:
    options = _mounted(root, lambda where: where == "/")
    good = None if options is None else "ro" in options[1].split(",") or options[0] == "overlay"
    remedy = "docs/install-booth.md, A root that is only read"
    return _row(
        "root",
        good=good,
        found="read-only" if good else "writable",
        wanted="read-only",
        remedy=remedy,
        bad=State.ATTENTION,
    )


def _encrypted(root: Path) -> Row:
    opened = sorted((root / "sys/class/block").glob("dm-*/dm/uuid"))
    good = any(_text(uuid).startswith("CRYPT-LUKS") for uuid in opened)
    remedy = "put /var/lib/teleborne on a LUKS volume that the TPM opens (docs/install-booth.md)"
    found = "a LUKS volume is open" if good else "no LUKS volume"
    return _row("encryption", good=good, found=found, wanted="a LUKS volume", remedy=remedy, bad=State.ATTENTION)


def _secrets(settings: BoothSettings) -> Iterator[Row]:
    for what, path in (("key-file", settings.gateway.key), ("data-folder", settings.data_dir)):
        try:
            mode = path.stat().st_mode & 0o777
        except OSError as error:
            yield _row(what, good=False, found=error.strerror or "", wanted="0600 or 0700", remedy=f"make {path}")
            continue
        remedy = f"chmod go= {path}; chown teleborne {path}"
        yield _row(what, good=not mode & _SECRET, found=f"{mode:04o}", wanted="nobody else's", remedy=remedy)


def _supervisor(settings: BoothSettings) -> Row:
    good = settings.kiosk.supervisor is not None and settings.kiosk.port != 0
    found = f"port {settings.kiosk.port}, " + ("supervised" if settings.kiosk.supervisor else "not supervised")
    remedy = "set kiosk.port = 8181 and kiosk.supervisor, as deploy/booth/booth.toml does"
    return _row("kiosk-settings", good=good, found=found, wanted="a port of its own, supervised", remedy=remedy)


def _mounted(root: Path, wanted: Callable[[str], bool]) -> tuple[str, str] | None:
    """Return kind and options of what is mounted last where *wanted* says so."""
    found = [line.split(" ")[1:4] for line in _text(root / "proc/self/mounts").splitlines()]
    kinds = [(kind, options) for where, kind, options in found if wanted(where)]
    return kinds[-1] if kinds else None


def _existing(path: Path) -> Path:
    """Return the folder, or the nearest one above it that is there: it is made at the first start."""
    return next(each for each in (path, *path.absolute().parents) if each.is_dir())


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""
