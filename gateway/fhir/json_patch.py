"""JSON Patch on exact numbers: https://www.rfc-editor.org/rfc/rfc6902, pointers of https://www.rfc-editor.org/rfc/rfc6901.

Values are those of gateway.fhir.json: what a patch does not touch keeps its digits, what it brings keeps its own. True
is no 1 here, unlike in Python; 2.0 equals 2.00, as RFC 6902 asks of `test`.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Self

from gateway.errors import Invalid, Malformed, TooLarge
from gateway.fhir.json import dumps

__all__ = ["Operation", "Patch", "patched"]

_MOST: Final = 1000
_LARGEST: Final = 1024 * 1024
_INDEX: Final = re.compile("0|[1-9][0-9]{0,8}", re.ASCII)
_MISSING: Final = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One change: what to do, where, and with what; `number` is its place in the patch, for words about it."""

    number: int
    op: str
    path: tuple[str, ...]
    origin: tuple[str, ...] = ()
    value: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """Operations that are carried out one after the other, all or none."""

    operations: tuple[Operation, ...]

    @classmethod
    def of(cls, document: Any) -> Self:
        """Read a patch; raises Malformed that names the operation."""
        if not isinstance(document, list):
            raise Malformed("A JSON Patch is a list of operations.", remedy="Send [{'op': …, 'path': …}].")
        if len(document) > _MOST:
            raise TooLarge(f"The patch has {len(document)} operations; at most {_MOST} are taken.")
        return cls(operations=tuple(_operation(number, each) for number, each in enumerate(document)))


def patched(document: Any, patch: Patch) -> Any:
    """Return what *patch* makes of *document*, which it leaves as it is; raises Invalid at the first that fails."""
    result, copied = copy.deepcopy(document), 0
    for operation in patch.operations:
        if operation.op == "copy":  # a few that copy what they copied before would fill the memory
            copied += len(dumps(_at(result, operation, operation.origin)))
            if copied > _LARGEST:
                raise TooLarge(f"The patch copies more than {_LARGEST} bytes.", where=f"[{operation.number}]")
        result = _OPERATIONS[operation.op](result, operation)
    return result


def _operation(number: int, said: Any) -> Operation:
    op = said.get("op") if isinstance(said, dict) else None
    if not isinstance(op, str) or op not in _OPERATIONS:
        raise Malformed(
            f"Operation {number} of the patch is none.", where=f"[{number}].op", remedy=f"Use {', '.join(_OPERATIONS)}."
        )
    value = said.get("value", _MISSING)
    if op in ("add", "replace", "test") and value is _MISSING:
        raise Malformed(f"Operation {number}, {op}, has no value.", where=f"[{number}].value")
    return Operation(
        number=number,
        op=op,
        path=_pointer(number, "path", said.get("path")),
        origin=_pointer(number, "from", said.get("from")) if op in ("move", "copy") else (),
        value=value,
    )


def _pointer(number: int, name: str, text: Any) -> tuple[str, ...]:
    if not isinstance(text, str) or (text and text[0] != "/") or re.search("~(?![01])", text):
        raise Malformed(
            f"Operation {number} of the patch has no JSON pointer as its {name}.",
            where=f"[{number}].{name}",
            remedy="Write e.g. /name/0/given.",
        )
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in text.split("/")[1:])


def _add(document: Any, operation: Operation) -> Any:
    return _put(document, operation, operation.path, copy.deepcopy(operation.value))


def _remove(document: Any, operation: Operation) -> Any:
    if not operation.path:
        raise _fails(operation, "removes the whole resource")
    holder, step = _holder(document, operation, operation.path)
    del holder[_existing(holder, step, operation)]
    return document


def _replace(document: Any, operation: Operation) -> Any:
    if not operation.path:
        return copy.deepcopy(operation.value)
    holder, step = _holder(document, operation, operation.path)
    holder[_existing(holder, step, operation)] = copy.deepcopy(operation.value)
    return document


def _move(document: Any, operation: Operation) -> Any:
    if operation.path[: len(operation.origin)] == operation.origin and operation.path != operation.origin:
        raise _fails(operation, "moves a value into itself")
    value = _at(document, operation, operation.origin)
    return _put(_remove(document, _of(operation, operation.origin)), operation, operation.path, value)


def _copy(document: Any, operation: Operation) -> Any:
    return _put(document, operation, operation.path, copy.deepcopy(_at(document, operation, operation.origin)))


def _test(document: Any, operation: Operation) -> Any:
    if not _equal(_at(document, operation, operation.path), operation.value):
        raise _fails(operation, "finds another value")
    return document


_OPERATIONS: Final[dict[str, Callable[[Any, Operation], Any]]] = {
    "add": _add,
    "remove": _remove,
    "replace": _replace,
    "move": _move,
    "copy": _copy,
    "test": _test,
}


def _of(operation: Operation, path: tuple[str, ...]) -> Operation:
    return Operation(number=operation.number, op=operation.op, path=path)


def _put(document: Any, operation: Operation, path: tuple[str, ...], value: Any) -> Any:
    if not path:
        return value
    holder, step = _holder(document, operation, path)
    if isinstance(holder, dict):
        holder[step] = value
    elif step == "-" or (_INDEX.fullmatch(step) and int(step) <= len(holder)):
        holder.insert(len(holder) if step == "-" else int(step), value)
    else:
        raise _fails(operation, f"finds no place {step[:40]!r} in a list of {len(holder)}")
    return document


def _holder(document: Any, operation: Operation, path: tuple[str, ...]) -> tuple[Any, str]:
    holder = _at(document, operation, path[:-1])
    if not isinstance(holder, dict | list):
        raise _fails(operation, "finds neither an object nor a list")
    return holder, path[-1]


def _at(document: Any, operation: Operation, path: tuple[str, ...]) -> Any:
    for step in path:
        document = document[_existing(document, step, operation)]
    return document


def _existing(holder: Any, step: str, operation: Operation) -> Any:
    if isinstance(holder, dict) and step in holder:
        return step
    if isinstance(holder, list) and _INDEX.fullmatch(step) and int(step) < len(holder):
        return int(step)
    raise _fails(operation, f"finds no {step[:40]!r}")


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_equal(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_equal, one, other))
    return _sort(one) == _sort(other) and bool(one == other)


def _sort(value: Any) -> type:
    return Decimal if type(value) in (int, Decimal) else type(value)


def _fails(operation: Operation, why: str) -> Invalid:
    return Invalid(
        f"Operation {operation.number} of the patch ({operation.op} /{'/'.join(_shown(operation.path))}) {why}.",
        where=f"[{operation.number}].path",
        remedy="Read the resource again and patch what it says now.",
    )


def _shown(path: tuple[str, ...]) -> Iterator[str]:
    return (step[:40] for step in path[:10])
