"""A call whose peer is killed, away, reloaded or never reached: noticed in time, and made again."""

from __future__ import annotations

import asyncio
import re
import time

import msgspec
import pytest

from booth_client.call import CallDeadlines
from booth_client.heartbeat import Limits
from booth_client.protection import Status
from booth_client.synthetic import Picture, Voice
from signalling import messages as m
from signalling.envelope import Envelope
from signalling.side import Endpoint
from tests.peers.webrtc_people import CALL, People, admitted
from tests.peers.webrtc_physician import Physician, Wire, talking
from tests.peers.webrtc_visit import AT, PRESSURE, WEIGHT, visiting

pytestmark = pytest.mark.usefixtures("network")


async def test_a_connection_that_reaches_nobody_is_closed_and_the_next_one_made(folk: People) -> None:
    class Elsewhere(Physician):
        async def offered(self, offer: m.Offer, gen: int) -> None:
            sdp = re.sub(r"(a=candidate:\S+ \d+ \S+ \d+) \S+ \d+", r"\1 192.0.2.1 9", offer.sdp)
            await super().offered(msgspec.structs.replace(offer, sdp=sdp), gen)

    def elsewhere(wire: Wire, _gen: int) -> Physician:
        made = Elsewhere(people=wire.people, reply=wire.reply)
        made.lie = lambda answer: msgspec.structs.replace(
            answer, sdp=re.sub(r"(a=candidate:\S+ \d+ \S+ \d+) \S+ \d+", r"\1 192.0.2.1 9", answer.sdp)
        )
        return made

    quick = CallDeadlines(open_s=0.5)
    for sources in ((), (Picture(), Voice())):  # alone, or bundled with others on one transport
        async with visiting(folk, Endpoint.AV, make=elsewhere, sources=sources, deadlines=quick) as visit:
            await visit.until(lambda: len(visit.wire.physicians) == 3)


async def test_a_killed_peer_is_noticed_between_three_and_five_seconds_and_the_next_generation_restores(
    folk: People,
) -> None:
    async with visiting(folk) as visit:
        visit.conversation.vital(PRESSURE, device="cuff", at=AT)
        await visit.protected()
        await visit.until(lambda: visit.physician.said("vital"))
        killed = time.monotonic()
        visit.physician.cut()
        await visit.protected(2)
        await visit.until(lambda: visit.physician.said("vital"))
        after = {(each.status, each.generation): at - killed for at, each in visit.states}
        assert 2 <= after[Status.RECOVERING, 1] <= 4.2
        assert 4 <= after[Status.RECOVERING, 2] <= 6.2
        assert after[Status.PROTECTED, 2] <= 7
        assert visit.physician.said("vital")[0]["seq"] == 1
        assert [gen for body, gen in visit.wire.said if isinstance(body, m.Connected)] == [1, 2]


async def test_a_peer_that_is_back_within_three_seconds_keeps_its_connection(folk: People) -> None:
    limits = Limits(beat_s=0.1, recovering_s=0.3, lost_s=1.5)
    async with visiting(folk, limits=limits) as visit:
        await visit.protected()
        visit.physician.deaf = True
        await visit.until(lambda: visit.conversation.state.status is Status.RECOVERING)
        visit.physician.deaf = False
        await visit.until(lambda: visit.conversation.state.status is Status.PROTECTED)
        assert len(visit.wire.physicians) == 1


async def test_a_page_that_was_reloaded_gets_a_new_connection_and_all_readings_of_the_visit(folk: People) -> None:
    async with visiting(folk) as visit:
        visit.conversation.vital(PRESSURE, device="cuff", at=AT)
        await visit.protected()
        await visit.physician.close()
        visit.wire.reply(m.Recovering(endpoint=Endpoint.AGENT), 1)
        visit.conversation.vital(WEIGHT, device="scale", at=AT)
        await visit.protected(2)
        await visit.until(lambda: len(visit.physician.said("vital")) == 2)
        assert sorted(each["seq"] for each in visit.physician.said("vital")) == [1, 2]


async def test_nothing_is_offered_to_a_physician_who_is_away(folk: People) -> None:
    async with visiting(folk) as visit:
        await visit.protected()
        away = m.Present(participant="p-2", present=False, grace_s=120)
        visit.conversation.receive(Envelope(body=away, id="x", call=CALL))
        await visit.physician.close()
        await visit.until(lambda: visit.conversation.state.status is Status.RECOVERING)
        await asyncio.sleep(0.5)
        assert len(visit.wire.physicians) == 1
        visit.conversation.receive(Envelope(body=admitted(generations={Endpoint.AGENT: 1}), id="x", call=CALL))
        await visit.protected(2)


async def test_generations_go_on_from_what_the_server_knows(folk: People) -> None:
    async with visiting(folk, run=False) as visit:
        known = admitted(generations={Endpoint.AGENT: 6, Endpoint.AV: 9})
        async with talking(visit.wire, visit.conversation.run(CALL, known)):
            await visit.protected(7)
