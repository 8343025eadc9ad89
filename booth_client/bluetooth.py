"""The booth's radio put together, this machine's Bluetooth or a simulated one, and what the operator hears of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final

import structlog

from booth_client.config import BoothSettings, RadioKind
from booth_client.ledger import Ledger
from booth_client.simulated import Use
from gateway.devices.ble import Deliver, Radio
from gateway.devices.bluez import BlueZ
from gateway.devices.events import Deaf, DeviceEvent, Ended, EndReason, Listening, Mended

__all__ = ["Passkeys", "noting", "open_radio"]

_log = structlog.get_logger("radio")

_WHAT_TO_DO: Final = {
    EndReason.BOND_LOST: "forget the device at the booth, put it into pairing mode and pair it again",
    EndReason.NO_CONSENT: "set its `user` and `consent_code`, or its `memory` and `unlock_key`, in its [[equipment]]",
    EndReason.PAIRING_FAILED: "put the device into pairing mode, remove it from any telephone, and pair it again",
}


class Passkeys:
    """Shows a device's passkey on the kiosk's screen, once there is one; nobody types one there.

    Of several devices that are paired at once the latest is shown, and the one before it again afterwards.
    """

    def __init__(self) -> None:
        self._display: Callable[[str | None], None] = lambda _: None
        self._shown: dict[str, str] = {}

    def attach(self, display: Callable[[str | None], None]) -> None:
        """Show digits by *display*, which takes them away again when it is given None."""
        self._display = display

    def show(self, address: str, passkey: str) -> None:
        """Show the digits that have to be typed at, or compared with, the device."""
        self._shown.pop(address, None)
        self._shown[address] = passkey
        self._display(passkey)

    async def ask(self, address: str) -> str | None:
        """Answer that nobody types: a device that shows or carries its passkey is paired by the operator."""
        _log.warning("a device wants its passkey typed", device=address, to_do="pair it with `teleborne devices pair`")
        return None

    def clear(self, address: str) -> None:
        """Show nothing of that device any more."""
        if self._shown.pop(address, None) is not None:
            self._display(next(reversed(self._shown.values()), None))


@asynccontextmanager
async def open_radio(
    settings: BoothSettings, ledger: Ledger, passkeys: Passkeys, *, now: Callable[[], datetime]
) -> AsyncIterator[tuple[Radio, Use | None]]:
    """Give the radio, on the clock *now*, and what takes a measurement with a simulated device."""
    if settings.radio is RadioKind.VIRTUAL:
        from booth_client.virtual_devices import open_virtual_radio  # noqa: PLC0415  no simulator beside real devices

        async with open_virtual_radio(settings, ledger.remembered, now=now) as opened:
            yield opened
    else:
        host = BlueZ(prefer=settings.bluetooth.adapters, desk=passkeys)
        yield (
            Radio(
                host=host,
                memory=ledger.remembered,
                now=now,
                consents=settings.consents,
                dialogues=settings.dialogues,
            ),
            None,
        )


def noting(receive: Deliver, *, booth: str) -> Callable[[DeviceEvent], Awaitable[None]]:
    """Return *receive*, with a line in the log for what concerns the operator; devices are named, people never."""

    async def heard(event: DeviceEvent) -> None:
        _note(event, booth)
        await receive(event)

    return heard


def _note(event: DeviceEvent, booth: str) -> None:
    if isinstance(event, Deaf):
        _log.warning("no device can be heard", booth=booth, adapter=event.adapter, why=event.detail)
    elif isinstance(event, Listening):
        _log.info("listening for devices", booth=booth, adapter=event.adapter)
    elif isinstance(event, Mended):
        _log.warning("Bluetooth was mended", booth=booth, device=event.address, what=event.detail)
    elif isinstance(event, Ended) and not event.reason.well:
        to_do = _WHAT_TO_DO.get(event.reason, "nothing: it is met again when it next advertises")
        _log.warning(
            "a session failed", booth=booth, device=event.address, reason=event.reason, why=event.detail, to_do=to_do
        )
