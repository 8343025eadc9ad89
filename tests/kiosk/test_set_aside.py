"""The helper's page: what was set aside is given to the visitor, discarded or left, by a human and by nobody else."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import ClientSession, CookieJar, web
from playwright.async_api import Browser

from booth_client.badges import Badges, enrol
from booth_client.kiosk.helper_door import HelperDoor
from booth_client.kiosk.set_aside import SetAside
from booth_client.kiosk.set_aside_page import WORDS
from booth_client.ledger import METADATA, Booth, Ledger, Visit, Why
from booth_client.letters import BY_HAND
from gateway import outbox
from gateway.database import Database, Keyring, open_database, open_keyring
from gateway.devices.blood_pressure import BloodPressureMeasurement
from gateway.devices.date_time import device_time
from gateway.devices.events import ClockRead, Indicated
from gateway.devices.reading import DeviceIdentity
from gateway.ui import static_root
from tests.peers.kiosk import _AXE

CODE = "271828"
CUFF = DeviceIdentity(address="C0:FF:EE:00:00:01", name="Tensiomètre", system_id="1234560000C0FFEE")
BOOTH = Booth(
    device_id="6a3f2a52-94f5-4f4e-9d3c-0f3b8b1f3c11",
    name="Cabine",
    location="Mairie",
    software_version="0",
    system_id="0011223344556677",
)


class Desk:
    """A booth with one measurement set aside, and the page that the helper opens."""

    def __init__(self, ledger: Ledger, database: Database, keyring: Keyring) -> None:
        self.ledger, self.database, self.keyring = ledger, database, keyring
        self.visit: Visit | None = None
        self.seconds = 0.0
        self.url = ""

    async def measured(self, systolic: int, *, ago: timedelta) -> Indicated:
        now = datetime.now(UTC)
        clock = ClockRead(device=CUFF, said=device_time(now.astimezone()), at=now)
        packet = BloodPressureMeasurement(
            systolic=Decimal(systolic),
            diastolic=Decimal(80),
            map=Decimal(95),
            pulse=Decimal(70),
            timestamp=device_time(now.astimezone() - ago),
        )
        event = Indicated(device=CUFF, connection="1", characteristic="2A35", value=packet.encode(), at=now)
        self.ledger.hear_clock(clock)
        await self.ledger.keep(event, packet.readings(), visit=self.visit, now=now)
        return event

    async def observations(self) -> list[dict[str, Any]]:
        def take(connection: Any) -> list[dict[str, Any]]:
            found = outbox.lease(connection, destination="gateway", now=datetime.now(UTC), limit=99, lease_s=0)
            return [json.loads(letter.open(self.keyring) or b"") for letter in found]

        letters = await self.database.act(take)
        return [each for each in letters if each.get("subject", {}).get("reference", "").startswith("Patient/")]


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with (
        open_keyring(f"sqlite:///{tmp_path}/keyring.db", tmp_path / "kek") as keyring,
        open_database(f"sqlite:///{tmp_path}/booth.db", METADATA, outbox.METADATA) as database,
    ):
        ledger = Ledger(database, keyring, booth=BOOTH, wake=asyncio.Event())
        desk = Desk(ledger, database, keyring)
        enrol(tmp_path, "Marie", CODE)
        door = HelperDoor(Badges(tmp_path, clock=lambda: desk.seconds), clock=lambda: desk.seconds)
        page = SetAside(ledger, door, visit=lambda: desk.visit, language=lambda: "fr")
        app = web.Application()
        app.add_routes(page.routes())
        app.router.add_static("/static", Path(str(static_root())))
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        desk.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield desk
        await runner.cleanup()


def _visit() -> Visit:
    return Visit(
        id="00000000-0000-4000-8000-000000000001",
        patient_id="00000000-0000-4000-9000-000000000001",
        started=datetime.now(UTC),
        consented=True,
    )


class _Helper:
    def __init__(self, session: ClientSession, url: str) -> None:
        self._session, self._url = session, url

    async def sends(self, path: str, **form: str) -> tuple[int, str]:
        headers = {"Origin": self._url}
        async with self._session.post(self._url + path, data=form, headers=headers) as answer:
            return answer.status, await answer.text()


@pytest_asyncio.fixture
async def helper(desk: Desk) -> AsyncIterator[_Helper]:
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as session:
        yield _Helper(session, desk.url)


async def test_without_the_code_nothing_is_shown_and_nothing_decided(desk: Desk, helper: _Helper) -> None:
    await desk.measured(151, ago=timedelta(days=2))
    (held,) = await desk.ledger.quarantine.all()
    for path in ("/aide/give", "/aide/discard"):
        status, text = await helper.sends(path, id=held.id)
        assert status == 403
        assert "151" not in text
    assert await desk.ledger.quarantine.count() == 1


async def test_a_code_is_not_to_be_guessed(desk: Desk, helper: _Helper) -> None:
    assert [(await helper.sends("/aide", code=f"00000{n}"))[0] for n in range(6)] == [403] * 5 + [429]
    assert (await helper.sends("/aide", code=CODE))[0] == 429
    desk.seconds += 301
    assert (await helper.sends("/aide", code=CODE))[0] == 200


async def test_another_site_decides_nothing(desk: Desk, helper: _Helper) -> None:
    await helper.sends("/aide", code=CODE)
    async with helper._session.post(desk.url + "/aide/discard", headers={"Origin": "http://evil.example"}) as answer:
        assert answer.status == 403


async def test_what_is_given_goes_to_the_visitor_once_and_says_who_decided(desk: Desk, helper: _Helper) -> None:
    event = await desk.measured(151, ago=timedelta(days=2))
    (held,) = await desk.ledger.quarantine.all()
    assert held.why is Why.NO_VISIT
    await helper.sends("/aide", code=CODE)
    assert "Personne n’est en visite" in (await helper.sends("/aide/give", id=held.id))[1]
    desk.visit = _visit()
    assert WORDS["fr"]["given"] in (await helper.sends("/aide/give", id=held.id))[1]
    assert "n’est plus là" in (await helper.sends("/aide/give", id=held.id))[1]

    observations = await desk.observations()
    assert len(observations) == 2
    for each in observations:
        assert each["subject"]["reference"] == f"Patient/{desk.visit.patient_id}"
        assert each["note"] == [{"text": BY_HAND}]
        assert "encounter" not in each
        measured = datetime.fromisoformat(each["effectiveDateTime"])
        assert abs(measured - (event.at - timedelta(days=2))) < timedelta(seconds=3)
    assert await desk.ledger.quarantine.count() == 0


async def test_what_is_discarded_is_gone_and_stays_known(desk: Desk, helper: _Helper) -> None:
    event = await desk.measured(151, ago=timedelta(days=2))
    (held,) = await desk.ledger.quarantine.all()
    await helper.sends("/aide", code=CODE)
    assert WORDS["fr"]["discarded"] in (await helper.sends("/aide/discard", id=held.id))[1]
    again = replace(event, connection="2")
    await desk.ledger.keep(again, held.aside.readings, visit=_visit(), now=event.at)
    assert await desk.ledger.quarantine.count() == 0
    assert await desk.observations() == []


async def test_the_page_closes_by_itself_and_when_told(desk: Desk, helper: _Helper) -> None:
    await desk.measured(151, ago=timedelta(days=2))
    assert "151" in (await helper.sends("/aide", code=CODE))[1]
    desk.seconds += 601
    async with helper._session.get(desk.url + "/aide") as answer:
        assert "151" not in await answer.text()


def test_both_languages_say_the_same_things() -> None:
    assert WORDS["fr"].keys() == WORDS["en"].keys()
    assert {*Why} <= WORDS["fr"].keys()


@pytest.mark.browser
@pytest.mark.asyncio(loop_scope="module")
async def test_the_page_can_be_used_by_keyboard_and_axe_finds_nothing(browser: Browser, tmp_path: Path) -> None:
    async with (
        open_keyring(f"sqlite:///{tmp_path}/keyring.db", tmp_path / "kek") as keyring,
        open_database(f"sqlite:///{tmp_path}/booth.db", METADATA, outbox.METADATA) as database,
    ):
        desk = Desk(Ledger(database, keyring, booth=BOOTH, wake=asyncio.Event()), database, keyring)
        await desk.measured(151, ago=timedelta(days=2))
        desk.visit = _visit()
        enrol(tmp_path, "Marie", CODE)
        app = web.Application()
        app.add_routes(
            SetAside(
                desk.ledger, HelperDoor(Badges(tmp_path)), visit=lambda: desk.visit, language=lambda: "fr"
            ).routes()
        )
        app.router.add_static("/static", Path(str(static_root())))
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        page = await browser.new_page(bypass_csp=True)
        try:
            await page.goto(f"http://127.0.0.1:{runner.addresses[0][1]}/aide")
            await _no_complaint(page)
            await page.keyboard.press("Tab")
            await page.keyboard.type(CODE)
            await page.keyboard.press("Enter")
            await page.wait_for_selector("table")
            await _no_complaint(page)
            await page.get_by_role("button", name="C’est à la personne présente").press("Enter")
            await page.wait_for_selector("[role=status]")
            assert await desk.ledger.quarantine.count() == 0
        finally:
            await page.close()
            await runner.cleanup()


async def _no_complaint(page: Any) -> None:
    await page.evaluate(_AXE.read_text(encoding="utf-8"))
    assert await page.evaluate("axe.run().then(r => r.violations.map(v => v.id))") == []
