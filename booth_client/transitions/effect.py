"""What a step of the journey asks of the booth."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Effect"]


class Effect(StrEnum):
    """What the booth must carry out after a step."""

    FORGET_WHO = "forget-who"
    OPEN_VISIT = "open-visit"
    AGREED = "agreed"
    ANSWERED = "answered"
    CALL_BACK = "call-back"
    EXPECT = "expect"
    CALL_HELPER = "call-helper"
    ASK = "ask"
    HANG_UP = "hang-up"
    DOUBT = "doubt"
    PRINT = "print"
    PRINT_IN_TALK = "print-in-talk"
    HAND_OVER = "hand-over"
    END_CALL = "end-call"
    AGREE = "agree"
    DECLINE = "decline"
    KNOW = "know"
    EXPEL = "expel"
    CHECK_CODE = "check-code"
    OPEN = "open"
    LOOK = "look"
    WRITE_DOWN = "write-down"
    DISINFECT = "disinfect"
    WIPE = "wipe"
