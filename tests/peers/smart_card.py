"""A card reader without any hardware: the real pcscd with vsmartcard's virtual reader, and a card that is put in.

pcscd has one socket, at a fixed place: here it lives in a mount namespace of its own, so that it meets no other. The
card is played over the virtual reader's protocol (*vpcd*, TCP): lengths of two octets; single octets are controls.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.peers.patience import PATIENCE

__all__ = ["CardReader", "badge_of", "card_of", "card_reader"]

_DRIVER = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so"
_CONFIGURATION = """FRIENDLYNAME "Virtual PCD"
DEVICENAME /dev/null:0x{port:04X}
LIBPATH {driver}
CHANNELID 0x{port:04X}
"""
_SOCKET = "PCSCLITE_CSOCK_NAME"
_ATR = 4
_ANSWER_TO_RESET = bytes.fromhex("3B8001")

Card = Callable[[bytes], bytes]
"""What a card answers to a command."""


class CardReader:
    """The virtual reader, into which cards are put."""

    def __init__(self, port: int) -> None:
        self._port = port

    @asynccontextmanager
    async def holds(self, card: Card) -> AsyncIterator[None]:
        """Hold a card for as long as the block lasts."""
        async with asyncio.timeout(PATIENCE):
            while True:
                with contextlib.suppress(OSError):
                    read, write = await asyncio.open_connection("127.0.0.1", self._port)
                    break
                await asyncio.sleep(0.1)
        playing = asyncio.create_task(_play(read, write, card))
        try:
            yield
        finally:
            playing.cancel()
            write.close()
            with contextlib.suppress(asyncio.CancelledError, OSError):
                await playing


async def _play(read: asyncio.StreamReader, write: asyncio.StreamWriter, card: Card) -> None:
    with contextlib.suppress(asyncio.IncompleteReadError):
        while True:
            command = await read.readexactly(int.from_bytes(await read.readexactly(2), "big"))
            control = len(command) == 1
            answer = (_ANSWER_TO_RESET if command[0] == _ATR else b"") if control else card(command)
            if answer:
                write.write(len(answer).to_bytes(2, "big") + answer)
                await write.drain()


def card_of(application: bytes, content: bytes) -> Card:
    """Return a card with one application that has one file; anything else it refuses, as cards do."""
    selected = False

    def answer(command: bytes) -> bytes:
        nonlocal selected
        if command[:4] == b"\x00\xa4\x04\x00":
            selected = command[5 : 5 + command[4]] == application
            return b"\x90\x00" if selected else b"\x6a\x82"
        if command[:2] == b"\x00\xb0" and selected:
            at = int.from_bytes(command[2:4], "big")
            return content[at : at + (command[4] or 256)] + b"\x90\x00"
        return b"\x6d\x00"

    return answer


def badge_of(serial: str) -> Card:
    """Return a badge that tells its serial number and nothing else, as contactless ones do."""

    def answer(command: bytes) -> bytes:
        return bytes.fromhex(serial) + b"\x90\x00" if command == bytes.fromhex("FFCA000000") else b"\x6d\x00"

    return answer


@asynccontextmanager
async def card_reader(folder: Path) -> AsyncIterator[CardReader]:
    """Start pcscd with the virtual reader, and make it the one that programs of this process find."""
    program = shutil.which("pcscd", path=f"{os.environ['PATH']}:/usr/sbin") or pytest.fail(
        "pcscd is missing: `make setup-test` (packages pcscd and vsmartcard-vpcd)"
    )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (folder / "reader").write_text(_CONFIGURATION.format(port=port, driver=_DRIVER))
    inside = f'mount -t tmpfs tmpfs /run && exec "{program}" --foreground --config "{folder}"'
    with (folder.parent / f"{folder.name}.log").open("wb") as log:
        daemon = await asyncio.create_subprocess_exec(
            "unshare", "--user", "--map-root-user", "--mount", "sh", "-c", inside, stdout=log, stderr=log
        )
    before = os.environ.get(_SOCKET)
    os.environ[_SOCKET] = there = f"/proc/{daemon.pid}/root/run/pcscd/pcscd.comm"
    try:
        async with asyncio.timeout(PATIENCE):
            while not Path(there).exists():
                assert daemon.returncode is None, (folder.parent / f"{folder.name}.log").read_text()
                await asyncio.sleep(0.05)
        yield CardReader(port)
    finally:
        if before is None:
            del os.environ[_SOCKET]
        with contextlib.suppress(ProcessLookupError):
            daemon.terminate()
        async with asyncio.timeout(PATIENCE):
            await daemon.wait()
