"""Simulated patients join the queue by themselves, talk with whoever takes them, and come again."""

from __future__ import annotations

from pathlib import Path

from booth_client.config import SimulatedPatient, VirtualRadioSettings, Who
from booth_client.journey import Device
from certs_example.make import make
from signalling import messages as m
from signalling.side import Endpoint
from tests.peers.doctor import doctor, people_of
from tests.peers.town import PERSONA, RPPS, town
from tests.peers.webrtc_people import reachable

BRISK = VirtualRadioSettings(hands_after_s=0.2, persona=PERSONA, others=("strap", "ring"), others_every_s=0.5)
ROGER = SimulatedPatient(pace_s=0.1, pause_s=0.1, reason="renewal", initials="R. L.", age=76)


async def test_a_simulated_patient_waits_talks_measures_on_request_and_comes_again(tmp_path: Path) -> None:
    reachable()
    async with town(
        tmp_path, virtual=BRISK, patient=Who.SIMULATED, devices=(Device.CUFF,), simulated=ROGER, visits=True
    ) as here:
        assert here.gateway is not None
        people = people_of(make(tmp_path / "certificates"), rpps=RPPS, name="Dr Claire Martin")
        async with doctor(here.gateway.people_url, people) as martin:
            waiter = await martin.takes(seconds=40)
            assert (waiter.reason, waiter.initials, waiter.age) == ("renewal", "R. L.", 76)
            await martin.talks()
            av, agent = martin.lines[Endpoint.AV], martin.lines[Endpoint.AGENT]
            await martin.until(lambda: len(av.numbers) > 10 and av.sound > 20)
            assert av.numbers == sorted(set(av.numbers))
            await martin.until(lambda: any(each["kind"] == "blood-pressure" for each in agent.said("vital")))
            await martin.asks("cuff")
            await martin.until(lambda: martin.told() == ["asked", "accepted", "doing", "done"])
            pressures = [
                each for each in agent.said("vital") if each["kind"] == "blood-pressure" and "live" not in each
            ]
            assert [str(each["measures"][0]["value"]) for each in pressures] == ["132", "132"]
            curves = {"cuff", "rr-interval", "pleth"}
            await martin.until(lambda: curves <= {each["name"] for each in agent.said("wave")})
            beats = [each for each in agent.said("wave") if each["name"] == "rr-interval"]
            assert all(abs(each["samples"][0] - each["period_ms"]) <= 1 for each in beats), (
                "a beat lasts as long as it is"
            )
            first = martin.call
            await martin.hangs_up()
            await martin.until(lambda: any(isinstance(each.body, m.Ended) for each in martin.heard))
            await martin.signs()
            await martin.until(lambda: martin.queue and martin.queue[0].call != first)
