"""What the MDC codes of health observations mean to us: one row a type of observation, one row a unit.

IEEE 11073-10101 gives a term two numbers, a partition and a code in it; a type is sent as partition times 65536 plus
code, a unit as the code alone. What has no row here is shown by `teleborne decode` and makes no reading.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from gateway.devices.reading import Kind, Name, Unit

__all__ = ["TYPES", "UNITS"]

TYPES: Final[Mapping[int, tuple[Kind, Name]]] = {
    147842: (Kind.HEART_RATE, Name.PULSE),  # MDC_ECG_HEART_RATE
    149514: (Kind.PULSE_RATE, Name.PULSE),  # MDC_PULS_RATE
    149530: (Kind.PULSE_RATE, Name.PULSE),  # MDC_PULS_OXIM_PULS_RATE
    149546: (Kind.PULSE_RATE, Name.PULSE),  # MDC_PULS_RATE_NON_INV
    150364: (Kind.BODY_TEMPERATURE, Name.TEMPERATURE),  # MDC_TEMP_BODY
    150456: (Kind.OXYGEN_SATURATION, Name.SPO2),  # MDC_PULS_OXIM_SAT_O2
    151562: (Kind.RESPIRATORY_RATE, Name.RESPIRATORY_RATE),  # MDC_RESP_RATE
    160020: (Kind.GLUCOSE, Name.GLUCOSE),  # MDC_CONC_GLU_GEN
    160184: (Kind.GLUCOSE, Name.GLUCOSE),  # MDC_CONC_GLU_CAPILLARY_WHOLEBLOOD
    160188: (Kind.GLUCOSE, Name.GLUCOSE),  # MDC_CONC_GLU_CAPILLARY_PLASMA
    160212: (Kind.INTERSTITIAL_GLUCOSE, Name.GLUCOSE),  # MDC_CONC_GLU_ISF
    188736: (Kind.BODY_WEIGHT, Name.WEIGHT),  # MDC_MASS_BODY_ACTUAL
    188740: (Kind.BODY_HEIGHT, Name.HEIGHT),  # MDC_LEN_BODY_ACTUAL
    188748: (Kind.BODY_FAT, Name.BODY_FAT),  # MDC_BODY_FAT
    188752: (Kind.BODY_MASS_INDEX, Name.BMI),  # MDC_RATIO_MASS_BODY_LEN_SQ
}

UNITS: Final[Mapping[int, Unit]] = {
    544: Unit.PERCENT,  # MDC_DIM_PERCENT
    1280: Unit.METRE,  # MDC_DIM_M
    1297: Unit.CENTIMETRE,  # MDC_DIM_CENTI_M
    1376: Unit.INCH,  # MDC_DIM_INCH
    1731: Unit.KILOGRAM,  # MDC_DIM_KILO_G
    1760: Unit.POUND,  # MDC_DIM_LB
    1952: Unit.KILOGRAM_PER_SQUARE_METRE,  # MDC_DIM_KG_PER_M_SQ
    2130: Unit.MILLIGRAM_PER_DECILITRE,  # MDC_DIM_MILLI_G_PER_DL
    2720: Unit.PER_MINUTE,  # MDC_DIM_BEAT_PER_MIN
    2784: Unit.PER_MINUTE,  # MDC_DIM_RESP_PER_MIN
    3843: Unit.KPA,  # MDC_DIM_KILO_PASCAL
    3872: Unit.MMHG,  # MDC_DIM_MMHG
    4416: Unit.FAHRENHEIT,  # MDC_DIM_FAHR
    4722: Unit.MILLIMOLE_PER_LITRE,  # MDC_DIM_MILLI_MOLE_PER_L
    6048: Unit.CELSIUS,  # MDC_DIM_DEGC
}
