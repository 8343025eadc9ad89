"""What `teleborne decode` prints: one JSON object for one value of a characteristic.

The keys are those of docs/devices.md. Numbers are JSON numbers in the device's own precision: 2.00 stays 2.00. What
cannot be decoded is an object too, {"error": …, "detail": …}: `malformed` for octets that do not hold what they
promise, `unknown-characteristic`, `bad-hex`, and `bad-line` for a line that is no JSON object of two strings.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from gateway.devices import catalogue
from gateway.devices.errors import DeviceError, MalformedPacket, UnknownCharacteristic
from gateway.devices.layout import FLOAT, SFLOAT, Field, Layout

__all__ = ["decode_jsonl", "decode_line"]

_PRIMITIVES: Final = {
    "SFLOAT": Layout("SFLOAT", Field(name="value", codec=SFLOAT), flags=None),
    "FLOAT": Layout("FLOAT", Field(name="value", codec=FLOAT), flags=None),
}
_ERRORS: Final[dict[type[DeviceError], str]] = {
    MalformedPacket: "malformed",
    UnknownCharacteristic: "unknown-characteristic",
}
_JSON: Final = msgspec.json.Encoder(decimal_format="number")


class _Line(msgspec.Struct):
    characteristic: str
    hex: str


_LINES: Final = msgspec.json.Decoder(_Line)


def decode_line(characteristic: str, hex: str) -> str:  # noqa: A002 - the key of the JSON line
    """Return the JSON text of one value; never raises for what it is given."""
    try:
        data = bytes.fromhex(hex)
    except ValueError as error:
        return _error("bad-hex", f"hex is two digits for each octet: {error}")
    try:
        return _text(_shown(characteristic, data))
    except DeviceError as error:
        return _error(_ERRORS[type(error)], str(error))


def decode_jsonl(lines: Iterable[str | bytes]) -> Iterator[str]:
    """Return one JSON text for each line `{"characteristic": "2A35", "hex": "…"}`, other keys ignored."""
    for line in lines:
        try:
            asked = _LINES.decode(line)
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            yield _error("bad-line", str(error))
        else:
            yield decode_line(asked.characteristic, asked.hex)


def _shown(characteristic: str, data: bytes) -> dict[str, object]:
    primitive = _PRIMITIVES.get(characteristic.strip().upper())
    if primitive is None:
        return catalogue.decode(characteristic, data).to_json()
    _, values = primitive.read(data)
    return values | ({"trailing": len(values["trailing"])} if "trailing" in values else {})


def _error(error: str, detail: str) -> str:
    return _text({"error": error, "detail": detail})


def _text(shown: dict[str, object]) -> str:
    return _JSON.encode(shown).decode()
