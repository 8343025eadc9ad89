"""Settings, read and checked once at the start: a TOML file, then `TELEBORNE_…` variables over it.

`load(cls, path, prefix)` fills any frozen dataclass: the TOML key is the field's name, a nested dataclass is a table, a
tuple of dataclasses an array of tables. The variable of `listen.port` under the prefix `TELEBORNE_GATEWAY_` is
`TELEBORNE_GATEWAY_LISTEN_PORT`; arrays of tables have none. Anything unknown or wrong is one `SettingsError` line that
names the file or the variable.
https://toml.io/en/v1.0.0
"""

from __future__ import annotations

import contextlib
import dataclasses
import math
import os
import re
import tomllib
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Final, TypeVar, cast

from gateway.errors import SettingsError

__all__ = ["PREFIXES", "Setting", "load", "settings_of"]

PREFIXES: Final = (
    "TELEBORNE_GATEWAY_",
    "TELEBORNE_BOOTH_",
    "TELEBORNE_KIOSK_",
    "TELEBORNE_AUTHORITY_",
    "TELEBORNE_TEST_",
)
"""What a variable of ours may begin with; another `TELEBORNE_…` is a typing mistake and stops the start."""

_TRUE: Final = frozenset({"1", "true", "yes", "on"})
_FALSE: Final = frozenset({"0", "false", "no", "off"})
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,15})?", re.ASCII)
_WORDS: Final = {str: "text", int: "a whole number", float: "a number", bool: "true or false", Path: "a path"}

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One thing that can be set: its TOML name (dots for tables), its variable if it has one, and its type in words."""

    name: str
    variable: str | None
    kind: str
    required: bool


def load(cls: type[T], path: Path | None, prefix: str, *, environ: Mapping[str, str] = os.environ) -> T:
    """Return the settings *cls* from the TOML file *path* (None: no file) and the variables beginning with *prefix*.

    Relative paths start at the file's folder, those of variables at the working folder. Raises SettingsError.
    """
    tree = _read(path)
    source = str(path) if path else "settings"
    variables = _variables(cls, prefix)
    for name, text in environ.items():
        if name in variables:
            _plant(tree, variables[name], _Variable(name, text))
        elif name.startswith(prefix) or (name.startswith("TELEBORNE_") and not name.startswith(PREFIXES)):
            raise SettingsError(f"{name}: there is no such setting; {_nearest(name, variables)}")
    folder = path.resolve().parent if path else Path.cwd()
    return cast("T", _Reader(source, folder).dataclass(cls, tree, ()))


def settings_of(cls: type[Any], prefix: str) -> Iterator[Setting]:
    """Yield every setting of *cls*, tables opened: what the documentation must name and what the loader takes."""
    yield from _settings(cls, prefix, (), inside_array=False)


@dataclass(frozen=True, slots=True)
class _Variable:
    """A value that came from the environment: text, to be read as its setting's type says."""

    name: str
    text: str


