"""What can be searched for in one element: its tokens, references and strings.

Elements are parsed JSON that somebody sent: whatever has not the expected shape is not indexed, and never an error.
https://hl7.org/fhir/R4/search.html#table
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

__all__ = ["Token", "elements", "folded", "patient_of", "references", "strings", "target", "tokens"]

_LOCAL: Final = re.compile(r"([A-Z][A-Za-z]{1,63}/[A-Za-z0-9\-.]{1,64})(?:/_history/[A-Za-z0-9\-.]{1,64})?", re.ASCII)
_NAME_PARTS: Final = ("text", "family", "given", "prefix", "suffix")


class Token(NamedTuple):
    """A code in a system; "" is no system."""

    code: str
    system: str


def elements(resource: Mapping[str, Any], path: str) -> list[Any]:
    """Return every element at a dotted *path*, through lists: `component.code` of an Observation is several."""
    found: list[Any] = [resource]
    for name in path.split("."):
        members = [each[name] for each in found if isinstance(each, dict) and name in each]
        found = [item for member in members for item in (member if isinstance(member, list) else (member,))]
    return found


def tokens(element: Any, *, system: str = "") -> Iterator[Token]:
    """Yield the tokens of a CodeableConcept, Coding, Identifier, ContactPoint, code or boolean.

    *system* is the one that a plain code has by its required binding.
    """
    if isinstance(element, bool):
        yield Token("true" if element else "false", system)
    elif isinstance(element, str):
        yield Token(element, system)
    elif isinstance(element, dict):
        codings = element.get("coding")
        for each in codings if isinstance(codings, list) else [element]:
            if isinstance(each, dict):
                yield from _coded(each)


def _coded(element: Mapping[str, Any]) -> Iterator[Token]:
    code, system = element.get("code", element.get("value")), element.get("system", "")
    if isinstance(code, str) and isinstance(system, str):
        yield Token(code, system)


def references(element: Any, *, base: str) -> Iterator[str]:
    """Yield what a Reference points at: `Patient/17` if it is ours, else its URL as written."""
    if isinstance(element, dict) and isinstance(reference := element.get("reference"), str):
        yield target(reference, base=base)


def target(reference: str, *, base: str) -> str:
    """Return a reference without our own base and without a version."""
    local = reference.removeprefix(base + "/")
    match = _LOCAL.fullmatch(local)
    return match[1] if match else reference


def patient_of(element: Any, *, base: str) -> str | None:
    """Return the id of the patient that a Reference points at, None where it points elsewhere."""
    return next((each[8:] for each in references(element, base=base) if each.startswith("Patient/")), None)


def strings(element: Any) -> Iterator[str]:
    """Yield the strings of a string, HumanName or Address-like element."""
    if isinstance(element, str):
        yield element
    elif isinstance(element, dict):
        for name in _NAME_PARTS:
            yield from (each for each in elements(element, name) if isinstance(each, str))


def folded(text: str) -> str:
    """Return *text* without case, accents and runs of blanks: Élodie and ELODIE are found alike."""
    bare = "".join(each for each in unicodedata.normalize("NFKD", text) if not unicodedata.combining(each))
    return " ".join(bare.casefold().split())
