"""The card of the demonstration: invented people in one file, for tests, demos and training.

An ISO/IEC 7816-4 application with the identifier below (F0…: proprietary) and one transparent file: JSON,
`{"v": 1, "people": [{"birth_name": …, "given_names": […], "sex": …, "born": …, "birth_place": …, "matricule": …,
"oid": …}]}`, the holder first. Only a booth that is told to takes it, and only with numbers of the test ranges.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import msgspec

from booth_client.identity.matricule import matricule_of
from booth_client.identity.pcsc import CardError, Say
from booth_client.identity.person import Person
from booth_client.identity.traits import Misread, traits_of

__all__ = ["APPLICATION", "read", "virtual"]

APPLICATION: Final = b"\xf0TELEBORNE"
_SELECT: Final = bytes.fromhex("00A40400")
_READ: Final = bytes.fromhex("00B0")
_PIECE: Final = 0xF0
_LONGEST: Final = 8192
_MOST: Final = 10


class _File(msgspec.Struct, frozen=True):
    v: int
    people: list[dict[str, Any]]


def read(say: Say, *, today: date) -> tuple[Person, ...]:
    """Return whom the card names. Raises CardError where it is another card, Misread where it holds nonsense."""
    say(_SELECT + bytes((len(APPLICATION),)) + APPLICATION)
    content = b""
    while len(content) < _LONGEST:
        piece = say(_READ + len(content).to_bytes(2, "big") + bytes((_PIECE,)))
        content += piece
        if len(piece) < _PIECE:
            break
    try:
        file = msgspec.json.decode(content, type=_File)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise Misread("file") from None
    if file.v != 1 or not 0 < len(file.people) <= _MOST:
        raise Misread("file")
    return tuple(_person(each, today) for each in file.people)


def virtual(people: Sequence[dict[str, Any]]) -> Say:
    """Return a card of no plastic that names *people*, for a booth of the demonstration without a reader."""
    content = msgspec.json.encode({"v": 1, "people": people})

    def say(command: bytes) -> bytes:
        if command.startswith(_SELECT):
            if command[5:] != APPLICATION:
                raise CardError("the card refuses (6a82)")
            return b""
        at = int.from_bytes(command[2:4], "big")
        return content[at : at + _PIECE]

    return say


def _person(said: dict[str, Any], today: date) -> Person:
    number = said.get("matricule")
    matricule = matricule_of(str(number), str(said.get("oid")), test=True) if number is not None else None
    return Person(traits=traits_of(said, today=today), matricule=matricule, invented=True)
