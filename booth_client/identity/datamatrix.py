"""The Datamatrix INS: the strict traits and the matricule as one text, printed on labels and on letters of care.

    IS01 and 22 zeros, then fields: S1 matricule (15), S2 OID (20), S3 given names (100), S4 birth name (100),
    S5 sex (1), S6 birth date JJ-MM-AAAA (10), S7 place (5); a field shorter than its size ends with GS (0x1D)

« INS, format datamatrix » 2.2 (https://interop.esante.gouv.fr/datamatrixins/). It carries no signature: whoever has a
printer can make one. So it saves typing, and the identity stays provisional until a human has seen a proof.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from booth_client.identity.matricule import fits, matricule_of
from booth_client.identity.person import Person
from booth_client.identity.traits import Misread, traits_of

__all__ = ["HEADER", "datamatrix", "is_datamatrix"]

HEADER: Final = "IS01" + "0" * 22
_MARK: Final = "IS"
_GS: Final = "\x1d"
_SIZES: Final = {"S1": 15, "S2": 20, "S3": 100, "S4": 100, "S5": 1, "S6": 10, "S7": 5}
_SEXES: Final = {"M": "male", "F": "female"}
_DAY: Final = re.compile(r"([0-9]{2})-([0-9]{2})-([0-9]{4})", re.ASCII)


def is_datamatrix(text: str) -> bool:
    """Say whether *text* means to be one, of whatever version."""
    return text.startswith(_MARK)


def datamatrix(text: str, *, test: bool, today: date) -> Person:
    """Return whom the code names; *test*: invented people only, as in the demonstration. Raises Misread."""
    fields = _fields(text)
    day = _DAY.fullmatch(fields["S6"])
    if day is None:
        raise Misread("born")
    said = {
        "birth_name": fields["S4"],
        "given_names": fields["S3"],
        "sex": _SEXES.get(fields["S5"], ""),
        "born": "-".join(reversed(day.groups())),
        "birth_place": fields["S7"],
    }
    traits = traits_of(said, today=today)
    matricule = matricule_of(fields["S1"], fields["S2"], test=test)
    if not fits(matricule, traits):
        raise Misread("matricule")
    return Person(traits=traits, matricule=matricule, invented=test)


def _fields(text: str) -> dict[str, str]:
    """Return the seven fields. Raises Misread."""
    if not text.startswith(HEADER):
        raise Misread("header")
    fields, at = {}, len(HEADER)
    while at < len(text):
        name = text[at : at + 2]
        size = _SIZES.get(name)
        if size is None or name in fields:
            raise Misread(name)
        value, ends, _ = text[at + 2 : at + 2 + size + 1].partition(_GS)
        fields[name] = value[:size]
        at += 2 + len(fields[name]) + (1 if ends and len(value) <= size else 0)
    if set(fields) != set(_SIZES):
        raise Misread("fields")
    return fields
