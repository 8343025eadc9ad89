"""The virtual radio: simulated health objects on Bumble controllers, and bleak's backend over them.

Everything above the antenna is real: HCI, link encryption, pairing, ATT and GATT bytes. https://google.github.io/bumble/
"""

from gateway.devices.virtual.analyser import Analyser
from gateway.devices.virtual.behaviour import BEHAVIOURS, MODELS, make
from gateway.devices.virtual.cgm import GlucoseSensor
from gateway.devices.virtual.cuff import Cuff
from gateway.devices.virtual.device import Sent, VirtualDevice
from gateway.devices.virtual.glucometer import Glucometer
from gateway.devices.virtual.jumper import Jumper
from gateway.devices.virtual.nonin import Nonin
from gateway.devices.virtual.omron import OmronCuff
from gateway.devices.virtual.oximeter import Oximeter
from gateway.devices.virtual.person import Body, Persona
from gateway.devices.virtual.radio import VirtualRadio
from gateway.devices.virtual.ring import Ring
from gateway.devices.virtual.scale import Scale
from gateway.devices.virtual.sensor import Sensor
from gateway.devices.virtual.strap import Strap
from gateway.devices.virtual.thermometer import Thermometer

__all__ = [
    "BEHAVIOURS",
    "MODELS",
    "Analyser",
    "Body",
    "Cuff",
    "Glucometer",
    "GlucoseSensor",
    "Jumper",
    "Nonin",
    "OmronCuff",
    "Oximeter",
    "Persona",
    "Ring",
    "Scale",
    "Sensor",
    "Sent",
    "Strap",
    "Thermometer",
    "VirtualDevice",
    "VirtualRadio",
    "make",
]
