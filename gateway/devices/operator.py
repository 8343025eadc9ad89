"""`teleborne devices scan|pair|forget|test`: what the workbench finds, for a terminal or as JSON for a program."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any, Final, TextIO

import msgspec

from gateway.devices.bluez import BlueZ
from gateway.devices.inspection import Checked, Expected, Fault, Inspection
from gateway.devices.workbench import Found, Workbench
from gateway.errors import SettingsError

__all__ = ["ACTS", "operate"]

ACTS: Final = ("scan", "pair", "forget", "test")

_JSON: Final = msgspec.json.Encoder()
_WORDS: Final = {
    Fault.NOT_SEEN: "not seen: is it switched on, within reach, and not connected to a telephone?",
    Fault.BOND_LOST: "it was seen and does not know this computer any more: pair it again",
    Fault.SESSION_FAILED: "it was seen and could not be talked to",
    Fault.BATTERY_LOW: "change its battery",
    Fault.CLOCK_UNSET: "its clock was never set",
    Fault.CLOCK_OFF: "its clock is off; the booth sets it when it next measures",
    Fault.CALIBRATION_DUE: "its calibration is due",
    Fault.CALIBRATION_UNKNOWN: "nobody wrote down when it was calibrated",
}


class Terminal:
    """A desk at the operator's terminal: passkeys are shown there, and typed."""

    def show(self, address: str, passkey: str) -> None:
        """Write the digits."""
        sys.stderr.write(f"{address}: compare with, or type at, the device: {passkey}\n")

    async def ask(self, address: str) -> str | None:
        """Read the digits that the device shows; nothing where nobody sits at a terminal."""
        if not sys.stdin.isatty():
            return None
        sys.stderr.write(f"{address}: type the digits that the device shows: ")
        sys.stderr.flush()
        return (await asyncio.to_thread(sys.stdin.readline)).strip() or None

    def clear(self, address: str) -> None:
        """Do nothing: what was written stays."""


async def operate(
    act: str,
    addresses: Sequence[str],
    *,
    seconds: float,
    json: bool = False,
    everything: bool = False,
    virtual: str | None = None,
    expected: Sequence[Expected] = (),
    adapters: Sequence[str] = (),
    out: TextIO | None = None,
) -> int:
    """Carry out one of ACTS; return 0, or 1 where a device is missing or unfit. Raise SettingsError, RadioError.

    *virtual* is a scenario to be played by simulated devices instead of the machine's Bluetooth.
    """
    if act in ("pair", "forget") and len(addresses) != 1:
        raise SettingsError(f"devices {act}: give the device's address; `teleborne devices scan` shows it")
    write = _Writer(out or sys.stdout, json=json)
    async with _bench(virtual, adapters) as bench:
        if act == "scan":
            return write.found(await bench.scan(seconds=seconds, everything=everything))
        if act == "pair":
            device = await bench.pair(addresses[0], seconds=seconds)
            return write.row({"paired": True, **_present(asdict(device))}, f"{device.address} is paired")
        if act == "forget":
            there = await bench.forget(addresses[0])
            said = "is forgotten" if there else "was not paired here"
            write.row({"address": addresses[0], "forgotten": there}, f"{addresses[0]} {said}")
            return 0 if there else 1
        return write.checked(await _test(bench, addresses, expected, seconds), today=_today())


async def _test(
    bench: Workbench, addresses: Collection[str], expected: Sequence[Expected], seconds: float
) -> tuple[Checked, ...]:
    known = {each.address.upper(): each for each in expected}
    wanted = [known.get(each.upper()) or Expected(name=each, address=each) for each in addresses] or list(expected)
    inspection = Inspection(wanted, strangers=not wanted)

    async def take(event: Any) -> None:
        inspection.take(event)

    only = [each.address for each in wanted] or None
    await bench.test(take, until=lambda: bool(wanted) and inspection.complete, seconds=seconds, only=only)
    return inspection.report()


