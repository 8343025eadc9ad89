"""UCUM units brought to their base units, so that 37 Cel is found by 98.6 [degF], and 1.2 g/L by 120 mg/dL.

Read is the grammar's everyday part: atoms with metric prefixes, `.` and `/`, exponents, parentheses, annotations, and
the two temperature scales. A unit that cannot be read compares with itself only. https://ucum.org/ucum
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Final, NamedTuple

__all__ = ["Unit", "unit"]


class Unit(NamedTuple):
    """What a unit is in base units: value times factor plus offset, and the base units in one spelling (`g.m-3`)."""

    factor: Fraction
    offset: Fraction
    base: str

    def converted(self, value: Decimal) -> Fraction:
        """Return *value* of this unit in base units, exactly."""
        return Fraction(value) * self.factor + self.offset


class _NotRead(ValueError):
    pass


Powers = dict[str, int]

_PREFIXES: Final = {
    name: Fraction(10) ** power
    for name, power in {
        "Y": 24, "Z": 21, "E": 18, "P": 15, "T": 12, "G": 9, "M": 6, "k": 3, "h": 2, "da": 1,
        "d": -1, "c": -2, "m": -3, "u": -6, "n": -9, "p": -12, "f": -15, "a": -18, "z": -21, "y": -24,
    }.items()
}  # fmt: skip

_METRIC: Final[dict[str, tuple[Fraction, str]]] = {
    name: (Fraction(factor), base)
    for name, factor, base in (
        ("m", "1", "m"), ("s", "1", "s"), ("g", "1", "g"), ("K", "1", "K"), ("C", "1", "C"), ("cd", "1", "cd"),
        ("rad", "1", "rad"), ("mol", "602213670000000000000000", ""), ("eq", "602213670000000000000000", ""),
        ("L", "1/1000", "m3"), ("l", "1/1000", "m3"), ("Hz", "1", "s-1"), ("N", "1000", "g.m.s-2"),
        ("Pa", "1000", "g.m-1.s-2"), ("bar", "100000000", "g.m-1.s-2"), ("J", "1000", "g.m2.s-2"),
        ("W", "1000", "g.m2.s-3"), ("V", "1000", "C-1.g.m2.s-2"), ("A", "1", "C.s-1"), ("Ohm", "1000", "C-2.g.m2.s-1"),
        ("cal", "4184", "g.m2.s-2"), ("kat", "602213670000000000000000", "s-1"),
        ("U", "10036894500000000", "s-1"), ("m[Hg]", "133322000", "g.m-1.s-2"), ("m[H2O]", "9806650", "g.m-1.s-2"),
        ("[iU]", "1", "[iU]"), ("[IU]", "1", "[iU]"), ("osm", "602213670000000000000000", ""), ("t", "1000000", "g"),
    )
}  # fmt: skip
"""Atoms that take prefixes. A mole is a number of particles, as in UCUM's own table."""

_OTHERS: Final[dict[str, tuple[Fraction, str]]] = {
    name: (Fraction(factor), base)
    for name, factor, base in (
        ("%", "1/100", ""), ("[ppth]", "1/1000", ""), ("[ppm]", "1/1000000", ""), ("10*", "10", ""), ("10^", "10", ""),
        ("min", "60", "s"), ("h", "3600", "s"), ("d", "86400", "s"), ("wk", "604800", "s"), ("a", "31557600", "s"),
        ("mo", "2629800", "s"), ("[in_i]", "254/10000", "m"), ("[ft_i]", "3048/10000", "m"),
        ("[lb_av]", "45359237/100000", "g"), ("[oz_av]", "45359237/1600000", "g"), ("[pH]", "1", "[pH]"),
        ("[arb'U]", "1", "[arb'U]"), ("deg", "3141592653589793/180000000000000000", "rad"), ("B", "1", "B"),
        ("dB", "1/10", "B"),
    )
}  # fmt: skip

