"""Which profiles an Observation must keep although it does not claim them.

The category says that the sender means a vital sign; its LOINC code then stands for the profile, as it does for the
official validator ("magic" codes: https://hl7.org/fhir/R4/observation-vitalsigns.html). A bare code may be anything
from a survey to a goal. The category of the Personal Health Devices guide says the same of that guide.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from gateway.fhir.codes import System

__all__ = ["PROFILES", "implied"]

PROFILES: Final = {
    "85354-9": "bp",
    "2708-6": "oxygensat",
    "8867-4": "heartrate",
    "9279-1": "resprate",
    "8310-5": "bodytemp",
    "29463-7": "bodyweight",
    "8302-2": "bodyheight",
    "9843-4": "headcircum",
    "39156-5": "bmi",
    "85353-1": "vitalspanel",
}
"""The R4 vital-signs profiles by the LOINC code that stands for each."""

_PHD: Final = "http://hl7.org/fhir/uv/phd/"


def implied(observation: dict[str, Any]) -> Iterator[str]:
    """Yield the addresses of the profiles that *observation*, whose structure is right, keeps without claiming them."""
    categories = {
        (coding.get("system"), coding.get("code"))
        for each in observation.get("category", [])
        for coding in each.get("coding", [])
    }
    if (System.CATEGORY, "vital-signs") in categories:
        codings = observation.get("code", {}).get("coding", [])
        codes = [each.get("code") for each in codings if each.get("system") == System.LOINC]
        yield from dict.fromkeys(System.R4_PROFILE + PROFILES[code] for code in codes if code in PROFILES)
    if (f"{_PHD}CodeSystem/PhdObservationCategories", "phd") in categories:
        yield f"{_PHD}StructureDefinition/PhdBaseObservation"
