"""What can be searched for in one element: its tokens, references, strings and amounts.

Elements are parsed JSON that somebody sent: whatever has not the expected shape is not indexed, and never an error.
https://hl7.org/fhir/R4/search.html#table
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final, NamedTuple

__all__ = [
    "Measure",
    "Token",
    "folded",
    "known_as",
    "measures",
    "patient_of",
    "references",
    "target",
    "tokens",
    "words",
]

_LOCAL: Final = re.compile(r"([A-Z][A-Za-z]{1,63}/[A-Za-z0-9\-.]{1,64})(?:/_history/[A-Za-z0-9\-.]{1,64})?", re.ASCII)
_WORD: Final = re.compile(r"\w+")
_MOST_WORDS: Final = 40

_ALIASES: Final = {
    # France publishes LOINC under an address of its own: https://interop.esante.gouv.fr/ig/fhir/mesures
    "https://mos.esante.gouv.fr/NOS/TRE_A04-Loinc/FHIR/TRE-A04-Loinc": "http://loinc.org",
}


class Token(NamedTuple):
    """A code in a system, "" being no system, and the words that stand beside it."""

    code: str
    system: str
    text: str = ""


class Measure(NamedTuple):
    """A number or a stretch of numbers, None being without end; `code` in `system` and `unit` are as written."""

    low: Decimal | None
    high: Decimal | None
    code: str = ""
    system: str = ""
    unit: str = ""


def known_as(system: str) -> str:
    """Return the address that a code system is kept under, whichever of its addresses is written."""
    return _ALIASES.get(system, system)


def tokens(element: Any, *, system: str = "") -> Iterator[Token]:
    """Yield the tokens of a CodeableConcept, Coding, Identifier, ContactPoint, code, string or boolean.

    *system* is the one that a plain code has by its required binding. An empty code stands for words without one.
    """
    if isinstance(element, bool):
        yield Token("true" if element else "false", system)
    elif isinstance(element, str):
        yield Token(element, system)
    elif isinstance(element, dict):
        codings, text = element.get("coding"), element.get("text")
        if isinstance(codings, list):
            said = set()
            for each in codings:
                if isinstance(each, dict):
                    for found in _coded(each):
                        said.add(found.text)
                        yield found
            if isinstance(text, str) and text not in said:
                yield Token("", "", text)
        else:
            yield from _coded(element)
            if isinstance(text, str):
                yield Token("", "", text)


def _coded(element: Mapping[str, Any]) -> Iterator[Token]:
    code, system = element.get("code", element.get("value")), element.get("system", "")
    text = element.get("display")
    if text is None and isinstance(kind := element.get("type"), dict):
        text = kind.get("text")
    if isinstance(code, str) and isinstance(system, str):
        yield Token(code, known_as(system), text if isinstance(text, str) else "")


def typed(identifier: Any) -> Iterator[Token]:
    """Yield an identifier together with each code of its type, as `:of-type` asks for it: value in `system|code`."""
    if not isinstance(identifier, dict) or not isinstance(value := identifier.get("value"), str):
        return
    for system, code in ((each.system, each.code) for each in tokens(identifier.get("type")) if each.code):
        yield Token(value, f"{system}|{code}")


def references(element: Any, *, base: str) -> Iterator[str]:
    """Yield what a Reference points at: `Patient/17` if it is ours, else its URL as written, a canonical's twice."""
    if isinstance(element, dict):
        if isinstance(reference := element.get("reference"), str):
            yield target(reference, base=base)
    elif isinstance(element, str):
        yield element
        if "|" in element:
            yield element.partition("|")[0]


def target(reference: str, *, base: str) -> str:
    """Return a reference without our own base and without a version."""
    return _target(reference, base)


@lru_cache(maxsize=4096)
def _target(reference: str, base: str) -> str:
    local = reference.removeprefix(base + "/")
    match = _LOCAL.fullmatch(local)
    return match[1] if match else reference


def patient_of(element: Any, *, base: str) -> str | None:
    """Return the id of the patient that a Reference points at, None where it points elsewhere."""
    if not isinstance(element, dict):
        return None
    return next((each[8:] for each in references(element, base=base) if each.startswith("Patient/")), None)


def measures(element: Any) -> Iterator[Measure]:
    """Yield the amount of a number, Quantity, Range, SampledData or Money."""
    if isinstance(element, Decimal | int) and not isinstance(element, bool):
        yield Measure(Decimal(element), Decimal(element))
    elif not isinstance(element, dict):
        return
    elif "origin" in element:  # SampledData: its limits, where it has them
        low, high = _number(element.get("lowerLimit")), _number(element.get("upperLimit"))
        if low is not None or high is not None:
            yield _measure(low, high, element["origin"])
    elif "value" in element:
        value, comparator = _number(element["value"]), element.get("comparator", "")
        if value is not None:
            low = None if str(comparator).startswith("<") else value
            high = None if str(comparator).startswith(">") else value
            yield _measure(low, high, element)
    elif isinstance(end := element.get("low", element.get("high")), dict):
        ends = (_number(each.get("value")) if isinstance(each, dict) else None for each in _ends(element))
        low, high = ends
        if low is not None or high is not None:
            yield _measure(low, high, end)


def _ends(element: Mapping[str, Any]) -> tuple[Any, Any]:
    return element.get("low"), element.get("high")


def _measure(low: Decimal | None, high: Decimal | None, said: Any) -> Measure:
    words = said if isinstance(said, dict) else {}
    code, system, unit = (words.get(name, "") for name in ("code", "system", "unit"))
    if "currency" in words:
        code, system = words["currency"], "urn:iso:std:iso:4217"
    return Measure(low, high, *(each if isinstance(each, str) else "" for each in (code, system, unit)))


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, Decimal | int):
        return None
    return Decimal(value)


@lru_cache(maxsize=4096)
def folded(text: str) -> str:
    """Return *text* without case, accents and runs of blanks: Élodie and ELODIE are found alike."""
    bare = "".join(each for each in unicodedata.normalize("NFKD", text) if not unicodedata.combining(each))
    return " ".join(bare.casefold().split())


def words(text: str) -> tuple[str, ...]:
    """Return the words of *text*, folded, each one once."""
    return tuple(dict.fromkeys(_WORD.findall(folded(text))))[:_MOST_WORDS]
