"""What a killed daemon and time do to the links in the air: they break, and both ends come to know it."""

from __future__ import annotations

from bumble.controller import Controller
from bumble.hci import HCI_ErrorCode

from gateway.devices.virtual import VirtualRadio

__all__ = ["come_back_alone", "leave_the_air"]

_TIMEOUT = HCI_ErrorCode.CONNECTION_TIMEOUT_ERROR


def leave_the_air(virtual: VirtualRadio) -> Controller:
    """Take our own controller out of the air: from here on nothing is confirmed to any device."""
    ours = _ours(virtual)
    virtual.air.leave(ours)
    return ours


def come_back_alone(virtual: VirtualRadio, ours: Controller) -> None:
    """Bring it back when every link has broken, at both ends."""
    for controller in (ours, *(virtual.air.controllers - {ours})):
        for connection in list(controller.le_connections.values()):
            controller.on_le_disconnected(connection, _TIMEOUT)
    virtual.air.come_back(ours)


def _ours(virtual: VirtualRadio) -> Controller:
    theirs = set(virtual._controllers.values())
    return next(each for each in virtual.air.controllers if each not in theirs)
