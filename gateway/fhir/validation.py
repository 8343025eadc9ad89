"""Whether a resource may be stored: its structure, required codes, references, invariants and vital-signs profiles.

Profiles other than the vital signs of R4 are not enforced on what others send; what this project makes is checked by
its tests against all the profiles that it claims. fhir.resources has no R4: its R4B models have the same elements for
every type that is served here. They are used as a check only and never to write, because they lose decimals.
"""

from __future__ import annotations

from typing import Any

from fhir_core.fhirabstractmodel import FHIRAbstractModel
from pydantic import ValidationError

from gateway.errors import Invalid, TooLarge
from gateway.fhir.structure import Walk, contained_ids, elements, model_of
from gateway.fhir.vital_signs import check_vital_signs

__all__ = ["check"]


def check(resource: dict[str, Any]) -> None:
    """Return where *resource* (from `gateway.fhir.json.loads`) is right, else raise `Invalid` with a FHIRPath `where`.

    Raises `TooLarge` for what is nested too deeply to be checked. The resource is not changed.
    """
    name = resource.get("resourceType")
    walk = Walk(contained=contained_ids(resource))
    try:
        walk.resource(resource, str(name))
    except RecursionError as error:
        raise TooLarge("The resource is nested too deeply.", remedy="Send a flatter resource.") from error
    model = model_of(name)
    assert model is not None  # the walk refuses unknown types
    if not walk.certain:
        _check_model(model, resource, str(name))
    if name == "Observation":
        check_vital_signs(resource)


def _check_model(model: type[FHIRAbstractModel], resource: dict[str, Any], name: str) -> None:
    """Check what the walk does not: required elements, formats, at most one of a choice, cardinality."""
    try:
        model.model_validate(resource)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise Invalid(f"{_shortened(first['msg'])}", where=_path(model, name, first["loc"])) from error
    except (LookupError, TypeError, ValueError) as error:
        raise Invalid(f"The {name} cannot be read: {_shortened(str(error))}.", where=name) from error


def _shortened(text: str) -> str:
    plain = " ".join(text.removeprefix("Value error, ").replace("``", "").split())
    return plain if len(plain) <= 200 else f"{plain[:200]}…"  # noqa: PLR2004 - one line


def _path(model: type[FHIRAbstractModel] | None, root: str, loc: tuple[int | str, ...]) -> str:
    """Return the library's location as FHIRPath, as far as the elements are known."""
    path = root
    for step in loc:
        if isinstance(step, int):
            path += f"[{step}]"
            continue
        element = elements(model).get(str(step).removesuffix("_fhir")) if model else None
        path += f".{element.step if element else step}"
        model = element.model if element else None
    return path
