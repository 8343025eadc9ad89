"""Every screen of the kiosk as it is in its special cases, in both languages: legible and accessible."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser

from booth_client.hours import OpeningHours
from booth_client.journey import Device, Known, Stage, State, Topic, Way
from booth_client.measure import Live
from tests.kiosk.theatre import ANA, JEAN, PLAN, PRESSURE, consultation, theatre
from tests.peers.kiosk import PICTURED, visitor

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser]

MEASURED_FOR = (
    *(State.DO_SCALE, State.DO_TEMP, State.DO_OXI, State.DO_CUFF, State.DO_DEVICE),
    *(State.REST, State.DEVICE_WAIT, State.LIVE, State.RETRY),
)
EXPLAINED = (Topic.READINGS, Topic.VISIT, Topic.SHARE)


async def shown(browser: Browser, folder: Path, shades: list[tuple[State, str, dict[str, Any]]]) -> None:
    """See screens as they are in special cases, in both languages, plain and large; axe looks at the plain ones."""
    async with theatre(folder) as stage, visitor(browser, stage.kiosk.url, pictured=PICTURED) as seer:
        for language in ("fr", "en"):
            for state, shade, changes in shades:
                for comfort in ("plain", "large"):
                    await stage.play(seer, state, language=language, large=comfort == "large", **changes)
                    await seer.looks(f"{state}-{language}-{shade}-{comfort}")
                await seer.checks(f"{state}-{language}-{shade}")
        assert not seer.complaints, "\n".join(seer.complaints)


async def test_every_shade_of_the_helpers_mode_and_of_emergencies_finds_its_place(
    browser: Browser, tmp_path: Path
) -> None:
    guided = {"guided": True, "helper": "Marie"}
    talk = {"behind": (State.IN_VISIT,), "consultation": consultation(State.IN_VISIT)}
    shades: list[tuple[State, str, dict[str, Any]]] = [
        (State.HELPER, "idle", {"behind": (State.IDLE,), "visit": False}),
        (State.HELPER, "cleaned", {"behind": (State.IDLE,), "cleaned": True}),
        (State.HELPER, "uncleaned", {"behind": (State.IDLE,), "cleaned": False}),
        (State.HELPER, "rest", {"behind": (State.REST,)}),
        (State.HELPER, "who", {"behind": (State.WHO,)}),
        (State.HELPER, "talk", talk),
        (State.HELPER, "long", {"behind": (State.REST,), "helper": "Marie-Antoinette de La Rochefoucauld"}),
        (State.HELPER_CODE, "typed", {"typed": "271828"}),
        (State.HELPER_CODE, "longest", {"typed": "271828182845"}),
        (State.HELPER_CODE, "wrong", {"wrong": "wrong"}),
        (State.HELPER_CODE, "wait", {"wrong": "wait"}),
        *((state, "guided", guided) for state in (State.DO_CUFF, State.REST, State.LIVE, State.RESULT, State.RETRY)),
        (State.DO_SCALE, "guided-in-a-talk", {**guided, "consultation": consultation(State.IN_VISIT)}),
        (State.EMERGENCY_CALL, "alone", {"online": False}),
        (State.TAKE_PAPERS, "card", {"card": True}),
        (State.TAKE_PAPERS, "one-card", {"card": True, "consultation": consultation(State.TAKE_PAPERS, pages=1)}),
        (State.GOODBYE, "card", {"card": True}),
    ]
    await shown(browser, tmp_path, shades)


async def test_every_question_to_who_speaks_for_another_finds_its_place(browser: Browser, tmp_path: Path) -> None:
    sugar = consultation(State.VISIT_MEASURE, device=Device.GLUCOMETER)
    shades: list[tuple[State, str, dict[str, Any]]] = [
        *((state, "carer", {"companion": "carer"}) for state in (State.CONSENT, State.CONSENT_VISIT)),
        (State.CONSENT_SHARE, "parent", {"companion": "parent"}),
        *((State.EXPLAIN, f"{topic}-carer", {"topic": topic, "companion": "carer"}) for topic in EXPLAINED),
        *((State.QUESTIONS, f"{at}-carer", {"question": at, "companion": "carer"}) for at in range(4)),
        (State.QUESTIONS, "pregnant-relative", {"reason": "skin", "question": 3, "companion": "relative"}),
        (State.MEAL, "parent", {"companion": "parent"}),
        (State.VISIT_MEASURE, "parent", {"companion": "parent"}),
        (State.VISIT_MEASURE, "carer", {"companion": "carer", "consultation": sugar}),
        (State.VISIT_EXAM, "parent", {"companion": "parent"}),
        *((state, "parent", {"companion": "parent", "hinted": True}) for state in MEASURED_FOR),
        *((state, "carer", {"companion": "carer"}) for state in (State.DO_SCALE, State.DO_CUFF, State.REST)),
    ]
    await shown(browser, tmp_path, shades)


async def test_every_shade_of_a_visit_finds_its_place(browser: Browser, tmp_path: Path) -> None:
    shades: list[tuple[State, str, dict[str, Any]]] = [
        (State.WAITING, "asking", {"before": None, "minutes": None}),
        (State.WAITING, "next", {"before": 0, "minutes": (0, 5)}),
        (State.WAITING, "unknown", {"before": 12, "minutes": None}),
        (State.DOCTOR_COMING, "unproved", {"stage": Stage.COMING, "name": None}),
        (State.DOCTOR_COMING, "checking", {"stage": Stage.COMING, "name": None, "ready": True}),
        (State.DOCTOR_COMING, "minute", {"minute": True}),
        (State.DOCTOR_COMING, "long-name", {"name": "Dr Marie-Antoinette de La Rochefoucauld-Montbéliard"}),
        (State.IN_VISIT, "unseen-unheard", {"sound": False, "camera": False}),
        *((state, "four", {"others": (ANA, JEAN)}) for state in (State.IN_VISIT, State.VISIT_MEASURE)),
        (State.IN_VISIT, "long-name", {"name": "Dr Marie-Antoinette de La Rochefoucauld-Montbéliard"}),
        (State.CALL_TROUBLE, "sound", {"stage": Stage.SOUND}),
        (State.CALL_TROUBLE, "away", {"away": True}),
        (State.SIX_DIGITS, "sound", {"stage": Stage.SOUND}),
        (State.SIX_DIGITS, "long-name", {"name": "Dr Marie-Antoinette de La Rochefoucauld-Montbéliard"}),
        (State.TAKE_PAPERS, "printing", {"pages": None}),
        (State.CODE, "unprinted", {"unprinted": True}),
        (State.REPORT, "unprinted", {"unprinted": True}),
        *((State.VISIT_MEASURE, device, {"device": device}) for device in Device),
    ]
    async with theatre(tmp_path) as stage, visitor(browser, stage.kiosk.url, pictured=PICTURED) as seer:
        for language in ("fr", "en"):
            for state, shade, changes in shades:
                await stage.play(seer, state, language=language, consultation=consultation(state, **changes))
                await seer.looks(f"{state}-{language}-{shade}")
                await seer.checks(f"{state}-{language}-{shade}")
            coming, number = {"stage": Stage.COMING, "name": None}, "03\u00a027\u00a000\u00a000\u00a000"
            for ready in (False, True):
                talk = consultation(State.DOCTOR_COMING, ready=ready, **coming)
                await stage.play(seer, State.DOCTOR_COMING, language=language, hinted=True, consultation=talk)
                assert (number in await seer.text()) is ready  # nobody is told to call who is only waited for
            await seer.looks(f"doctor-coming-{language}-late")
            await stage.play(seer, State.WAITING, language=language, hinted=True, online=False)
            await seer.looks(f"waiting-{language}-late")
            await stage.play(seer, State.REASON, language=language, page=1)
            await seer.looks(f"reason-{language}-more")
            await stage.play(seer, State.NO_DOCTOR, language=language, online=False)
            await seer.looks(f"no-doctor-{language}-offline")
            for state in (State.DO_CUFF, State.DEVICE_WAIT, State.LIVE, State.RESULT, State.RETRY):
                for shade in ("talk", "talk-untold", "talk-untold-large"):
                    heard, large = shade == "talk", shade.endswith("large")
                    talk = consultation(State.IN_VISIT, sound=heard, camera=heard)
                    await stage.play(seer, state, language=language, large=large, consultation=talk)
                    await seer.looks(f"{state}-{language}-{shade}")
                    await seer.checks(f"{state}-{language}-{shade}")
        assert not seer.complaints, "\n".join(seer.complaints)


async def test_what_is_said_of_the_talk_and_who_is_in_it_stand_whole_beside_a_page(
    browser: Browser, tmp_path: Path
) -> None:
    untold: dict[str, Any] = {"sound": False, "camera": False}
    cases: dict[str, dict[str, Any]] = {
        "unseen": {"camera": False},
        "untold": untold,
        "three": {"others": (ANA,)},
        "three-untold": {**untold, "others": (ANA,)},
        "four": {"others": (ANA, JEAN)},
        "four-untold": {**untold, "others": (ANA, JEAN)},
    }
    shades = [
        (State.VISIT_FILE, name, {"consultation": consultation(State.VISIT_FILE, **changes)})
        for name, changes in cases.items()
    ]
    await shown(browser, tmp_path, shades)


async def test_every_shade_of_saying_who_one_is_finds_its_place(browser: Browser, tmp_path: Path) -> None:
    shades: list[tuple[State, str, dict[str, Any]]] = [
        (State.WHO, "card-only", {"closed": frozenset({Way.CODE, Way.HELPER})}),
        (State.WHO_CARD, "turned", {"tries": 1}),
        (State.WHO_PHONE, "empty", {"phone": ""}),
        (State.WHO_PHONE, "missing", {"checked": True}),
        (State.WHO_PHONE, "abroad", {"phone": "00330612345678901"}),
        (State.WHO_CONFIRM, "no-age", {"people": (Known(id="1", name="Jeanne M."),)}),
        (State.WHO_CONFIRM, "child", {"people": (Known(id="2", name="Tom M.", age=8),), "companion": "parent"}),
        (State.WHO_CONFIRM, "long", {"people": (Known(id="1", name="Marie-Antoinette-Bernadette D.", age=104),)}),
    ]
    await shown(browser, tmp_path, shades)


async def test_every_question_and_every_closed_hour_finds_its_place(browser: Browser, tmp_path: Path) -> None:
    closed = replace(PLAN, hours=OpeningHours(tuesday=("16:30-18:00",), friday=("09:00-12:00",)).hours)
    shades: list[tuple[State, str, dict[str, Any]]] = [
        *((State.QUESTIONS, reason, {"reason": reason, "question": 3}) for reason in ("cough", "fever")),
        *((State.QUESTIONS, str(at), {"question": at}) for at in (1, 2)),
        *((State.EXPLAIN, topic, {"topic": topic}) for topic in (Topic.VISIT, Topic.SHARE)),
        (State.REFUSED, "no-visits", {"plan": replace(PLAN, visits=False)}),
        (State.CALLED_BACK, "here", {"phone": ""}),
        (State.IDLE, "closed", {"plan": closed, "open": False}),
        (
            State.IDLE,
            "closed-for-days",
            {"plan": replace(closed, hours=OpeningHours(friday=("09:00-12:00",)).hours), "open": False},
        ),
        (State.NO_DOCTOR, "closed", {"plan": closed, "open": False, "visit": True}),
        (State.OUT_OF_SERVICE, "shut", {"shut": True, "wiped": True}),
        (State.OUT_OF_SERVICE, "revoked", {"shut": True, "revoked": True, "wiped": True}),
    ]
    await shown(browser, tmp_path, shades)


async def test_hints_results_and_live_values_find_their_place(browser: Browser, tmp_path: Path) -> None:
    async with theatre(tmp_path) as stage, visitor(browser, stage.kiosk.url, pictured=PICTURED) as seer:
        for state in (State.DO_SCALE, State.DO_TEMP, State.DO_OXI, State.DO_CUFF, State.DEVICE_WAIT, State.HELP_CALLED):
            await stage.play(seer, state, hinted=True)
            await seer.looks(f"{state}-hint")
        for at, device in enumerate(PLAN.devices):
            await stage.play(seer, State.RESULT, at=at, online=False)
            await seer.looks(f"result-{device}-offline")
        await stage.play(seer, State.LIVE)
        stage.kiosk.show(Live(device=Device.CUFF, measures=PRESSURE[:1]))
        await seer.page.wait_for_selector(".valued .value")
        await seer.looks("live-cuff")
        assert not seer.complaints, "\n".join(seer.complaints)
