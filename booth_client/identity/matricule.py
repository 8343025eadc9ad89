"""An INS matricule as a card or a code shows it: fifteen characters, and who assigned them; see `gateway.fhir.ins`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from booth_client.identity.traits import Misread, Sex, Traits
from gateway.fhir.ins import Authority, is_matricule

__all__ = ["Authority", "Matricule", "fits", "matricule_of"]

_SEXES: Final = {Sex.MALE: "1378", Sex.FEMALE: "248"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Matricule:
    """A matricule with its key, fifteen characters, and its authority."""

    value: str
    authority: Authority


def matricule_of(value: str, oid: str, *, test: bool) -> Matricule:
    """Return the matricule; *test*: invented people are allowed here, and only they. Raises Misread."""
    try:
        authority = Authority(oid)
    except ValueError:
        raise Misread("oid") from None
    if authority.real is test:
        raise Misread("oid")
    if not is_matricule(value, authority):
        raise Misread("matricule")
    return Matricule(value=value, authority=authority)


def fits(matricule: Matricule, traits: Traits) -> bool:
    """Say whether the sex and the year in a NIR are those of the traits; a NIA and an invented number say nothing."""
    if matricule.authority is not Authority.NIR:
        return True
    return matricule.value[0] in _SEXES[traits.sex] and matricule.value[1:3] == f"{traits.born.year % 100:02}"
