"""docs/fhir-mapping.md says what the code does: its tables are the code's tables, its examples are made by it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from gateway.devices.reading import DeviceTime, Kind, Name, Quality, Unit
from gateway.fhir import json
from gateway.fhir.circumstances import ANSWERS, QUESTIONS, SAMPLES
from gateway.fhir.codes import (
    ABSENT,
    BITS,
    CHARACTERISTIC_MDC,
    CONVERSIONS,
    KINDS,
    NAMES,
    SITES,
    STATUSES,
    UNITS,
    Code,
    Concept,
    KindRow,
)
from gateway.fhir.device import phd_device
from tests.fhir.mapping.readings import DEVICE, observed, reading

PAGE = (Path(__file__).parents[3] / "docs" / "fhir-mapping.md").read_text()

CLOCK = DeviceTime(year=2026, month=11, day=22, hour=9, minute=29, second=58)
PRESSURE = reading(
    Kind.BLOOD_PRESSURE,
    (Name.SYSTOLIC, "17.6", Unit.KPA),
    (Name.DIASTOLIC, "10.8", Unit.KPA),
    device_time=CLOCK,
    qualities=frozenset({Quality.IRREGULAR_PULSE}),
)
WEIGHT = reading(Kind.BODY_WEIGHT, (Name.WEIGHT, "72.50", Unit.KILOGRAM), device_time=CLOCK)
EXAMPLES: list[dict[str, Any]] = [
    observed(WEIGHT, characteristic="2A9D"),
    observed(PRESSURE, characteristic="2A35"),
    phd_device(DEVICE, kinds=[Kind.BLOOD_PRESSURE, Kind.PULSE_RATE]),
]


def _concept(name: str, concept: Concept, *more: Code) -> str:
    loinc = ", ".join(code.code for code in concept.loinc)
    codes = ((concept.mdc,) if concept.mdc else ()) + tuple(dict.fromkeys(more))
    mdc = ", ".join(f"{code.code} {code.display}" for code in codes)
    return f"| `{name}` | {concept.text} | {loinc} | {mdc} |"


def _kind(kind: Kind, row: KindRow) -> str:
    exact = (code for (of, _), code in CHARACTERISTIC_MDC.items() if of is kind)
    units = ", ".join(f"`{unit}`" for unit in sorted(row.units))
    phd = (
        "PhdNumericObservation" if row.value else "PhdCompoundNumericObservation" if row.units else "PhdRtsaObservation"
    )
    profiles = ", ".join(filter(None, (row.profile, phd)))
    return f"{_concept(kind, row.concept, *exact)} {units} | {profiles} |"


def _statuses() -> list[str]:
    return [
        f"| `{quality}` | {remark.status} | {remark.interpretation.code if remark.interpretation else '-'} | "
        f"{remark.absent or '-'} | {'HTEST' if remark.test else '-'} |"
        for quality, remark in STATUSES.items()
    ]


ROWS = [
    *(_kind(kind, row) for kind, row in KINDS.items()),
    *(_concept(name, concept) for name, concept in NAMES.items()),
    *(f"| `{special}` | {reason} |" for special, reason in ABSENT.items()),
    *_statuses(),
    *(f"| `{quality}` | {code.code if code else '-'} | {text} |" for quality, (code, text) in BITS.items()),
    *(f"| {word} | {code.code} | {text} |" for word, (code, text) in SITES.items()),
    *(_concept(question, concept) for question, concept in QUESTIONS.items()),
    *(f"| `{each}` | {code.code} {code.display} | {text} |" for each, (code, text) in ANSWERS.items()),
    *(f"| `{each}` | {code.code} {code.display} |" for each, code in SAMPLES.items()),
    *(f"| `{UNITS[unit].code}` | `{conversion.to.code}` |" for unit, conversion in CONVERSIONS.items()),
]


@pytest.mark.parametrize("row", ROWS)
def test_a_row_of_a_table_is_on_the_page(row: str) -> None:
    assert row in PAGE.splitlines()


def test_the_examples_on_the_page_are_what_the_code_makes() -> None:
    blocks = re.findall(r"```json\n(.*?)```", PAGE, flags=re.DOTALL)
    assert [json.dumps(json.loads(block)) for block in blocks] == [json.dumps(example) for example in EXAMPLES]
