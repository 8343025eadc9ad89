"""The objects of a D-Bus service: their properties, the signals about them, and who answers a call."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, Final

from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus

__all__ = ["ADAPTER", "CHARACTERISTIC", "DEVICE", "MANAGER", "SERVICE", "BluezError", "Tree"]

ADAPTER: Final = "org.bluez.Adapter1"
DEVICE: Final = "org.bluez.Device1"
SERVICE: Final = "org.bluez.GattService1"
CHARACTERISTIC: Final = "org.bluez.GattCharacteristic1"
MANAGER: Final = "org.bluez.AgentManager1"
_PROPERTIES: Final = "org.freedesktop.DBus.Properties"
_OBJECTS: Final = "org.freedesktop.DBus.ObjectManager"

_SIGNATURES: Final = {
    **dict.fromkeys(("Address", "AddressType", "Name", "Alias", "UUID"), "s"),
    **dict.fromkeys(
        ("Paired", "Bonded", "Trusted", "Connected", "ServicesResolved", "Powered", "Discovering", "Notifying"), "b"
    ),
    **dict.fromkeys(("Roles", "UUIDs", "Flags"), "as"),
    **dict.fromkeys(("Adapter", "Device", "Service"), "o"),
    "Primary": "b",
    "RSSI": "n",
    "MTU": "q",
    "Value": "ay",
}

Answer = Callable[[str, list[Any], str], Awaitable[list[Any]]]
"""What answers a method: (path, arguments, who asks) → what is returned."""


class BluezError(Exception):
    """The error that a call is answered with: its name within org.bluez.Error, and its text."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(f"{name}: {text}")
        self.name = name if "." in name else f"org.bluez.Error.{name}"
        self.text = text


