"""How strings are found: by their beginning, by any part, whole as written, or by how they sound.

A string is kept as terms: itself as written (`=Dupont`), its first one, two, three and six letters (`^dup`), and
every three letters in a row with their place (`~upo` at 1). Longer words are found as terms that follow one another, so
that a store can keep all of them as keyed hashes and still answer exactly. https://hl7.org/fhir/R4/search.html#string
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from gateway.fhir.search.element import folded, words
from gateway.fhir.search.query import Phrase

__all__ = ["SHORTEST", "beginning", "pieces", "sound", "sounds", "spelled", "whole", "within"]

SHORTEST: Final = 3
"""The fewest letters that `:contains` finds."""

_LONGEST: Final = 255
_STARTS: Final = (1, 2, 3, 6)


def pieces(text: str) -> Iterator[tuple[int, str]]:
    """Yield the place and the code of each term of *text*, of its first 255 letters as far as parts are meant."""
    yield 0, whole(text)
    plain = folded(text)[:_LONGEST]
    for length in _STARTS:
        if length <= len(plain):
            yield 0, f"^{plain[:length]}"
    for place in range(len(plain) - SHORTEST + 1):
        yield place, f"~{plain[place : place + SHORTEST]}"


def whole(text: str) -> str:
    """Return the code of a string that is exactly *text*."""
    return f"={text}"


def beginning(field: str, text: str) -> Phrase:
    """Return what a string that starts like *text*, however it is written, is found by."""
    plain = folded(text)
    start = max((each for each in _STARTS if each <= len(plain)), default=0)
    return Phrase(field, ((0, f"^{plain[:start]}"), *_rest(plain, start)))


def within(field: str, text: str) -> Phrase:
    """Return what a string that contains *text*, of three letters at least, is found by."""
    plain = folded(text)
    return Phrase(field, ((0, f"~{plain[:SHORTEST]}"), *_rest(plain, SHORTEST)))


def _rest(plain: str, start: int) -> Iterator[tuple[int, str]]:
    """Yield pieces that cover *plain* from *start* on, the last one ending where it ends."""
    for place in range(start, len(plain), SHORTEST):
        at = min(place, len(plain) - SHORTEST)
        yield at, f"~{plain[at : at + SHORTEST]}"


_SPELLINGS: Final = (
    ("eaux", "o"), ("eau", "o"), ("aux", "o"), ("au", "o"), ("ault", "o"), ("ph", "f"), ("gu", "g"), ("qu", "k"),
    ("ck", "k"), ("sch", "ch"), ("ai", "e"), ("ei", "e"), ("oeu", "e"), ("eu", "e"), ("y", "i"), ("ce", "se"),
    ("ci", "si"), ("c", "k"), ("kh", "ch"), ("q", "k"), ("w", "v"), ("z", "s"), ("x", "s"), ("j", "g"), ("h", ""),
)  # fmt: skip
"""What sounds alike in French, in the order it is looked for."""

_SILENT: Final = "tdspxze"


def sound(word: str) -> str:
    """Return how a folded word sounds, roughly and in French: Dupond, Dupont and Dupon are one."""
    for spelling, spoken in _SPELLINGS:
        word = word.replace(spelling, spoken)
    short = "".join(each for place, each in enumerate(word) if place == 0 or each != word[place - 1])
    return short.rstrip(_SILENT) or short


def sounds(text: str) -> tuple[str, ...]:
    """Return how the words of *text* sound, each one once."""
    return tuple(dict.fromkeys(sound(each) for each in words(text)))


def spelled(text: str) -> tuple[str, ...]:
    """Return the words that `:text` looks for."""
    return words(text)
