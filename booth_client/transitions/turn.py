"""The targets that depend on the journey."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Turn"]


class Turn(StrEnum):
    """A target that depends on the journey; `advance` decides it."""

    WHO = "who; who-phone or consent where nothing is read here"
    UNKNOWN = "who-phone, or consent where no number is asked"
    MISREAD = "once more; with a card twice, then who"
    STILL_READS = "who where the reader has died"
    NOT_ME = "the next person of the card, else who"
    COMPANION = "the next person of the card, else somebody unknown"
    NUMBER = "once the number is whole: consent, or called-back"
    NUMBERED = "consent, or called-back"
    BEFORE_NUMBER = "who, safety, or where the call-back was asked for"
    BEFORE_CONSENT = "who-confirm, who-phone, who or safety"
    EXPLAINED = "what was explained"
    WITHOUT_READINGS = "consent-visit, or what follows the measurements"
    BEFORE_VISIT = "the device at hand, or consent"
    COMPANY = "company; consent-share where somebody speaks for the patient"
    BEFORE_SHARE = "company, or consent-visit"
    QUESTION = "the next question; a physician is asked for, or cannot be"
    BEFORE_QUESTION = "the question before, or reason"
    CALL_BACK = "called-back, or who-phone"
    NEXT = "next device, or what follows the measurements"
    PREVIOUS = "previous device, or consent"
    DO = "the device at hand"
    REST_OR_WAIT = "rest if a rest is due, else device-wait"
    AGAIN_OR_NEXT = "again if a repeat is due, do-cuff if it is on the other arm, else next"
    SKIP_OR_OTHER_ARM = "the other arm while it is not measured, else skip"
    RETRY_OR_FAILED = "retry the first time, then failed"
    RETRY_OR_RESULT = "retry the first time, then result"
    RESUME = "what was interrupted"
    ASK = "still-there, or back to the talk"
    HELPER = "help-called, or back to the talk"
    CALL = "a physician is asked for, or cannot be"
    VISIT = "where the visit stands"
    DIGITS = "the digits of somebody who joined, or the physician's"
    MEASURE = "what the physician asked for"
    PAPERS = "the next paper, or goodbye"
    CALM = "what was there before the emergency"
    GUIDE = "the measurement at hand, its numbers hidden"
    UNGUIDED = "the same, its numbers shown"
    REOPEN = "idle, once nothing is to be wiped any more"
