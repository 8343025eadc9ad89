"""What the library of models is certain to accept: asking it costs several times what all other checks cost together.

Nothing is refused here, and nothing gets past the library that it would refuse: every form below is narrower than the
library's own, every rule is read from its models, and what is not in these tables is left to it. A test compares the
two on every resource it can think of.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from fhir_core.fhirabstractmodel import FHIRAbstractModel

__all__ = ["Form", "Rules", "always", "certain_form", "rules"]

Form = Callable[[Any], object]

# Months have their days; the 29th of February is left to the library. https://hl7.org/fhir/R4/datatypes.html#date
_DAY: Final = r"(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
_DATE: Final = rf"(?:19|20)\d\d-{_DAY}"
_TIME: Final = r"T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?(?:Z|\+00:00|[+-](?:0[1-9]|1[0-3]):[0-5]\d)"


def _fits(pattern: str) -> Form:
    return re.compile(pattern, re.ASCII).fullmatch


def always(_value: object) -> bool:
    """Return that every value of the right JSON type has the form."""
    return True


_FORMS: Final[dict[str, Form]] = {
    "String": always,  # the walk refuses what has nothing but blanks, or control characters
    "Uri": always,
    "Canonical": always,
    "Code": _fits(r"[!-~]+(?: [!-~]+)*"),
    "Id": _fits(r"[A-Za-z0-9\-.]{1,64}"),
    "Date": _fits(_DATE),
    "DateTime": _fits(f"{_DATE}(?:{_TIME})?"),
    "Instant": _fits(_DATE + _TIME),
    "Integer": lambda value: -(2**31) <= value < 2**31,
    "UnsignedInt": lambda value: 0 <= value < 2**31,
    "PositiveInt": lambda value: 0 < value < 2**31,
    "Decimal": lambda value: not isinstance(value, int) or -(10**15) < value < 10**15,
}


def certain_form(core: type, marks: frozenset[str]) -> Form | None:
    """Return what tells that a value is certain to be accepted, None where only the library can tell.

    *core* and *marks* are the type and the annotations that the library gives a primitive element.
    """
    if core is bool:
        return always
    return _FORMS.get(next(iter(marks))) if len(marks) == 1 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Which elements an object must have, and of which choices it has at most one, as the library sees it."""

    required: frozenset[str]
    choices: tuple[frozenset[str], ...]
    any_of: tuple[frozenset[str], ...]

    def hold(self, value: dict[str, Any]) -> bool:
        """Return whether *value*, an object without null, is certain to keep them."""
        names = value.keys()
        if not self.required <= names:
            return False
        for choice in self.choices:
            if len(choice & names) > 1:
                return False
        for choice in self.any_of:  # noqa: SIM110  a generator costs more than what it would run
            if choice.isdisjoint(names):
                return False
        return True


@lru_cache(maxsize=512)
def rules(model: type[FHIRAbstractModel]) -> Rules | None:
    """Return the rules of *model*, None where it has some of its own that cannot be read."""
    if model.__name__ == "FHIRPrimitiveExtension":
        return None
    empty = model.model_construct()
    names = {name: member.alias or name for name, member in model.model_fields.items()}
    choices = {
        frozenset(names[each] for each in fields): _must_be_chosen(model, fields[0])
        for fields in empty.get_one_of_many_fields().values()
    }
    required = {names[name] for name, member in model.model_fields.items() if member.is_required()}
    return Rules(
        required=frozenset(required | {name for name, _ in empty.get_required_fields()}),
        choices=tuple(choices),
        any_of=tuple(choice for choice, must in choices.items() if must),
    )


def _must_be_chosen(model: type[FHIRAbstractModel], name: str) -> bool:
    said = model.model_fields[name].json_schema_extra
    return isinstance(said, dict) and said.get("one_of_many_required") is True
