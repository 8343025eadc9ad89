"""The demo's programs as child processes: started, watched, and all ended together.

A child that dies ends the demo loudly. A demo that dies, even by kill -9, takes its children with it: the kernel sends
them a signal when their parent's thread ends (Linux, prctl PR_SET_PDEATHSIG).
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import sys
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from gateway.errors import TeleborneError

__all__ = ["ProgramEnded", "Programs", "running"]

_PR_SET_PDEATHSIG: Final = 1
_STOP_S: Final = 8.0
_libc: Final = ctypes.CDLL(None) if sys.platform == "linux" else None


class ProgramEnded(TeleborneError):
    """One of the demo's programs ended by itself; the text says which, and where its log is."""


class Programs:
    """The child processes of one demo; made by `running`."""

    def __init__(self, logs: Path, tasks: asyncio.TaskGroup) -> None:
        self._logs = logs
        self._tasks = tasks
        self._children: dict[str, asyncio.subprocess.Process] = {}
        self._work: list[asyncio.Task[None]] = []
        self._stopping = False

    async def start(self, name: str, *arguments: str, **settings: str) -> None:
        """Start `teleborne ARGUMENTS…` under *name* with *settings* as variables; it writes to the log of that name."""
        # A group of its own: Ctrl-C at the terminal reaches the demo alone, which then ends its programs in order.
        with (self._logs / f"{name}.log").open("ab") as log:
            child = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "gateway.cli",
                *arguments,
                env={**os.environ, **settings},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=_end_with_parent,
            )
        self._children[name] = child
        self._tasks.create_task(self._watch(name, child), name=f"watch {name}")

    def beside(self, work: Coroutine[Any, Any, None]) -> None:
        """Run *work* until the programs are stopped."""
        self._work.append(self._tasks.create_task(work))

    async def stop(self) -> None:
        """End every program: asked first, killed after 8 s."""
        self._stopping = True
        for each in self._work:
            each.cancel()
        running = [child for child in self._children.values() if child.returncode is None]
        for child in running:
            child.send_signal(signal.SIGINT)
        try:
            async with asyncio.timeout(_STOP_S):
                for child in running:
                    await child.wait()
        except TimeoutError:
            for child in running:
                if child.returncode is None:
                    child.kill()
            for child in running:
                await child.wait()

    async def _watch(self, name: str, child: asyncio.subprocess.Process) -> None:
        status = await child.wait()
        if self._stopping:
            return
        log = self._logs / f"{name}.log"
        last = log.read_text(errors="replace").strip().splitlines()[-1:] or ["it said nothing"]
        raise ProgramEnded(f"{name} ended by itself with status {status}: {last[0]} (log: {log})")


def _end_with_parent() -> None:
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


@asynccontextmanager
async def running(logs: Path) -> AsyncIterator[Programs]:
    """Give a place to start programs in, with their logs in the folder *logs*; all have ended when it is left."""
    async with asyncio.TaskGroup() as tasks:
        programs = Programs(logs, tasks)
        try:
            yield programs
        finally:
            await programs.stop()
