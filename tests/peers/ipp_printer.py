"""A real IPP Everywhere printer in software: CUPS's ippeveprinter, with a tray, a door and ink that a test works on.

Its print command is the small program below: it takes a sheet for each page, and says what is wrong.
What comes out lies in the output folder. After trouble it asks first whether its job still stands, as printers do.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import shutil
import signal
import socket
import ssl
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import ClientSession, web

from tests.peers.bluez.bus import private_bus
from tests.peers.patience import PATIENCE

__all__ = ["PrinterPeer", "ipp_printer", "offering"]

_COMMAND = """#!/bin/sh
# IPP_JOB_ID is our number. Sheets lie in the tray as files.
work={work}
sheets=$(cat "$work/pages")
out=0
trouble() {{
    while [ -e "$work/$1" ] || {{ [ "$1" = media-empty ] && [ -z "$(ls "$work/tray")" ]; }}; do
        [ -n "$said" ] || echo "STATE: +$1" >&2
        said=1
        sleep 0.1
    done
    if [ -n "$said" ]; then
        echo "STATE: -$1" >&2
        said=
        ! ipptool -q -d id="$IPP_JOB_ID" "{uri}" "$work/cancelled.test" || exit 1
    fi
}}
[ ! -e "$work/abort" ] || exit 1
[ ! -e "$work/marker-supply-low" ] || echo "STATE: +marker-supply-low" >&2
while [ $out -lt $sheets ]; do
    trouble cover-open
    trouble media-jam
    trouble media-empty
    rm "$work/tray/$(ls "$work/tray" | head -n 1)"
    out=$((out + 1))
    echo "ATTR: job-impressions-completed=$out" >&2
    sleep 0.3
done
cp "$1" "$work/out/$IPP_JOB_ID.pdf"
"""

_GET_PRINTER_ATTRIBUTES = b"\x00\x0b"
_KEYWORD, _END = b"\x44", b"\x03"
"""https://www.rfc-editor.org/rfc/rfc8010#section-3.5"""

_CANCELLED = """{ OPERATION Get-Job-Attributes GROUP operation-attributes-tag
  ATTR charset attributes-charset utf-8
  ATTR naturalLanguage attributes-natural-language en
  ATTR uri printer-uri $uri
  ATTR integer job-id $id
  STATUS successful-ok
  EXPECT job-state-reasons WITH-VALUE "processing-to-stop-point" }
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrinterPeer:
    """The printer: its addresses, and the folder where somebody works on it."""

    uri: str
    work: Path
    certificate: str
    port: int

    @property
    def secure(self) -> str:
        return self.uri.replace("ipp://", "ipps://")

    @property
    def out(self) -> list[Path]:
        """Return what came out, in its order."""
        return sorted((self.work / "out").iterdir(), key=lambda path: int(path.stem))

    def load(self, sheets: int, *, pages: int) -> None:
        """Put *sheets* of paper in; the next papers have *pages* each."""
        (self.work / "pages").write_text(str(pages))
        for old in (self.work / "tray").iterdir():
            old.unlink()
        for number in range(sheets):
            (self.work / "tray" / f"{number:04}").touch()

    def add(self, sheets: int) -> None:
        for number in range(sheets):
            (self.work / "tray" / f"more-{number:04}").touch()

    @contextlib.contextmanager
    def fails(self, how: str) -> Iterator[None]:
        """Have the door open, the paper jammed, the toner low, or the job given up."""
        (self.work / how).touch()
        yield
        (self.work / how).unlink()


@asynccontextmanager
async def ipp_printer(folder: Path) -> AsyncIterator[PrinterPeer]:
    """Start the printer on loopback; it prints what it has paper for until this ends."""
    program = shutil.which("ippeveprinter", path=f"{os.environ['PATH']}:/usr/sbin") or pytest.fail(
        "ippeveprinter is missing: `make setup-test` (package cups-ipp-utils)"
    )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    uri = f"ipp://localhost:{port}/ipp/print"
    for name in ("out", "tray", "spool", "keys"):
        (folder / name).mkdir(parents=True)
    (folder / "cancelled.test").write_text(_CANCELLED)
    command = folder / "print"
    command.write_text(_COMMAND.format(work=folder, uri=uri))
    command.chmod(command.stat().st_mode | stat.S_IXUSR)
    given = (
        *("-r", "off", "-n", "localhost", "-p", str(port), "-s", "600", "-d", str(folder / "spool")),
        *("-K", str(folder / "keys"), "-f", "application/pdf"),
        *("-c", str(command), "Borne"),
    )
    async with private_bus():  # it wants a bus even when it announces itself to nobody
        with (folder / "log").open("wb") as log:
            daemon = await asyncio.create_subprocess_exec(program, *given, stdout=log, stderr=log)
        try:
            peer = PrinterPeer(uri=uri, work=folder, certificate=await _certificate(port), port=port)
            peer.load(100, pages=2)
            yield peer
        finally:
            with contextlib.suppress(ProcessLookupError):
                daemon.send_signal(signal.SIGTERM)
            async with asyncio.timeout(PATIENCE):
                await daemon.wait()


@asynccontextmanager
async def offering(peer: PrinterPeer, name: str, word: str) -> AsyncIterator[tuple[str, list[bytes]]]:
    """Let the printer say besides that it has the attribute *name* with *word*; give its address and what it hears."""
    heard: list[bytes] = []
    more = b"".join(len(each).to_bytes(2, "big") + each for each in (name.encode(), word.encode()))
    async with ClientSession(trust_env=False) as http:

        async def passes(request: web.Request) -> web.Response:
            asked = await request.read()
            heard.append(asked)
            given = {"Content-Type": "application/ipp"}
            async with http.post(f"http://localhost:{peer.port}{request.path}", data=asked, headers=given) as answer:
                said = await answer.read()
            if asked[2:4] == _GET_PRINTER_ATTRIBUTES:
                assert said[-1:] == _END
                said = said[:-1] + _KEYWORD + more + _END
            return web.Response(body=said, content_type="application/ipp")

        app = web.Application()
        app.router.add_post("/ipp/print", passes)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "localhost", 0).start()
        try:
            yield f"ipp://localhost:{runner.addresses[0][1]}/ipp/print", heard
        finally:
            await runner.cleanup()


async def _certificate(port: int) -> str:
    """Return the SHA-256 of the certificate that the printer has made for itself, once it answers."""
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting, server_hostname="localhost")
            except OSError:
                await asyncio.sleep(0.1)
                continue
            shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
            writer.close()
            return hashlib.sha256(shown).hexdigest()
