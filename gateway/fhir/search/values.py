"""The value of one search parameter, by its kind, as clauses: what is not understood is refused by name.

https://hl7.org/fhir/R4/search.html#ptypes, https://hl7.org/fhir/R4/search.html#modifiers
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from gateway.errors import Malformed, NotSupported
from gateway.fhir.search.asked import Asked, plain, refused, split
from gateway.fhir.search.element import folded, known_as, target
from gateway.fhir.search.measured import date_clause, number_clause, quantity_clause
from gateway.fhir.search.parameters import VALUE_SETS, Kind
from gateway.fhir.search.query import (
    AnyClause,
    Clause,
    IdClause,
    NotClause,
    OwnerClause,
    PairClause,
    Phrase,
    PhraseClause,
    Prefix,
    PresentClause,
    Rows,
    Term,
    TermClause,
    WordsClause,
)
from gateway.fhir.search.text import SHORTEST, beginning, sounds, spelled, whole, within

__all__ = ["read"]

_ALTERNATIVES: Final = 100
_ID: Final = re.compile(r"[A-Za-z0-9\-.]{1,64}", re.ASCII)
_PIECES: Final = re.compile(r"\\.|[^\\,|$]+|[\\,|$]", re.DOTALL)
_ESCAPED: Final = re.compile(r"\\([\\,|$])")
_PREFIXES: Final = frozenset(Prefix)


def read(asked: Asked, text: str) -> tuple[Clause, ...]:
    """Return the clauses that hold where the parameter has one of the values in *text*; the first one leads best."""
    parts = split(text, ",")
    if not all(parts):
        raise Malformed(f"The search parameter {asked.name[:80]} has an empty value.", where=asked.name[:80])
    if len(parts) > _ALTERNATIVES:
        raise NotSupported(f"{asked.name[:80]} has more than {_ALTERNATIVES} alternatives.", where=asked.name[:80])
    if asked.modifier == "missing" and asked.parameter.kind is not Kind.COMPOSITE:
        return (_missing(asked, text),)
    return _READERS[asked.parameter.kind](asked, parts)


def _missing(asked: Asked, text: str) -> Clause:
    if text not in ("true", "false"):
        raise Malformed(f"{asked.name}={text[:80]} is neither true nor false.", where=asked.name)
    present = AnyClause(clauses=tuple(_present(asked)))
    return NotClause(clause=present) if text == "true" else present


def _present(asked: Asked) -> Iterator[Clause]:
    kind, fields = asked.parameter.kind, asked.fields
    if asked.parameter.name in ("_id", "_lastUpdated"):
        yield NotClause(clause=IdClause(ids=()))
    elif kind is Kind.DATE and asked.parameter is asked.row.date:
        yield PresentClause(rows=Rows.DATE)
    elif kind is Kind.DATE:
        yield PresentClause(rows=Rows.MOMENT, fields=fields)
    elif kind in (Kind.NUMBER, Kind.QUANTITY):
        yield PresentClause(rows=Rows.AMOUNT, fields=fields)
    elif kind is Kind.REFERENCE:
        targets = asked.parameter.targets
        if asked.owns and (not targets or "Patient" in targets):
            yield PresentClause(rows=Rows.OWNER)
        yield PresentClause(rows=Rows.TERM, fields=fields, targets=targets if asked.parameter.narrowed else ())
        yield PresentClause(rows=Rows.TERM, fields=tuple(f"{each}:identifier" for each in fields))
    else:
        yield PresentClause(rows=Rows.TERM, fields=fields)


def _token(asked: Asked, parts: list[str]) -> tuple[Clause, ...]:
    match asked.modifier:
        case "" | "not" if asked.parameter.name == "_id":
            found: Clause = IdClause(ids=tuple(map(plain, parts)))
        case "" | "not":
            found = TermClause(alternatives=tuple(each for part in parts for each in _terms(asked, part)))
        case "text":
            found = _any(WordsClause(fields=asked.fields, words=spelled(plain(part))) for part in parts)
        case "in" | "not-in":
            found = TermClause(alternatives=tuple(each for part in parts for each in _listed(asked, plain(part))))
        case "of-type" if asked.fields[-1].endswith(("dentifier", "requisition")):
            found = TermClause(alternatives=tuple(each for part in parts for each in _of_type(asked, part)))
        case _:
            raise refused(asked)
    return (NotClause(clause=found) if asked.modifier in ("not", "not-in") else found,)


def _any(clauses: Iterator[Clause]) -> Clause:
    several = tuple(clauses)
    return several[0] if len(several) == 1 else AnyClause(clauses=several)


def _terms(asked: Asked, part: str, suffix: str = "") -> Iterator[Term]:
    pieces = [plain(piece) for piece in split(part, "|")]
    if len(pieces) > 2 or not any(pieces):  # noqa: PLR2004  system|code
        raise Malformed(
            f"{asked.name}={part[:80]} is no token.",
            where=asked.name,
            remedy=r"Write code, system|code, system| or |code, with \| for a bar inside.",
        )
    system = known_as(pieces[0]) if len(pieces) > 1 else None
    for field in asked.fields:
        yield Term(field + suffix, pieces[-1] or None, system)


def _listed(asked: Asked, url: str) -> Iterator[Term]:
    codes = VALUE_SETS.get(url.partition("|")[0])
    if codes is None:
        raise NotSupported(
            f"{asked.name}={url[:120]} names a value set that this server does not have.",
            where=asked.name,
            remedy=f"It has: {', '.join(VALUE_SETS)}.",
        )
    for system, code in codes:
        yield from (Term(field, code, system) for field in asked.fields)


def _of_type(asked: Asked, part: str) -> Iterator[Term]:
    pieces = [plain(piece) for piece in split(part, "|")]
    if len(pieces) != 3 or not all(pieces):  # noqa: PLR2004  system|code|value
        raise Malformed(
            f"{asked.name}={part[:80]} is no typed identifier.", where=asked.name, remedy="Write system|code|value."
        )
    for field in asked.fields:
        yield Term(f"{field}:of-type", pieces[2], f"{known_as(pieces[0])}|{pieces[1]}")


def _string(asked: Asked, parts: list[str]) -> tuple[Clause, ...]:
    texts = [plain(part) for part in parts]
    if asked.parameter.name == "phonetic":
        return _sounding(asked, texts)
    if asked.modifier not in ("", "exact", "contains", "text"):
        raise refused(asked)
    if asked.modifier in ("contains", "text") and any(len(folded(each)) < SHORTEST for each in texts):
        raise NotSupported(f"{asked.name} wants at least {SHORTEST} letters.", where=asked.name)
    phrases = tuple(_phrase(asked, field, text) for text in texts for field in asked.fields)
    first: Clause = TermClause(alternatives=tuple(Term(each.field, each.pieces[0][1], "") for each in phrases))
    return (first, PhraseClause(alternatives=phrases)) if any(len(each.pieces) > 1 for each in phrases) else (first,)


def _phrase(asked: Asked, field: str, text: str) -> Phrase:
    match asked.modifier:
        case "exact":
            return Phrase(field, ((0, whole(text)),))
        case "contains" | "text":
            return within(field, text)
        case _:
            return beginning(field, text)


def _sounding(asked: Asked, texts: list[str]) -> tuple[Clause, ...]:
    if asked.modifier:
        raise refused(asked)
    terms = (Term(field, each, "") for text in texts for each in sounds(text) for field in asked.fields)
    return (TermClause(alternatives=tuple(terms)),)


def _reference(asked: Asked, parts: list[str]) -> tuple[Clause, ...]:
    if asked.modifier == "identifier":
        return (TermClause(alternatives=tuple(each for part in parts for each in _terms(asked, part, ":identifier"))),)
    targets = asked.parameter.targets
    if asked.modifier and asked.modifier not in targets and (targets or not asked.modifier[:1].isupper()):
        raise refused(asked)
    found = tuple(each for part in parts for each in _targets(asked, plain(part)))
    # The patient whose record it stands in has its own column, whichever of the two names is used.
    patients = tuple(each[8:] for each in found if asked.owns and each.startswith("Patient/"))
    others = tuple(each for each in found if not (asked.owns and each.startswith("Patient/")))
    terms = TermClause(alternatives=tuple(Term(field, each, None) for each in others for field in asked.fields))
    if not patients:
        return (terms,)
    owners = OwnerClause(patients=patients)
    return (owners if not others else AnyClause(clauses=(owners, terms)),)


def _targets(asked: Asked, text: str) -> Iterator[str]:
    types = (asked.modifier,) if asked.modifier else asked.parameter.targets
    if not _ID.fullmatch(text):
        yield target(text, base=asked.base)
    elif types:
        yield from (f"{each}/{text}" for each in types)
    else:
        raise Malformed(f"{asked.name}={text[:80]} names no type.", where=asked.name, remedy="Write Type/id.")


def _uri(asked: Asked, parts: list[str]) -> tuple[Clause, ...]:
    if asked.modifier:
        raise refused(asked)
    return (TermClause(alternatives=tuple(Term(f, plain(each), "") for each in parts for f in asked.fields)),)


def _composite(asked: Asked, parts: list[str]) -> tuple[Clause, ...]:
    if asked.modifier:
        raise refused(asked)
    halves = [_of_other(asked, name) for name in asked.parameter.components]
    pairs, leading = [], []
    for part in parts:
        values = split(part, "$")
        if len(values) != len(halves) or not all(values):
            raise Malformed(f"{asked.name}={part[:80]} is no pair.", where=asked.name, remedy="Write value$value.")
        first, second = (
            _READERS[half.parameter.kind](half, [value]) for half, value in zip(halves, values, strict=True)
        )
        pairs.append((first[-1], second[-1]))
        leading.append(first[0])
    return (_any(iter(leading)), PairClause(alternatives=tuple(pairs)))


def _of_other(asked: Asked, name: str) -> Asked:
    """Return the same question of another parameter."""
    return asked._replace(parameter=asked.row.named[name], modifier="")


_READERS: Final[dict[Kind, Callable[[Asked, list[str]], tuple[Clause, ...]]]] = {
    Kind.TOKEN: _token,
    Kind.STRING: _string,
    Kind.REFERENCE: _reference,
    Kind.DATE: date_clause,
    Kind.NUMBER: number_clause,
    Kind.QUANTITY: quantity_clause,
    Kind.URI: _uri,
    Kind.COMPOSITE: _composite,
}
