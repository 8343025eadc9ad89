"""The virtual radio: an in-memory link with one central, which bleak drives, and the virtual devices around it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

from bleak.backends.client import BaseBleakClient
from bleak.backends.scanner import BaseBleakScanner
from bumble.device import Device
from bumble.hci import Address
from bumble.pairing import PairingConfig, PairingDelegate

from gateway.devices.virtual.air import Air, AirController
from gateway.devices.virtual.backend import VirtualClient, VirtualScanner
from gateway.devices.virtual.central import Central
from gateway.devices.virtual.device import VirtualDevice

__all__ = ["VirtualRadio"]

_CENTRAL: Final = "F0:54:42:00:00:00"


@dataclass(frozen=True, slots=True)
class _Reach:
    air: Air
    controller: AirController

    def leave(self) -> None:
        self.air.leave(self.controller)

    def come_back(self) -> None:
        self.air.come_back(self.controller)


class VirtualRadio:
    """An `async with` block within which *devices* are switched on and bleak reaches them through the two backends.

    Bonds last as long as the block, like those of an adapter.
    """

    def __init__(self, devices: Iterable[VirtualDevice]) -> None:
        self._devices = tuple(devices)
        self._controllers: dict[str, AirController] = {}
        self._central: Central | None = None
        self._exit = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as opening:
            self.air = Air()
            self._central = await self._start_central(opening)
            for device in self._devices:
                controller = self._controllers[device.address] = AirController(device.key, link=self.air)
                device.reach = _Reach(self.air, controller)
                opening.push_async_callback(device.power_off)
                await device.power_on(controller, controller)
            self._exit = opening.pop_all()
        return self

    async def __aexit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        await self._exit.aclose()
        await asyncio.sleep(0)

    @property
    def scanner_backend(self) -> type[BaseBleakScanner]:
        """Return what `BleakScanner(backend=)` takes."""
        return type("VirtualScanner", (VirtualScanner,), {"central": self._central})

    @property
    def client_backend(self) -> type[BaseBleakClient]:
        """Return what `BleakClient(backend=)` takes."""
        return type("VirtualClient", (VirtualClient,), {"central": self._central})

    def device(self, key: str) -> VirtualDevice:
        """Return the device of that key ("cuff") or address; the first, where there are several of a model."""
        return next(device for device in self._devices if key in (device.key, device.address))

    async def bonds(self) -> list[str]:
        """Return the addresses of the devices that the central has a bond with."""
        keystore = self._central.device.keystore if self._central else None
        return [] if keystore is None else [name.partition("/")[0] for name, _ in await keystore.get_all()]

    def vanish(self, key: str) -> None:
        """Take a device out of reach without a word: flat battery, closed door."""
        self.air.leave(self._controllers[self.device(key).address])

    def come_back(self, key: str) -> None:
        """Bring a vanished device back into reach."""
        self.air.come_back(self._controllers[self.device(key).address])

    async def _start_central(self, opening: AsyncExitStack) -> Central:
        controller = AirController("central", link=self.air)
        host = Device.with_hci("Téléborne", Address(_CENTRAL), controller, controller)
        host.pairing_config_factory = lambda _: PairingConfig(
            mitm=False,
            delegate=PairingDelegate(),
            identity_address_type=PairingConfig.AddressType.RANDOM,
        )
        await host.power_on()
        opening.push_async_callback(host.power_off)
        return Central(host)
