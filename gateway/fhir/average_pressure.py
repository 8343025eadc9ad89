"""The mean of blood pressures taken one after the other, as an Observation of its own that names those it came from.

LOINC has codes of their own for a mean, so that nobody takes it for something that was measured; the vital-signs
profile of blood pressure binds the measured codes and is not claimed. https://loinc.org/96607-7
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from gateway.devices.reading import Unit
from gateway.fhir.codes import UNITS, Code, System, coding
from gateway.fhir.observation import instant

__all__ = ["AVERAGE", "AveragePressure"]

AVERAGE: Final = Code("96607-7", "Blood pressure panel mean systolic and mean diastolic")
_SYSTOLIC: Final = Code("96608-5", "Systolic blood pressure mean")
_DIASTOLIC: Final = Code("96609-3", "Diastolic blood pressure mean")


@dataclass(frozen=True, slots=True, kw_only=True)
class AveragePressure:
    """The mean *systolic* and *diastolic* pressure in mmHg of the Observations `derived_from`, `start` to `end`."""

    id: str
    systolic: Decimal
    diastolic: Decimal
    derived_from: Sequence[str]
    start: datetime
    end: datetime

    def observation(
        self, *, patient: str, gateway_device: str, encounter: str | None, issued: datetime
    ) -> dict[str, Any]:
        """Return it as an Observation about *patient*, made by the booth *gateway_device*; references are relative."""
        found: dict[str, Any] = {
            "resourceType": "Observation",
            "id": self.id,
            "meta": {"profile": [System.R4_PROFILE + "vitalsigns"]},
            "status": "final",
            "category": [
                {"coding": [coding(System.CATEGORY, Code("vital-signs", "Vital Signs"))], "text": "Signes vitaux"}
            ],
            "code": {"coding": [coding(System.LOINC, AVERAGE)], "text": "Pression artérielle moyenne de deux mesures"},
            "subject": {"reference": patient},
            "encounter": {"reference": encounter} if encounter else None,
            "effectivePeriod": {"start": instant(self.start), "end": instant(self.end)},
            "issued": instant(issued),
            "device": {"reference": gateway_device},
            "derivedFrom": [{"reference": f"Observation/{each}"} for each in self.derived_from],
            "component": [
                _component(_SYSTOLIC, "Pression systolique moyenne", self.systolic),
                _component(_DIASTOLIC, "Pression diastolique moyenne", self.diastolic),
            ],
        }
        return {name: element for name, element in found.items() if element}


def _component(code: Code, text: str, value: Decimal) -> dict[str, Any]:
    unit = UNITS[Unit.MMHG]
    return {
        "code": {"coding": [coding(System.LOINC, code)], "text": text},
        "valueQuantity": {"value": value, "unit": unit.unit, "system": System.UCUM, "code": unit.code},
    }
