"""A real CUPS scheduler with one queue, in a folder and on a port of its own, with Debian's own rules for who may what.

The queue leads to the IPP Everywhere printer of `tests.peers.ipp_printer`.
"""

from __future__ import annotations

import asyncio
import contextlib
import grp
import os
import re
import shutil
import signal
import socket
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.peers.ipp_printer import PrinterPeer
from tests.peers.patience import PATIENCE

__all__ = ["CupsQueue", "cups_queue"]

_DEFAULT = Path("/usr/share/cups/cupsd.conf.default")
_REPLACED = re.compile(r"^(Listen|Browsing|WebInterface|LogLevel)\b.*$", re.MULTILINE)
_FILES = """ServerRoot {folder}/etc
RequestRoot {folder}/spool
CacheDir {folder}/cache
StateDir {folder}/state
TempDir {folder}/spool/tmp
AccessLog {folder}/log/access
ErrorLog {folder}/log/error
PageLog {folder}/log/page
SystemGroup root
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class CupsQueue:
    """The queue: its address, and where CUPS keeps what it was sent."""

    uri: str
    folder: Path

    @property
    def kept(self) -> list[str]:
        """Return the documents and the jobs' descriptions in the spool."""
        return sorted(path.name for path in (self.folder / "spool").iterdir() if path.is_file())

    def octets(self) -> bytes:
        """Return all that CUPS has written anywhere."""
        return b"".join(path.read_bytes() for path in sorted(self.folder.rglob("*")) if path.is_file())


@asynccontextmanager
async def cups_queue(printer: PrinterPeer) -> AsyncIterator[CupsQueue]:
    """Run CUPS with a queue for *printer*."""
    cupsd, lpadmin = (
        shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
        or pytest.fail(f"{name} is missing: `make setup-test` (packages cups-daemon, cups-client, cups-filters)")
        for name in ("cupsd", "lpadmin")
    )
    # CUPS gives up root for its filters: the folder is one that others may pass through, unlike pytest's.
    with tempfile.TemporaryDirectory(prefix="cups-") as made:
        folder = Path(made)
        folder.chmod(0o755)
        port = _settings(folder)
        given = ("-f", "-c", str(folder / "etc/cupsd.conf"), "-s", str(folder / "etc/cups-files.conf"))
        with (folder / "log" / "said").open("wb") as log:
            daemon = await asyncio.create_subprocess_exec(cupsd, *given, stdout=log, stderr=log)
        try:
            await _queue(lpadmin, folder, printer.uri)
            yield CupsQueue(uri=f"ipp://localhost:{port}/printers/borne", folder=folder)
        finally:
            with contextlib.suppress(ProcessLookupError):
                daemon.send_signal(signal.SIGTERM)
            async with asyncio.timeout(PATIENCE):
                await daemon.wait()


def _settings(folder: Path) -> int:
    """Write CUPS's settings and folders; return the port on which it will listen."""
    for name in ("etc", "spool/tmp", "cache", "state", "log"):
        (folder / name).mkdir(parents=True)
        if os.geteuid() == 0:
            os.chown(folder / name, 0, grp.getgrnam("lp").gr_gid)
        (folder / name).chmod(0o775)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    (folder / "etc" / "cups-files.conf").write_text(_FILES.format(folder=folder))
    listens = f"Listen 127.0.0.1:{port}\nListen {folder}/socket\nBrowsing No\nWebInterface No\nLogLevel info\n"
    (folder / "etc" / "cupsd.conf").write_text(listens + _REPLACED.sub("", _DEFAULT.read_text()))
    return port


async def _queue(lpadmin: str, folder: Path, printer: str) -> None:
    """Make the queue, once CUPS answers; a printer that was not asked in time would make it a raw one: once more."""
    wanted = ("-h", str(folder / "socket"), "-p", "borne", "-E", "-v", printer, "-m", "everywhere")
    async with asyncio.timeout(PATIENCE):
        while not (folder / "etc" / "ppd" / "borne.ppd").exists():
            made = await asyncio.create_subprocess_exec(
                lpadmin, *wanted, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
            )
            await made.wait()
            await asyncio.sleep(0.5)
