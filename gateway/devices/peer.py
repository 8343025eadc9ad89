"""The device at the other end of one link, by bleak; no call of it is trusted to come back.

Every call has a deadline (bleak's own GATT calls have none) and fails at once where the link has ended, and whatever
goes wrong becomes the RadioError that says whose it is. https://bleak.readthedocs.io/
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, Final, TypeVar

from bleak import BleakClient
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.client import BaseBleakClient
from bleak.backends.device import BLEDevice
from bleak.exc import CONTROLLER_ERROR_CODES, BleakDBusError, BleakGATTProtocolError, BleakGATTProtocolErrorCode

from gateway.devices.catalogue import short_uuid
from gateway.devices.errors import BondLost, Declined, DeviceGone, DeviceTimeout, RadioError, Refused
from gateway.devices.session import Deadlines

__all__ = ["Peer", "bounded"]

_T = TypeVar("_T")

_WANTS_BOND: Final = frozenset(
    {
        BleakGATTProtocolErrorCode.INSUFFICIENT_AUTHENTICATION,
        BleakGATTProtocolErrorCode.INSUFFICIENT_AUTHORIZATION,
        BleakGATTProtocolErrorCode.INSUFFICIENT_ENCRYPTION,
        BleakGATTProtocolErrorCode.INSUFFICIENT_ENCRYPTION_KEY_SIZE,
    }
)
_KEY_MISSING: Final = CONTROLLER_ERROR_CODES[0x06]
_NOT_PAIRED: Final = ("org.bluez.Error.NotPermitted", "Not paired")
"""How BlueZ says that a device wants an encrypted link; bleak leaves it as it is."""


_LETTING_GO_S: Final = 5.0


async def bounded(what: str, seconds: float, call: Awaitable[_T], *, letting_go_s: float = _LETTING_GO_S) -> _T:
    """Await *call* for at most *seconds*; every failure becomes the RadioError that says whose it is.

    A call of bleak's that is cancelled takes back what it began, and waits for BlueZ's answer without a deadline: after
    *letting_go_s* more it is cancelled in that as well.
    """
    task = asyncio.current_task()
    before = task.cancelling() if task is not None else 0
    try:
        async with asyncio.timeout(seconds + letting_go_s), asyncio.timeout(seconds):
            answer = await call
    except TimeoutError as error:
        raise DeviceTimeout(f"{what}: no answer within {seconds:g} s") from error
    except Exception as error:  # bleak's backends leak D-Bus, assertion and operating-system errors of many types
        raise _whose(error)(f"{what}: {str(error) or type(error).__name__}") from error
    if task is not None and task.cancelling() > before:
        # Before Python 3.12 `wait_for`, with which libraries await answers, forgets a cancellation that comes together
        # with one: a booth that was told to stop just then would go on for ever.
        raise asyncio.CancelledError
    return answer


def _whose(error: Exception) -> type[RadioError]:
    if isinstance(error, BleakGATTProtocolError):
        return Refused if error.code in _WANTS_BOND else Declined
    if isinstance(error, BleakDBusError) and error.args[:2] == _NOT_PAIRED:
        return Refused
    return BondLost if _KEY_MISSING in str(error) else RadioError


class Peer:
    """The device at the other end of one link; characteristics are named by 16-bit UUID ("2A35")."""

    def __init__(
        self,
        device: BLEDevice,
        *,
        hear: Callable[[str, bytes], None],
        gone: Callable[[RadioError], None],
        deadlines: Deadlines,
        backend: type[BaseBleakClient] | None,
    ) -> None:
        self._hear = hear
        self._on_gone = gone
        self._end: RadioError | None = None
        self._is_up = False
        self._call: asyncio.Timeout | None = None
        self._deadlines = deadlines
        self._characteristics: dict[str, BleakGATTCharacteristic] = {}
        self._client = BleakClient(
            device,
            disconnected_callback=self._hung_up,
            timeout=deadlines.connect_s,
            backend=backend,
        )

    def cut(self, why: RadioError) -> None:
        """End the link from our side: the call under way fails at once with *why*, and so does every later one."""
        if self._end is None:
            self._end = why
            self._on_gone(why)
            if self._call is not None:
                self._call.reschedule(0.0)

    @property
    def offers(self) -> Mapping[str, frozenset[str]]:
        """Return the characteristics of the device, each with its properties ("read", "write", "indicate" …)."""
        return {uuid: frozenset(offer.properties) for uuid, offer in self._characteristics.items()}

    async def connect(self) -> None:
        """Open the link and learn the services."""
        await self._ask("connect", self._deadlines.connect_s, self._client.connect())
        for service in self._client.services:
            for characteristic in service.characteristics:
                self._characteristics.setdefault(short_uuid(characteristic.uuid), characteristic)
        self._is_up = True

    async def pair(self) -> None:
        """Bond, or encrypt with the bond there is; on Linux the system's pairing agent answers the device."""
        await self._ask("pair", self._deadlines.pair_s, self._client.pair())

    async def read(self, uuid: str) -> bytes:
        """Return the value of a characteristic."""
        reading = self._client.read_gatt_char(self._characteristics[uuid])
        return bytes(await self._ask(f"read {uuid}", self._deadlines.read_s, reading))

    async def write(self, uuid: str, value: bytes) -> None:
        """Write the value of a characteristic and wait until the device has acknowledged it."""
        writing = self._client.write_gatt_char(self._characteristics[uuid], value, response=True)
        await self._ask(f"write {uuid}", self._deadlines.write_s, writing)

    async def subscribe(self, uuid: str) -> None:
        """Have the device send a characteristic from now on."""
        subscribing = self._client.start_notify(
            self._characteristics[uuid], lambda _, data: self._hear(uuid, bytes(data))
        )
        await self._ask(f"subscribe to {uuid}", self._deadlines.subscribe_s, subscribing)

    async def disconnect(self) -> None:
        """Close the link, or what is left of it."""
        await self._bounded("disconnect", self._deadlines.disconnect_s, self._client.disconnect())

    async def _bounded(self, what: str, seconds: float, call: Coroutine[Any, Any, _T]) -> _T:
        letting_go_s = self._deadlines.disconnect_s
        return await bounded(f"{self._client.address}: {what}", seconds, call, letting_go_s=letting_go_s)

    async def _ask(self, what: str, seconds: float, call: Coroutine[Any, Any, _T]) -> _T:
        """Await a call of bleak's; one that the end of the link interrupts or makes fail tells of that end."""
        if self._end is not None:
            call.close()
            raise self._end
        try:
            async with asyncio.timeout(None) as self._call:
                return await self._bounded(what, seconds, call)
        except (RadioError, TimeoutError) as error:
            raise self._why(error) from error
        finally:
            self._call = None

    def _why(self, error: RadioError | TimeoutError) -> RadioError | TimeoutError:
        return self._end if self._end is not None and type(error) in (RadioError, TimeoutError) else error

    def _hung_up(self, _client: BleakClient) -> None:
        if self._is_up:  # bleak goes on by itself where a link breaks while it is made
            self.cut(DeviceGone(f"{self._client.address}: the device hung up"))