def _read(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise SettingsError(f"{path}: no such settings file; give the path of one, or none") from None
    except OSError as error:
        raise SettingsError(f"{path}: the settings file cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{path}: the settings file is not UTF-8 text") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: not valid TOML: {error}") from None


def _settings(cls: type[Any], prefix: str, at: tuple[str, ...], *, inside_array: bool) -> Iterator[Setting]:
    hints = typing.get_type_hints(cls)
    for field in dataclasses.fields(cls):
        kind, name = _not_none(hints[field.name]), (*at, field.name)
        rows = _element(kind)
        if dataclasses.is_dataclass(kind):
            yield from _settings(cast("type[Any]", kind), prefix, name, inside_array=inside_array)
        elif rows is not None and dataclasses.is_dataclass(rows):
            yield from _settings(cast("type[Any]", rows), prefix, (*at, f"{field.name}[]"), inside_array=True)
        else:
            variable = None if inside_array else prefix + "_".join(name).upper()
            yield Setting(name=".".join(name), variable=variable, kind=_words(kind), required=_required(field))


def _variables(cls: type[Any], prefix: str) -> dict[str, tuple[str, ...]]:
    return {s.variable: tuple(s.name.split(".")) for s in settings_of(cls, prefix) if s.variable is not None}


def _plant(tree: dict[str, Any], at: tuple[str, ...], value: _Variable) -> None:
    """Put a variable's value where its setting is; the reader refuses a plain value where a table should be."""
    branch: Any = tree
    for name in at[:-1]:
        branch = branch.setdefault(name, {})
        if not isinstance(branch, dict):
            return
    branch[at[-1]] = value


def _nearest(name: str, known: Mapping[str, Any]) -> str:
    import difflib  # noqa: PLC0415 - only for a mistake's message

    near = difflib.get_close_matches(name, list(known), n=1)
    return f"did you mean {near[0]}?" if near else "see docs/settings.md"


def _not_none(kind: Any) -> Any:
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        return next(a for a in typing.get_args(kind) if a is not types.NoneType)
    return kind


def _element(kind: Any) -> Any:
    """Return X of tuple[X, ...], else None."""
    return typing.get_args(kind)[0] if typing.get_origin(kind) is tuple else None


def _required(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _words(kind: Any) -> str:
    if (rows := _element(kind)) is not None:
        return f"a list of {_words(rows).removeprefix('a ')}"
    if isinstance(kind, type) and issubclass(kind, Enum):
        return "one of " + ", ".join(str(m.value) for m in kind)
    return _WORDS.get(kind, getattr(kind, "__name__", str(kind)))


class _Reader:
    """Turns a parsed TOML tree into dataclasses; every mistake names its place."""

    def __init__(self, source: str, folder: Path) -> None:
        self._source = source
        self._folder = folder

    def dataclass(self, cls: type[Any], tree: Any, at: tuple[str, ...]) -> object:
        if not isinstance(tree, dict):
            raise self._wrong(at, tree, "a table")
        hints = typing.get_type_hints(cls)
        fields = {f.name: f for f in dataclasses.fields(cls)}
        for name in tree:
            if name not in fields:
                raise SettingsError(f"{self._place((*at, name))}: there is no such setting; {_nearest(name, fields)}")
        values = {name: self.value(hints[name], tree[name], (*at, name)) for name in fields if name in tree}
        for name, field in fields.items():
            if name not in values and _required(field):
                raise SettingsError(f"{self._place((*at, name))}: missing; it needs {_words(_not_none(hints[name]))}")
        try:
            return cls(**values)
        except ValueError as error:
            raise SettingsError(f"{self._place(at)}: {error}") from None

    def value(self, kind: Any, value: Any, at: tuple[str, ...]) -> Any:
        kind = _not_none(kind)
        if dataclasses.is_dataclass(kind):
            return self.dataclass(cast("type[Any]", kind), value, at)
        if (rows := _element(kind)) is not None:
            return self._rows(rows, value, at)
        if isinstance(kind, type) and issubclass(kind, Enum):
            return self._member(kind, value, at)
        return self._plain(kind, value, at)

    def _rows(self, kind: Any, value: Any, at: tuple[str, ...]) -> tuple[Any, ...]:
        if isinstance(value, _Variable):
            value = [_Variable(value.name, piece.strip()) for piece in value.text.split(",") if piece.strip()]
        if not isinstance(value, list):
            raise self._wrong(at, value, "a list")
        return tuple(self.value(kind, one, (*at[:-1], f"{at[-1]}[{n}]")) for n, one in enumerate(value))

    def _member(self, kind: type[Enum], value: Any, at: tuple[str, ...]) -> Enum:
        try:
            return kind(value.text if isinstance(value, _Variable) else value)
        except ValueError:
            raise self._wrong(at, value, _words(kind)) from None

    def _plain(self, kind: Any, value: Any, at: tuple[str, ...]) -> Any:
        if isinstance(value, _Variable):
            return self._from_text(kind, value, at)
        if isinstance(value, float) and not math.isfinite(value):
            raise self._wrong(at, value, _words(kind))
        if kind is Path and isinstance(value, str) and value:
            return self._folder / Path(value).expanduser()
        if kind is float and isinstance(value, int) and not isinstance(value, bool):
            return float(value)
        if kind is Path or not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise self._wrong(at, value, _words(kind))
        return value

    def _from_text(self, kind: Any, value: _Variable, at: tuple[str, ...]) -> Any:
        text = value.text.strip()
        if kind is bool and text.lower() in _TRUE | _FALSE:
            return text.lower() in _TRUE
        if kind is Path and text:
            return Path(text).expanduser().absolute()
        if kind is str:
            return value.text
        if _NUMBER.fullmatch(text) and kind in (int, float):
            with contextlib.suppress(ValueError):  # "1.5" is no whole number
                return kind(text)
        raise self._wrong(at, value, _words(kind))

    def _place(self, at: tuple[str, ...]) -> str:
        return f"{self._source}: {'.'.join(at)}" if at else self._source

    def _wrong(self, at: tuple[str, ...], value: Any, wanted: str) -> SettingsError:
        if isinstance(value, _Variable):
            return SettingsError(f"{value.name}: {value.text!r} is not {wanted}")
        return SettingsError(f"{self._place(at)}: {value!r} is not {wanted}")
