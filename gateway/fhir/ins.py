"""INS matricules in resources: which are refused, and why.

The number is thirteen characters and a key, 97 less their remainder by 97; Corsica's 2A and 2B count as 19 and 18.
Numbers of the test and demonstration ranges mean nobody and have no key that holds (the official examples' does not):
where patients are real they are refused, whoever writes them. https://esante.gouv.fr/produits-services/referentiel-ins;
OIDs: the list of assigning authorities.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from gateway.errors import Invalid
from gateway.fhir.json import path_to

__all__ = ["Authority", "check_ins", "is_matricule", "key_of"]

_FORM: Final = re.compile(r"[1-478][0-9]{4}(?:[0-9]{2}|2[AB])[0-9]{8}", re.ASCII)
_CORSICA: Final = {"2A": "19", "2B": "18"}
_ARC: Final = b"1.2.250.1.213.1.4."


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


def key_of(number: str) -> str:
    """Return the two digits of the key of a thirteen-character number."""
    digits = number[:5] + _CORSICA.get(number[5:7], number[5:7]) + number[7:]
    return f"{97 - int(digits) % 97:02}"


def is_matricule(value: str, authority: Authority) -> bool:
    """Say whether *value* is fifteen characters that the authority can have assigned."""
    return _FORM.fullmatch(value) is not None and (not authority.real or value[13:] == key_of(value[:13]))


def check_ins(resource: Mapping[str, Any], body: bytes, *, invented: bool) -> None:
    """Raise Invalid for a matricule in *resource*, which says *body*, that may not be kept.

    *invented*: numbers of invented people may be, as in tests and demonstrations.
    """
    if _ARC not in body:  # nearly always: looking through the octets costs next to nothing
        return
    where = path_to(resource, lambda each: not invented and _is_invented(each))
    if where is not None:
        raise Invalid(
            "This is the INS of an invented person (test or demonstration); the patients of this server are real.",
            where=f"{where}.system",
            remedy="Send the person's own INS, qualified by INSi, or none; trials have a server of their own.",
        )
    where = path_to(resource, _is_mistaken)
    if where is not None:
        raise Invalid(
            "This is no INS: it has not fifteen characters of the right form, or its key is wrong.",
            where=f"{where}.value",
            remedy="Send the matricule with its key as INSi gave it, or none.",
        )


def _authority(element: Any) -> Authority | None:
    """Return whose number an Identifier is, None for any other element."""
    system = element.get("system") if isinstance(element, dict) else None
    if not isinstance(system, str):
        return None
    oid = system.strip().lower().removeprefix("urn:oid:")
    return Authority(oid) if oid in _OIDS else None


def _is_invented(element: Any) -> bool:
    authority = _authority(element)
    return authority is not None and not authority.real


def _is_mistaken(element: Any) -> bool:
    authority = _authority(element)
    if authority is None or not isinstance(value := element.get("value"), str):
        return False
    return authority.real and not is_matricule(value, authority)


_OIDS: Final = frozenset(Authority)
