"""Where one person is on the journey, and what the booth remembers of them until they leave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from booth_client.hours import Hours
from booth_client.others import Asking, Other
from booth_client.words import Act, Device, Exam, Stage, State, Topic, Trouble, Way
from gateway.devices.circumstance import Circumstance
from gateway.devices.reading import Measure

__all__ = [
    "Consultation",
    "Examination",
    "Journey",
    "Known",
    "News",
    "Picture",
    "Plan",
    "Result",
    "Written",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a visit consists of: the devices in their order, the rest before the cuff, its rounds and the gap between.

    `ways` are those in which a person may say who they are; without any nobody is asked. `visits`: a physician is seen
    afterwards, at `hours` where not always; `questions`: a few are asked before; `printer`: papers can be printed;
    `exams`: what the booth has instruments for.
    """

    ways: frozenset[Way] = frozenset()

    devices: tuple[Device, ...] = (Device.SCALE, Device.THERMOMETER, Device.OXIMETER, Device.CUFF)
    language: str = "fr"
    rest: timedelta = timedelta(0)
    rounds: int = 1
    gap: timedelta = timedelta(0)
    visits: bool = False
    hours: Hours | None = None
    questions: bool = False
    printer: bool = False
    exams: frozenset[Exam] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a device measured: the numbers to show, exactly as the device sent them, and what it says was wrong.

    `mean` are the numbers of this pressure and the one before it, together; `irregular`: the pulse was.
    """

    device: Device
    measures: tuple[Measure, ...] = ()
    mean: tuple[Measure, ...] = ()
    trouble: Trouble | None = None
    irregular: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Somebody whom a card, a code or the helper names, as the screen asks for them: given name and initial, and age.

    `id` says to whoever read it which person that is; the journey knows no more of them.
    """

    id: str
    name: str
    age: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A code of squares to be photographed: `path` is an SVG path on a grid of `size` by `size`."""

    size: int
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What the physician examines, and for the stethoscope where it is held: a spot of the body map."""

    exam: Exam
    spot: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What the physician writes for the person to read: a text, or the name of a picture that came with it."""

    text: str
    picture: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What is new about the visit with a physician, or about who is there; what is None stays as it was.

    `before` and `minutes` are the place in the queue (minutes None: nobody knows), `name` the proved name, `digits`
    the proved connection's six, `device` or `exam` what the physician asks for, `quiet` whether they want the
    loudspeaker off, `written` what they write, `pages` how many sheets the printer gave,
    `asking` who would join, `others` who has.
    READ tells the `people` who were read, the holder of the card first; READERS which ways are `closed` for now.
    """

    stage: Stage | None = None
    before: int | None = None
    minutes: tuple[int, int] | None = None
    name: str | None = None
    digits: str | None = None
    device: Device | None = None
    exam: Examination | None = None
    quiet: bool | None = None
    written: Written | None = None
    papers: int | None = None
    pages: int | None = None
    code: Picture | None = None
    asking: tuple[Asking, ...] | None = None
    others: tuple[Other, ...] | None = None
    people: tuple[Known, ...] | None = None
    closed: frozenset[Way] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Consultation:
    """The visit with a physician, from asking for one to the last paper.

    It was asked for at `since`; `before` is None until the server has said the place, `promised` the longest wait that
    the person was first told of. `ready`: the person wants to be seen; `minute`: not just yet.
    `sound` and `camera` are the person's own, as they chose. `hung_up`: it was the person who ended it. `papers` is how
    many there are to print, `pages` how many sheets came out, `unprinted` that none did. The physician asked for
    `device` or `exam`, wants the loudspeaker `quiet`, and has `written` something, answered with the touch `reply`.
    `asking` are those who would join, `others` those who have; `later`: no digits are to be compared now.
    """

    stage: Stage = Stage.ASKED
    since: datetime | None = None
    before: int | None = None
    minutes: tuple[int, int] | None = None
    promised: timedelta | None = None
    name: str | None = None
    digits: str | None = None
    ready: bool = False
    minute: bool = False
    sound: bool = True
    camera: bool = True
    device: Device | None = None
    exam: Examination | None = None
    quiet: bool = False
    written: Written | None = None
    reply: Act | None = None
    hung_up: bool = False
    papers: int = 0
    pages: int | None = None
    both: bool = False
    unprinted: bool = False
    code: Picture | None = None
    asking: tuple[Asking, ...] = ()
    others: tuple[Other, ...] = ()
    later: bool = False

    @property
    def unknown(self) -> Other | None:
        """Return who has digits to be compared."""
        return next((other for other in self.others if other.unknown), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """Where one person is; a new one begins at IDLE and remembers nobody.

    `at` is the index of the device at hand in the plan (-1 before the first), `tries` how often it had to be
    repeated and `trouble` why, `round` how many of its measurements were kept, the last at `measured`, and `extra` how
    many more are wanted than planned, `rest_from` when the person sat down. `meal` is when they ate (`ate`: they were
    asked). `doubted` says that silence, not a person, called the helper.
    `page` counts the pages of reasons, `reason` is the one chosen.

    `agreed` is what they said to each thing that they were asked to agree to, `topic` the one that is explained.
    `answers` are theirs to the questions, by the question's name; `question` counts those that were passed.
    `resumed`: the booth had stopped in the middle, and the person has not touched anything since.
    `calling` is the screen on which they asked to be called back. `open`: it is an hour at which physicians are there.

    `people` may be the person, the first of them is asked for; `known` said yes, `phone` is what they typed of their
    number, `checked` that they called it whole. `companion` says as what somebody else speaks for them. `closed` are
    the ways that do not work now, whoever is there.
    """

    plan: Plan
    since: datetime
    language: str = "fr"
    state: State = State.IDLE
    behind: tuple[State, ...] = ()
    large: bool = False
    contrast: bool = False
    people: tuple[Known, ...] = ()
    known: Known | None = None
    companion: str | None = None
    phone: str = ""
    checked: bool = False
    closed: frozenset[Way] = frozenset()
    at: int = -1
    tries: int = 0
    trouble: Trouble | None = None
    ate: bool = False
    meal: Circumstance | None = None
    round: int = 0
    extra: int = 0
    measured: datetime | None = None
    rest_from: datetime | None = None
    hinted: bool = False
    doubted: bool = False
    visit: bool = False
    online: bool = True
    told_offline: bool = False
    wiped: bool = False
    resumed: bool = False
    results: Mapping[Device, Result] = field(default_factory=dict)
    agreed: Mapping[Topic, bool] = field(default_factory=dict)
    topic: Topic = Topic.READINGS
    answers: Mapping[str, str] = field(default_factory=dict)
    question: int = 0
    calling: State | None = None
    open: bool = True
    page: int = 0
    reason: str | None = None
    consultation: Consultation | None = None

    @property
    def ways(self) -> frozenset[Way]:
        """Return in which ways the person may say who they are now."""
        return self.plan.ways - self.closed

    @property
    def gap_ends(self) -> datetime | None:
        """Return when the next pressure may be taken; None where no time has to lie between two."""
        return self.measured + self.plan.gap if self.plan.gap and self.measured is not None else None

    @property
    def device(self) -> Device | None:
        """Return the device at hand, or None outside the measurements."""
        return self.plan.devices[self.at] if 0 <= self.at < len(self.plan.devices) else None

    @property
    def rounds(self) -> int:
        """Return how often the pressure is taken: as planned, and once more where the first two do not agree."""
        return self.plan.rounds + self.extra

    @property
    def screen(self) -> State:
        """Return the screen at the bottom, whatever lies over it."""
        return self.behind[0] if self.behind else self.state

    @property
    def examines(self) -> Examination | None:
        """Return what the physician examines at this moment, with the person's consent; None: nothing."""
        under_way = self.screen is State.VISIT_EXAM and self.state is not State.EMERGENCY
        return self.consultation.exam if self.consultation and under_way else None

    @property
    def stage(self) -> Stage | None:
        """Return how far the visit with a physician is, None where nobody was asked for."""
        return self.consultation.stage if self.consultation else None

    @property
    def talks(self) -> bool:
        """Say whether a proved physician hears this person now: then silence is theirs to judge, not the booth's."""
        return self.stage in (Stage.WELL, Stage.SOUND)
