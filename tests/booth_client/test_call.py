"""Calls between the booth and a physician, both by aiortc: what is said arrives, and what is false stops everything."""

from __future__ import annotations

import asyncio
import gc
import hashlib
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from booth_client.call import Call, CallDeadlines
from booth_client.channels import Answer, Progress, Request
from booth_client.conversation import Conversation
from booth_client.heartbeat import Limits
from booth_client.protection import State, Status
from booth_client.synthetic import Picture, Voice
from gateway.devices.reading import Kind, Measure, Name, Quality, Reading, Special, Unit
from signalling import messages as m
from signalling.binding import Part, make_binding
from signalling.envelope import Envelope
from signalling.errors import BindingError, Flaw
from signalling.side import Endpoint
from tests.peers.webrtc_people import CALL, People, admitted, people, reachable, revoking
from tests.peers.webrtc_physician import Physician, Wire, talking

pytestmark = pytest.mark.usefixtures("network")

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


@pytest.fixture(scope="session")
def folk(tmp_path_factory: pytest.TempPathFactory) -> People:
    return people(tmp_path_factory.mktemp("people"))


@pytest.fixture(scope="session")
def network() -> None:
    reachable()


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

    async def until(self, true: Callable[[], Any], *, seconds: float = 8) -> None:
        async with asyncio.timeout(seconds):
            while not true():
                await asyncio.sleep(0.005)

    async def protected(self, generation: int = 1, *, seconds: float = 8) -> None:
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


async def test_measurements_reach_the_physician_digit_for_digit(folk: People) -> None:
    async with visiting(folk) as visit:
        visit.conversation.vital(PRESSURE, device="cuff", at=AT)  # before there is a connection: said when there is
        await visit.protected()
        visit.conversation.vital(WEIGHT, device="scale", at=AT + timedelta(seconds=2))
        await visit.until(lambda: len(visit.physician.said("vital")) == 2)
        pressure, weight = sorted(visit.physician.said("vital"), key=lambda each: int(each["seq"]))
        assert pressure == {
            "k": "vital",
            "seq": 1,
            "kind": "blood-pressure",
            "measures": [
                {"name": "systolic", "value": Decimal("132.0"), "unit": "mmHg"},
                {"name": "diastolic", "value": 81, "unit": "mmHg"},
                {"name": "mean", "value": None, "unit": "mmHg", "special": "NaN"},
            ],
            "device": "cuff",
            "at": "2026-11-22T09:00:00.250Z",
            "quality": ["body-movement"],
            "channel": "vitals",
        }
        assert [str(each["value"]) for each in pressure["measures"][:2]] == ["132.0", "81"]
        assert str(weight["measures"][0]["value"]) == "72.40"


async def test_a_curve_and_a_picture_reach_the_physician_whole(folk: People) -> None:
    picture = bytes(range(256)) * 400
    async with visiting(folk) as visit:
        await visit.protected()
        visit.conversation.wave(
            [Decimal("118.5"), Special.NAN, Decimal(117)],
            name=Name.CUFF,
            unit=Unit.MMHG,
            first_at=AT,
            period=timedelta(milliseconds=250),
        )
        await visit.conversation.send_blob(picture, name="b-1", media_type="image/jpeg")
        await visit.until(lambda: sum(map(len, visit.physician.blobs)) == len(picture))
        (wave,), (blob,) = visit.physician.said("wave"), visit.physician.said("blob")
        assert (wave["channel"], wave["samples"], wave["period_ms"]) == ("wave", [Decimal("118.5"), None, 117], 250)
        assert blob["sha256"] == hashlib.sha256(b"".join(visit.physician.blobs)).hexdigest()


async def test_the_physician_asks_and_the_booth_answers(folk: People) -> None:
    async with visiting(folk) as visit:
        await visit.protected()
        visit.physician.say(k="request", id="r-1", what="measure", kind="cuff")
        await visit.until(lambda: visit.requests)
        assert visit.requests == [Request(id="r-1", what="measure", kind="cuff")]
        visit.conversation.answer(Answer(id="r-1", what="measure", state=Progress.ACCEPTED))
        await visit.until(lambda: visit.physician.said("answer"))
        assert visit.physician.said("answer") == [
            {"k": "answer", "id": "r-1", "what": "measure", "state": "accepted", "channel": "control"}
        ]


async def test_what_is_no_message_is_answered_and_the_connection_stays(folk: People) -> None:
    async with visiting(folk) as visit:
        await visit.protected()
        for text in ("nonsense", '{"k":"erase"}', '{"k":"vital"}', "[" * 50_000, '{"k":"ping","n":1}'):
            visit.physician.control.send(text)
        await visit.until(lambda: len(visit.physician.said("error")) == 5)
        await asyncio.sleep(1.1)
        assert visit.conversation.state == replace(visit.states[-1][1], status=Status.PROTECTED, generation=1)


