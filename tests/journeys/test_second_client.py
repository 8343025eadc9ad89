"""A physician's side that was written from the documents alone meets a real booth's agent at a real gateway."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest

from signalling import messages as m
from tests.peers.patients import at_booth, house
from tests.peers.second_physician import SecondPhysician
from tests.peers.visitors import MARTIN, Participant
from tests.peers.webrtc_people import reachable
from tests.signalling.client import hang_up_all

pytestmark = pytest.mark.timeout(90)


async def test_who_knows_the_documents_alone_proves_both_connections_and_gets_measurements_and_what_was_missed(
    tmp_path: Path,
) -> None:
    reachable()
    async with house(tmp_path) as there, there.running.person("claire") as http, at_booth(there) as booth:
        line = Participant.at_a_desk(there.running, http)
        second = SecondPhysician(http=http, line=line, subject=MARTIN)
        async with contextlib.AsyncExitStack() as closing:
            closing.push_async_callback(hang_up_all)
            closing.push_async_callback(second.close)
            await second.certified()
            await second.takes()
            await booth.protected()
            assert second.legs["av"].digits == booth.av.state.digits
            assert second.legs["agent"].digits == booth.agent.state.digits
            assert (booth.av.state.name, booth.flaws) == ("Dr Claire Martin", [])
            said = second.legs["agent"].said
            await booth.until(lambda: any(json.loads(each)["k"] == "vital" for each in said))
            await line.drop()
            await booth.until(lambda: any(isinstance(each, m.Present) and not each.present for each in booth.heard))
            await booth.link.send(m.HangUp(reason="finished"), call=booth.call)
            await booth.until(lambda: any(isinstance(each, m.Ended) for each in booth.heard))
            assert (await line.join())["fresh"] is False
            assert (await line.hear("ended", reporting=True))["call"] == booth.call
