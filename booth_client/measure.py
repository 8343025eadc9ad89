"""From what the radio delivers to what the person is told: decode, judge, keep, and only then say « enregistré ».

`Measurements.receive` is awaited by the radio before it takes the device's next packet: when it returns, the reading is
durable or the screen says that it is not. What comes in pieces is kept when the last piece has come, at the latest when
the session ends; until then it is in the device's own memory, which is read again after a power cut. Live values (the
cuff's pressure, the finger's oxygen) are shown and never kept.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from booth_client.averaging import Averages
from booth_client.journey import Act, Device, Journey, Result
from booth_client.ledger import Kept, Ledger, Outcome, Visit, Why
from booth_client.plausibility import Verdict, judge, weight_in
from booth_client.recognising import KINDS, SOURCES, shown, trouble_of, with_arm, with_meal
from booth_client.words import Arm
from gateway.devices.catalogue import PROFILES
from gateway.devices.circumstance import Circumstance
from gateway.devices.errors import DeviceError
from gateway.devices.events import Appeared, ClockRead, DeviceEvent, Ended, Indicated
from gateway.devices.fetching import SERIES, number_of
from gateway.devices.joining import Joiner, Whole
from gateway.devices.reading import Measure, Name, Quality, Reading
from gateway.errors import Unavailable

__all__ = ["Live", "Measurements", "Share"]

_LIVE: Final = frozenset(uuid for profile in PROFILES for uuid in profile.live)

_ACTS: Final[Mapping[Verdict, Act]] = {Verdict.KEPT: Act.SAVED, Verdict.CONFIRM: Act.CONFIRM}
_STEADY: Final = 3
_STEADY_WITHIN: Final = Decimal(2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """A value on its way, for the screen only."""

    device: Device
    measures: tuple[Measure, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Timeless:
    """A measurement without a time: by what it is found among what is set aside, and what to tell once it is given."""

    held: str
    act: Act
    readings: tuple[Reading, ...]
    at: datetime


@dataclass(slots=True, kw_only=True)
class _Talk:
    """What one session has said so far: its pieces, its last numbered record, and whether all of it could be kept.

    `series` names the counting that its numbers belong to, for devices that count anew. `timeless`
    is what it told without a time, set aside until its end.
    """

    joiner: Joiner
    last: Indicated
    numbered: Indicated | None = None
    series: bytes = b""
    timeless: list[_Timeless] = field(default_factory=list)
    device: Device | None = None
    kept: bool = True


Report = Callable[[Act, Result], Awaitable[None]]
Share = Callable[[Sequence[Reading], str, datetime], None]


class Measurements:
    """What becomes of every packet.

    `visit` says whose visit it is now, None where nobody has consented. `report` tells the journey; `show` gets live
    values, at most one a second; `share` gets the readings that a physician may see: live ones, and what was kept.
    `age` is the person's in years, `meal` when they ate, `arm` the one that the cuff was asked to be put on; None where
    nobody knows. `in_a_row` says whether the pressure taken now is one of several that are planned: only those have a
    mean.
    """

    def __init__(
        self,
        ledger: Ledger,
        *,
        visit: Callable[[], Visit | None],
        report: Report,
        show: Callable[[Live], None] = lambda _: None,
        share: Share = lambda _readings, _device, _at: None,
        age: Callable[[], int | None] = lambda: None,
        meal: Callable[[], Circumstance | None] = lambda: None,
        arm: Callable[[], Arm | None] = lambda: None,
        in_a_row: Callable[[], bool] = lambda: False,
    ) -> None:
        self._ledger = ledger
        self._age = age
        self._meal = meal
        self._arm = arm
        self._weighed: Decimal | None = None  # in this visit: a booth knows no other (docs/decisions.md)
        self._in_a_row = in_a_row
        self._averages = Averages()
        self._visit = visit
        self._report = report
        self._show = show
        self._share = share
        self._shown_at: datetime | None = None
        self._heard: deque[Decimal] = deque(maxlen=_STEADY)
        self._talks: dict[str, _Talk] = {}
        self._measured: dict[Device, str] = {}
        self._anew: set[Device] = set()
        self._asked: Device | None = None
        self._before: set[str] = set()
        self._open: set[str] = set()

    def expect(self, device: Device | None) -> None:
        """Note that the person is asked to measure: again in this visit, the same octets are another measurement.

        What a session tells that had begun before was not measured because of it.
        """
        self._asked, self._before = device, set(self._open)
        visit = self._visit()
        if device is not None and visit is not None and self._measured.get(device) == visit.id:
            self._anew.add(device)

    def moved(self, journey: Journey) -> None:
        """Forget whoever has left."""
        if not journey.visit:
            self._measured.clear()
            self._anew.clear()
            self._weighed, self._averages = None, Averages()

    @property
    def listening(self) -> bool:
        """Say whether a session with any device goes on."""
        return bool(self._open)

    async def receive(self, event: DeviceEvent) -> None:
        """Take in one event of the radio; see the module."""
        if isinstance(event, Indicated):
            await self._indicated(event)
        elif isinstance(event, ClockRead):
            self._ledger.hear_clock(event)
        elif isinstance(event, Appeared):
            self._open.add(event.address)
        elif isinstance(event, Ended):
            self._open.discard(event.address)
            await self._ended(event)
            self._before.discard(event.address)

    async def _indicated(self, event: Indicated) -> None:
        talk = self._talks.get(event.device.address)
        if talk is None or talk.last.connection != event.connection:
            talk = self._talks[event.device.address] = _Talk(joiner=Joiner(model=event.device.model), last=event)
        talk.last = event
        talk.device = SOURCES.get(event.characteristic, talk.device)
        if event.characteristic in SERIES:
            talk.series = event.value
        try:
            wholes = talk.joiner.take(event.characteristic, event.value)
        except DeviceError:
            wholes = (Whole(characteristic=event.characteristic, octets=event.value, readings=()),)
        for whole in wholes:
            if event.characteristic not in SOURCES:
                talk.device = next((KINDS[each.kind] for each in whole.readings if each.kind in KINDS), talk.device)
            if event.characteristic in _LIVE:
                await self._live(talk.device, whole.readings, event.at)
            else:
                told = with_arm(with_meal(whole.readings, self._meal()), self._arm())
                await self._keep(talk, replace(whole, readings=told))

    async def _live(self, device: Device | None, readings: Sequence[Reading], at: datetime) -> None:
        if device is None:
            return
        await self._report(Act.SEEN, Result(device=device))
        if self._visit() is not None and device is not Device.STRAP:  # whose keeper is that of curves
            self._share(readings, device, at)
        measures = shown(readings)
        if device is Device.OXIMETER and not self._is_steady(measures):
            return
        if self._shown_at is None or at - self._shown_at >= timedelta(seconds=1) or at < self._shown_at:
            self._shown_at = at
            self._show(Live(device=device, measures=measures))

    def _is_steady(self, measures: Sequence[Measure]) -> bool:
        """Say whether the last values of the finger agree; before that, no number is shown."""
        value = next((m.value for m in measures if m.name is Name.SPO2), None)
        if not isinstance(value, Decimal):
            self._heard.clear()
            return False
        self._heard.append(value)
        return len(self._heard) == _STEADY and max(self._heard) - min(self._heard) <= _STEADY_WITHIN

    async def _keep(self, talk: _Talk, whole: Whole) -> None:
        event = replace(talk.last, characteristic=whole.characteristic, value=whole.octets)
        visit = self._visit()
        verdict = judge(whole.readings, age=self._age(), weight=self._weighed)
        timeless = _is_timeless(whole.readings) and visit is not None and visit.consented and not visit.home
        doubt = Why.IMPLAUSIBLE if verdict is Verdict.REFUSED else Why.NO_TIME if timeless else None
        anew = talk.device in self._anew
        beside = None
        if visit is not None and self._in_a_row():
            beside = self._averages.beside(whole.readings, visit=visit, at=event.at)
        try:
            kept: Kept = await self._ledger.keep(
                event, whole.readings, visit=visit, now=event.at, doubt=doubt, anew=anew, beside=beside
            )
        except Unavailable:
            talk.kept = False
            await self._tell(Act.UNSAVED, talk.device, whole.readings)
            return
        if kept.outcome is not Outcome.NOTHING:
            _number(talk, event)
        if talk.device is not None and visit is not None and kept.outcome is not Outcome.REPEAT:
            self._measured[talk.device] = visit.id
            self._anew.discard(talk.device)
        if kept.held is not None and kept.why is Why.NO_TIME:
            told = _Timeless(held=kept.held, act=_ACTS[verdict], readings=whole.readings, at=event.at)
            talk.timeless.append(told)
        elif verdict is Verdict.REFUSED and kept.outcome is not Outcome.REPEAT:
            await self._tell(Act.IMPLAUSIBLE, talk.device, whole.readings)
        elif kept.outcome is Outcome.SAVED:
            mean = self._averages.saved() if beside is not None else ()
            self._weighed = weight_in(whole.readings) or self._weighed
            if talk.device is not None:
                self._share(whole.readings, talk.device, event.at)
            await self._tell(_ACTS[verdict], talk.device, whole.readings, mean=mean)

    async def _tell(
        self, act: Act, device: Device | None, readings: Sequence[Reading], *, mean: tuple[Measure, ...] = ()
    ) -> None:
        """Tell the journey, if it is about one of its objects; what others measured is kept without a word."""
        if device is None:
            return
        irregular = any(Quality.IRREGULAR_PULSE in reading.qualities for reading in readings)
        told = Result(device=device, measures=shown(readings), mean=mean, irregular=irregular)
        await self._report(act, replace(told, trouble=trouble_of(readings)))

    async def _ended(self, event: Ended) -> None:
        self._heard.clear()
        talk = self._talks.pop(event.address, None)
        if talk is None:
            return
        for whole in talk.joiner.rest():
            await self._keep(talk, whole)
        if talk.timeless:
            await self._decide(talk, talk.timeless, before=event.address in self._before)
        if event.reason.well:
            await self._note_records(talk)
        else:
            await self._tell(Act.LOST, talk.device, ())

    async def _decide(self, talk: _Talk, timeless: Sequence[_Timeless], *, before: bool) -> None:
        """Say whose a measurement is that came without a time: the visitor's, where it can be nobody else's.

        That is: they were asked for it, the device came only then, and told nothing beside it. A device that tells two
        has a memory, and nobody knows which is new. What is not given is a human's to decide: it is set aside already.
        """
        visit, (one, *others) = self._visit(), timeless
        if visit is None or talk.device is None or talk.device is not self._asked:
            return
        if before or others:
            await self._tell(Act.UNSAVED if others else Act.LOST, talk.device, one.readings)
            return
        try:
            given = await self._ledger.give(one.held, visit, now=one.at, by_hand=False)
        except Unavailable:
            given = False
        if given:
            self._share(one.readings, talk.device, one.at)
        await self._tell(one.act if given else Act.UNSAVED, talk.device, one.readings)

    async def _note_records(self, talk: _Talk) -> None:
        """Ask only for what comes after, the next time; not where something of it could not be kept."""
        if talk.numbered is not None and talk.kept:
            with suppress(Unavailable):  # then the device is asked for more than is needed, and repeats are told
                await self._ledger.remembered.note(talk.numbered, series=talk.series)


def _is_timeless(readings: Sequence[Reading]) -> bool:
    stored = [reading for reading in readings if reading.stored]
    return bool(stored) and all(reading.device_time is None for reading in stored)


def _number(talk: _Talk, event: Indicated) -> None:
    """Remember the record in *event* where its number is the highest so far: pieces may come late."""
    number = number_of(event.characteristic, event.value)
    before = None if talk.numbered is None else number_of(talk.numbered.characteristic, talk.numbered.value)
    if number is not None and (before is None or number >= before):
        talk.numbered = event
