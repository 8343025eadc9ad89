"""Rules of FHIR that one object must keep whatever its profile, by type.

https://hl7.org/fhir/R4/conformance-rules.html#constraints; keys and wording are those of the type's own page.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

__all__ = ["INVARIANTS", "Invariant", "has_value"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Invariant:
    """One rule: its key in the specification, the test, and what it asks."""

    key: str
    holds: Callable[[dict[str, Any]], bool]
    text: str


def has_value(element: dict[str, Any]) -> bool:
    """Return whether the element has a value[x], or says with an extension why its value is missing."""
    return any(name.removeprefix("_").startswith("value") for name in element)


def _codings(concept: Any) -> list[Any]:
    return concept.get("coding", []) if isinstance(concept, dict) else []


def _components_say_something_else(observation: dict[str, Any]) -> bool:
    if not has_value(observation):
        return True
    own = _codings(observation.get("code"))
    parts = observation.get("component", [])
    return not any(coding in own for part in parts for coding in _codings(part.get("code")))


def _is_about(scope: str) -> Callable[[dict[str, Any]], bool]:
    return lambda consent: scope in {coding.get("code") for coding in _codings(consent.get("scope"))}


_QUANTITY: Final = (
    Invariant(
        key="qty-3",
        holds=lambda quantity: "code" not in quantity or "system" in quantity,
        text="A unit's code needs its system.",
    ),
)

INVARIANTS: Final[dict[str, tuple[Invariant, ...]]] = {
    "Extension": (
        Invariant(
            key="ext-1",
            holds=lambda extension: ("extension" in extension) != has_value(extension),
            text="An extension has either extensions or a value, and one of them.",
        ),
    ),
    "Quantity": _QUANTITY,
    "Age": _QUANTITY,
    "Duration": _QUANTITY,
    "ContactPoint": (
        Invariant(
            key="cpt-2",
            holds=lambda contact: "value" not in contact or "system" in contact,
            text="A contact's value needs its system.",
        ),
    ),
    "PatientContact": (
        Invariant(
            key="pat-1",
            holds=lambda contact: not contact.keys().isdisjoint({"name", "telecom", "address", "organization"}),
            text="A contact says who it is or how to reach them.",
        ),
    ),
    "Observation": (
        Invariant(
            key="obs-6",
            holds=lambda observation: "dataAbsentReason" not in observation or not has_value(observation),
            text="dataAbsentReason is only for an Observation without a value.",
        ),
        Invariant(
            key="obs-7",
            holds=_components_say_something_else,
            text="A component with the Observation's own code is no component: it would be a second value.",
        ),
    ),
    "Consent": (
        Invariant(
            key="ppc-1",
            holds=lambda consent: "policy" in consent or "policyRule" in consent,
            text="A Consent names a policy or a policyRule.",
        ),
        Invariant(
            key="ppc-2",
            holds=lambda consent: "patient" in consent or not _is_about("patient-privacy")(consent),
            text="A privacy consent names its patient.",
        ),
        Invariant(
            key="ppc-5",
            holds=lambda consent: "patient" in consent or not _is_about("treatment")(consent),
            text="A treatment consent names its patient.",
        ),
    ),
}