@asynccontextmanager
async def _bench(virtual: str | None, adapters: Sequence[str]) -> AsyncIterator[Workbench]:
    if virtual is None:
        yield Workbench(host=BlueZ(prefer=adapters, desk=Terminal()))
        return
    from gateway.devices.virtual.radio import VirtualRadio  # noqa: PLC0415  no simulator beside real devices
    from gateway.devices.virtual.scenario import Player, read_scenario  # noqa: PLC0415  as above

    player = Player(read_scenario(virtual))
    async with VirtualRadio(player.devices) as radio, asyncio.TaskGroup() as hands:
        playing = hands.create_task(player.play(radio))
        yield Workbench(scanner_backend=radio.scanner_backend, client_backend=radio.client_backend)
        playing.cancel()


class _Writer:
    """Writes rows as JSON lines, or as a table."""

    def __init__(self, out: TextIO, *, json: bool) -> None:
        self._out = out
        self._json = json

    def row(self, row: dict[str, object], text: str) -> int:
        print(_JSON.encode(row).decode() if self._json else text, file=self._out, flush=True)
        return 0

    def found(self, devices: Sequence[Found]) -> int:
        if self._json:
            for each in devices:
                self.row(_present(asdict(each)), "")
            return 0
        rows = [(each.address, f"{each.rssi} dBm", each.name or "–", ", ".join(each.speaks) or "–") for each in devices]
        self._table(("address", "signal", "name", "speaks"), rows)
        if not rows:
            print("nothing advertises: use a device, so that it has something to say", file=self._out)
        return 0

    def checked(self, devices: Sequence[Checked], *, today: date) -> int:
        unfit = [each for each in devices if each.faults(today=today)]
        if self._json:
            for each in devices:
                self.row(_shown(each, today), "")
        else:
            rows = [_cells(each, today) for each in devices]
            self._table(("device", "address", "model", "battery", "clock", "calibrated", ""), rows)
            for each in unfit:
                for fault in each.faults(today=today):
                    why = f" ({each.trouble})" if fault is Fault.SESSION_FAILED else ""
                    print(f"{each.expected.name}: {_WORDS[fault]}{why}", file=self._out)
        return 1 if unfit or not devices else 0

    def _table(self, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        lines = [head, *rows]
        widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
        for line in lines:
            cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
            print("  ".join(cells).rstrip(), file=self._out, flush=True)


def _shown(each: Checked, today: date) -> dict[str, object]:
    wanted, device = each.expected, each.device
    row = {
        "name": wanted.name,
        "address": wanted.address.upper(),
        "seen": each.seen.isoformat() if each.seen else None,
        "model": device.model if device else None,
        "firmware": device.firmware if device else None,
        "battery_percent": device.battery_percent if device else None,
        "clock_off_s": int(each.clock_off.total_seconds()) if each.clock_off is not None else None,
        "calibrated": wanted.calibrated.isoformat() if wanted.calibrated else None,
        "calibration_due": each.calibration_due.isoformat() if each.calibration_due else None,
        "detail": each.trouble,
    }
    return {**_present(row), "faults": list(each.faults(today=today))}


def _cells(each: Checked, today: date) -> tuple[str, ...]:
    device = each.device
    battery = device.battery_percent if device else None
    clock = "–" if not each.clock_read else "not set" if each.clock_off is None else _span(each.clock_off)
    return (
        each.expected.name,
        each.expected.address.upper(),
        (device.model if device else None) or "–",
        "–" if battery is None else f"{battery} %",
        clock,
        each.expected.calibrated.isoformat() if each.expected.calibrated else "–",
        "unfit" if each.faults(today=today) else "ok",
    )


def _span(off: timedelta) -> str:
    seconds = int(abs(off).total_seconds())
    for size, word in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{'-' if off < timedelta(0) else '+'}{seconds // size} {word}"
    return f"{'-' if off < timedelta(0) else '+'}{seconds} s"


def _present(row: dict[str, Any]) -> dict[str, object]:
    return {name: value for name, value in row.items() if value is not None}


def _today() -> date:
    return datetime.now().astimezone().date()
