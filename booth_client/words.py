"""The words of a journey: its screens, what may happen on them, what the booth must do.

The tables that join them are in `transitions`; docs/journey.md is drawn from those.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from gateway.errors import TeleborneError

__all__ = ["DIGITS", "Act", "Device", "Exam", "ForbiddenAct", "Stage", "State", "Topic", "Trouble", "Way"]


class Device(StrEnum):
    """A health object of the booth, as the journey knows it."""

    SCALE = "scale"
    THERMOMETER = "thermometer"
    OXIMETER = "oximeter"
    CUFF = "cuff"
    ANALYSER = "analyser"
    GLUCOMETER = "glucometer"
    STRAP = "strap"
    SENSOR = "sensor"


class Trouble(StrEnum):
    """What a device says was wrong with a measurement, as the person can mend it."""

    MOVED = "moved"
    LOOSE = "loose"
    POSTURE = "posture"
    SIGNAL = "signal"
    DROP = "drop"
    STRIP = "strip"


class Exam(StrEnum):
    """What the physician examines from afar, with an instrument that somebody holds."""

    LISTEN = "listen"
    CAMERA = "camera"


class Way(StrEnum):
    """How a person may say who they are at this booth."""

    CARD = "card"
    CODE = "code"
    HELPER = "helper"
    PHONE = "phone"


class Topic(StrEnum):
    """What a person is asked to agree to, each by itself."""

    READINGS = "readings"
    VISIT = "visit"
    PRESENT = "present"
    SHARE = "share"


class State(StrEnum):
    """A screen of the kiosk."""

    IDLE = "idle"
    LANGUAGE = "language"
    SAFETY = "safety"
    WHO = "who"
    WHO_CARD = "who-card"
    WHO_QR = "who-qr"
    WHO_ASSISTED = "who-assisted"
    WHO_HELPER = "who-helper"
    WHO_PHONE = "who-phone"
    WHO_CONFIRM = "who-confirm"
    WHO_COMPANION = "who-companion"
    CONSENT = "consent"
    EXPLAIN = "explain"
    REFUSED = "refused"
    OFFLINE = "offline"
    DO_SCALE = "do-scale"
    DO_TEMP = "do-temp"
    DO_OXI = "do-oxi"
    DO_CUFF = "do-cuff"
    MEAL = "meal"
    DO_DEVICE = "do-device"
    REST = "rest"
    DEVICE_WAIT = "device-wait"
    LIVE = "live"
    RESULT = "result"
    AGAIN = "again"
    RETRY = "retry"
    FAILED = "failed"
    UNSAVED = "unsaved"
    SKIP = "skip"

    CONSENT_VISIT = "consent-visit"
    NO_VIDEO = "no-video"
    COMPANY = "company"
    CONSENT_PRESENT = "consent-present"
    ALONE = "alone"
    CONSENT_SHARE = "consent-share"
    CONSENTS = "consents"
    REASON = "reason"
    QUESTIONS = "questions"
    CALLED_BACK = "called-back"
    NO_DOCTOR = "no-doctor"
    WAITING = "waiting"
    ALL_RIGHT = "all-right"
    LEAVE = "leave"
    DOCTOR_COMING = "doctor-coming"
    IN_VISIT = "in-visit"
    VISIT_MEASURE = "visit-measure"
    VISIT_EXAM = "visit-exam"
    VISIT_TEXT = "visit-text"
    VISIT_PAPERS = "visit-papers"
    SIX_DIGITS = "six-digits"
    THIRD_PARTY = "third-party"
    THIRD_DIGITS = "third-digits"
    CALL_TROUBLE = "call-trouble"
    HANG_UP = "hang-up"
    SECURITY_STOP = "security-stop"
    WRITING = "writing"
    REPORT = "report"
    TAKE_PAPERS = "take-papers"
    CODE = "code"

    GOODBYE = "goodbye"
    STILL_THERE = "still-there"
    EMERGENCY = "emergency"
    HELP_CALLED = "help-called"
    COMFORT = "comfort"
    OUT_OF_SERVICE = "out-of-service"


class Act(StrEnum):
    """What a person does, what the booth reports, or what time brings."""

    TOUCH = "touch"
    FRENCH = "french"
    ENGLISH = "english"
    LARGE = "large"
    CONTRAST = "contrast"
    YES = "yes"
    NO = "no"
    EXPLAIN = "explain"
    CONTINUE = "continue"
    DONE = "done"
    SKIP = "skip"
    STOP = "stop"
    REDO = "redo"
    FINISH = "finish"
    HERE = "here"
    NOT_URGENT = "not-urgent"
    CANCEL = "cancel"
    BACK = "back"
    COMFORT = "comfort"
    HELP = "help"
    EMERGENCY = "emergency"

    CARD = "card"
    ASSISTED = "assisted"
    NOTHING = "nothing"
    OTHERWISE = "otherwise"
    ERASE = "erase"
    WITHOUT = "without"
    RELATIVE = "relative"
    CHILD = "child"
    ADULT = "adult"
    CARED_FOR = "cared-for"
    ZERO = "0"
    ONE = "1"
    TWO = "2"
    THREE = "3"
    FOUR = "4"
    FIVE = "5"
    SIX = "6"
    SEVEN = "7"
    EIGHT = "8"
    NINE = "9"

    FASTING = "fasting"
    BEFORE_MEAL = "before-meal"
    AFTER_MEAL = "after-meal"
    UNSURE = "unsure"
    TODAY = "today"
    DAYS = "days"
    WEEKS = "weeks"
    CALL_BACK = "call-back"
    CONSENTS = "consents"
    READINGS = "readings"
    PRESENT = "present"
    SHARE = "share"

    PAIN = "pain"
    FEVER = "fever"
    COUGH = "cough"
    SKIN = "skin"
    STOMACH = "stomach"
    RENEWAL = "renewal"
    MORE = "more"
    TELL = "tell"
    READY = "ready"
    MINUTE = "minute"
    SOUND = "sound"
    CAMERA = "camera"
    VERIFY = "verify"
    PRINT = "print"
    PHONE = "phone"
    BOTH = "both"

    SEEN = "seen"
    SAVED = "saved"
    CONFIRM = "confirm"
    IMPLAUSIBLE = "implausible"
    UNSAVED = "unsaved"
    LOST = "lost"
    ONLINE = "online"
    CUT = "cut"
    WIPED = "wiped"
    BROKEN = "broken"
    VISIT = "visit"
    ASKED = "asked"
    STOPPED = "stopped"
    WRITTEN = "written"
    PRINTING = "printing"
    PRINTED = "printed"
    UNPRINTED = "unprinted"
    READ = "read"
    MISREAD = "misread"
    READERS = "readers"

    HINT = "hint"
    SILENCE = "silence"
    ELAPSED = "elapsed"


DIGITS: Final = (
    *(Act.ZERO, Act.ONE, Act.TWO, Act.THREE, Act.FOUR),
    *(Act.FIVE, Act.SIX, Act.SEVEN, Act.EIGHT, Act.NINE),
)
"""The keys of a keypad on the screen."""


class Stage(StrEnum):
    """How far the visit with a physician is, whatever screen is shown."""

    ASKED = "asked"
    """A physician was asked for; the place in the queue is known, or not yet."""

    COMING = "coming"
    """A physician has taken the visit, and has proved nothing yet."""

    WELL = "well"
    """The physician is proved; picture and sound go."""

    SOUND = "sound"
    """Only the picture is lost."""

    LOST = "lost"
    """The connection is lost and is being made again."""

    STOPPED = "stopped"
    """Somebody could not prove who they are: it is over, at once."""

    WRITING = "writing"
    """The talk is over; the physician writes the report."""

    REPORTED = "reported"
    """The report is signed; the papers can be fetched."""

    OVER = "over"
    """Nobody has the visit any more."""


class ForbiddenAct(TeleborneError):
    """A screen was answered with something that it does not offer."""

    def __init__(self, state: State, act: Act) -> None:
        super().__init__(f"the screen {state} does not offer {act}")
        self.state = state
        self.act = act
