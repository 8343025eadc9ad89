"""BlueZ, Linux's Bluetooth, as the booth needs it beside bleak: adapters by address, a pairing agent, bonds, repairs.

https://git.kernel.org/pub/scm/bluetooth/bluez.git/tree/doc
"""

from gateway.devices.bluez.agent import Desk, NobodyThere
from gateway.devices.bluez.host import BlueZ
from gateway.devices.bluez.objects import Bond

__all__ = ["BlueZ", "Bond", "Desk", "NobodyThere"]
