"""Required codes that the library of models does not know or cuts short: what a table must add.

https://hl7.org/fhir/R4/terminologies.html#required; the tests compare every row with the official value sets.
"""

from __future__ import annotations

from typing import Final

__all__ = ["CODES", "COMMON_UNITS", "NOT_R4"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_COMPARATORS: Final = _words("< <= >= >")
_ENCOUNTER_STATUS: Final = _words(
    "planned arrived triaged in-progress onleave finished cancelled entered-in-error unknown"
)

CODES: Final[dict[tuple[str, str], frozenset[str]]] = {
    ("Observation", "status"): _words(
        "registered preliminary final amended corrected cancelled entered-in-error unknown"
    ),
    ("Encounter", "status"): _ENCOUNTER_STATUS,
    ("EncounterStatusHistory", "status"): _ENCOUNTER_STATUS,
    ("DiagnosticReport", "status"): _words(
        "registered partial preliminary final amended corrected appended cancelled entered-in-error unknown"
    ),
    ("Task", "status"): _words(
        "draft requested received accepted rejected ready cancelled in-progress on-hold failed completed"
        " entered-in-error"
    ),
    ("Quantity", "comparator"): _COMPARATORS,
    ("Age", "comparator"): _COMPARATORS,
    ("Duration", "comparator"): _COMPARATORS,
    # The library lists the words of a description here.
    ("CapabilityStatement", "format"): frozenset(),
    ("CapabilityStatement", "patchFormat"): frozenset(),
}
"""Codes by model and element."""

COMMON_UNITS: Final = _words("% cm [in_i] kg g [lb_av] Cel [degF] mm[Hg] /min kg/m2 m2")
"""The units of a vital sign's component: https://hl7.org/fhir/R4/valueset-ucum-vitals-common.html."""

NOT_R4: Final = _words(
    "AdministrableProductDefinition Citation ClinicalUseDefinition EvidenceReport Ingredient ManufacturedItemDefinition"
    " MedicinalProductDefinition NutritionProduct PackagedProductDefinition RegulatedAuthorization SubscriptionStatus"
    " SubscriptionTopic SubstanceDefinition"
)
"""Types that came with R4B; an R4 server never takes them."""
