"""An INS matricule: thirteen characters and their key, and who assigned it.

The key is 97 less the number's remainder by 97; Corsica's 2A and 2B count as 19 and 18. Numbers of the test and
demonstration ranges have no key that holds (the official examples' does not), and are refused where patients are real.
https://esante.gouv.fr/produits-services/referentiel-ins; OIDs: the list of assigning authorities.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from booth_client.identity.traits import Misread, Sex, Traits

__all__ = ["Authority", "Matricule", "key_of", "matricule_of"]

_FORM: Final = re.compile(r"[1-478][0-9]{4}(?:[0-9]{2}|2[AB])[0-9]{8}", re.ASCII)
_CORSICA: Final = {"2A": "19", "2B": "18"}
_SEXES: Final = {Sex.MALE: "1378", Sex.FEMALE: "248"}


class Authority(StrEnum):
    """Who assigned a matricule, by OID: the register's number (NIR), the waiting one (NIA), test, demonstration."""

    NIR = "1.2.250.1.213.1.4.8"
    NIA = "1.2.250.1.213.1.4.9"
    TEST = "1.2.250.1.213.1.4.10"
    DEMO = "1.2.250.1.213.1.4.11"

    @property
    def real(self) -> bool:
        """Say whether it means a real person."""
        return self in (Authority.NIR, Authority.NIA)


@dataclass(frozen=True, slots=True, kw_only=True)
class Matricule:
    """A matricule with its key, fifteen characters, and its authority."""

    value: str
    authority: Authority


def key_of(number: str) -> str:
    """Return the two digits of the key of a thirteen-character number."""
    digits = number[:5] + _CORSICA.get(number[5:7], number[5:7]) + number[7:]
    return f"{97 - int(digits) % 97:02}"


def matricule_of(value: str, oid: str, *, test: bool) -> Matricule:
    """Return the matricule; *test*: invented people are allowed here, and only they. Raises Misread."""
    try:
        authority = Authority(oid)
    except ValueError:
        raise Misread("oid") from None
    if authority.real is test:
        raise Misread("oid")
    if not _FORM.fullmatch(value) or (authority.real and value[13:] != key_of(value[:13])):
        raise Misread("matricule")
    return Matricule(value=value, authority=authority)


def fits(matricule: Matricule, traits: Traits) -> bool:
    """Say whether the sex and the year in a NIR are those of the traits; a NIA and an invented number say nothing."""
    if matricule.authority is not Authority.NIR:
        return True
    return matricule.value[0] in _SEXES[traits.sex] and matricule.value[1:3] == f"{traits.born.year % 100:02}"
