"""What BlueZ says there is, kept up to date from its signals: adapters, devices and their bonds. No I/O.

https://git.kernel.org/pub/scm/bluetooth/bluez.git/tree/doc/org.bluez.Device.rst
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.devices.bluez.bus import ADAPTER, DEVICE

__all__ = ["Bond", "Objects"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bond:
    """A device that an adapter has a bond with: its address and name, and the address of the adapter."""

    address: str
    name: str | None
    adapter: str


@dataclass(slots=True)
class Objects:
    """The adapters and devices by path, with their properties as BlueZ names them.

    `flaps` counts for each device how often in a row its link came up and broke again before its services were known:
    what a device does that has forgotten the bond.
    """

    adapters: dict[str, dict[str, Any]] = field(default_factory=dict)
    devices: dict[str, dict[str, Any]] = field(default_factory=dict)
    flaps: dict[str, int] = field(default_factory=dict)

    def clear(self) -> None:
        """Forget everything, as when the service is gone."""
        self.adapters.clear()
        self.devices.clear()
        self.flaps.clear()

    def added(self, path: str, interfaces: Mapping[str, Mapping[str, Any]]) -> None:
        """Take in InterfacesAdded, or one object of GetManagedObjects."""
        for interface, held in ((ADAPTER, self.adapters), (DEVICE, self.devices)):
            if interface in interfaces:
                held[path] = dict(interfaces[interface])

    def removed(self, path: str, interfaces: list[str]) -> None:
        """Take in InterfacesRemoved."""
        for interface, held in ((ADAPTER, self.adapters), (DEVICE, self.devices)):
            if interface in interfaces:
                held.pop(path, None)
        self.flaps.pop(path, None)

    def changed(self, path: str, interface: str, values: Mapping[str, Any]) -> None:
        """Take in PropertiesChanged; what we have not been told of is told by GetManagedObjects later."""
        held = (self.adapters if interface == ADAPTER else self.devices if interface == DEVICE else {}).get(path)
        if held is None:
            return
        if held.get("Connected") and values.get("Connected") is False and not held.get("ServicesResolved"):
            self.flaps[path] = self.flaps.get(path, 0) + 1
        if values.get("ServicesResolved"):
            self.flaps.pop(path, None)
        held.update(values)

    def usable(self) -> dict[str, str]:
        """Return the path of each adapter that is on and can be a central, by address."""
        return {
            str(held.get("Address", path)): path
            for path, held in sorted(self.adapters.items())
            if held.get("Powered") and "central" in held.get("Roles", ("central",))
        }

    def device(self, adapter: str, address: str) -> tuple[str, dict[str, Any]] | None:
        """Return the path and the properties of a device on the adapter with path *adapter*."""
        path = f"{adapter}/dev_{address.upper().replace(':', '_')}"
        return (path, self.devices[path]) if path in self.devices else None

    def bonds(self) -> tuple[Bond, ...]:
        """Return the bonds of all adapters, by address."""
        found = (
            Bond(
                address=str(held["Address"]),
                name=held.get("Name") or None,
                adapter=str(self.adapters.get(str(held["Adapter"]), {}).get("Address", held["Adapter"])),
            )
            for held in self.devices.values()
            if held.get("Paired")
        )
        return tuple(sorted(found, key=lambda bond: (bond.address, bond.adapter)))
