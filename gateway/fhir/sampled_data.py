"""Samples as FHIR R4 SampledData.

https://hl7.org/fhir/R4/datatypes.html#SampledData. R4 knows only evenly spaced samples. Heart beats are not: their
intervals carry the times at which they ended in the element that R5 gave to SampledData, as the cross-version extension
for R4 (https://hl7.org/fhir/R5/versions.html#extensions), and `period` is their mean, for readers that do not know it.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from gateway.devices.reading import Series
from gateway.fhir.codes import UNITS, System

__all__ = ["sampled_data"]

_R5: Final = "http://hl7.org/fhir/5.0/StructureDefinition/extension-SampledData."
_GAP: Final = "E"
_MILLISECOND: Final = "ms"
_TENTH: Final = Decimal("0.1")


def sampled_data(series: Series) -> dict[str, Any]:
    """Return *series*; raise ValueError where it has no sample, which SampledData has no room for."""
    if not series.samples:
        raise ValueError(f"a curve of {series.name} without a sample")
    unit = UNITS[series.unit]
    uneven = {} if series.period else {"extension": _offsets(series)}
    return {
        **uneven,
        "origin": {"value": Decimal(0), "unit": unit.unit or unit.code, "system": System.UCUM, "code": unit.code},
        "period": _period(series),
        "factor": series.factor,
        "dimensions": 1,
        "data": " ".join(_GAP if sample is None else str(sample) for sample in series.samples),
    }


def _period(series: Series) -> Decimal:
    """Return the milliseconds between two samples; of beats their mean, to a tenth."""
    if series.period is not None:
        return Decimal(series.period // timedelta(microseconds=1)).scaleb(-3).normalize() + 0
    spans = [sample for sample in series.samples if sample is not None]
    return (sum(spans, Decimal(0)) * series.factor / max(len(spans), 1)).quantize(_TENTH)


def _offsets(series: Series) -> list[dict[str, Any]]:
    total, ends = Decimal(0), []
    for sample in series.samples:
        total += (sample or 0) * series.factor
        ends.append(str(total.quantize(_TENTH)))
    return [
        {"url": f"{_R5}intervalUnit", "valueCode": _MILLISECOND},
        {"url": f"{_R5}offsets", "valueString": " ".join(ends)},
    ]