async def test_picture_and_sound_of_a_simulated_patient_arrive_and_can_be_told_apart_by_number(folk: People) -> None:
    async with visiting(folk, Endpoint.AV, sources=(Picture(), Voice())) as visit:
        await visit.protected()
        await visit.until(lambda: len(visit.physician.numbers) > 12 and visit.physician.sound > 25)
        numbers = visit.physician.numbers
        assert numbers == sorted(set(numbers))
        assert numbers[0] <= 2


async def test_both_sides_compute_the_same_six_digits_and_the_name_is_the_proved_one(folk: People) -> None:
    from signalling.confirm import digits  # noqa: PLC0415  only this test compares them

    async with visiting(folk) as visit:
        await visit.protected()
        assert visit.conversation.state.digits == digits(visit.physician.agreed)
        assert visit.conversation.state.name == "Dr Claire Martin"


# What is false


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
            assert first.proved.is_set()  # the booth's own confirm arrived, and was all that did
            assert nothing_reached(first)
            assert not visit.wire.heard(m.Connected)


# What breaks


async def test_a_killed_peer_is_noticed_between_three_and_five_seconds_and_the_next_generation_restores(
    folk: People,
) -> None:
    async with visiting(folk) as visit:
        visit.conversation.vital(PRESSURE, device="cuff", at=AT)
        await visit.protected()
        await visit.until(lambda: visit.physician.said("vital"))
        killed = time.monotonic()
        visit.physician.cut()
        await visit.protected(2, seconds=9)
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


# What it costs, and what it leaves


async def test_the_connection_is_gathered_while_the_patient_waits_and_asks_no_server(folk: People) -> None:
    async with visiting(folk, run=False) as visit:
        prepared = visit.conversation._prepared
        assert prepared is not None
        ours = prepared._pc.localDescription.sdp
        assert " typ host" in ours
        assert " typ srflx" not in ours
        assert prepared._pc._RTCPeerConnection__configuration.iceServers == []  # type: ignore[attr-defined]  # private
        async with talking(visit.wire, visit.conversation.run(CALL, admitted())):
            await visit.protected()
            (offer,) = visit.wire.heard(m.Offer)
            assert isinstance(offer, m.Offer)
            assert offer.sdp == ours


async def test_a_relay_that_gives_no_address_is_told(folk: People, unused_tcp_port: int) -> None:
    relay = m.IceServer(urls=[f"turn:127.0.0.1:{unused_tcp_port}?transport=tcp"], username="1:p", credential="x")
    visit_with_relay = admitted()
    given = m.Admitted(you="p-1", peers=visit_with_relay.peers, ice_servers=[relay])
    async with visiting(folk, run=False) as visit, talking(visit.wire, visit.conversation.run(CALL, given)):
        await visit.protected()
        assert visit.conversation.state.without_relay


async def test_thirty_calls_leave_no_task_socket_or_thread(folk: People) -> None:
    async def one(endpoint: Endpoint) -> None:
        sources = (Picture(), Voice()) if endpoint is Endpoint.AV else ()
        async with visiting(folk, endpoint, sources=sources) as visit:
            await visit.protected()

    async def left() -> tuple[set[asyncio.Task[Any]], int]:
        await asyncio.sleep(0.05)
        tasks = {task for task in asyncio.all_tasks() if task is not asyncio.current_task()}
        return tasks, len(list(Path("/proc/self/fd").iterdir()))

    await one(Endpoint.AV)
    tasks, files = await left()
    for number in range(30):
        await one(Endpoint.AV if number % 5 == 0 else Endpoint.AGENT)
    after, files_after = await left()
    assert (after, files_after <= files) == (tasks, True)


async def test_a_call_that_is_given_up_at_any_moment_leaves_nothing(folk: People) -> None:
    for wait_s in (0, 0.001, 0.003, 0.006, 0.01, 0.015, 0.02, 0.03, 0.05):
        async with visiting(folk) as _:
            await asyncio.sleep(wait_s)
    for wait_s in (0, 0.001, 0.002, 0.004, 0.008):
        gathering = asyncio.ensure_future(Call(Endpoint.AV, sources=(Picture(),)).__aenter__())
        await asyncio.sleep(wait_s)
        if not gathering.cancel():
            await (await gathering).close()
        await asyncio.wait([gathering])
    await asyncio.sleep(0.05)
    gc.collect()  # a socket that was forgotten is a warning, and warnings are errors
    assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []
