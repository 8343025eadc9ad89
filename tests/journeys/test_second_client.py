"""A physician's side that was written from the documents alone meets a real booth's agent at a real gateway."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from signalling import messages as m
from tests.peers.house import house
from tests.peers.patients import PatientAtBooth, at_booth
from tests.peers.second_leg import Leg
from tests.peers.second_physician import SecondPhysician
from tests.peers.visitors import MARTIN, Participant
from tests.peers.webrtc_people import reachable
from tests.signalling.client import hang_up_all
from tests.ui.visit.test_documents import PDF, paper_of


async def papers_both_ways(leg: Leg, booth: PatientAtBooth) -> None:
    """Ask for a paper where the booth has said that it can be shown one, and send one back."""
    await booth.until(lambda: any(json.loads(each)["k"] == "has" for each in leg.said))
    has = next(each for each in map(json.loads, leg.said) if each["k"] == "has")
    assert has["paper"]
    leg.say({"k": "request", "id": "r-1", "what": "paper"})
    await booth.until(lambda: any(each.what == "paper" for each in booth.requests))
    await booth.sends(paper_of(), name="r-1")
    assert leg.blobs == {"r-1": paper_of()}
    assert await leg.sends("f-1", "application/pdf", PDF) == {"k": "got", "id": "f-1", "octets": len(PDF)}
    assert [(file.id, file.type, file.data == PDF) for file in booth.files] == [("f-1", "application/pdf", True)]
    assert (await leg.sends("f-2", "image/png", PDF))["flaw"] == "type"
    leg.say({"k": "request", "id": "r-2", "what": "show", "file": "f-1"})
    await booth.until(lambda: any(each.file == "f-1" for each in booth.requests))


async def test_who_knows_the_documents_alone_proves_both_connections_gets_measurements_papers_and_what_was_missed(
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
            await papers_both_ways(second.legs["agent"], booth)
            await line.drop()
            await booth.until(lambda: any(isinstance(each, m.Present) and not each.present for each in booth.heard))
            await booth.link.send(m.HangUp(reason="finished"), call=booth.call)
            await booth.until(lambda: any(isinstance(each, m.Ended) for each in booth.heard))
            assert (await line.join())["fresh"] is False
            assert (await line.hear("ended", reporting=True))["call"] == booth.call
