"""The pairing agent: answers what BlueZ asks while a device bonds, and shows or takes its passkey.

bleak registers none, and without one every device that wants more than silence is refused. Only devices that we are
just pairing are answered: whoever comes up with a pairing of his own is turned away.

https://git.kernel.org/pub/scm/bluetooth/bluez.git/tree/doc/org.bluez.Agent.rst
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final, Protocol

from dbus_fast import Message, MessageType

__all__ = ["AGENT", "CAPABILITY", "Agent", "Desk", "NobodyThere"]

AGENT: Final = "/org/teleborne/agent"
CAPABILITY: Final = "KeyboardDisplay"
_INTERFACE: Final = "org.bluez.Agent1"
_REJECTED: Final = "org.bluez.Error.Rejected"
_DIGITS: Final = 6


class Desk(Protocol):
    """Where a person sees a device's passkey or types it: the kiosk, the operator's terminal."""

    def show(self, address: str, passkey: str) -> None:
        """Show the six digits that have to be typed at, or compared with, the device at *address*."""

    async def ask(self, address: str) -> str | None:
        """Return the digits that the device at *address* shows or has on its label; None where nobody types them."""

    def clear(self, address: str) -> None:
        """Show nothing of the device at *address* any more: paired, given up or refused."""


class NobodyThere:
    """A machine without screen and keys: devices that need either cannot be paired at it."""

    def show(self, address: str, passkey: str) -> None:
        """Show nothing."""

    async def ask(self, address: str) -> str | None:  # noqa: ARG002 - a Desk's
        """Answer that nobody types."""
        return None

    def clear(self, address: str) -> None:
        """Do nothing."""


class Agent:
    """Answers BlueZ's questions; `expects` says whether the device at an address is being paired by us."""

    def __init__(self, desk: Desk, *, expects: Callable[[str], bool]) -> None:
        self._desk = desk
        self._expects = expects
        self._answers: dict[str, Callable[[list[Any]], Awaitable[tuple[str, list[Any]] | None]]] = {
            "RequestAuthorization": self._let,
            "AuthorizeService": self._let,
            "RequestConfirmation": self._shown,
            "DisplayPasskey": self._shown,
            "DisplayPinCode": self._shown,
            "RequestPasskey": self._passkey,
            "RequestPinCode": self._pin,
            "Cancel": self._cancel,
            "Release": self._cancel,
        }
        self._asking: asyncio.Timeout | None = None
        self._about = ""

    def concerns(self, message: Message) -> bool:
        """Return whether a message is a question to this agent."""
        return (
            message.message_type is MessageType.METHOD_CALL
            and message.path == AGENT
            and message.interface == _INTERFACE
            and message.member in self._answers
        )

    async def answer(self, message: Message) -> Message:
        """Return the answer to a question, which may take a person's time."""
        member = str(message.member)
        said = None
        if member in ("Cancel", "Release") or self._expects(_address(message.body[0])):
            self._about = _address(message.body[0]) if message.body else self._about
            said = await self._answers[member](list(message.body))
        if said is None:
            return Message.new_error(message, _REJECTED, "not paired by the booth, or nobody answered")
        signature, body = said
        return Message.new_method_return(message, signature, body)

    def done(self, address: str) -> None:
        """Show nothing of the device at *address* any more."""
        self._desk.clear(address)

    async def _let(self, _body: list[Any]) -> tuple[str, list[Any]]:
        return "", []

    async def _shown(self, body: list[Any]) -> tuple[str, list[Any]]:
        passkey = body[1]
        self._desk.show(_address(body[0]), f"{passkey:0{_DIGITS}}" if isinstance(passkey, int) else str(passkey))
        # Of two numbers that should be equal the device's owner confirms at the device; our side has nobody else.
        return "", []

    async def _passkey(self, body: list[Any]) -> tuple[str, list[Any]] | None:
        typed = await self._typed(body)
        return ("u", [int(typed)]) if typed and typed.isascii() and typed.isdigit() and len(typed) <= _DIGITS else None

    async def _pin(self, body: list[Any]) -> tuple[str, list[Any]] | None:
        typed = await self._typed(body)
        return ("s", [typed]) if typed else None

    async def _typed(self, body: list[Any]) -> str | None:
        try:
            async with asyncio.timeout(None) as self._asking:
                return await self._desk.ask(_address(body[0]))
        except TimeoutError:
            return None  # BlueZ took its question back
        finally:
            self._asking = None

    async def _cancel(self, _body: list[Any]) -> tuple[str, list[Any]]:
        asking, self._asking = self._asking, None
        if asking is not None:
            asking.reschedule(0.0)
        self._desk.clear(self._about)
        return "", []


def _address(path: str) -> str:
    return str(path).rpartition("/dev_")[2].replace("_", ":")
