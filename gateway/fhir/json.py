"""FHIR JSON read and written without changing a single digit.

FHIR requires that the precision of a decimal is kept: 2.00 is not 2.0 (https://hl7.org/fhir/R4/datatypes.html#decimal).
Numbers with a fraction or an exponent are `Decimal` here, other numbers `int`; elements keep their order.

Reading refuses what two programs could understand differently: a key given twice (names are unique, says
https://hl7.org/fhir/R4/json.html; decoders silently keep the first or the last), lone surrogates, and NUL, which no
database stores.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, Final, NoReturn

import msgspec

from gateway.errors import Malformed

__all__ = ["dumps", "loads"]

_DECODER: Final = msgspec.json.Decoder(float_hook=Decimal)
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")


def loads(data: bytes | str, *, own: bool = False) -> Any:
    """Return the value that *data* (UTF-8 JSON) says; `own` bytes, already checked once, are only decoded.

    Raises `Malformed`, which names the byte or the key.
    """
    try:
        raw = data.encode() if isinstance(data, str) else data
        value = _DECODER.decode(raw)
        if not own:
            _UNIQUE.decode(raw.decode())
    except (UnicodeEncodeError, UnicodeDecodeError) as error:
        raise Malformed(f"The text is not UTF-8: {error.reason} (byte {error.start}).") from error
    except RecursionError as error:
        raise Malformed("The JSON is nested too deeply.", remedy="Send a flatter document.") from error
    except (msgspec.DecodeError, ArithmeticError, ValueError) as error:
        raise Malformed(f"The JSON cannot be read: {error}.") from error
    if not own and b"\\u0000" in raw:
        _refuse_nul(value)
    return value


def dumps(value: Any) -> bytes:
    """Return *value* as compact UTF-8 JSON, every Decimal's digits kept; raise ValueError for a number that is none."""
    data = _ENCODER.encode(value)
    if b"NaN" in data or b"Infinity" in data:
        _refuse_nonfinite(value)
    return data


def _object_of_unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Malformed(f"The key {twice!r} is given twice in one object.", remedy="Give every key once.")
    return members


def _refuse_constant(name: str) -> NoReturn:
    raise Malformed(f"{name} is no JSON number.")


_UNIQUE: Final = json.JSONDecoder(
    object_pairs_hook=_object_of_unique_names, parse_float=str, parse_int=str, parse_constant=_refuse_constant
)


def _refuse_nul(value: Any) -> None:
    if isinstance(value, str) and "\0" in value:
        raise Malformed("A text holds the character NUL.", remedy="Leave the character U+0000 out.")
    if isinstance(value, dict):
        for name, member in value.items():
            _refuse_nul(name)
            _refuse_nul(member)
    elif isinstance(value, list):
        for member in value:
            _refuse_nul(member)


def _refuse_nonfinite(value: Any) -> None:
    if isinstance(value, Decimal) and not value.is_finite():
        raise ValueError(f"{value} is no JSON number")
    if isinstance(value, dict):
        for member in value.values():
            _refuse_nonfinite(member)
    elif isinstance(value, list | tuple):
        for member in value:
            _refuse_nonfinite(member)
