"""A table as long as what can be measured: one row a kind, a number, a unit, a remark of a device.

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
    """What a number means: MDC and LOINC codes of the same thing where there are such, and the French text."""

    mdc: Code | None = None
    loinc: tuple[Code, ...] = ()
    text: str

    def codeable(self, mdc: Code | None = None, *, loinc: bool = True) -> dict[str, Any]:
        """Return a CodeableConcept; *mdc* says more exactly how it was measured than this row does."""
        # LOINC comes first: careless readers look at the first coding only, and clinical systems are most of them.
        codings = [coding(System.LOINC, code) for code in self.loinc] if loinc else []
        exact = mdc or self.mdc
        codings += [coding(System.MDC, exact)] if exact else []
        return {"coding": codings, "text": self.text} if codings else {"text": self.text}


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
    """How one kind of reading becomes an Observation; `profile` is its R4 vital-signs profile, None where it is none.

    `value` is the number that becomes valueQuantity (None: all are components, or it is a curve); `components` are the
    numbers that follow it, those in `always` even when the device did not send them. `units` are the UCUM codes that
    the R4 profile binds.
    `profile_needs_value`: the profile has no room for an absent value.
    """

    concept: Concept
    profile: str | None
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
    Name.GLUCOSE_TREND: Concept(mdc=Code("8418008", "MDC_CONC_GLU_TREND"), text="Tendance de la glycémie"),
    Name.GLUCOSE_QUALITY: Concept(text="Qualité du signal du capteur"),
    Name.CARBOHYDRATE: Concept(mdc=Code("8417764", "MDC_CTXT_GLU_CARB"), text="Glucides du repas"),
    Name.EXERCISE_DURATION: Concept(text="Durée de l'effort physique"),
    Name.EXERCISE_INTENSITY: Concept(
        mdc=Code("8417760", "MDC_CTXT_GLU_EXERCISE"), text="Intensité de l'effort physique"
    ),
    Name.MEDICATION: Concept(mdc=Code("8417796", "MDC_CTXT_MEDICATION"), text="Médicament pris"),
    Name.HBA1C: Concept(
        mdc=Code("160220", "MDC_CONC_HBA1C"),
        loinc=(Code("4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood"),),
        text="Hémoglobine glyquée (HbA1c)",
    ),
}

_MASSES: Final = frozenset({"kg", "[lb_av]"})

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
    Kind.RESPIRATORY_RATE: KindRow(
        concept=Concept(
            mdc=Code("151562", "MDC_RESP_RATE"),
            loinc=(Code("9279-1", "Respiratory rate"),),
            text="Fréquence respiratoire",
        ),
        profile="resprate",
        value=Name.RESPIRATORY_RATE,
        units=frozenset({"/min"}),
    ),
    Kind.BODY_FAT: KindRow(
        concept=Concept(
            mdc=Code("188748", "MDC_BODY_FAT"),
            loinc=(Code("41982-0", "Percentage of body fat Measured"),),
            text="Masse grasse",
        ),
        profile=None,
        value=Name.BODY_FAT,
        units=frozenset({"%"}),
    ),
    Kind.BASAL_METABOLISM: KindRow(
        concept=Concept(
            mdc=Code("188768", "MDC_BASAL_METABOLISM"),
            loinc=(Code("69429-9", "Basal metabolic rate"),),
            text="Métabolisme de base",
        ),
        profile=None,
        value=Name.BASAL_METABOLISM,
        units=frozenset({"kJ/d"}),
    ),
    Kind.MUSCLE_RATIO: KindRow(
        concept=Concept(
            mdc=Code("188772", "MDC_BODY_MUSCLE"),
            loinc=(Code("73965-6", "Body muscle mass/Body weight Measured"),),
            text="Part de muscle",
        ),
        profile=None,
        value=Name.MUSCLE_RATIO,
        units=frozenset({"%"}),
    ),
    Kind.MUSCLE_MASS: KindRow(
        concept=Concept(
            mdc=Code("188776", "MDC_MASS_BODY_MUSCLE"),
            loinc=(Code("73964-9", "Body muscle mass Calculated"),),
            text="Masse musculaire",
        ),
        profile=None,
        value=Name.MUSCLE_MASS,
        units=_MASSES,
    ),
    Kind.FAT_FREE_MASS: KindRow(
        concept=Concept(
            mdc=Code("188756", "MDC_MASS_BODY_FAT_FREE"),
            loinc=(Code("91557-9", "Lean body weight"),),
            text="Masse sans graisse",
        ),
        profile=None,
        value=Name.FAT_FREE_MASS,
        units=_MASSES,
    ),
    Kind.SOFT_LEAN_MASS: KindRow(
        concept=Concept(mdc=Code("188760", "MDC_MASS_BODY_SOFT_LEAN"), text="Masse maigre sans les os"),
        profile=None,
        value=Name.SOFT_LEAN_MASS,
        units=_MASSES,
    ),
    Kind.BODY_WATER: KindRow(
        concept=Concept(
            mdc=Code("188764", "MDC_BODY_WATER"), loinc=(Code("101683-1", "Body water mass"),), text="Eau du corps"
        ),
        profile=None,
        value=Name.BODY_WATER,
        units=_MASSES,
    ),
    Kind.IMPEDANCE: KindRow(
        concept=Concept(mdc=Code("188780", "MDC_BODY_ELECTRICAL_IMPEDANCE"), text="Impédance du corps"),
        profile=None,
        value=Name.IMPEDANCE,
        units=frozenset({"Ohm"}),
    ),
    Kind.GLUCOSE: KindRow(
        concept=Concept(
            mdc=Code("160020", "MDC_CONC_GLU_GEN"),
            loinc=(Code("2345-7", "Glucose [Mass/volume] in Serum or Plasma"),),
            text="Glycémie",
        ),
        profile=None,
        value=Name.GLUCOSE,
        components=(
            Name.CARBOHYDRATE,
            Name.EXERCISE_DURATION,
            Name.EXERCISE_INTENSITY,
            Name.MEDICATION,
            Name.HBA1C,
        ),
        units=frozenset({"mg/dL", "kg", "s", "%", "L"}),
    ),
    Kind.INTERSTITIAL_GLUCOSE: KindRow(
        concept=Concept(
            mdc=Code("160212", "MDC_CONC_GLU_ISF"),
            loinc=(Code("99504-3", "Glucose [Mass/volume] in Interstitial fluid"),),
            text="Glucose interstitiel",
        ),
        profile=None,
        value=Name.GLUCOSE,
        components=(
            Name.GLUCOSE_TREND,
            Name.GLUCOSE_QUALITY,
            Name.CARBOHYDRATE,
            Name.EXERCISE_DURATION,
            Name.EXERCISE_INTENSITY,
            Name.MEDICATION,
            Name.HBA1C,
        ),
        units=frozenset({"mg/dL", "mg/dL/min", "kg", "s", "%", "L"}),
    ),
    Kind.RR_INTERVALS: KindRow(
        concept=Concept(
            mdc=Code("147240", "MDC_ECG_TIME_PD_RR_GL"), text="Intervalles entre les battements du cœur (R-R)"
        ),
        profile=None,
        value=None,
        units=frozenset(),
    ),
    Kind.PLETHYSMOGRAM: KindRow(
        concept=Concept(mdc=Code("150452", "MDC_PULS_OXIM_PLETH"), text="Onde de pouls (pléthysmogramme)"),
        profile=None,
        value=None,
        units=frozenset(),
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
    Unit.KILOJOULE_PER_DAY: Ucum(code="kJ/d", unit="kJ/j"),
    Unit.CENTIMETRE: Ucum(code="cm", unit="cm"),
    Unit.MILLISECOND: Ucum(code="ms", unit="ms"),
    Unit.DIMENSIONLESS: Ucum(code="1", unit=""),
    Unit.OHM: Ucum(code="Ohm", unit="Ω"),
    Unit.KILOGRAM_PER_LITRE: Ucum(code="kg/L", unit="kg/L"),
    Unit.MOLE_PER_LITRE: Ucum(code="mol/L", unit="mol/L"),
    Unit.MILLIMOLE_PER_LITRE: Ucum(code="mmol/L", unit="mmol/L"),
    Unit.MILLIGRAM_PER_DECILITRE: Ucum(code="mg/dL", unit="mg/dL"),
    Unit.MILLIGRAM_PER_DECILITRE_MINUTE: Ucum(code="mg/dL/min", unit="mg/dL/min"),
    Unit.SECOND: Ucum(code="s", unit="s"),
    Unit.LITRE: Ucum(code="L", unit="L"),
}

# A mole of glucose, C6H12O6, is 180.156 g.
_GRAMS_PER_MOLE: Final = Decimal("180.156")

# 1 mmHg is 133.322387415 Pa by definition (13.5951 g/cm³ times 9.80665 m/s²). Of concentrations only glucose's convert.
CONVERSIONS: Final[dict[Unit, Conversion]] = {
    Unit.KPA: Conversion(to=UNITS[Unit.MMHG], factor=1 / Decimal("0.133322387415")),
    Unit.METRE: Conversion(to=UNITS[Unit.CENTIMETRE], factor=Decimal(100)),
    Unit.KILOGRAM_PER_LITRE: Conversion(to=UNITS[Unit.MILLIGRAM_PER_DECILITRE], factor=Decimal(100_000)),
    Unit.MOLE_PER_LITRE: Conversion(to=UNITS[Unit.MILLIGRAM_PER_DECILITRE], factor=_GRAMS_PER_MOLE * 100),
    Unit.MILLIMOLE_PER_LITRE: Conversion(to=UNITS[Unit.MILLIGRAM_PER_DECILITRE], factor=_GRAMS_PER_MOLE / 10),
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
    Quality.SENSOR_UNKNOWN: (Code("150604.3", "sensor-unsupported"), "Capteur inconnu de l'appareil"),
    Quality.SENSOR_MALFUNCTION: (Code("150604.1", "sensor-malfunction"), "Défaut du capteur"),
    Quality.PROCESSING_IRREGULAR: (
        Code("150604.13", "signal-processing-irregularity"),
        "Traitement du signal irrégulier",
    ),
    Quality.PULSE_QUESTIONABLE: (Code("150604.7", "signal-pulse-questionable"), "Pouls douteux"),
    Quality.DISPLAY_UPDATING: (Code("150604.15", "device-extended-update"), "Affichage en cours de mise à jour"),
    Quality.EQUIPMENT_MALFUNCTION: (Code("150604.14", "device-equipment-malfunction"), "Défaut de l'appareil"),
    Quality.FROM_STORAGE: (None, "Mesure relue dans la mémoire de l'appareil"),
    Quality.CLOCK_NOT_SET: (None, "Horloge de l'appareil non réglée"),
    Quality.NO_CONTACT: (None, "Pas de contact avec la peau"),
    Quality.BATTERY_LOW: (None, "Pile faible pendant la mesure"),
    Quality.SAMPLE_INSUFFICIENT: (Code("8417752.2", "sensor-sample-size-insufficient"), "Goutte insuffisante"),
    Quality.STRIP_INSERTION_ERROR: (Code("8417752.3", "sensor-strip-insertion"), "Bandelette mal insérée"),
    Quality.STRIP_TYPE_WRONG: (Code("8417752.4", "sensor-strip-type-incorrect"), "Bandelette inadaptée"),
    Quality.RESULT_TOO_HIGH: (None, "Résultat au-dessus de la plage de l'appareil"),
    Quality.RESULT_TOO_LOW: (None, "Résultat sous la plage de l'appareil"),
    Quality.TOO_HOT: (None, "Capteur trop chaud"),
    Quality.TOO_COLD: (None, "Capteur trop froid"),
    Quality.READ_INTERRUPTED: (Code("8417752.9", "sensor-read-interrupt"), "Lecture interrompue"),
    Quality.DEVICE_FAULT: (None, "Panne de l'appareil"),
    Quality.CALIBRATION_REQUIRED: (Code("8418060.9", "sensor-calibration-required"), "Étalonnage nécessaire"),
    Quality.SENSOR_TYPE_WRONG: (Code("8418060.2", "sensor-type-incorrect"), "Capteur inadapté"),
    Quality.SESSION_STOPPED: (Code("8418060.0", "sensor-session-stopped"), "Session du capteur terminée"),
}

# The thermometer's site in the SIG's words (Temperature Type 0x2A1D), by their first word; and the arms, whole.
SITES: Final[dict[str, tuple[Code, str]]] = {
    "armpit": (Code("91470000", "Axillary region structure"), "Aisselle"),
    "body": (Code("38266002", "Entire body as a whole"), "Corps"),
    "ear": (Code("117590005", "Ear structure"), "Oreille"),
    "finger": (Code("7569003", "Finger structure"), "Doigt"),
    "gastro": (Code("122865005", "Gastrointestinal tract structure"), "Tube digestif"),
    "left upper arm": (Code("368208006", "Left upper arm structure"), "Bras gauche"),
    "mouth": (Code("74262004", "Oral cavity structure"), "Bouche"),
    "rectum": (Code("34402009", "Rectum structure"), "Rectum"),
    "right upper arm": (Code("368209003", "Right upper arm structure"), "Bras droit"),
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
    Kind.GLUCOSE: (Code("528401", "MDC_DEV_SPEC_PROFILE_GLUCOSE"), "Lecteur de glycémie"),
    Kind.BODY_FAT: (Code("528404", "MDC_DEV_SPEC_PROFILE_BCA"), "Balance à impédance"),
    Kind.INTERSTITIAL_GLUCOSE: (Code("528409", "MDC_DEV_SPEC_PROFILE_CGM"), "Capteur de glucose en continu"),
}
