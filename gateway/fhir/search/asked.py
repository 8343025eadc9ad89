"""One parameter of a search as it was asked for, and how its value is taken apart."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from gateway.errors import Malformed, NotSupported
from gateway.fhir.search.index import field_of
from gateway.fhir.search.parameters import Parameter, ResourceType

__all__ = ["Asked", "fields_of", "plain", "refused", "split"]

_PIECES: Final = re.compile(r"\\.|[^\\,|$]+|[\\,|$]", re.DOTALL)
_ESCAPED: Final = re.compile(r"\\([\\,|$])")


class Asked(NamedTuple):
    """One parameter of a search: of which type, as it was written, with the modifier, and the base that is ours."""

    row: ResourceType
    parameter: Parameter
    modifier: str
    base: str

    @property
    def name(self) -> str:
        """Return the parameter as the client wrote it."""
        return f"{self.parameter.name}:{self.modifier}" if self.modifier else self.parameter.name

    @property
    def fields(self) -> tuple[str, ...]:
        """Return the fields that it is answered from."""
        return fields_of(self.parameter)

    @property
    def owns(self) -> bool:
        """Return whether it is about the element that says in whose record a resource stands."""
        return self.row.owner is not None and self.parameter.paths == (self.row.owner,)


def fields_of(parameter: Parameter) -> tuple[str, ...]:
    """Return the fields that a parameter is answered from."""
    return tuple(dict.fromkeys(field_of(parameter, path) for path in parameter.paths))


def refused(asked: Asked) -> NotSupported:
    """Return that the modifier is not offered."""
    return NotSupported(
        f"The modifier of {asked.parameter.name}:{asked.modifier[:80]} is not offered.", where=asked.name[:120]
    )


def split(text: str, mark: str) -> list[str]:
    r"""Split at *mark*, but not where a backslash stands before it (https://hl7.org/fhir/R4/search.html#escaping)."""
    parts = [""]
    for piece in _PIECES.findall(text):
        if piece == mark:
            parts.append("")
        elif piece == "\\":
            raise Malformed("A search value ends in a lone backslash.", remedy=r"Write \\ for a backslash.")
        else:
            parts[-1] += piece
    return parts


def plain(text: str) -> str:
    """Return a part of a value without the backslashes that escape marks in it."""
    return _ESCAPED.sub(r"\1", text)
