"""A whole visit at a real booth: Chromium at the kiosk, a physician by aiortc, a real gateway between them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from booth_client.link import open_session, tls
from booth_client.papers import sheets_of
from signalling import messages as m
from signalling.side import Endpoint
from tests.peers.doctor import Doctor
from tests.peers.visiting import TO_WAITING, Scene, chromium, in_visit, number_shown, rises, scene
from tests.peers.visitors import Participant

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as opened:
        yield opened


def visit_of(on: Scene) -> m.Admitted:
    """Return what the physician was told of the visit that they have."""
    assert on.doctor.admitted is not None
    return on.doctor.admitted


async def takes_the_papers(on: Scene, folder: Path) -> None:
    """Print and take them, and see that the physician is told so after the talk."""
    seer = on.seer
    await seer.goes("both>take-papers")
    await seer.page.wait_for_selector('h1:has-text("Prenez")')
    (paper,) = (folder / "print").iterdir()
    assert paper.read_bytes()[:5] == b"%PDF-"
    sheets = sheets_of(paper.read_bytes())
    await seer.says("Prenez 1 feuille." if sheets == 1 else f"Prenez {sheets} feuilles.")
    await seer.goes("done>code")
    assert await on.doctor.papers_are("taken") == {"step": "taken", "sheets": sheets, "of": sheets}


async def test_a_whole_visit_from_the_queue_to_the_papers_and_nothing_is_left(browser: Browser, tmp_path: Path) -> None:
    async with scene(browser, tmp_path) as on:
        seer, martin = on.seer, on.doctor
        await seer.says("Touchez l’écran pour voir un médecin.")
        await seer.goes(*TO_WAITING)
        await seer.page.wait_for_selector('h1:has-text("prochain")')
        await seer.says("Vous êtes le prochain. Nous ne savons pas dans combien de temps.")
        waiter = await martin.takes()
        assert (waiter.reason, waiter.language, waiter.place) == ("cough", "fr", "Mairie de Caudry")
        await martin.talks()
        await seer.page.wait_for_selector('h1:has-text("Martin")')
        await seer.says("Le docteur Claire Martin arrive.")
        assert martin.lines[Endpoint.AV].pictures == 0  # nobody is seen before they are ready
        await seer.looks("doctor-coming-camera")
        await seer.goes("ready>in-visit")
        await rises(seer)
        assert await number_shown(seer) is not None
        av = martin.lines[Endpoint.AV]
        await martin.until(lambda: av.sound > 20 and av.pictures > 10)
        assert av.green()  # the browser's test camera
        await seer.looks("in-visit-camera")
        await seer.checks("in-visit-camera")
        await martin.asks("cuff")
        await seer.sees("visit-measure")
        await seer.says("Le médecin veut votre tension.")
        await seer.looks("visit-measure-camera")
        await seer.goes("yes>do-cuff", "done>device-wait", ">live", ">result")
        await seer.looks("result-camera")
        await seer.goes("continue>in-visit")
        await rises(seer)
        assert martin.told() == ["asked", "accepted", "doing", "done"]
        kept = [each for each in martin.lines[Endpoint.AGENT].said("vital") if not each.get("live")]
        assert {each["kind"] for each in kept} == {"body-weight", "blood-pressure", "pulse-rate"}
        assert martin.lines[Endpoint.AGENT].said("wave")
        await martin.hangs_up()
        await seer.sees("writing")
        await martin.signs()
        await seer.sees("report")
        await takes_the_papers(on, tmp_path)
        await seer.goes("done>goodbye")
        assert "132" not in await seer.text()
        await seer.is_wiped()
        assert list((tmp_path / "print").iterdir()) == []
        assert await seer.page.evaluate("document.querySelector('video')") is None
        assert not seer.complaints, seer.complaints


async def test_a_whole_visit_by_keyboard_alone(browser: Browser, tmp_path: Path) -> None:
    async with scene(browser, tmp_path) as on:
        await on.seer.keys(*TO_WAITING, "finish>leave", "no>waiting")
        await on.doctor.takes()
        await on.seer.keys(
            ">doctor-coming", "minute>doctor-coming", "ready>in-visit", "sound>in-visit", "camera>in-visit"
        )
        await on.doctor.talks()
        await on.doctor.asks("scale")
        await on.seer.keys(">visit-measure", "yes>do-scale", ">result", "continue>in-visit", "finish>hang-up")
        await on.seer.keys("yes>writing")
        await on.doctor.signs()
        await on.seer.keys(">report", "phone>code", "back>report", "print>take-papers", "done>goodbye")


async def test_a_physician_who_cannot_prove_who_they_are_is_stopped_and_another_may_be_asked_for(
    browser: Browser, tmp_path: Path
) -> None:
    def swapped(answer: m.Answer) -> m.Answer:
        lines = answer.sdp.split("\r\n")
        false = [line[:-2] + "00" if line.startswith("a=fingerprint:sha-256") else line for line in lines]
        return m.Answer(endpoint=answer.endpoint, sdp="\r\n".join(false), binding=answer.binding)

    async with scene(browser, tmp_path) as on:
        on.doctor.lie = swapped
        await on.seer.goes(*TO_WAITING)
        await on.doctor.takes()
        await on.seer.sees("security-stop")
        await on.seer.says("L’appel n’est pas sûr. Nous l’arrêtons.")
        assert await on.seer.page.inner_text("#alert") == "L’appel n’est pas sûr. Nous l’arrêtons."
        assert not any(line.pictures or line.sound or line.seen for line in on.doctor.made)
        first = on.doctor.call
        await on.doctor.until(lambda: any(isinstance(each.body, m.Ended) for each in on.doctor.heard))
        on.doctor.lie = lambda answer: answer
        await on.seer.goes("redo>waiting")
        await on.doctor.until(lambda: on.doctor.queue and on.doctor.queue[0].call != first)
        on.doctor.admitted = None
        await on.doctor.takes()
        await on.seer.sees("doctor-coming")
        await on.seer.goes("ready>in-visit")
        await rises(on.seer)


async def test_after_a_stop_the_next_call_is_a_visit_of_its_own_and_both_reports_can_be_signed(
    browser: Browser, tmp_path: Path
) -> None:
    async with scene(browser, tmp_path) as on:
        await in_visit(on)
        await on.seer.goes("verify>six-digits", "no>security-stop")
        first = visit_of(on)
        on.doctor.admitted = None
        await on.seer.goes("redo>waiting")
        await on.doctor.until(lambda: on.doctor.queue)
        await on.doctor.takes()
        second = visit_of(on)
        await on.seer.goes(">doctor-coming", "ready>in-visit")
        await on.doctor.until(lambda: on.doctor.lines[Endpoint.AGENT].said("vital"))  # measured before the stop
        await on.doctor.hangs_up()
        await on.seer.sees("writing")
        for admitted in (second, first):
            on.doctor.admitted = admitted
            await on.doctor.signs(told=admitted is second)
        await on.seer.sees("report")
        stay, again = (str(each.encounter) for each in (first, second))
        told = {each["id"]: each for each in await on.search("Encounter?_count=9")}
        found = told[again.partition("/")[2]]
        assert (found["partOf"]["reference"], found["participant"][0]["individual"]["display"]) == (
            stay,
            "Dr Claire Martin",
        )
        written = {each["encounter"]["reference"] for each in await on.search("Composition?_count=9")}
        assert written == {stay, again}


async def test_what_one_person_measured_is_never_said_to_the_physician_of_the_next(
    browser: Browser, tmp_path: Path
) -> None:
    async with scene(browser, tmp_path) as on:
        await on.seer.goes(*TO_WAITING[: TO_WAITING.index("yes>company")], "no>no-video", "finish>goodbye")
        await on.seer.is_wiped()
        await on.seer.goes("touch>language", "french>safety", "no>consent", "no>refused", "continue>consent-visit")
        await on.seer.goes(*TO_WAITING[TO_WAITING.index("yes>company") :])
        await on.doctor.takes()
        await on.seer.goes(">doctor-coming", "ready>in-visit")
        await on.doctor.talks()
        await rises(on.seer)
        assert on.doctor.lines[Endpoint.AGENT].said("vital") == []


async def test_a_reload_of_the_kiosk_leads_back_into_the_same_visit(browser: Browser, tmp_path: Path) -> None:
    async with scene(browser, tmp_path) as on:
        await in_visit(on)
        await on.seer.page.reload()
        await on.seer.sees("in-visit")
        await on.doctor.until(lambda: on.doctor.lines[Endpoint.AV].edge.generation == 2)
        await on.doctor.talks()
        await rises(on.seer)
        assert on.doctor.lines[Endpoint.AGENT].edge.generation == 1  # the measurements went on
        assert not any(isinstance(each.body, m.Ended) for each in on.doctor.heard)


async def test_a_reload_of_the_physicians_page_is_said_and_the_visit_comes_back(
    browser: Browser, tmp_path: Path
) -> None:
    async with scene(browser, tmp_path) as on:
        await in_visit(on)
        await on.doctor.leaves()
        await on.seer.sees("call-trouble")
        await on.seer.says("L’appel revient. Restez là.")
        on.doctor.admitted = None
        await on.doctor.join()
        await on.doctor.talks(generation=2)
        await on.seer.sees("in-visit")
        await rises(on.seer)


async def test_only_the_picture_is_lost_and_the_sound_goes_on(browser: Browser, tmp_path: Path) -> None:
    async with scene(browser, tmp_path) as on:
        await in_visit(on)
        on.doctor.lines[Endpoint.AV].freeze()
        await on.seer.sees("call-trouble")
        await on.seer.says("L’image est coupée. Le son continue.")
        on.doctor.lines[Endpoint.AV].freeze(off=True)
        await on.seer.sees("in-visit")


async def unseen(doctor: Doctor) -> int:
    """Wait until a second is heard and nothing seen, once what was on its way has come; return the pictures so far."""
    line = doctor.lines[Endpoint.AV]
    pictures = -1
    while line.pictures != pictures:
        pictures, sounds = line.pictures, line.sound
        await doctor.until(lambda sounds=sounds: line.sound > sounds + 50)  # type: ignore[misc]  # mypy cannot infer a lambda with a default
    return pictures


async def test_the_camera_and_the_microphone_are_the_persons_own(browser: Browser, tmp_path: Path) -> None:
    async with scene(browser, tmp_path) as on:
        await in_visit(on)
        av = on.doctor.lines[Endpoint.AV]
        await on.doctor.until(av.green)
        await on.seer.goes("camera>in-visit")
        await on.doctor.until(lambda: av.said("picture")[-1]["sends"] == "off")
        pictures = await unseen(on.doctor)
        assert av.green()  # no black one came last
        await on.seer.finds("Le médecin ne vous voit pas.")
        await on.seer.goes("sound>in-visit")
        await on.seer.finds("Le médecin ne vous entend pas.")
        await on.seer.goes("camera>in-visit")
        await on.doctor.until(lambda: av.pictures > pictures + 5 and av.green())
        assert [each["sends"] for each in av.said("picture")][-2:] == ["off", "full"]
        await on.seer.goes("finish>hang-up", "no>in-visit", "finish>hang-up", "yes>writing")
        await on.doctor.until(lambda: any(isinstance(each.body, m.Ended) for each in on.doctor.heard))
        await on.seer.goes("finish>goodbye")


async def test_a_physician_who_closes_their_camera_is_no_trouble_and_is_told(browser: Browser, tmp_path: Path) -> None:
    async with scene(browser, tmp_path) as on:
        await in_visit(on)
        av = on.doctor.lines[Endpoint.AV]
        av.say(k="picture", sends="off", wants="full")
        av.freeze()
        await on.seer.finds("Le médecin a fermé sa caméra.")
        await asyncio.sleep(6)  # longer than a picture may stand still
        await on.seer.sees("in-visit")
        assert await on.seer.page.locator(".remote video").count() == 0
        await on.seer.looks("in-visit-doctor-unseen")
        await on.seer.checks("in-visit-doctor-unseen")
        av.freeze(off=True)
        av.say(k="picture", sends="full", wants="full")
        await rises(on.seer)


async def test_whoever_asks_at_a_booth_takes_its_place_back_from_another_program(
    browser: Browser, tmp_path: Path
) -> None:
    async with scene(browser, tmp_path) as on:
        assert on.town is not None
        link = on.town.settings.gateway
        async with open_session(tls(link)) as session:
            await on.seer.goes(*TO_WAITING)
            await on.seer.page.wait_for_selector('h1:has-text("prochain")')
            await on.seer.goes("finish>leave", "yes>goodbye")
            await on.seer.is_wiped()
            other = Participant(http=session, address=link.base_url)
            await other.join()
            await on.seer.goes(*TO_WAITING)
            await on.seer.page.wait_for_selector('h1:has-text("prochain")')
            assert await other.closed() == 4000


async def test_a_person_may_say_no_to_a_reading_and_leave_the_queue(browser: Browser, tmp_path: Path) -> None:
    async with scene(browser, tmp_path) as on:
        await on.seer.goes(*TO_WAITING, "finish>leave", "no>waiting", "finish>leave", "yes>goodbye")
        await on.seer.is_wiped()
        await on.doctor.until(lambda: any(isinstance(each.body, m.Waiting) for each in on.doctor.heard))
        await on.doctor.until(lambda: not on.doctor.queue)
        await in_visit(on)
        await on.doctor.asks("cuff")
        await on.seer.goes(">visit-measure", "no>in-visit")
        await on.doctor.until(lambda: on.doctor.told() == ["asked", "refused"])
        await on.doctor.asks("thermometer", name="r-2")
        await on.doctor.until(lambda: on.doctor.told("r-2") == ["refused"])  # this booth has none


async def test_a_patient_who_is_handed_back_waits_again_and_agrees_anew(browser: Browser, tmp_path: Path) -> None:
    async with scene(browser, tmp_path) as on:
        on.doctor.answers = False
        await on.seer.goes(*TO_WAITING)
        await on.doctor.takes()
        await on.seer.goes(">doctor-coming", "ready>doctor-coming")
        await on.doctor.say(m.HandBack(reason="wrong-speciality"), call=on.doctor.call)
        await on.seer.sees("waiting")
        on.doctor.answers, on.doctor.admitted = True, None
        await on.doctor.takes()
        await on.seer.goes(">doctor-coming", "ready>in-visit")
        await rises(on.seer)
