"""One connection to the system's D-Bus, for what BlueZ says and is asked beside bleak; every call has a deadline.

https://dbus.freedesktop.org/doc/dbus-specification.html
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

from dbus_fast import AuthError, BusType, DBusError, Message, MessageType, unpack_variants
from dbus_fast.aio import MessageBus

from gateway.devices.errors import BluezError

__all__ = ["ADAPTER", "AGENTS", "BLUEZ", "DEVICE", "OBJECTS", "PROPERTIES", "SystemBus"]

BLUEZ: Final = "org.bluez"
ADAPTER: Final = "org.bluez.Adapter1"
DEVICE: Final = "org.bluez.Device1"
AGENTS: Final = "org.bluez.AgentManager1"
OBJECTS: Final = "org.freedesktop.DBus.ObjectManager"
PROPERTIES: Final = "org.freedesktop.DBus.Properties"

_DBUS: Final = "org.freedesktop.DBus"
_SIGNALS: Final = (
    f"type='signal',sender='{_DBUS}',interface='{_DBUS}',member='NameOwnerChanged',arg0='{BLUEZ}'",
    f"type='signal',sender='{BLUEZ}',interface='{OBJECTS}'",
    f"type='signal',sender='{BLUEZ}',interface='{PROPERTIES}',member='PropertiesChanged'",
)


class SystemBus:
    """The connection; `heard` is called with each message that BlueZ or the bus sends, and may answer calls.

    Raises BluezError from everything that fails.
    """

    def __init__(self, heard: Callable[[Message], Message | bool | None], *, answer_s: float) -> None:
        self._heard = heard
        self._answer_s = answer_s
        self._bus: MessageBus | None = None

    async def open(self) -> None:
        """Connect, and listen to what concerns BlueZ."""
        bus = MessageBus(bus_type=BusType.SYSTEM)
        try:
            async with asyncio.timeout(self._answer_s):
                await bus.connect()
        except (OSError, TimeoutError, AuthError, EOFError, DBusError) as error:
            bus.disconnect()
            raise BluezError(f"the system's D-Bus does not let us in: {str(error) or type(error).__name__}") from error
        bus.add_message_handler(self._heard)
        self._bus = bus
        for rule in _SIGNALS:
            await self.ask(_DBUS, "/org/freedesktop/DBus", _DBUS, "AddMatch", "s", rule)

    def close(self) -> None:
        """Leave the bus."""
        if self._bus is not None:
            self._bus.disconnect()
            self._bus = None

    async def gone(self) -> None:
        """Wait until the connection is down."""
        if self._bus is not None:
            try:
                await self._bus.wait_for_disconnect()  # type: ignore[no-untyped-call]  # dbus-fast leaves it untyped
            except (OSError, EOFError, DBusError):
                return  # how it ended does not matter

    def send(self, message: Message) -> None:
        """Send a message for which no answer is awaited, such as the answer to a call."""
        if self._bus is not None and self._bus.connected:
            self._bus.send(message)

    async def owner(self) -> str:
        """Return who is org.bluez on the bus; "" where nobody is."""
        try:
            found: str = await self.ask(_DBUS, "/org/freedesktop/DBus", _DBUS, "GetNameOwner", "s", BLUEZ)
        except BluezError as error:
            if error.name == "org.freedesktop.DBus.Error.NameHasNoOwner":
                return ""
            raise
        return found

    async def bluez(self, path: str, interface: str, member: str, signature: str = "", *body: Any) -> Any:
        """Call a method of BlueZ and return its first result, plain values for variants."""
        return await self.ask(BLUEZ, path, interface, member, signature, *body)

    async def ask(self, destination: str, path: str, interface: str, member: str, signature: str, *body: Any) -> Any:
        """Call a method of anybody on the bus."""
        what = f"{interface}.{member} of {path}"
        if self._bus is None:
            raise BluezError(f"{what}: not connected to D-Bus")
        message = Message(
            destination=destination, path=path, interface=interface, member=member, signature=signature, body=list(body)
        )
        try:
            async with asyncio.timeout(self._answer_s):
                reply = await self._bus.call(message)
        except TimeoutError as error:
            raise BluezError(f"{what}: no answer within {self._answer_s:g} s") from error
        except (OSError, EOFError, DBusError) as error:
            raise BluezError(f"{what}: {str(error) or type(error).__name__}") from error
        if reply.message_type is MessageType.ERROR:
            said = reply.body[0] if reply.body else ""
            raise BluezError(f"{what}: {reply.error_name}: {said}", name=str(reply.error_name))
        return unpack_variants(reply.body[0]) if reply.body else None
