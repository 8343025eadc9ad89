"""A conversation of the booth's with a physician, both by aiortc, and all that it told."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from booth_client.call import CallDeadlines
from booth_client.channels import Request
from booth_client.conversation import Conversation
from booth_client.protection import State, Status
from gateway.devices.reading import Kind, Measure, Name, Quality, Reading, Special, Unit
from signalling.errors import BindingError, Flaw
from signalling.side import Endpoint
from tests.peers.patience import PATIENCE
from tests.peers.webrtc_people import CALL, People, admitted
from tests.peers.webrtc_physician import Physician, Wire, talking

__all__ = ["AT", "BRISK", "PRESSURE", "WEIGHT", "Visit", "visiting"]

AT = datetime(2026, 11, 22, 9, 0, 0, 250_000, tzinfo=UTC)
PRESSURE = Reading(
    kind=Kind.BLOOD_PRESSURE,
    measures=(
        Measure(name=Name.SYSTOLIC, value=Decimal("132.0"), unit=Unit.MMHG),
        Measure(name=Name.DIASTOLIC, value=Decimal(81), unit=Unit.MMHG),
        Measure(name=Name.MEAN, value=Special.NAN, unit=Unit.MMHG),
    ),
    qualities=frozenset({Quality.BODY_MOVEMENT}),
)
WEIGHT = Reading(
    kind=Kind.BODY_WEIGHT, measures=(Measure(name=Name.WEIGHT, value=Decimal("72.40"), unit=Unit.KILOGRAM),)
)
BRISK = CallDeadlines(open_s=1.5, confirm_s=0.5)


@dataclass(kw_only=True)
class Visit:
    """A conversation under way, and all that it told."""

    wire: Wire
    conversation: Conversation
    task: asyncio.Task[None] = field(init=False)
    states: list[tuple[float, State]] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)

    @property
    def physician(self) -> Physician:
        return self.wire.physicians[-1]

    async def until(self, true: Callable[[], Any], *, seconds: float = PATIENCE) -> None:
        async with asyncio.timeout(seconds):
            while not true():
                await asyncio.sleep(0.005)

    async def protected(self, generation: int = 1, *, seconds: float = PATIENCE) -> None:
        await self.until(
            lambda: (
                self.conversation.state.status is Status.PROTECTED
                and self.conversation.state.generation == generation
                and self.physician.proved.is_set()
            ),
            seconds=seconds,
        )

    async def refused(self) -> Flaw:
        with pytest.raises(BindingError) as caught:
            await asyncio.wait_for(asyncio.shield(self.task), 8)
        self.wire.refused = True
        return caught.value.flaw


@asynccontextmanager
async def visiting(
    folk: People,
    endpoint: Endpoint = Endpoint.AGENT,
    *,
    make: Callable[[Wire, int], Physician] | None = None,
    run: bool = True,
    **options: Any,
) -> AsyncIterator[Visit]:
    wire = Wire(people=folk, make=make)
    states: list[tuple[float, State]] = []
    requests: list[Request] = []
    given: dict[str, Any] = {"anchors": folk.anchors, **options}
    async with Conversation(
        endpoint,
        signer=folk.booth,
        say=wire.say,
        tell=lambda state: states.append((time.monotonic(), state)),
        hear=requests.append,
        **given,
    ) as conversation:
        wire.conversation = conversation
        visit = Visit(wire=wire, conversation=conversation, states=states, requests=requests)
        if not run:
            yield visit
            return
        async with talking(wire, conversation.run(CALL, admitted())) as visit.task:
            yield visit
