"""The numbers of IEEE 11073-20601 as health objects send them: SFLOAT (16 bits) and FLOAT (32 bits).

Both are a signed mantissa times ten to a signed exponent, each in two's complement: 0xF014 is 20 x 10^-1. The
exponent says how finely the device measured, so 0xF014 is "2.0" and 0xE0C8 is "2.00"; `Decimal` keeps the difference,
`float` would lose it. Five mantissas under a zero exponent are no numbers but special values.

https://www.bluetooth.com/specifications/gss/ (medfloat16, medfloat32), https://build.fhir.org/ig/HL7/phd/FLOATS.html
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from gateway.devices.errors import NotRepresentable
from gateway.devices.reading import Number, Special

__all__ = ["FloatFormat", "decode_float", "decode_sfloat", "encode_float", "encode_sfloat"]


class FloatFormat:
    """One of the two formats: how many bits the mantissa and the exponent have."""

    def __init__(self, name: str, *, mantissa_bits: int, exponent_bits: int) -> None:
        self.name = name
        self.mantissa_bits = mantissa_bits
        self._mantissa_mask = (1 << mantissa_bits) - 1
        self._mantissa_sign = 1 << (mantissa_bits - 1)
        self._exponent_mask = (1 << exponent_bits) - 1
        self._exponent_sign = 1 << (exponent_bits - 1)
        self.specials: dict[int, Special] = {
            self._mantissa_sign - 1: Special.NAN,
            self._mantissa_sign - 2: Special.POSITIVE_INFINITY,
            self._mantissa_sign: Special.NRES,
            self._mantissa_sign + 1: Special.RESERVED,
            self._mantissa_sign + 2: Special.NEGATIVE_INFINITY,
        }
        self._raw_specials = {special: raw for raw, special in self.specials.items()}

    def decode(self, raw: int) -> Number:
        """Return the number that the bits *raw* stand for, in the precision they state."""
        if raw in self.specials:
            return self.specials[raw]
        mantissa, exponent = raw & self._mantissa_mask, raw >> self.mantissa_bits
        if mantissa & self._mantissa_sign:
            mantissa -= self._mantissa_mask + 1
        if exponent & self._exponent_sign:
            exponent -= self._exponent_mask + 1
        return Decimal(mantissa).scaleb(exponent)

    def encode(self, number: Number) -> int:
        """Return the bits of *number*, its precision included; raise NotRepresentable where they are too few."""
        if isinstance(number, Special):
            return self._raw_specials[number]
        sign, digits, exponent = number.as_tuple()
        if not isinstance(exponent, int):
            raise NotRepresentable(f"{number} is no {self.name}: send a Special value instead")
        magnitude = int("".join(map(str, digits)))
        mantissa = -magnitude if sign else magnitude
        if not -self._mantissa_sign <= mantissa < self._mantissa_sign:
            raise NotRepresentable(f"{number} as {self.name} has a mantissa of more than {self.mantissa_bits} bits")
        if not -self._exponent_sign <= exponent < self._exponent_sign:
            raise NotRepresentable(f"{number} as {self.name} has the exponent {exponent}")
        raw = (exponent & self._exponent_mask) << self.mantissa_bits | mantissa & self._mantissa_mask
        if raw in self.specials:
            raise NotRepresentable(f"{number} as {self.name} would mean {self.specials[raw]}")
        return raw


_SFLOAT: Final = FloatFormat("SFLOAT", mantissa_bits=12, exponent_bits=4)
_FLOAT: Final = FloatFormat("FLOAT", mantissa_bits=24, exponent_bits=8)


class _Sfloats(dict[int, Number]):
    """Every SFLOAT met so far, by its 16 bits: at most 65,536 of them, and a cuff uses some two hundred."""

    def __missing__(self, raw: int) -> Number:
        number = self[raw] = _SFLOAT.decode(raw)
        return number


decode_sfloat: Final = _Sfloats().__getitem__
encode_sfloat: Final = _SFLOAT.encode
decode_float: Final = _FLOAT.decode
encode_float: Final = _FLOAT.encode
