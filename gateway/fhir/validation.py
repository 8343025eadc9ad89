"""Whether a resource may be stored: its structure, required codes, references, invariants and profiles.

Most resources are plainly right, which one compiled walk tells (gateway.fhir.certain). For all others there are four
looks, each from official material: the walk through the JSON and the library of models (structure, cardinality,
formats, what a reference may name), the rules of R4's own types (bindings, invariants), and the profiles that the
resource claims or implies. A profile that this server does not know is not looked at. fhir.resources has no R4: its R4B
models have the same elements for every type that is served here. They are used as a check only and never to write,
because they lose decimals.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from fhir_core.fhirabstractmodel import FHIRAbstractModel
from pydantic import ValidationError

from gateway.errors import Invalid, Malformed
from gateway.fhir.certain import certain
from gateway.fhir.definitions import ancestors, profile
from gateway.fhir.profile import departures
from gateway.fhir.rules import broken
from gateway.fhir.structure import Walk, contained_ids, elements, model_of
from gateway.fhir.vital_signs import implied

__all__ = ["check", "examine", "profiles_that_hold"]


_MOST: Final = 50
"""The most broken rules that one answer names."""


def check(resource: dict[str, Any], *profiles: str) -> None:
    """Return where *resource* (from `gateway.fhir.json.loads`) is right, else raise `Invalid` with a FHIRPath `where`.

    *profiles*, which are known, hold beside those that the resource claims or implies. The Invalid names the other
    rules that are broken too. Raises `Malformed` for what is nested too deeply to be checked. The resource is not
    changed.
    """
    try:
        if certain(resource, lambda: profiles_that_hold(resource, profiles)):
            return
        examine(resource, *profiles)
    except RecursionError as error:
        raise Malformed(
            "The resource is nested too deeply.",
            where=str(resource.get("resourceType")),
            remedy="Send a flatter resource.",
        ) from error


def examine(resource: dict[str, Any], *profiles: str) -> None:
    """Do the same without the short way: `check` gives this verdict, and these words."""
    name = resource.get("resourceType")
    walk = Walk(contained=contained_ids(resource))
    walk.resource(resource, str(name))
    model = model_of(name)
    assert model is not None  # the walk refuses unknown types
    if not walk.certain:
        _check_model(model, resource, str(name))
    found = tuple(islice(_departures(resource, profiles), _MOST))
    if found:
        first = found[0]
        raise Invalid(first.what, where=first.where, remedy=first.remedy, also=found[1:])


def _departures(resource: dict[str, Any], profiles: tuple[str, ...]) -> Iterator[Invalid]:
    yield from broken(resource)
    for url in profiles_that_hold(resource, profiles):
        yield from departures(resource, url)


def profiles_that_hold(resource: dict[str, Any], asked: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield the profiles that hold: those asked for, claimed and known, or implied; none that another one refines."""
    claimed = (str(url).partition("|")[0] for url in resource.get("meta", {}).get("profile", ()))
    urls = dict.fromkeys((*asked, *claimed))
    if resource["resourceType"] == "Observation":
        urls |= dict.fromkeys(implied(resource))
    known = [url for url in urls if profile(url) is not None]
    refined = frozenset().union(*map(ancestors, known))
    yield from (url for url in known if url not in refined)


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
