"""The parameters and headers that an operation takes, and how their values are written.

https://spec.openapis.org/oas/v3.1.0#parameter-object
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from gateway.fhir.interactions.negotiation import GENERAL
from gateway.fhir.openapi.operation import Operation
from gateway.fhir.rest import FHIR_JSON
from gateway.fhir.search.parameters import TYPES, Kind, Parameter
from gateway.fhir.search.parsing import RESULT_PARAMETERS

__all__ = ["form_members", "taken"]

_HEADERS: Final[Mapping[str, tuple[str, ...]]] = {
    "create": ("If-None-Exist", "Prefer"),
    "update": ("If-Match", "If-None-Match", "Prefer"),
    "patch": ("If-Match", "Prefer"),
    "delete": ("If-Match", "Prefer"),
    "read": ("If-None-Match", "If-Modified-Since"),
    "search-type": ("Prefer",),
}
_HEADER_FORMS: Final[Mapping[str, tuple[str, str]]] = {
    "If-Match": (r'^(W/"[0-9]{1,9}"|\*)$', 'only if this version is stored, e.g. W/"3"'),
    "If-None-Match": (r'^(W/"[0-9]{1,9}"|\*)$', "read: not if the client has this version; update: * creates only"),
    "If-None-Exist": (r"^[A-Za-z_:.-]+=[!-~]+$", "conditional create: criteria, e.g. identifier=system|value"),
    "If-Modified-Since": (r"^[ -~]+$", "read: not if nothing is newer"),
    "Prefer": (
        r"^(return=(minimal|representation|OperationOutcome)|handling=lenient)(, ?handling=lenient)?$",
        "what a write answers, and whether unknown search parameters are left out",
    ),
}
"""Of each header the form of its value, and what it says."""

_PREFIX: Final = "(eq|ne|gt|lt|ge|le|sa|eb|ap)?"
_CLOCK: Final = r"T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?(Z|[+-][0-9]{2}:[0-9]{2})?"
_DATE: Final = f"{_PREFIX}[0-9]{{4}}(-[0-9]{{2}}(-[0-9]{{2}}({_CLOCK})?)?)?"
_NUMBER: Final = _PREFIX + r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?"
_VALUES: Final[Mapping[Kind, str]] = {
    Kind.DATE: f"^{_DATE}(,{_DATE})*$",
    Kind.NUMBER: f"^{_NUMBER}(,{_NUMBER})*$",
    Kind.QUANTITY: rf"^{_NUMBER}(\|[^|,]*\|[^|,]*)?(,{_NUMBER}(\|[^|,]*\|[^|,]*)?)*$",
}
"""How the values of a search parameter are written, where that has a form."""

_MORE: Final = ("_include", "_revinclude", "_include:iterate", "_revinclude:iterate")
_WHOLE: Final = {"type": "integer", "minimum": 0}
_WORDS: Final = {"type": "string", "minLength": 1}
_FORMS: Final[Mapping[str, dict[str, Any]]] = {
    "_count": _WHOLE,
    "max": {"type": "integer", "minimum": 1, "maximum": 9999},
    "_pretty": {"type": "boolean"},
    "_format": {"enum": ["json", FHIR_JSON, "application/json"]},
    "_summary": {"enum": ["true", "text", "data", "count", "false"]},
    "_total": {"enum": ["none", "estimate", "accurate"]},
    "mode": {"enum": ["create", "update", "delete", "full"]},
    "_totalMethod": {"const": "count"},
}
_ID: Final = {"type": "string", "pattern": r"^[A-Za-z0-9\-.]{1,64}$"}
_PLACES: Final[Mapping[str, dict[str, Any]]] = {
    "id": {"name": "id", "in": "path", "required": True, "schema": _ID},
    "version": {"name": "version", "in": "path", "required": True, "schema": _ID},
}


def taken(each: Operation) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the parameters of an operation with their names in the document, where each stands once."""
    for name, place in _PLACES.items():
        if f"{{{name}}}" in each.path:
            yield name, place
    for name in _HEADERS.get(each.row.code, ()):
        form, words = _HEADER_FORMS[name]
        yield name, {"name": name, "in": "header", "description": words, "schema": {"type": "string", "pattern": form}}
    posted = each.row.method == "POST" and each.row.code == "search-type"
    if each.searches and not posted:
        for parameter in TYPES[each.type].named.values():
            yield _key(each.type, parameter), _searched(parameter)
    more: tuple[str, ...] = each.row.takes or ()
    if each.row.code == "search-type" and not posted:
        more = tuple(name for name in (*RESULT_PARAMETERS, *_MORE) if name not in GENERAL)
    elif each.row.code == "$lastn":
        more = ("max",)
    for name in (*GENERAL, *more):
        yield name.replace(":", "."), {"name": name, "in": "query", "schema": _FORMS.get(name, _WORDS)}


def form_members(type_: str) -> dict[str, Any]:
    """Return the schemas of the fields that a search of *type_* by POST takes."""
    members = {name: _text(parameter) for name, parameter in TYPES[type_].named.items()}
    return members | {name: _FORMS.get(name, _WORDS) for name in (*RESULT_PARAMETERS, *_MORE)}


def _key(type_: str, parameter: Parameter) -> str:
    return parameter.name if parameter.name[0] == "_" else f"{type_}.{parameter.name}"


def _searched(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": "query",
        "description": f"{parameter.kind}: {parameter.documentation}",
        "schema": _text(parameter),
        "x-fhir-definition": parameter.definition,
    }


def _text(parameter: Parameter) -> dict[str, Any]:
    form = _VALUES.get(parameter.kind)
    return _WORDS | ({"pattern": form} if form else {})
