"""The booth's Chromium: started in a folder that is nobody's, ended with every process of its, and its folder erased.

A new browser context would do for the cookies, not for what a browser writes and keeps beside them (caches, crash
reports, shared memory, a heap that the collector has not come to). So a person gets a browser of their own: another
process, in a folder in memory (tmpfs) that holds its profile, its home and its temporary files, and that is gone with
them. https://chromium.googlesource.com/chromium/src/+/HEAD/docs/user_data_dir.md
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from gateway.errors import SettingsError

__all__ = ["FLAGS", "Browser", "adopt_orphans", "check_in_memory"]

FLAGS: Final = (
    "--kiosk",
    "--incognito",
    "--noerrdialogs",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-pinch",
    "--overscroll-history-navigation=0",
    "--autoplay-policy=no-user-gesture-required",
    "--password-store=basic",
    "--disable-background-networking",
    "--disable-breakpad",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-domain-reliability",
    "--disable-quic",
    "--disable-sync",
    "--disable-features=Translate,MediaRouter,OptimizationHints,InterestFeedContentSuggestions,DialMediaRouteProvider",
    "--metrics-recording-only",
    "--no-pings",
)
"""What a kiosk's browser starts with; what people may do in it stands in deploy/booth/chromium-policies.json.

`--disable-dev-shm-usage` puts shared memory into its temporary files, which are erased; `/dev/shm` is everybody's.
"""

_PREFIX: Final = "browser-"
_KILL_S: Final = 8.0
_LOOK_S: Final = 0.05
_KEPT: Final = frozenset(
    {"PATH", "LANG", "LC_ALL", "TZ", "WAYLAND_DISPLAY", "DISPLAY", "XDG_RUNTIME_DIR", "XDG_SESSION_TYPE"}
    | {"PULSE_SERVER", "PIPEWIRE_REMOTE", "PIPEWIRE_RUNTIME_DIR", "DBUS_SYSTEM_BUS_ADDRESS"}
)
_HOMES: Final = ("HOME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")
_PR_SET_PDEATHSIG: Final = 1
_PR_SET_CHILD_SUBREAPER: Final = 36
_libc: Final = ctypes.CDLL(None)


def adopt_orphans() -> None:
    """Become the parent of every process whose own parent ends below us, so that `end` finds all of them (Linux)."""
    _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1)


def check_in_memory(folder: Path, *, mounts: Path = Path("/proc/self/mounts")) -> None:
    """Raise SettingsError where *folder* is not on a tmpfs: what is deleted on a disk can be read back from it."""
    path, best, kind = folder.resolve(), Path("/"), ""
    for line in mounts.read_text("utf-8").splitlines():
        where, type_ = (word.encode().decode("unicode_escape") for word in line.split(" ")[1:3])
        if path.is_relative_to(where) and len(where) >= len(str(best)):
            best, kind = Path(where), type_
    if kind != "tmpfs":
        raise SettingsError(
            f"profiles: {folder} is on {best} ({kind}), not in memory; name a folder on a tmpfs, as /run/user/… is"
        )


class Browser:
    """One browser at a time, in a folder of its own below *profiles*; `flags` follow FLAGS."""

    def __init__(self, program: Path, profiles: Path, *, flags: Sequence[str] = ()) -> None:
        self._program = program
        self._profiles = profiles
        self._flags = tuple(flags)
        self._process: asyncio.subprocess.Process | None = None

    @property
    def runs(self) -> bool:
        """Return whether the browser's first process is there."""
        return self._process is not None and self._process.returncode is None

    async def start(self, address: str, *, environ: Mapping[str, str] = os.environ) -> None:
        """Start at *address* in a new folder. Raises OSError where it cannot be started."""
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=self._profiles))
        homes = {name: folder / name.lower() for name in _HOMES}
        for home in homes.values():
            home.mkdir(mode=0o700)
        kept = {name: value for name, value in environ.items() if name in _KEPT}
        self._process = await asyncio.create_subprocess_exec(
            self._program,
            *FLAGS,
            f"--user-data-dir={folder / 'profile'}",
            *self._flags,
            address,
            env=kept | {name: str(home) for name, home in homes.items()},
            cwd=folder,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_end_with_parent,
        )

    async def ended(self) -> int:
        """Wait until the browser's first process has ended; return its status."""
        if self._process is None:
            return 0
        return await self._process.wait()

    async def end(self) -> None:
        """Kill every process that came from us: what it would still write must not be left. Raises TimeoutError."""
        async with asyncio.timeout(_KILL_S):
            while self._kill():  # noqa: ASYNC110  processes of others' children have no event to wait for
                await asyncio.sleep(_LOOK_S)
        self._process = None

    def erase(self) -> None:
        """Erase what every browser of ours wrote. Raises OSError where something is left."""
        for folder in self._profiles.glob(f"{_PREFIX}*"):
            shutil.rmtree(folder)
        left = next(self._profiles.iterdir(), None)
        if left is not None:
            raise FileExistsError(f"{left.name} is left in {self._profiles}")

    def _kill(self) -> bool:
        """Kill all that still run; return whether there was one."""
        first = self._process.pid if self._process else None
        living = self.runs
        for pid in tuple(_descendants(os.getpid())):
            with suppress(ProcessLookupError, ChildProcessError):
                if pid != first and os.waitpid(pid, os.WNOHANG)[0] == pid:  # the first is asyncio's to wait for
                    continue
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                living = True
        return living


def _descendants(pid: int) -> Iterator[int]:
    """Yield every process below *pid*, by /proc/PID/task/TID/children."""
    for task in Path(f"/proc/{pid}/task").glob("*"):
        try:
            children = [int(child) for child in (task / "children").read_text().split()]
        except (FileNotFoundError, ProcessLookupError):
            continue
        for child in children:
            yield child
            yield from _descendants(child)


def _end_with_parent() -> None:
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
