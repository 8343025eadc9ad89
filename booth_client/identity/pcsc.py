"""Cards by the system's PC/SC service (pcscd), through its own library and nothing else.

The only door to libpcsclite.so.1 (BSD-3; Debian: pcscd, libpcsclite1), opened where a booth has a card reader: others
need neither. Calls block, so they are made in threads, none longer than a second.
https://pcsclite.apdu.fr/api/, ISO/IEC 7816-4
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Final

from gateway.devices.errors import DeviceError

__all__ = ["CardError", "Readers", "readers"]

_LIBRARY: Final = "libpcsclite.so.1"
_SYSTEM, _SHARED, _T0_OR_T1, _LEAVE = 2, 2, 3, 0
_UNAWARE, _PRESENT = 0x0000, 0x0020
_COUNTS: Final = 16
_WAIT_MS: Final = 1000
_TIMEOUT, _NO_READERS = 0x8010000A, 0x8010002E
_LONGEST: Final = 2 + 65536
_SUCCESS: Final = b"\x90\x00"
_MORE: Final = 0x61
_GET_RESPONSE: Final = bytes.fromhex("00C00000")


class CardError(DeviceError):
    """The service, the reader or the card does not do what was asked."""


class _State(ctypes.Structure):
    _fields_ = (
        ("reader", ctypes.c_char_p),
        ("mine", ctypes.c_void_p),
        ("current", ctypes.c_ulong),
        ("event", ctypes.c_ulong),
        ("atr_length", ctypes.c_ulong),
        ("atr", ctypes.c_ubyte * 33),
    )


class _Protocol(ctypes.Structure):
    _fields_ = (("protocol", ctypes.c_ulong), ("length", ctypes.c_ulong))


Say = Callable[[bytes], bytes]
"""Says a command to a card and returns its data; raises CardError where it refuses."""


class Readers:
    """The card readers of this computer."""

    def __init__(self, library: Any, context: ctypes.c_long) -> None:
        self._library = library
        self._context = context
        self._seen: dict[str, int] = {}

    def names(self) -> list[str]:
        """Return the readers that are plugged in. Raises CardError."""
        length = ctypes.c_ulong(0)
        code = self._library.SCardListReaders(self._context, None, None, ctypes.byref(length))
        if _unsigned(code) == _NO_READERS:
            return []
        _check(code, "list readers")
        text = ctypes.create_string_buffer(length.value)
        _check(self._library.SCardListReaders(self._context, None, text, ctypes.byref(length)), "list readers")
        return [each.decode() for each in text.raw.split(b"\0") if each]

    def put_in(self) -> str | None:
        """Wait for at most a second; return the reader into which a card was put, None: into none. Raises CardError."""
        names = self.names()
        if not names:
            raise CardError("no card reader is plugged in")
        self._seen = {name: self._seen.get(name, _UNAWARE) for name in names}
        states = (_State * len(names))(*(_State(reader=name.encode(), current=self._seen[name]) for name in names))
        code = self._library.SCardGetStatusChange(self._context, _WAIT_MS, states, len(names))
        if _unsigned(code) == _TIMEOUT:
            return None
        _check(code, "wait for a card")
        before, self._seen = self._seen, {name: state.event for name, state in zip(names, states, strict=True)}
        return next((name for name in names if _came(before[name], self._seen[name])), None)

    @property
    def holds(self) -> bool:
        """Say whether a card was in a reader when `put_in` last looked."""
        return any(state & _PRESENT for state in self._seen.values())

    @contextmanager
    def card(self, reader: str) -> Iterator[Say]:
        """Talk to the card in *reader*. Raises CardError."""
        handle, protocol = ctypes.c_long(), ctypes.c_ulong()
        _check(
            self._library.SCardConnect(
                self._context, reader.encode(), _SHARED, _T0_OR_T1, ctypes.byref(handle), ctypes.byref(protocol)
            ),
            "connect to the card",
        )
        try:
            yield lambda command: self._said(handle, protocol.value, command)
        finally:
            self._library.SCardDisconnect(handle, _LEAVE)

    def _said(self, handle: ctypes.c_long, protocol: int, command: bytes) -> bytes:
        data, status = self._transmit(handle, protocol, command)
        while status[0] == _MORE:
            more, status = self._transmit(handle, protocol, _GET_RESPONSE + status[1:])
            data += more
        if status != _SUCCESS:
            raise CardError(f"the card refuses ({status.hex()})")
        return data

    def _transmit(self, handle: ctypes.c_long, protocol: int, command: bytes) -> tuple[bytes, bytes]:
        answer, length = ctypes.create_string_buffer(_LONGEST), ctypes.c_ulong(_LONGEST)
        how = _Protocol(protocol, ctypes.sizeof(_Protocol))
        code = self._library.SCardTransmit(
            handle, ctypes.byref(how), command, len(command), None, answer, ctypes.byref(length)
        )
        _check(code, "speak to the card")
        if length.value < len(_SUCCESS):
            raise CardError("the card says nothing")
        said = answer.raw[: length.value]
        return said[:-2], said[-2:]


@contextmanager
def readers() -> Iterator[Readers]:
    """Open the service. Raises CardError where there is none."""
    library, context = _opened(), ctypes.c_long()
    _check(library.SCardEstablishContext(_SYSTEM, None, None, ctypes.byref(context)), "reach pcscd")
    try:
        yield Readers(library, context)
    finally:
        library.SCardReleaseContext(context)


@cache
def _opened() -> Any:
    try:
        library = ctypes.CDLL(_LIBRARY)
    except OSError as error:
        raise CardError(f"{_LIBRARY} is missing: apt-get install pcscd") from error
    for name in (
        "EstablishContext",
        "ReleaseContext",
        "ListReaders",
        "GetStatusChange",
        "Connect",
        "Disconnect",
        "Transmit",
    ):
        getattr(library, f"SCard{name}").restype = ctypes.c_long
    library.SCardDisconnect.argtypes = (ctypes.c_long, ctypes.c_ulong)
    library.SCardReleaseContext.argtypes = (ctypes.c_long,)
    library.SCardGetStatusChange.argtypes = (ctypes.c_long, ctypes.c_ulong, ctypes.c_void_p, ctypes.c_ulong)
    library.SCardTransmit.argtypes = (
        *(ctypes.c_long, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_ulong),
        *(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p),
    )
    library.SCardConnect.argtypes = (
        *(ctypes.c_long, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_ulong),
        *(ctypes.c_void_p, ctypes.c_void_p),
    )
    library.SCardListReaders.argtypes = (ctypes.c_long, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_void_p)
    library.SCardEstablishContext.argtypes = (ctypes.c_ulong, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)
    return library


def _came(before: int, now: int) -> bool:
    """Say whether a card is new in a reader; the upper half of a state counts how often cards came and went."""
    return bool(now & _PRESENT) and (not before & _PRESENT or now >> _COUNTS != before >> _COUNTS)


def _unsigned(code: int) -> int:
    return code & 0xFFFFFFFF


def _check(code: int, what: str) -> None:
    if code:
        raise CardError(f"PC/SC cannot {what} ({_unsigned(code):#010x})")
