"""FHIR JSON read and written without changing a single digit.

FHIR requires that the precision of a decimal is kept: 2.00 is not 2.0 (https://hl7.org/fhir/R4/datatypes.html#decimal).
Numbers with a fraction or an exponent are `Decimal` here, other numbers `int`; elements keep their order.

Reading refuses what two programs could understand differently: a key given twice (names are unique, says
https://hl7.org/fhir/R4/json.html; decoders silently keep the first or the last), lone surrogates, and NUL, which no
database stores. Where the place can be told, `where` names it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final, NoReturn

import msgspec

from gateway.errors import Malformed

__all__ = ["dumps", "loads", "path_to"]

_DECODER: Final = msgspec.json.Decoder(float_hook=Decimal)
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
_UNSTORABLE: Final = re.compile("[\0\ud800-\udfff]")
_PLAIN: Final = re.compile("[A-Za-z_][A-Za-z0-9_]{0,79}", re.ASCII)


def loads(data: bytes | str, *, own: bool = False) -> Any:
    """Return the value that *data* (UTF-8 JSON) says; `own` bytes, already checked once, are only decoded.

    Raises `Malformed`, which names the place, the byte or the key.
    """
    try:
        raw = data.encode() if isinstance(data, str) else data
        value = _DECODER.decode(raw)
        # What comes out as it went in has no key twice: a decoder keeps one of them. Most programs write it so.
        if not own and _ENCODER.encode(value) != raw:
            _UNIQUE.decode(raw.decode())
    except (UnicodeEncodeError, UnicodeDecodeError) as error:
        raise Malformed(f"The text is not UTF-8: {error.reason} (byte {error.start}).") from error
    except RecursionError as error:
        raise Malformed("The JSON is nested too deeply.", remedy="Send a flatter document.") from error
    except _Twice as error:
        raise _doubled(error, raw) from error
    except (msgspec.DecodeError, ArithmeticError, ValueError) as error:
        raise _unreadable(error, raw) from error
    if not own and b"\\u0000" in raw:
        _refuse_unstorable(value)
    return value


def dumps(value: Any) -> bytes:
    """Return *value* as compact UTF-8 JSON, every Decimal's digits kept; raise ValueError for a number that is none."""
    data = _ENCODER.encode(value)
    if b"NaN" in data or b"Infinity" in data:
        _refuse_nonfinite(value)
    return data


def path_to(value: Any, wanted: Callable[[Any], bool]) -> str | None:
    """Return where the first value, or key, of which *wanted* is true stands, as a FHIRPath; None for nowhere."""
    root = value.get("resourceType") if isinstance(value, dict) else None
    stack = [(value, root if isinstance(root, str) and _PLAIN.fullmatch(root) else "$this")]
    while stack:
        each, path = stack.pop()
        if wanted(each):
            return path
        if isinstance(each, dict):
            strange = next((name for name in each if wanted(name)), None)
            if strange is not None:
                return path
            steps = ((member, f"{path}.{_step(name)}") for name, member in each.items())
            stack += reversed([*steps])
        elif isinstance(each, list):
            stack += reversed([(member, f"{path}[{number}]") for number, member in enumerate(each)])
    return None


def _step(name: str) -> str:
    return name if _PLAIN.fullmatch(name) else f"`{name[:80].replace('`', '')}`"


class _Twice(ValueError):
    """An object has the key *name* twice."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def _object_of_unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        raise _Twice(next(name for name in names if names.count(name) > 1))
    return members


def _doubled(error: _Twice, raw: bytes) -> Malformed:
    marked = json.loads(raw, object_pairs_hook=_marked, parse_float=str, parse_int=str)
    where = path_to(marked, lambda each: isinstance(each, dict) and _DOUBLED in each)
    return Malformed(
        f"The key {error.name!r} is given twice in one object.", where=where, remedy="Give every key once."
    )


_DOUBLED: Final = "\0"


def _marked(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    return members if len(members) == len(pairs) else members | {_DOUBLED: True}


def _unreadable(error: Exception, raw: bytes) -> Malformed:
    """Return what is wrong; for characters that no text may hold, where they are."""
    try:
        value = json.loads(raw, strict=False, parse_float=str, parse_int=str)
    except (ValueError, RecursionError):
        return Malformed(f"The JSON cannot be read: {error}.")
    where = path_to(value, lambda each: isinstance(each, str) and _UNSTORABLE.search(each) is not None)
    if where is None:
        return Malformed(f"The JSON cannot be read: {error}.")
    return Malformed(
        "A text holds the character NUL or half of a surrogate pair.",
        where=where,
        remedy="Leave the character out, or write both halves.",
    )


def _refuse_constant(name: str) -> NoReturn:
    raise Malformed(f"{name} is no JSON number.")


_UNIQUE: Final = json.JSONDecoder(
    object_pairs_hook=_object_of_unique_names, parse_float=str, parse_int=str, parse_constant=_refuse_constant
)


def _refuse_unstorable(value: Any) -> None:
    where = path_to(value, lambda each: isinstance(each, str) and "\0" in each)
    if where is not None:
        raise Malformed("A text holds the character NUL.", where=where, remedy="Leave the character U+0000 out.")


def _refuse_nonfinite(value: Any) -> None:
    if isinstance(value, Decimal) and not value.is_finite():
        raise ValueError(f"{value} is no JSON number")
    if isinstance(value, dict):
        for member in value.values():
            _refuse_nonfinite(member)
    elif isinstance(value, list | tuple):
        for member in value:
            _refuse_nonfinite(member)
