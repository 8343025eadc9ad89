"""What a glucose meter says around a measurement: which blood, from where, before or after which meal.

https://www.bluetooth.com/specifications/specs/glucose-service-1-0-1/
"""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Circumstance"]


class Circumstance(StrEnum):
    """Under what circumstances a blood glucose was measured, in the words of the Glucose service: `what:which`."""

    CAPILLARY_WHOLE_BLOOD = "sample:capillary-whole-blood"
    CAPILLARY_PLASMA = "sample:capillary-plasma"
    VENOUS_WHOLE_BLOOD = "sample:venous-whole-blood"
    VENOUS_PLASMA = "sample:venous-plasma"
    ARTERIAL_WHOLE_BLOOD = "sample:arterial-whole-blood"
    ARTERIAL_PLASMA = "sample:arterial-plasma"
    WHOLE_BLOOD = "sample:whole-blood"
    PLASMA = "sample:plasma"
    INTERSTITIAL_FLUID = "sample:interstitial-fluid"
    CONTROL_SOLUTION = "sample:control-solution"
    FINGER = "location:finger"
    ALTERNATE_SITE = "location:alternate-site"
    EARLOBE = "location:earlobe"
    SUBCUTANEOUS_TISSUE = "location:subcutaneous-tissue"
    BREAKFAST = "carbohydrate:breakfast"
    LUNCH = "carbohydrate:lunch"
    DINNER = "carbohydrate:dinner"
    SNACK = "carbohydrate:snack"
    DRINK = "carbohydrate:drink"
    SUPPER = "carbohydrate:supper"
    BRUNCH = "carbohydrate:brunch"
    BEFORE_MEAL = "meal:before"
    AFTER_MEAL = "meal:after"
    FASTING = "meal:fasting"
    CASUAL = "meal:casual"
    BEDTIME = "meal:bedtime"
    SELF = "tester:self"
    PROFESSIONAL = "tester:professional"
    LABORATORY = "tester:laboratory"
    MINOR_ISSUES = "health:minor-issues"
    MAJOR_ISSUES = "health:major-issues"
    MENSES = "health:menses"
    STRESS = "health:stress"
    NO_ISSUES = "health:no-issues"
    RAPID_INSULIN = "medication:rapid-insulin"
    SHORT_INSULIN = "medication:short-insulin"
    INTERMEDIATE_INSULIN = "medication:intermediate-insulin"
    LONG_INSULIN = "medication:long-insulin"
    PREMIXED_INSULIN = "medication:premixed-insulin"
