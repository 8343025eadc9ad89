"""Where one person is on the journey, and what the booth remembers of them until they leave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from booth_client.hours import Hours
from booth_client.news import Examination, Known, News, Picture, Written
from booth_client.others import Asking, Other
from booth_client.shown import Shown
from booth_client.unread import Unread
from booth_client.words import Act, Arm, Device, Exam, Stage, State, Topic, Trouble, Way
from gateway.devices.circumstance import Circumstance
from gateway.devices.reading import Measure, Name

__all__ = ["Consultation", "Examination", "Journey", "Known", "News", "Picture", "Plan", "Result", "Written"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a visit consists of: the devices in their order, the rest before the cuff, its rounds and the gap between.

    `arms`: the pressure is first taken on both, then where it was higher. `ways` are those in which a person may say
    who they are; without any nobody is asked. `visits`: a physician is seen afterwards, at `hours` where not always;
    `questions`: a few are asked before; `printer`: papers can be printed; `exams`: what it has instruments for.
    """

    ways: frozenset[Way] = frozenset()
    devices: tuple[Device, ...] = (Device.SCALE, Device.THERMOMETER, Device.OXIMETER, Device.CUFF)
    language: str = "fr"
    rest: timedelta = timedelta(0)
    rounds: int = 1
    gap: timedelta = timedelta(0)
    arms: bool = False
    visits: bool = False
    hours: Hours | None = None
    questions: bool = False
    printer: bool = False
    exams: frozenset[Exam] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a device measured: the numbers to show, exactly as the device sent them, and what it says was wrong.

    `mean` are the numbers of this pressure and the one before it, together; `irregular`: the pulse was; `arm`: where
    the cuff was, where that was asked for.
    """

    device: Device
    measures: tuple[Measure, ...] = ()
    mean: tuple[Measure, ...] = ()
    trouble: Trouble | None = None
    irregular: bool = False
    arm: Arm | None = None

    def number(self, name: Name) -> Decimal | None:
        """Return the number called *name*, None where there is none."""
        value = next((each.value for each in self.measures if each.name is name), None)
        return value if isinstance(value, Decimal) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Consultation:
    """The visit with a physician, from asking for one to the last paper.

    It was asked for at `since`; `before` is None until the server has said the place, `promised` the longest wait that
    the person was first told of. `ready`: the person wants to be seen; `minute`: not just yet.
    `sound` and `camera` are the person's own, as they chose. `hung_up`: it was the person who ended it. `papers` is how
    many there are to print, `pages` how many sheets came out, `unprinted` that none did. The physician asked for
    `device`, `exam` or a `paper`, wants the loudspeaker `quiet`, shows a `file`, and has `written` something, answered
    with the touch `reply`. `copies` counts how often the papers were printed again.
    `asking` are those who would join, `others` those who have; `later`: no digits are to be compared now.
    `away`: the talk has been gone for a minute and is not back.
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
    paper: bool = False
    file: Shown | None = None
    reply: Act | None = None
    hung_up: bool = False
    papers: int = 0
    pages: int | None = None
    copies: int = 0
    both: bool = False
    unprinted: bool = False
    code: Picture | None = None
    asking: tuple[Asking, ...] = ()
    others: tuple[Other, ...] = ()
    later: bool = False
    away: bool = False

    @property
    def unknown(self) -> Other | None:
        """Return who has digits to be compared."""
        return next((other for other in self.others if other.unknown), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """Where one person is; a new one begins at IDLE and remembers nobody.

    `at` is the index of the device at hand in the plan (-1 before the first), `tries` how often it had to be
    repeated and `trouble` why, `round` how many of its measurements were kept, the last at `measured`, and `extra` how
    many more are wanted than planned, `rest_from` when the person sat down. `firsts` is the first pressure of each
    arm, `spared` the arms that cannot be used, `compared` how many measurements it took to find the higher one, but
    the last. `checked_pulse`: the oximeter was asked for again, because its pulse was not the cuff's. `meal` is when
    they ate (`ate`: they were asked). `doubted` says that silence, not a person, called the helper. `page` counts the
    pages of reasons, `reason` is the one chosen.
    `agreed` is what they said to each thing that they were asked to agree to, `topic` the one that is explained.
    `answers` are theirs to the questions, by the question's name; `question` counts those that were passed.
    `resumed`: the booth had stopped in the middle, and nothing was touched since. `calling` is the screen on which they
    asked to be called back. `open`: it is an hour at which physicians are there.
    `people` may be the person, the first of them is asked for; `known` said yes, `phone` is what they typed of their
    number, `checked` that they called it whole. `companion` says as what somebody else speaks for them. `closed` are
    the ways that do not work now, whoever is there; `card`: one is in the reader. `shut`: an operator wants the booth
    closed; whoever is there stays. `revoked`: the gateway does not believe this booth any more, so it is shut.
    `helper` is whose mode it is, over the person's screen or, `guided`, through their measurement. `typed` is what was
    typed of their code, which is looked at (`checking`) or did not open (`wrong`: why). `cleaned`: that was noted.
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
    unread: Unread | None = None
    closed: frozenset[Way] = frozenset()
    card: bool = False
    helper: str | None = None
    guided: bool = False
    typed: str = ""
    checking: bool = False
    wrong: str | None = None
    cleaned: bool | None = None
    shut: bool = False
    revoked: bool = False
    at: int = -1
    tries: int = 0
    trouble: Trouble | None = None
    ate: bool = False
    meal: Circumstance | None = None
    round: int = 0
    extra: int = 0
    measured: datetime | None = None
    rest_from: datetime | None = None
    firsts: Mapping[Arm, Result] = field(default_factory=dict)
    spared: frozenset[Arm] = frozenset()
    compared: int = 0
    checked_pulse: bool = False
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
        """Return how often the pressure is taken: as planned on one arm, and what else was found to be needed."""
        return self.plan.rounds + self.extra + self.compared

    @property
    def arm(self) -> Arm | None:
        """Return the arm that the cuff goes on: one after the other, then the higher; None: whichever."""
        usable = [arm for arm in Arm if arm not in self.spared] if self.plan.arms else []
        unknown = next((arm for arm in usable if arm not in self.firsts), None)
        if unknown is not None or not usable:
            return unknown
        return max(reversed(usable), key=lambda arm: self.firsts[arm].number(Name.SYSTOLIC) or Decimal(0))

    @property
    def screen(self) -> State:
        """Return the screen at the bottom, whatever lies over it."""
        return self.behind[0] if self.behind else self.state

    @property
    def waits_as(self) -> State:
        """Return the screen whose deadlines hold: whoever is ready waits for a connection as for one that was lost."""
        ready = self.consultation is not None and self.consultation.ready
        return State.CALL_TROUBLE if self.state is State.DOCTOR_COMING and ready else self.state

    @property
    def helped(self) -> bool:
        """Say whether a helper looks at the screen: then nothing of the person is on it, and no call is heard."""
        return self.guided or self.state in (State.HELPER, State.HELPER_CODE)

    @property
    def connected(self) -> bool:
        """Say whether a physician has taken the visit: then the page carries a connection."""
        return self.stage in (Stage.COMING, Stage.WELL, Stage.SOUND, Stage.LOST)

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
