"""The codes of what we measure: one row a kind, one row a number, one row a unit, one row a device's remark.

LOINC (https://loinc.org) and IEEE 11073-10101 "MDC" codings go together; an MDC code is the decimal 32-bit form, as the
Personal Health Devices guide asks (https://build.fhir.org/ig/HL7/phd/). Units are UCUM (https://ucum.org). Profiles are
those of R4 (https://hl7.org/fhir/R4/observation-vitalsigns.html).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Literal

from gateway.devices.reading import Kind, Name, Quality, Special, Unit

__all__ = [
    "ABSENT",
    "BITS",
    "CHARACTERISTIC_MDC",
    "CONVERSIONS",
    "HTEST",
    "KINDS",
    "NAMES",
    "SITES",
    "SPECIALIZATIONS",
    "STATUSES",
    "UNITS",
    "Code",
    "Concept",
    "Conversion",
    "KindRow",
    "Remark",
    "System",
    "Ucum",
    "coding",
]


class System:
    """Where codes and identifiers come from."""

    LOINC: Final = "http://loinc.org"
    MDC: Final = "urn:iso:std:iso:11073:10101"
    UCUM: Final = "http://unitsofmeasure.org"
    SNOMED: Final = "http://snomed.info/sct"
    CATEGORY: Final = "http://terminology.hl7.org/CodeSystem/observation-category"
    PHD_CATEGORY: Final = "http://hl7.org/fhir/uv/phd/CodeSystem/PhdObservationCategories"
    ABSENT_REASON: Final = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
    MEASUREMENT_STATUS: Final = "http://hl7.org/fhir/uv/pocd/CodeSystem/measurement-status"
    ACT_REASON: Final = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
    ACT_CODE: Final = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
    ASN1: Final = "http://terminology.hl7.org/CodeSystem/ASN1ToHL7"
    DEVICE_IDENTIFIERS: Final = "http://terminology.hl7.org/CodeSystem/ContinuaDeviceIdentifiers"
    EUI64: Final = "urn:oid:1.2.840.10004.1.1.1.0.0.1.0.0.1.2680"
    BLUETOOTH_ADDRESS: Final = "http://hl7.org/fhir/sid/eui-48/bluetooth"
    PHD_IDENTIFIER: Final = "http://hl7.org/fhir/uv/phd/StructureDefinition/PhdBaseObservation"
    R4_PROFILE: Final = "http://hl7.org/fhir/StructureDefinition/"
    PHD_PROFILE: Final = "http://hl7.org/fhir/uv/phd/StructureDefinition/"


@dataclass(frozen=True, slots=True)
class Code:
    """A code and its display in the words of its system."""

    code: str
    display: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Concept:
    """What a number means: MDC and LOINC codes of the same thing, and the French text."""

    mdc: Code
    loinc: tuple[Code, ...] = ()
    text: str

    def codeable(self, mdc: Code | None = None, *, loinc: bool = True) -> dict[str, Any]:
        """Return a CodeableConcept; *mdc* says more exactly how it was measured than this row does."""
        # LOINC comes first: careless readers look at the first coding only, and clinical systems are most of them.
        codings = [coding(System.LOINC, code) for code in self.loinc] if loinc else []
        return {"coding": [*codings, coding(System.MDC, mdc or self.mdc)], "text": self.text}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ucum:
    """A unit: its UCUM code and how people write it."""

    code: str
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """How a unit that a profile refuses becomes one that it takes: multiply by *factor*."""

    to: Ucum
    factor: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class KindRow:
    """How one kind of reading becomes an Observation.

    `value` is the number that becomes valueQuantity (None: all are components); `components` are the numbers that
    follow it, those in `always` even when the device did not send them. `units` are the UCUM codes that the R4 profile
    binds.
    `profile_needs_value`: the profile has no room for an absent value.
    """

    concept: Concept
    profile: str
    value: Name | None
    components: tuple[Name, ...] = ()
    always: tuple[Name, ...] = ()
    units: frozenset[str]
    profile_needs_value: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """What a measurement status does to an Observation; `status` ranks as in `observation.STATUS_RANK`."""

    status: Literal["final", "preliminary", "cancelled", "entered-in-error"] = "final"
    interpretation: Code | None = None
    absent: str | None = None
    test: bool = False


def coding(system: str, code: Code) -> dict[str, str]:
    """Return a Coding."""
    display = {"display": code.display} if code.display else {}
    return {"system": system, "code": code.code, **display}


# What invented or test data carry in meta.security.
HTEST: Final = coding(System.ACT_REASON, Code("HTEST", "test health data"))

_PULSE: Final = Concept(
    mdc=Code("149514", "MDC_PULS_RATE"), loinc=(Code("8867-4", "Heart rate"),), text="Fréquence cardiaque (pouls)"
)
_HEART: Final = Concept(
    mdc=Code("147842", "MDC_ECG_HEART_RATE"), loinc=(Code("8867-4", "Heart rate"),), text="Fréquence cardiaque"
)

NAMES: Final[dict[Name, Concept]] = {
    Name.SYSTOLIC: Concept(
        mdc=Code("150021", "MDC_PRESS_BLD_NONINV_SYS"),
        loinc=(Code("8480-6", "Systolic blood pressure"),),
        text="Pression artérielle systolique",
    ),
    Name.DIASTOLIC: Concept(
        mdc=Code("150022", "MDC_PRESS_BLD_NONINV_DIA"),
        loinc=(Code("8462-4", "Diastolic blood pressure"),),
        text="Pression artérielle diastolique",
    ),
    Name.MEAN: Concept(
        mdc=Code("150023", "MDC_PRESS_BLD_NONINV_MEAN"),
        loinc=(Code("8478-0", "Mean blood pressure"),),
        text="Pression artérielle moyenne",
    ),
    Name.PERFUSION: Concept(
        mdc=Code("150320", "MDC_SAT_O2_QUAL"),
        loinc=(Code("61006-3", "Perfusion index Tissue by Pulse oximetry"),),
        text="Indice de perfusion",
    ),
    Name.PULSE: _PULSE,
}

KINDS: Final[dict[Kind, KindRow]] = {
    Kind.BLOOD_PRESSURE: KindRow(
        concept=Concept(
            mdc=Code("150020", "MDC_PRESS_BLD_NONINV"),
            loinc=(Code("85354-9", "Blood pressure panel with all children optional"),),
            text="Pression artérielle",
        ),
        profile="bp",
        value=None,
        components=(Name.SYSTOLIC, Name.DIASTOLIC, Name.MEAN, Name.PULSE),
        always=(Name.SYSTOLIC, Name.DIASTOLIC),
        units=frozenset({"mm[Hg]", "/min"}),
    ),
    Kind.PULSE_RATE: KindRow(concept=_PULSE, profile="heartrate", value=Name.PULSE, units=frozenset({"/min"})),
    Kind.HEART_RATE: KindRow(concept=_HEART, profile="heartrate", value=Name.PULSE, units=frozenset({"/min"})),
    Kind.OXYGEN_SATURATION: KindRow(
        concept=Concept(
            mdc=Code("150456", "MDC_PULS_OXIM_SAT_O2"),
            loinc=(
                Code("2708-6", "Oxygen saturation in Arterial blood"),
                Code("59408-5", "Oxygen saturation in Arterial blood by Pulse oximetry"),
            ),
            text="Saturation en oxygène (SpO2)",
        ),
        profile="oxygensat",
        value=Name.SPO2,
        components=(Name.PERFUSION,),
        units=frozenset({"%"}),
    ),
    Kind.BODY_TEMPERATURE: KindRow(
        concept=Concept(
            mdc=Code("150364", "MDC_TEMP_BODY"), loinc=(Code("8310-5", "Body temperature"),), text="Température"
        ),
        profile="bodytemp",
        value=Name.TEMPERATURE,
        units=frozenset({"Cel", "[degF]"}),
    ),
    Kind.BODY_WEIGHT: KindRow(
        concept=Concept(
            mdc=Code("188736", "MDC_MASS_BODY_ACTUAL"), loinc=(Code("29463-7", "Body weight"),), text="Poids"
        ),
        profile="bodyweight",
        value=Name.WEIGHT,
        units=frozenset({"kg", "[lb_av]"}),
    ),
    Kind.BODY_HEIGHT: KindRow(
        concept=Concept(
            mdc=Code("188740", "MDC_LEN_BODY_ACTUAL"), loinc=(Code("8302-2", "Body height"),), text="Taille"
        ),
        profile="bodyheight",
        value=Name.HEIGHT,
        units=frozenset({"cm", "[in_i]"}),
    ),
    Kind.BODY_MASS_INDEX: KindRow(
        concept=Concept(
            mdc=Code("188752", "MDC_RATIO_MASS_BODY_LEN_SQ"),
            loinc=(Code("39156-5", "Body mass index (BMI) [Ratio]"),),
            text="Indice de masse corporelle",
        ),
        profile="bmi",
        value=Name.BMI,
        units=frozenset({"kg/m2"}),
        profile_needs_value=True,
    ),
}

CHARACTERISTIC_MDC: Final[dict[tuple[Kind, str], Code]] = {
    (Kind.PULSE_RATE, "2A35"): Code("149546", "MDC_PULS_RATE_NON_INV"),
    (Kind.PULSE_RATE, "2B34"): Code("149546", "MDC_PULS_RATE_NON_INV"),
    (Kind.PULSE_RATE, "2A5E"): Code("149530", "MDC_PULS_OXIM_PULS_RATE"),
    (Kind.PULSE_RATE, "2A5F"): Code("149530", "MDC_PULS_OXIM_PULS_RATE"),
}

UNITS: Final[dict[Unit, Ucum]] = {
    Unit.MMHG: Ucum(code="mm[Hg]", unit="mmHg"),
    Unit.KPA: Ucum(code="kPa", unit="kPa"),
    Unit.PERCENT: Ucum(code="%", unit="%"),
    Unit.PER_MINUTE: Ucum(code="/min", unit="/min"),
    Unit.CELSIUS: Ucum(code="Cel", unit="°C"),
    Unit.FAHRENHEIT: Ucum(code="[degF]", unit="°F"),
    Unit.KILOGRAM: Ucum(code="kg", unit="kg"),
    Unit.POUND: Ucum(code="[lb_av]", unit="lb"),
    Unit.METRE: Ucum(code="m", unit="m"),
    Unit.INCH: Ucum(code="[in_i]", unit="in"),
    Unit.KILOGRAM_PER_SQUARE_METRE: Ucum(code="kg/m2", unit="kg/m2"),
    Unit.KILOJOULE: Ucum(code="kJ", unit="kJ"),
}

# 1 mmHg is 133.322387415 Pa by definition (13.5951 g/cm³ times 9.80665 m/s²).
CONVERSIONS: Final[dict[Unit, Conversion]] = {
    Unit.KPA: Conversion(to=UNITS[Unit.MMHG], factor=1 / Decimal("0.133322387415")),
    Unit.METRE: Conversion(to=Ucum(code="cm", unit="cm"), factor=Decimal(100)),
}

ABSENT: Final[dict[Special, str]] = {
    Special.NAN: "not-a-number",
    Special.NRES: "error",
    Special.POSITIVE_INFINITY: "positive-infinity",
    Special.NEGATIVE_INFINITY: "negative-infinity",
    Special.RESERVED: "error",
}

# Rows of the guide's table of measurement status; demonstration, test, calibration, unavailable, invalid: never final.
STATUSES: Final[dict[Quality, Remark]] = {
    Quality.INVALID: Remark(status="entered-in-error", absent="error"),
    Quality.UNAVAILABLE: Remark(status="cancelled", absent="not-performed"),
    Quality.DEMONSTRATION: Remark(status="preliminary", test=True),
    Quality.TESTING: Remark(status="preliminary", test=True),
    Quality.CALIBRATING: Remark(
        status="preliminary", interpretation=Code("calibration-ongoing", "Calibration ongoing")
    ),
    Quality.EARLY_ESTIMATE: Remark(status="preliminary", interpretation=Code("early-indication", "Early indication")),
    Quality.ONGOING: Remark(status="preliminary", interpretation=Code("msmt-ongoing", "Measurement ongoing")),
    Quality.QUESTIONABLE: Remark(interpretation=Code("questionable", "Questionable")),
    Quality.VALIDATED: Remark(interpretation=Code("validated-data", "Validated data")),
    Quality.FULLY_QUALIFIED: Remark(interpretation=Code("validated-data", "Validated data")),
}

# Every other remark is a component with valueBoolean true: ASN1ToHL7 code (None: no standard has one) and French text.
BITS: Final[dict[Quality, tuple[Code | None, str]]] = {
    Quality.BODY_MOVEMENT: (Code("8410608.0", "body-movement"), "Mouvement pendant la mesure"),
    Quality.CUFF_LOOSE: (Code("8410608.1", "cuff-too-loose"), "Brassard trop lâche"),
    Quality.IRREGULAR_PULSE: (Code("8410608.2", "irregular-pulse"), "Pouls irrégulier signalé par l'appareil"),
    Quality.PULSE_ABOVE_RANGE: (
        Code("8410608.3", "pulse-over-range-limit"),
        "Pouls au-dessus de la plage de l'appareil",
    ),
    Quality.PULSE_BELOW_RANGE: (Code("8410608.4", "pulse-under-range-limit"), "Pouls sous la plage de l'appareil"),
    Quality.IMPROPER_POSITION: (Code("8410608.5", "improper-body-position"), "Mauvaise position"),
    Quality.SENSOR_DISCONNECTED: (Code("150604.0", "sensor-disconnected"), "Capteur débranché"),
    Quality.SENSOR_DISPLACED: (Code("150604.2", "sensor-displaced"), "Capteur mal placé"),
    Quality.SENSOR_UNCONNECTED_TO_USER: (Code("150604.4", "sensor-off"), "Capteur non posé"),
    Quality.INTERFERENCE: (Code("150604.5", "sensor-interference"), "Interférences"),
    Quality.NON_PULSATILE: (Code("150604.8", "signal-non-pulsatile"), "Signal sans pouls"),
    Quality.ERRATIC_SIGNAL: (Code("150604.9", "signal-erratic"), "Signal erratique"),
    Quality.LOW_PERFUSION: (Code("150604.10", "signal-low-perfusion"), "Perfusion faible"),
    Quality.POOR_SIGNAL: (Code("150604.11", "signal-poor"), "Signal faible"),
    Quality.INADEQUATE_SIGNAL: (Code("150604.12", "signal-inadequate"), "Signal insuffisant"),
    Quality.EQUIPMENT_MALFUNCTION: (Code("150604.14", "device-equipment-malfunction"), "Défaut de l'appareil"),
    Quality.FROM_STORAGE: (None, "Mesure relue dans la mémoire de l'appareil"),
    Quality.CLOCK_NOT_SET: (None, "Horloge de l'appareil non réglée"),
    Quality.NO_CONTACT: (None, "Pas de contact avec la peau"),
}

# The thermometer's site in the SIG's words (Temperature Type 0x2A1D), by their first word.
SITES: Final[dict[str, tuple[Code, str]]] = {
    "armpit": (Code("91470000", "Axillary region structure"), "Aisselle"),
    "body": (Code("38266002", "Entire body as a whole"), "Corps"),
    "ear": (Code("117590005", "Ear structure"), "Oreille"),
    "finger": (Code("7569003", "Finger structure"), "Doigt"),
    "gastro": (Code("122865005", "Gastrointestinal tract structure"), "Tube digestif"),
    "mouth": (Code("74262004", "Oral cavity structure"), "Bouche"),
    "rectum": (Code("34402009", "Rectum structure"), "Rectum"),
    "toe": (Code("29707007", "Toe structure"), "Orteil"),
    "tympanum": (Code("42859004", "Tympanic membrane structure"), "Tympan"),
}

# What sort of object measures a kind; a pulse alone says nothing (cuffs and oximeters both send one).
SPECIALIZATIONS: Final[dict[Kind, tuple[Code, str]]] = {
    Kind.BLOOD_PRESSURE: (Code("528391", "MDC_DEV_SPEC_PROFILE_BP"), "Tensiomètre"),
    Kind.OXYGEN_SATURATION: (Code("528388", "MDC_DEV_SPEC_PROFILE_PULS_OXIM"), "Oxymètre de pouls"),
    Kind.BODY_TEMPERATURE: (Code("528392", "MDC_DEV_SPEC_PROFILE_TEMP"), "Thermomètre"),
    Kind.BODY_WEIGHT: (Code("528399", "MDC_DEV_SPEC_PROFILE_SCALE"), "Balance"),
    Kind.HEART_RATE: (Code("528525", "MDC_DEV_SUB_SPEC_PROFILE_HR"), "Cardiofréquencemètre"),
}
