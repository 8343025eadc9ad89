"""What is false in a call, or never proved, stops it: nothing is seen, heard or measured."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from booth_client.protection import Status
from booth_client.synthetic import Picture, Voice
from signalling import messages as m
from signalling.binding import Part, make_binding
from signalling.errors import Flaw
from signalling.side import Endpoint
from tests.peers.webrtc_people import People, revoking
from tests.peers.webrtc_physician import Physician, Wire
from tests.peers.webrtc_visit import AT, BRISK, PRESSURE, visiting

pytestmark = pytest.mark.usefixtures("network")


def wrong(change: Callable[[m.Answer], m.Answer]) -> Callable[[Wire, int], Physician]:
    return lambda wire, _gen: Physician(people=wire.people, reply=wire.reply, lie=change)


def other_fingerprint(answer: m.Answer) -> m.Answer:
    sdp = re.sub("(a=fingerprint:sha-256 )(..)", lambda each: each[1] + ("11" if each[2] == "00" else "00"), answer.sdp)
    return m.Answer(endpoint=answer.endpoint, sdp=sdp, binding=answer.binding)


def second_fingerprint(answer: m.Answer) -> m.Answer:
    extra = "a=fingerprint:sha-256 " + ":".join(["AB"] * 32) + "\r\na=setup:"
    return m.Answer(endpoint=answer.endpoint, sdp=answer.sdp.replace("a=setup:", extra), binding=answer.binding)


def weaker(answer: m.Answer) -> m.Answer:
    sdp = answer.sdp.replace("a=setup:", "a=fingerprint:sha-1 " + ":".join(["AB"] * 20) + "\r\na=setup:")
    return m.Answer(endpoint=answer.endpoint, sdp=sdp, binding=answer.binding)


def unsigned(answer: m.Answer) -> m.Answer:
    head, _, _ = answer.binding.rpartition(".")
    return m.Answer(endpoint=answer.endpoint, sdp=answer.sdp, binding=f"{head}.{'A' * 86}")


def stripped(answer: m.Answer) -> m.Answer:
    return m.Answer(endpoint=answer.endpoint, sdp=answer.sdp, binding="")


def nothing_reached(physician: Physician) -> bool:
    return not any((physician.seen, physician.early, physician.numbers, physician.sound, physician.blobs))


@pytest.mark.parametrize(
    ("change", "flaw"),
    [
        (other_fingerprint, Flaw.FINGERPRINT),
        (second_fingerprint, Flaw.FINGERPRINT),
        (weaker, Flaw.WEAK_FINGERPRINT),
        (unsigned, Flaw.SIGNATURE),
        (stripped, Flaw.MALFORMED),
    ],
)
@pytest.mark.parametrize("endpoint", list(Endpoint))
async def test_a_false_answer_is_a_hard_stop_before_webrtc_sees_it(
    folk: People, endpoint: Endpoint, change: Callable[[m.Answer], m.Answer], flaw: Flaw
) -> None:
    sources = (Picture(), Voice()) if endpoint is Endpoint.AV else ()
    async with visiting(folk, endpoint, make=wrong(change), sources=sources) as visit:
        visit.conversation.vital(PRESSURE, device="cuff", at=AT)
        assert await visit.refused() is flaw
        assert visit.wire.heard(m.Stop) == [m.Stop(reason=flaw)]
        assert visit.wire.heard(m.Reveal) == visit.wire.heard(m.Connected) == []
        assert visit.states[-1][1].status is Status.REFUSED
        assert visit.physician.pc.connectionState in ("new", "connecting")
        assert nothing_reached(visit.physician)


async def test_another_physician_is_not_the_one_who_took_the_visit(folk: People) -> None:
    def stranger(wire: Wire, _gen: int) -> Physician:
        return Physician(people=wire.people, reply=wire.reply, signer=wire.people.stranger)

    async with visiting(folk, make=stranger) as visit:
        assert await visit.refused() is Flaw.IDENTITY


async def test_a_revoked_physician_is_refused(folk: People) -> None:
    async with visiting(folk, anchors=revoking(folk.anchors, folk.physician.subject)) as visit:
        assert await visit.refused() is Flaw.REVOKED


async def test_an_answer_to_another_offer_is_refused(folk: People) -> None:
    kept: list[m.Answer] = []

    def replay(answer: m.Answer) -> m.Answer:
        kept.append(answer)
        return m.Answer(endpoint=answer.endpoint, sdp=kept[0].sdp, binding=kept[0].binding)

    async with visiting(folk, make=wrong(replay)) as visit:
        await visit.protected()
    async with visiting(folk, make=wrong(replay)) as visit:
        assert await visit.refused() is Flaw.PEER


async def test_a_certificate_that_dtls_shows_and_nobody_signed_is_a_hard_stop(folk: People) -> None:
    def signs_another(wire: Wire, _gen: int) -> Physician:
        made = Physician(people=wire.people, reply=wire.reply)

        def lie(answer: m.Answer) -> m.Answer:
            false = "AB" * 32
            said = ":".join(made.own[i : i + 2] for i in range(0, 64, 2))
            binding = make_binding(
                wire.people.physician,
                made.edge,
                Part.ANSWER,
                fingerprint=false,
                peer=made.offer.hash,
                now=datetime.now(UTC),
            )
            return m.Answer(
                endpoint=answer.endpoint, sdp=answer.sdp.replace(said, ":".join(["AB"] * 32)), binding=binding
            )

        made.lie = lie
        return made

    async with visiting(folk, make=signs_another) as visit:
        visit.conversation.vital(PRESSURE, device="cuff", at=AT)
        assert await visit.refused() is Flaw.SEEN
        assert visit.wire.heard(m.Stop) == [m.Stop(reason=Flaw.SEEN)]
        assert not visit.physician.seen


async def test_a_confirm_of_something_else_is_a_hard_stop_and_nothing_was_shown(folk: People) -> None:
    class Liar(Physician):
        async def _confirm(self) -> None:
            await self._nonce
            self.control.send(self.answer)  # signed by the right person, and no confirm

    def lying(wire: Wire, _gen: int) -> Physician:
        return Liar(people=wire.people, reply=wire.reply)

    async with visiting(folk, Endpoint.AV, make=lying, sources=(Picture(), Voice())) as visit:
        assert await visit.refused() is Flaw.MALFORMED
        await asyncio.sleep(0.3)
        assert nothing_reached(visit.physician)


async def test_without_the_others_confirm_nothing_is_seen_heard_or_measured(folk: People) -> None:
    def silent(wire: Wire, _gen: int) -> Physician:
        return Physician(people=wire.people, reply=wire.reply, confirms=False)

    for endpoint in Endpoint:
        sources = (Picture(), Voice()) if endpoint is Endpoint.AV else ()
        async with visiting(folk, endpoint, make=silent, sources=sources, deadlines=BRISK) as visit:
            visit.conversation.vital(PRESSURE, device="cuff", at=AT)
            await visit.until(lambda: len(visit.wire.physicians) == 2)
            first = visit.wire.physicians[0]
            assert first.verified.is_set()  # the booth's own confirm arrived, and was all that did
            assert nothing_reached(first)
            assert not visit.wire.heard(m.Connected)


async def test_who_is_never_told_that_their_confirm_holds_unlocks_nothing(folk: People) -> None:
    def wordless(wire: Wire, _gen: int) -> Physician:
        return Physician(people=wire.people, reply=wire.reply, holds=False)

    async with visiting(folk, Endpoint.AV, make=wordless, sources=(Picture(), Voice()), deadlines=BRISK) as visit:
        assert await visit.refused() is Flaw.CONFIRM
        assert all(each.verified.is_set() and not each.seen for each in visit.wire.physicians)
        assert not any(each.numbers or each.sound or each.early for each in visit.wire.physicians)
        assert not visit.wire.heard(m.Connected)
