"""The five strict traits of an identity, as France's identity rules write them.

Birth name, birth given names, sex, birth date, INSEE code of the birth place; capitals, no accents, hyphens and
apostrophes kept (RNIV, https://esante.gouv.fr/produits-services/referentiel-ins; the writing is that of the INSi
teleservice). A name that somebody uses otherwise is no trait and is not asked for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from gateway.fhir.patient import as_trait

__all__ = ["Misread", "Sex", "Traits", "age", "traits_of"]

_NAME: Final = re.compile(r"[A-Z]+(?:[ '-]+[A-Z]+)*'?", re.ASCII)
_PLACE: Final = re.compile(r"(?:[0-9]{2}|2[AB])[0-9]{3}", re.ASCII)
_LONGEST: Final = 100
_OLDEST: Final = 130


class Sex(StrEnum):
    """As the civil register has it."""

    FEMALE = "female"
    MALE = "male"


class Misread(ValueError):
    """What was read or typed is no identity; `field` says what of it, for the helper."""

    def __init__(self, field: str) -> None:
        super().__init__(f"{field} is missing or cannot be")
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """Somebody's strict traits; made by `traits_of`, so always well written."""

    birth_name: str
    given_names: tuple[str, ...]
    sex: Sex
    born: date
    birth_place: str


def traits_of(said: Mapping[str, str | Sequence[str]], *, today: date) -> Traits:
    """Return the traits in *said*, fields as those of Traits, given names in one text or several. Raises Misread."""
    given = said.get("given_names", ())
    names = given.split() if isinstance(given, str) else [str(each) for each in given]
    if not names:
        raise Misread("given_names")
    return Traits(
        birth_name=_name("birth_name", str(said.get("birth_name", ""))),
        given_names=tuple(_name("given_names", each) for each in names),
        sex=_sex(said.get("sex")),
        born=_born(str(said.get("born", "")), today),
        birth_place=_place(str(said.get("birth_place", ""))),
    )


def age(born: date, today: date) -> int:
    """Return how many years somebody born on that day is."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def _name(field: str, text: str) -> str:
    name = as_trait(text)
    if len(name) > _LONGEST or not _NAME.fullmatch(name):
        raise Misread(field)
    return name


def _sex(text: object) -> Sex:
    try:
        return Sex(str(text))
    except ValueError:
        raise Misread("sex") from None


def _born(text: str, today: date) -> date:
    try:
        born = date.fromisoformat(text.strip())
    except ValueError:
        raise Misread("born") from None
    if not 0 <= age(born, today) <= _OLDEST or born > today:
        raise Misread("born")
    return born


def _place(text: str) -> str:
    place = text.strip().upper()
    if not _PLACE.fullmatch(place):
        raise Misread("birth_place")
    return place
