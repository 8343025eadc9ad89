"""Camera, microphone, loudspeaker and Bluetooth adapter, as the kernel lists them.

That they are there; whether they are heard and seen is tried in the page. https://docs.kernel.org/userspace-api/media/
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from booth_client.machine.row import Row, State

__all__ = ["media"]

_CAMERAS: Final = "sys/class/video4linux"
_SOUND: Final = "proc/asound/pcm"
_RADIOS: Final = "sys/class/bluetooth"
_REMEDY: Final = {
    "camera": "plug the camera in; lsusb must show it",
    "microphone": "plug the microphone in; arecord -l must show it",
    "loudspeaker": "plug the loudspeaker in; aplay -l must show it",
    "radio": "plug the Bluetooth adapter in; rfkill unblock bluetooth; bluetoothctl list must show it",
}


def media(*, root: Path = Path("/"), radio: bool = True) -> tuple[Row, ...]:
    """Return a row each for camera, microphone, loudspeaker and, with *radio*, the Bluetooth adapter; may block."""
    found = {
        "camera": _cameras(root),
        "microphone": _sound(root, "capture"),
        "loudspeaker": _sound(root, "playback"),
    }
    if radio:
        found["radio"] = _names(root / _RADIOS)
    return tuple(_row(what, names) for what, names in found.items())


def _row(what: str, names: list[str]) -> Row:
    state, remedy = (State.GOOD, "") if names else (State.BROKEN, _REMEDY[what])
    return Row(what=what, state=state, found=", ".join(names) or "none", wanted="one", remedy=remedy)


def _cameras(root: Path) -> list[str]:
    """Return the names of the cameras: the first node of each, the others carry its metadata."""
    nodes = [each for each in _paths(root / _CAMERAS) if _text(each / "index") in ("", "0")]
    return sorted({_text(each / "name") or each.name for each in nodes})


def _sound(root: Path, direction: str) -> list[str]:
    lines = (line.split(": ") for line in _text(root / _SOUND).splitlines() if f": {direction} " in line)
    return [line[1].strip() for line in lines if len(line) > 1]


def _names(folder: Path) -> list[str]:
    return [each.name for each in _paths(folder)]


def _paths(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except OSError:
        return ""
