"""Calls between the booth and a physician, both by aiortc: what is said arrives."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from booth_client.channels import Answer, Progress, Request
from booth_client.protection import Status
from booth_client.recognising import with_arm
from booth_client.synthetic import Picture, Voice
from booth_client.words import Arm
from gateway.devices.reading import Name, Special, Unit
from signalling.side import Endpoint
from tests.peers.webrtc_people import People
from tests.peers.webrtc_visit import AT, PRESSURE, WEIGHT, visiting

pytestmark = pytest.mark.usefixtures("network")


async def test_measurements_reach_the_physician_digit_for_digit(folk: People) -> None:
    async with visiting(folk) as visit:
        (left,) = with_arm((PRESSURE,), Arm.LEFT)
        visit.conversation.vital(left, device="cuff", at=AT)  # before there is a connection: said when there is
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
            "arm": "left",
            "channel": "vitals",
        }
        assert "arm" not in weight
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
