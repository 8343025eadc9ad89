"""What the kiosk page is told: one JSON message a screen, and one a live value.

The page knows how a screen looks and what it says; the message says which screen it is, which touches it offers, and
the numbers on it, as text with the device's own digits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from booth_client import qr, telephone
from booth_client.config import BoothSettings
from booth_client.curves import Piece
from booth_client.journey import (
    Act,
    Consultation,
    Device,
    Examination,
    Journey,
    Result,
    Stage,
    State,
    due,
    offered,
)
from booth_client.measure import Live
from booth_client.questions import asked_of
from booth_client.recognising import readable
from booth_client.shown import Shown
from booth_client.transitions import agreeing
from booth_client.words import Exam
from gateway.devices.reading import Measure, Name, Special

__all__ = ["STICKERS", "live_message", "screen_message", "wave_message"]

STICKERS: Final[Mapping[Device | Exam, int]] = {
    Device.THERMOMETER: 1,
    Device.CUFF: 2,
    Device.OXIMETER: 3,
    Device.SCALE: 4,
    Device.GLUCOMETER: 5,
    Device.ANALYSER: 8,
    Device.SENSOR: 9,
    Device.STRAP: 10,
    Exam.LISTEN: 6,
    Exam.CAMERA: 7,
}
"""The number on each device's sticker."""

_COUNTED: Final = frozenset({State.STILL_THERE, State.REST, State.AGAIN, State.HELPER, State.VISIT_HOLD})
_WITHOUT_STEP: Final = frozenset({State.IDLE, State.GOODBYE, State.OUT_OF_SERVICE, State.REFUSED})
_WITH_THE_DOCTOR: Final = frozenset(
    {
        *agreeing.ROWS,
        *(State.REASON, State.NO_DOCTOR, State.WAITING, State.ALL_RIGHT, State.LEAVE, State.DOCTOR_COMING),
        *(State.IN_VISIT, State.VISIT_MEASURE, State.SIX_DIGITS, State.CALL_TROUBLE, State.HANG_UP),
        *(State.THIRD_PARTY, State.THIRD_DIGITS),
        *(State.VISIT_EXAM, State.VISIT_TEXT, State.VISIT_PAPERS, State.VISIT_FILE),
        *(State.VISIT_SHOW, State.VISIT_HOLD, State.VISIT_LOOK),
        *(State.SECURITY_STOP, State.WRITING),
    }
)
_READ_ON: Final = frozenset({State.VISIT_TEXT, State.VISIT_EXAM})
_WITH_PAPERS: Final = frozenset({State.REPORT, State.TAKE_PAPERS, State.CODE})
_CONNECTED: Final = frozenset({Stage.COMING, Stage.WELL, Stage.SOUND, Stage.LOST})


def screen_message(journey: Journey, settings: BoothSettings, *, screen: int, now: datetime) -> dict[str, Any]:
    """Return the message for the journey's present screen, the *screen*-th of this booth."""
    device = journey.device
    result = journey.results.get(device) if device and journey.state is State.RESULT else None
    message: dict[str, Any] = {
        "screen": screen,
        "state": journey.state,
        "language": journey.language,
        "large": journey.large,
        "contrast": journey.contrast,
        "acts": sorted(offered(journey)),
        "step": _step(journey),
        "device": device,
        "sticker": STICKERS[device] if device else None,
        "hint": journey.hinted or _is_long_away(journey),
        "online": journey.online,
        "resumed": journey.resumed,
        "seconds": _seconds(journey, now),
        "round": {"at": journey.round + 1, "of": journey.rounds},
        "trouble": journey.trouble if journey.state is State.RETRY else None,
        "arm": journey.arm if journey.state is State.DO_CUFF else None,
        "recheck": journey.checked_pulse and journey.state is State.DO_OXI,
        "mean": result is not None and _is_mean(journey, result),
        "values": _shown(journey, result) if result and not journey.helped else [],
        "card": journey.card,
        **_helping(journey),
        "helper": {"name": settings.helper.name, "phone": settings.helper.phone},
        "place": {
            "name": settings.place.name,
            "address": settings.place.address,
            "telephone": settings.place.telephone,
        },
        "text": _text(journey, settings),
        "visits": journey.plan.visits,
        "shut": ("revoked" if journey.revoked else "closed") if journey.shut else None,
        "page": journey.page,
        **_identity(journey),
        **_agreements(journey, now),
        "visit": _visit(journey),
    }
    return message


def _is_mean(journey: Journey, result: Result) -> bool:
    """Say whether the last pressure is shown as the mean of the last two: when no more are to come."""
    return bool(result.mean) and journey.round >= journey.rounds


def _shown(journey: Journey, result: Result) -> list[dict[str, str | None]]:
    """Return the numbers of a result; where they are a mean, the last pulse stays beside it."""
    if not _is_mean(journey, result):
        return _values(result.measures)
    return _values((*result.mean, *(each for each in result.measures if each.name is Name.PULSE)))


def _is_long_away(journey: Journey) -> bool:
    return journey.state is State.CALL_TROUBLE and journey.consultation is not None and journey.consultation.away


def _step(journey: Journey) -> dict[str, int] | None:
    """Return the bead of the thread: consent, each device, and with visits the physician and the papers."""
    if journey.state in _WITHOUT_STEP:
        return None
    measured = len(journey.plan.devices) + 1
    of = measured + 2 if journey.plan.visits else measured
    state = journey.behind[0] if journey.behind else journey.state
    if state in _WITH_PAPERS:
        return {"at": of, "of": of}
    if state in _WITH_THE_DOCTOR or journey.consultation is not None:
        return {"at": measured + 1, "of": of}
    return {"at": journey.at + 2, "of": of}


def _helping(journey: Journey) -> dict[str, Any]:
    """Return whose mode it is, and how many digits of a code were typed: never which."""
    return {
        "helped": journey.helped,
        "mode": journey.helper,
        "typed": len(journey.typed),
        "wrong": journey.wrong,
        "cleaned": journey.cleaned,
    }


_TEXTS: Final = {
    "fr": "Urgence. Je ne peux pas parler au téléphone. Je suis ici : {place}",
    "en": "Urgence / emergency. I cannot speak on the telephone. I am here: {place}",
}


def _text(journey: Journey, settings: BoothSettings) -> dict[str, Any] | None:
    """Return the code that writes the message to 114 on a telephone; nothing of the person is in it."""
    if journey.state is not State.EMERGENCY_TEXT:
        return None
    where = ", ".join(each for each in (settings.place.name, settings.place.address) if each)
    code = qr.picture(f"SMSTO:114:{_TEXTS[journey.language].format(place=where)}")
    return {"size": code.size, "path": code.path}


def _identity(journey: Journey) -> dict[str, Any]:
    """Return who is asked for and what was typed, each on its own screen only."""
    person = journey.people[0] if journey.people and journey.state is State.WHO_CONFIRM else None
    left = telephone.missing(journey.phone) if journey.checked else None
    return {
        "person": {"name": person.name.replace(" ", "\N{NO-BREAK SPACE}"), "age": person.age} if person else None,
        "companion": journey.companion,
        "again": journey.state is State.WHO_CARD and journey.tries > 0,
        "unread": journey.unread if journey.state is State.WHO_QR else None,
        "phone": {"digits": journey.phone, "missing": left} if journey.state is State.WHO_PHONE else None,
    }


def _agreements(journey: Journey, now: datetime) -> dict[str, Any]:
    """Return what is asked for and was said before a physician comes, and when physicians are there again."""
    state = journey.state
    asked = asked_of(journey.reason, journey.question) if state is State.QUESTIONS else None
    return {
        "topic": journey.topic,
        "agreed": dict(journey.agreed) if state is State.CONSENTS else {},
        "question": asked,
        "called": (telephone.written(journey.phone) or None) if state is State.CALLED_BACK else None,
        "opens": None if journey.open else _opens(journey, now.astimezone()),
    }


def _opens(journey: Journey, local: datetime) -> dict[str, Any] | None:
    at = journey.plan.hours.opens(local) if journey.plan.hours else None
    if at is None:
        return None
    return {"at": f"{at:%H:%M}", "days": (at.date() - local.date()).days, "weekday": at.weekday()}


def _visit(journey: Journey) -> dict[str, Any] | None:
    """Return how the visit with a physician stands; the code and the digits only where they are shown."""
    visit = journey.consultation
    if visit is None:
        return None
    code = visit.code if journey.state is State.CODE else None
    compares = journey.state is State.SIX_DIGITS and journey.talks
    return {
        "stage": visit.stage,
        "connected": visit.stage in _CONNECTED,
        "before": visit.before,
        "minutes": visit.minutes,
        "late": journey.hinted and journey.state is State.WAITING,
        "name": visit.name,
        "digits": visit.digits if compares else None,
        "ready": visit.ready,
        "minute": visit.minute,
        "sound": visit.sound,
        "camera": visit.camera,
        "device": visit.device,
        "exam": _exam(visit.exam),
        "paper": visit.paper,
        "file": _file(visit.file) if journey.state is State.VISIT_FILE else None,
        "quiet": visit.quiet or _listens(journey),
        "text": visit.written.text if visit.written and journey.state in _READ_ON else None,
        "pages": visit.pages,
        "unprinted": visit.unprinted,
        "both": visit.both,
        "others": [
            {"peer": each.participant, "name": each.name, "part": each.part, "known": each.known}
            for each in visit.others
        ],
        "third": _third(journey, visit),
        "code": {"size": code.size, "path": code.path} if code else None,
    }


def _third(journey: Journey, visit: Consultation) -> dict[str, str | None] | None:
    """Return whom a question is about: who would join, or whose digits are to be compared."""
    if journey.state is State.THIRD_PARTY and visit.asking:
        return {"name": visit.asking[0].name, "part": visit.asking[0].part, "digits": None}
    if journey.state is State.THIRD_DIGITS and (other := visit.unknown) is not None:
        return {"name": other.name, "part": other.part, "digits": other.digits}
    return None


def _listens(journey: Journey) -> bool:
    """Say whether the physician listens: what they say would be heard in the stethoscope."""
    return journey.examines is not None and journey.examines.exam is Exam.LISTEN


def _file(file: Shown | None) -> dict[str, Any] | None:
    if file is None:
        return None
    return {"number": file.number, "sheets": file.sheets, "at": file.at, "part": file.part if file.large else None}


def _exam(exam: Examination | None) -> dict[str, Any] | None:
    return None if exam is None else {"what": exam.exam, "spot": exam.spot, "sticker": STICKERS[exam.exam]}


def live_message(live: Live, *, hidden: bool = False) -> dict[str, Any]:
    """Return the message for a value on its way; a *hidden* one has no numbers."""
    return {"live": {"device": live.device, "values": [] if hidden else _values(live.measures)}}


def wave_message(piece: Piece) -> dict[str, Any]:
    """Return the message for a piece of a curve, to be drawn: its numbers are written nowhere."""
    samples = [None if isinstance(sample, Special) else float(sample) for sample in piece.samples]
    period_ms = max(1, round(piece.period / timedelta(milliseconds=1)))
    at = piece.first_at.isoformat(timespec="milliseconds")
    return {"wave": {"name": piece.name, "unit": piece.unit, "t0": at, "period_ms": period_ms, "samples": samples}}


_BEYOND: Final = {Special.POSITIVE_INFINITY: "high", Special.NEGATIVE_INFINITY: "low"}
"""What a device says that reads HI or LO: no number, and on which side of its range."""


def _values(measures: Sequence[Measure]) -> list[dict[str, str | None]]:
    return [
        {
            "name": measure.name,
            "value": None if isinstance(measure.value, Special) else f"{measure.value:f}",
            "beyond": _BEYOND.get(measure.value) if isinstance(measure.value, Special) else None,
            "unit": measure.unit,
        }
        for measure in map(readable, measures)
    ]


def _seconds(journey: Journey, now: datetime) -> int | None:
    """Return how many seconds are left on a screen that counts them."""
    when = due(journey)
    if journey.state not in _COUNTED or when is None or when[1] is not Act.ELAPSED:
        return None
    return max(0, round((when[0] - now).total_seconds()))
