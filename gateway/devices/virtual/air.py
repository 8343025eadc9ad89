"""The air between virtual controllers, and controllers that behave in it as real ones do.

Bumble's stock parts differ from hardware in ways that matter here: a controller ignores a cancelled connection request
and waits for ever for an absent device, leaves the host waiting that closes a link which is down, and sending to a
device that is not there is an exception instead of silence.
"""

from __future__ import annotations

import asyncio
from typing import Final

from bumble import hci, ll
from bumble.controller import Controller
from bumble.core import PhysicalTransport
from bumble.link import LocalLink

__all__ = ["Air", "AirController"]


class Air(LocalLink):
    """An in-memory link that devices can walk out of: what they send then is lost, and so is what is sent to them."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Bumble leaves this constructor untyped
        self._away: set[Controller] = set()

    def leave(self, controller: Controller) -> None:
        """Take a device out of reach, without a word to anybody."""
        self.controllers.discard(controller)
        self._away.add(controller)

    def come_back(self, controller: Controller) -> None:
        """Bring it back; it has noticed meanwhile that its links are dead (supervision time-out)."""
        self._away.discard(controller)
        self.controllers.add(controller)
        for connection in list(controller.le_connections.values()):
            controller.on_le_disconnected(connection, hci.HCI_ErrorCode.CONNECTION_TIMEOUT_ERROR)

    def send_acl_data(
        self,
        sender_controller: Controller,
        destination_address: hci.Address,
        transport: PhysicalTransport,
        data: bytes,
    ) -> None:
        """Carry a data packet, unless its sender is out of reach (an absent receiver is silence already)."""
        if sender_controller not in self._away:
            super().send_acl_data(sender_controller, destination_address, transport, data)

    def send_advertising_pdu(self, sender_controller: Controller, packet: ll.AdvertisingPdu) -> None:
        """Carry an advertisement to whoever scans or waits for it, a connection request to everybody.

        Bumble hands each to every controller, which costs N advertisers N² deliveries; nearly all of those controllers
        belong to devices that neither scan nor connect, and would throw it away.
        """
        if sender_controller in self._away:
            return
        if isinstance(packet, ll.ConnectInd):
            super().send_advertising_pdu(sender_controller, packet)
            return
        loop = asyncio.get_running_loop()
        for controller in self.controllers:
            if controller is not sender_controller and _hears(controller):
                loop.call_soon(controller.on_ll_advertising_pdu, packet)

    def send_ll_control_pdu(
        self,
        sender_address: hci.Address,
        receiver_address: hci.Address,
        packet: ll.ControlPdu,
    ) -> None:
        """Carry a link-layer packet where both ends are in reach."""
        if self.find_le_controller(sender_address) and self.find_le_controller(receiver_address):
            super().send_ll_control_pdu(sender_address, receiver_address, packet)


def _hears(controller: Controller) -> bool:
    return bool(controller.le_scan_enable or controller.pending_le_connection)


_SCAN_RESPONSE: Final = hci.HCI_LE_Extended_Advertising_Report_Event.EventType.SCAN_RESPONSE


class AirController(Controller):
    """A controller that can be told to stop connecting, knows its links, and reports to a passive scan what that hears.

    Core Specification 5.4, Vol 4, Part E, 7.1.6 and 7.8.13: https://www.bluetooth.com/specifications/specs/core-specification-5-4/
    """

    def send_hci_packet(self, packet: hci.HCI_Packet) -> None:
        """Hand a packet to the host.

        Bumble's own spells every packet out for its log, written or not, and follows each advertisement with a scan
        response of the same data, asked for or not: without both a hundred devices cost less than half. Commands are
        answered at once, since the host trips over an answer to somebody who has been cancelled meanwhile.
        """
        if isinstance(packet, hci.HCI_LE_Extended_Advertising_Report_Event) and not self.le_scan_type:
            packet.reports = [each for each in packet.reports if not each.event_type & _SCAN_RESPONSE]
            if not packet.reports:
                return
        if not self.host:
            return
        if isinstance(packet, hci.HCI_Command_Complete_Event | hci.HCI_Command_Status_Event):
            self.host.on_packet(bytes(packet))
        else:
            asyncio.get_running_loop().call_soon(self.host.on_packet, bytes(packet))

    def on_hci_disconnect_command(self, command: hci.HCI_Disconnect_Command) -> None:
        """Close a link; where there is none (any more), say so, since no Disconnection Complete event will follow."""
        if self.find_connection_by_handle(command.connection_handle):
            super().on_hci_disconnect_command(command)
        else:
            self._send_hci_command_status(hci.HCI_ErrorCode.UNKNOWN_CONNECTION_IDENTIFIER_ERROR, command.op_code)

    def on_hci_le_create_connection_cancel_command(
        self, _command: hci.HCI_LE_Create_Connection_Cancel_Command
    ) -> hci.HCI_StatusReturnParameters:
        """Give up the pending connection and say so, as a Connection Complete event with an error status."""
        pending, self.pending_le_connection = self.pending_le_connection, None
        if pending is None:
            return hci.HCI_StatusReturnParameters(hci.HCI_ErrorCode.COMMAND_DISALLOWED_ERROR)
        given_up = hci.HCI_LE_Connection_Complete_Event(
            status=hci.HCI_ErrorCode.UNKNOWN_CONNECTION_IDENTIFIER_ERROR,
            connection_handle=0,
            role=hci.Role.CENTRAL,
            peer_address_type=pending.peer_address.address_type,
            peer_address=pending.peer_address,
            connection_interval=0,
            peripheral_latency=0,
            supervision_timeout=0,
            central_clock_accuracy=0,
        )
        asyncio.get_running_loop().call_soon(self.send_hci_packet, given_up)
        return hci.HCI_StatusReturnParameters(hci.HCI_ErrorCode.SUCCESS)