class Tree:
    """Objects by path, each with its interfaces and their properties; `answers` are methods by (interface, name)."""

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, dict[str, Any]]] = {}
        self.answers: dict[tuple[str, str], Answer] = {
            (_OBJECTS, "GetManagedObjects"): self._managed,
            (_PROPERTIES, "Get"): self._get,
            (_PROPERTIES, "Set"): self._set,
        }
        self.returns: dict[tuple[str, str], str] = {
            (_OBJECTS, "GetManagedObjects"): "a{oa{sa{sv}}}",
            (_PROPERTIES, "Get"): "v",
        }
        self.on_set: dict[str, Callable[[str, Any], Awaitable[None]]] = {}
        self.on_left: Callable[[str], Coroutine[Any, Any, None]] | None = None
        self.gone = asyncio.Event()
        self._bus: MessageBus | None = None
        self._tasks: asyncio.TaskGroup | None = None

    async def connect(self, address: str, tasks: asyncio.TaskGroup) -> None:
        """Take the name org.bluez on the bus; calls are answered by tasks of *tasks*."""
        self._tasks = tasks
        self._bus = await MessageBus(bus_address=address).connect()
        self._bus.add_message_handler(self._take)
        self._bus.add_message_handler(self._watch)
        await self._bus.call(
            Message(
                destination="org.freedesktop.DBus",
                path="/org/freedesktop/DBus",
                interface="org.freedesktop.DBus",
                member="AddMatch",
                signature="s",
                body=["type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged'"],
            )
        )
        await self._bus.request_name("org.bluez")

    async def vanish(self) -> None:
        """Leave the bus without a word, as a killed daemon does."""
        self.gone.set()
        if self._bus is not None:
            self._bus.disconnect()
            await self._bus.wait_for_disconnect()  # type: ignore[no-untyped-call]  # dbus-fast leaves it untyped
            self._bus = None

    async def call(self, destination: str, path: str, interface: str, member: str, signature: str, *body: Any) -> Any:
        """Call a method of somebody else, such as an agent; raise BluezError with its error."""
        assert self._bus is not None
        reply = await self._bus.call(
            Message(
                destination=destination,
                path=path,
                interface=interface,
                member=member,
                signature=signature,
                body=list(body),
            )
        )
        if reply.message_type is MessageType.ERROR:
            raise BluezError(str(reply.error_name), str(reply.body[0]) if reply.body else "")
        return reply.body[0] if reply.body else None

    def add(self, path: str, interface: str, **properties: Any) -> None:
        """Put an object's interface into the tree and say so."""
        self.objects.setdefault(path, {})[interface] = properties
        self._say("/", _OBJECTS, "InterfacesAdded", "oa{sa{sv}}", [path, {interface: _variants(properties)}])

    def remove(self, path: str) -> None:
        """Take an object and all below it out of the tree and say so."""
        for below in sorted(
            (each for each in self.objects if each == path or each.startswith(f"{path}/")), reverse=True
        ):
            interfaces = list(self.objects.pop(below))
            self._say("/", _OBJECTS, "InterfacesRemoved", "oas", [below, interfaces])

    def change(self, path: str, interface: str, **properties: Any) -> None:
        """Change properties and say so; an object that is gone has none."""
        if path in self.objects:
            self.objects[path][interface].update(properties)
            self._say(path, _PROPERTIES, "PropertiesChanged", "sa{sv}as", [interface, _variants(properties), []])

    def has(self, path: str, interface: str, name: str) -> Any:
        """Return a property; None where there is no such object."""
        return self.objects.get(path, {}).get(interface, {}).get(name)

    def _say(self, path: str, interface: str, member: str, signature: str, body: list[Any]) -> None:
        if self._bus is not None and self._bus.connected:
            self._bus.send(
                Message(
                    message_type=MessageType.SIGNAL,
                    path=path,
                    interface=interface,
                    member=member,
                    signature=signature,
                    body=body,
                )
            )

    def _take(self, message: Message) -> bool:
        if message.message_type is not MessageType.METHOD_CALL or self._tasks is None:
            return False
        answer = self.answers.get((str(message.interface), str(message.member)))
        if answer is None:
            return False
        self._tasks.create_task(self._answer(message, answer))
        return True

    def _watch(self, message: Message) -> bool:
        """Tell `on_left` who has left the bus."""
        if message.member == "NameOwnerChanged" and self.on_left is not None and self._tasks is not None:
            name, _, owner = message.body
            if owner == "" and not self.gone.is_set():
                self._tasks.create_task(self.on_left(name))
        return False

    async def _answer(self, message: Message, answer: Answer) -> None:
        bus = self._bus
        try:
            body = await answer(str(message.path), list(message.body), str(message.sender))
            signature = self.returns.get((str(message.interface), str(message.member)), "")
            reply = Message.new_method_return(message, signature, body)
        except BluezError as error:
            reply = Message.new_error(message, error.name, error.text)
        if bus is not None and bus.connected:
            bus.send(reply)

    async def _managed(self, _path: str, _body: list[Any], _sender: str) -> list[Any]:
        return [
            {
                path: {interface: _variants(held) for interface, held in each.items()}
                for path, each in self.objects.items()
            }
        ]

    async def _get(self, path: str, body: list[Any], _sender: str) -> list[Any]:
        interface, name = body
        if name not in self.objects.get(path, {}).get(interface, {}):
            raise BluezError("org.freedesktop.DBus.Error.UnknownObject", f"no {name} at {path}")
        return [Variant(_SIGNATURES[name], self.objects[path][interface][name])]

    async def _set(self, path: str, body: list[Any], _sender: str) -> list[Any]:
        interface, name, value = body
        if interface not in self.objects.get(path, {}):
            raise BluezError("org.freedesktop.DBus.Error.UnknownObject", f"no {interface} at {path}")
        if name in self.on_set:
            await self.on_set[name](path, value.value)
        self.change(path, interface, **{name: value.value})
        return []


def _variants(properties: Mapping[str, Any]) -> dict[str, Variant]:
    return {name: Variant(_SIGNATURES[name], value) for name, value in properties.items()}