_SCALES: Final[dict[str, tuple[Fraction, Fraction]]] = {
    "Cel": (Fraction(1), Fraction("273.15")),
    "[degF]": (Fraction(5, 9), Fraction("459.67") * Fraction(5, 9)),
}

_PIECE: Final = re.compile(
    r"[./()]|\{[^{}]*\}|(?:10[*^]|[^\s./(){}+\-\d\[\]]*\[[^\]]*\]|[^\s./(){}+\-\d\[\]]+)|[+-]?\d+"
)
_EXPONENT: Final = re.compile(r"[+-]?\d+", re.ASCII)
_POWER: Final = re.compile(r"(?P<name>.+?)(?P<power>-?\d+)?", re.ASCII)
_MOST: Final = 60
_HIGHEST: Final = 12


@lru_cache(maxsize=1024)
def unit(code: str) -> Unit | None:
    """Return what the UCUM *code* means in base units, None where it is not read."""
    if code in _SCALES:
        factor, offset = _SCALES[code]
        return Unit(factor, offset, "K")
    if len(code) > _MOST:
        return None
    pieces = _PIECE.findall(code)
    if "".join(pieces) != code:
        return None
    try:
        reading = iter([*pieces, ""])
        factor, powers = _product(reading, end="")
    except _NotRead:
        return None
    return Unit(factor, Fraction(0), _spelled(powers))


def _product(pieces: Iterator[str], *, end: str) -> tuple[Fraction, Powers]:
    """Read terms joined by `.` and `/` up to *end*."""
    factor, powers, sign = Fraction(1), Powers(), 1
    piece = next(pieces)
    while piece != end:
        if piece == "/":
            sign, piece = -1, next(pieces)
        elif piece == ".":
            sign, piece = 1, next(pieces)
        elif piece in ("", ")"):
            raise _NotRead(piece)
        else:
            (each, found), piece = _term(piece, pieces)
            factor *= each**sign
            for name, power in found.items():
                powers[name] = powers.get(name, 0) + sign * power
            sign = 1
    return factor, powers


def _term(piece: str, pieces: Iterator[str]) -> tuple[tuple[Fraction, Powers], str]:
    """Read one atom, number, annotation or group with its exponent; return it and the piece behind it."""
    if piece.startswith("{"):
        return (Fraction(1), {}), next(pieces)
    if piece == "(":
        return _product(pieces, end=")"), next(pieces)
    if _EXPONENT.fullmatch(piece):
        if not int(piece):
            raise _NotRead(piece)
        return (Fraction(piece), {}), next(pieces)
    factor, powers = _atom(piece)
    behind = next(pieces)
    if _EXPONENT.fullmatch(behind):
        exponent = int(behind)
        if not 0 < abs(exponent) <= _HIGHEST:
            raise _NotRead(behind)
        factor, powers = factor**exponent, {name: power * exponent for name, power in powers.items()}
        behind = next(pieces)
    if behind.startswith("{"):
        behind = next(pieces)
    return (factor, powers), behind


def _atom(name: str) -> tuple[Fraction, Powers]:
    if name in _OTHERS:
        factor, base = _OTHERS[name]
    elif name in _METRIC:
        factor, base = _METRIC[name]
    else:
        prefix = next((each for each in _PREFIXES if name.startswith(each) and name[len(each) :] in _METRIC), None)
        if prefix is None:
            raise _NotRead(name)
        factor, base = _METRIC[name[len(prefix) :]]
        factor *= _PREFIXES[prefix]
    return factor, dict(_powers(base))


def _powers(base: str) -> Iterator[tuple[str, int]]:
    for each in filter(None, base.split(".")):
        match = _POWER.fullmatch(each)
        assert match is not None
        yield match["name"], int(match["power"] or 1)


def _spelled(powers: Powers) -> str:
    shown = sorted((name, power) for name, power in powers.items() if power)
    return ".".join(name if power == 1 else f"{name}{power}" for name, power in shown) or "1"
