"""Numbers of a search, with what their digits leave open: 100 means 99.5 to 100.5, 5.40 means 5.395 to 5.405.

https://hl7.org/fhir/R4/search.html#number
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Final, NamedTuple

from gateway.errors import Malformed
from gateway.fhir.search.query import AmountValue, Prefix

__all__ = ["exact", "ordered", "value_of"]

_NUMBER: Final = re.compile(
    r"(?P<prefix>[a-z]{2})?(?P<value>[+-]?\d{1,40}(?:\.\d{1,40})?(?:[eE][+-]?\d{1,3})?)", re.ASCII
)
_DIGITS: Final = Context(prec=20, rounding=ROUND_HALF_EVEN)
_WIDE: Final = Context(prec=120)
_BIAS: Final = 5000


class _Read(NamedTuple):
    prefix: Prefix
    value: Decimal
    half: Decimal


def value_of(name: str, text: str) -> AmountValue:
    """Read the number of a parameter, with its prefix; raises Malformed."""
    match = _NUMBER.fullmatch(text)
    if match is None or match["prefix"] not in (None, *Prefix):
        raise Malformed(
            f"{name}={text[:80]} is no number.",
            where=name,
            remedy="Write e.g. 5.4, ge5.4 or 5.4e-3, after eq ne gt lt ge le sa eb or ap.",
        )
    prefix, value = Prefix(match["prefix"] or "eq"), Decimal(match["value"])
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int)
    slack = Decimal((0, (5,), exponent - 1))
    if prefix is Prefix.AP:  # a tenth of the value, at least what the digits leave open
        slack = max(slack, _WIDE.divide(abs(value), Decimal(10)))
    return AmountValue(prefix=prefix, value=value, low=_WIDE.subtract(value, slack), high=_WIDE.add(value, slack))


def exact(value: Fraction) -> Decimal:
    """Return *value* to 20 significant digits."""
    return _DIGITS.divide(Decimal(value.numerator), Decimal(value.denominator))


@lru_cache(maxsize=20_000)
def ordered(value: Decimal) -> str:
    """Return *value*, to 20 digits, as a text that sorts as numbers do: octet by octet, whatever the exponent."""
    number = _DIGITS.plus(value)
    if not number:
        return "1"
    digits = "".join(map(str, number.as_tuple().digits)).rstrip("0")
    power = max(1 - _BIAS, min(_BIAS - 1, number.adjusted()))
    if number > 0:
        return f"2{power + _BIAS:04}{digits}"
    return f"0{_BIAS - power:04}{digits.translate(_COMPLEMENT)}~"


_COMPLEMENT: Final = str.maketrans("0123456789", "9876543210")
