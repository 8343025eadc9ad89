"""The codes of what a glucose meter says about a measurement beside its numbers: one row a circumstance.

A circumstance is a component whose code is the question and whose value is the answer, both terms of IEEE 11073-10101;
which blood was measured is no component but the exact code of the measurement itself.
https://build.fhir.org/ig/HL7/phd/, https://build.fhir.org/ig/HL7/phd/CodedEnumerationObservationProfile.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from gateway.devices.circumstance import Circumstance
from gateway.fhir.codes import Code, Concept, System, coding

__all__ = ["ANSWERS", "QUESTIONS", "SAMPLES", "circumstance_components", "exact_sample"]

QUESTIONS: Final[dict[str, Concept]] = {
    "location": Concept(mdc=Code("8417844", "MDC_CTXT_GLU_SAMPLELOCATION"), text="Lieu du prélèvement"),
    "carbohydrate": Concept(mdc=Code("8417764", "MDC_CTXT_GLU_CARB"), text="Repas pris"),
    "meal": Concept(mdc=Code("8417864", "MDC_CTXT_GLU_MEAL"), text="Moment par rapport au repas"),
    "tester": Concept(mdc=Code("8417884", "MDC_CTXT_GLU_TESTER"), text="Qui a mesuré"),
    "health": Concept(mdc=Code("8417820", "MDC_CTXT_GLU_HEALTH"), text="État de santé"),
    "medication": Concept(mdc=Code("8417796", "MDC_CTXT_MEDICATION"), text="Type de médicament"),
}
"""By what stands before the colon in a Circumstance."""

ANSWERS: Final[dict[Circumstance, tuple[Code, str]]] = {
    Circumstance.FINGER: (Code("8417848", "MDC_CTXT_GLU_SAMPLELOCATION_FINGER"), "Doigt"),
    Circumstance.ALTERNATE_SITE: (Code("8417852", "MDC_CTXT_GLU_SAMPLELOCATION_AST"), "Autre site"),
    Circumstance.EARLOBE: (Code("8417856", "MDC_CTXT_GLU_SAMPLELOCATION_EARLOBE"), "Lobe de l'oreille"),
    Circumstance.SUBCUTANEOUS_TISSUE: (
        Code("8417849", "MDC_CTXT_GLU_SAMPLELOCATION_SUBCUTANEOUS"),
        "Tissu sous-cutané",
    ),
    Circumstance.BREAKFAST: (Code("8417768", "MDC_CTXT_GLU_CARB_BREAKFAST"), "Petit déjeuner"),
    Circumstance.LUNCH: (Code("8417772", "MDC_CTXT_GLU_CARB_LUNCH"), "Déjeuner"),
    Circumstance.DINNER: (Code("8417776", "MDC_CTXT_GLU_CARB_DINNER"), "Dîner"),
    Circumstance.SNACK: (Code("8417780", "MDC_CTXT_GLU_CARB_SNACK"), "Collation"),
    Circumstance.DRINK: (Code("8417784", "MDC_CTXT_GLU_CARB_DRINK"), "Boisson"),
    Circumstance.SUPPER: (Code("8417788", "MDC_CTXT_GLU_CARB_SUPPER"), "Souper"),
    Circumstance.BRUNCH: (Code("8417792", "MDC_CTXT_GLU_CARB_BRUNCH"), "Brunch"),
    Circumstance.BEFORE_MEAL: (Code("8417868", "MDC_CTXT_GLU_MEAL_PREPRANDIAL"), "Avant le repas"),
    Circumstance.AFTER_MEAL: (Code("8417872", "MDC_CTXT_GLU_MEAL_POSTPRANDIAL"), "Après le repas"),
    Circumstance.FASTING: (Code("8417876", "MDC_CTXT_GLU_MEAL_FASTING"), "À jeun"),
    Circumstance.CASUAL: (Code("8417880", "MDC_CTXT_GLU_MEAL_CASUAL"), "Sans rapport avec un repas"),
    Circumstance.BEDTIME: (Code("8417869", "MDC_CTXT_GLU_MEAL_BEDTIME"), "Au coucher"),
    Circumstance.SELF: (Code("8417888", "MDC_CTXT_GLU_TESTER_SELF"), "La personne elle-même"),
    Circumstance.PROFESSIONAL: (Code("8417892", "MDC_CTXT_GLU_TESTER_HCP"), "Un professionnel de santé"),
    Circumstance.LABORATORY: (Code("8417896", "MDC_CTXT_GLU_TESTER_LAB"), "Un laboratoire"),
    Circumstance.MINOR_ISSUES: (Code("8417824", "MDC_CTXT_GLU_HEALTH_MINOR"), "Problème de santé mineur"),
    Circumstance.MAJOR_ISSUES: (Code("8417828", "MDC_CTXT_GLU_HEALTH_MAJOR"), "Problème de santé majeur"),
    Circumstance.MENSES: (Code("8417832", "MDC_CTXT_GLU_HEALTH_MENSES"), "Règles"),
    Circumstance.STRESS: (Code("8417836", "MDC_CTXT_GLU_HEALTH_STRESS"), "Stress"),
    Circumstance.NO_ISSUES: (Code("8417840", "MDC_CTXT_GLU_HEALTH_NONE"), "Aucun problème de santé"),
    Circumstance.RAPID_INSULIN: (Code("8417800", "MDC_CTXT_MEDICATION_RAPIDACTING"), "Insuline rapide"),
    Circumstance.SHORT_INSULIN: (Code("8417804", "MDC_CTXT_MEDICATION_SHORTACTING"), "Insuline ordinaire"),
    Circumstance.INTERMEDIATE_INSULIN: (
        Code("8417808", "MDC_CTXT_MEDICATION_INTERMEDIATEACTING"),
        "Insuline intermédiaire",
    ),
    Circumstance.LONG_INSULIN: (Code("8417812", "MDC_CTXT_MEDICATION_LONGACTING"), "Insuline lente"),
    Circumstance.PREMIXED_INSULIN: (Code("8417816", "MDC_CTXT_MEDICATION_PREMIX"), "Insuline prémélangée"),
}

SAMPLES: Final[dict[Circumstance, Code]] = {
    Circumstance.CAPILLARY_WHOLE_BLOOD: Code("160184", "MDC_CONC_GLU_CAPILLARY_WHOLEBLOOD"),
    Circumstance.CAPILLARY_PLASMA: Code("160188", "MDC_CONC_GLU_CAPILLARY_PLASMA"),
    Circumstance.VENOUS_WHOLE_BLOOD: Code("160192", "MDC_CONC_GLU_VENOUS_WHOLEBLOOD"),
    Circumstance.VENOUS_PLASMA: Code("160196", "MDC_CONC_GLU_VENOUS_PLASMA"),
    Circumstance.ARTERIAL_WHOLE_BLOOD: Code("160200", "MDC_CONC_GLU_ARTERIAL_WHOLEBLOOD"),
    Circumstance.ARTERIAL_PLASMA: Code("160204", "MDC_CONC_GLU_ARTERIAL_PLASMA"),
    Circumstance.WHOLE_BLOOD: Code("160364", "MDC_CONC_GLU_UNDETERMINED_WHOLEBLOOD"),
    Circumstance.PLASMA: Code("160368", "MDC_CONC_GLU_UNDETERMINED_PLASMA"),
    Circumstance.INTERSTITIAL_FLUID: Code("160212", "MDC_CONC_GLU_ISF"),
}
"""The exact code of a glucose by what was measured; a control solution is nobody's and makes no reading."""


def exact_sample(said: Iterable[Circumstance]) -> Code | None:
    """Return the exact code of a glucose measured under the circumstances *said*, None where they do not tell."""
    return next((SAMPLES[each] for each in said if each in SAMPLES), None)


def circumstance_components(said: Iterable[Circumstance]) -> list[dict[str, Any]]:
    """Return the components for the circumstances *said*, in the order of their table."""
    there = frozenset(said)
    return [
        {
            "code": QUESTIONS[each.partition(":")[0]].codeable(),
            "valueCodeableConcept": {"coding": [coding(System.MDC, answer)], "text": text},
        }
        for each, (answer, text) in ANSWERS.items()
        if each in there
    ]
