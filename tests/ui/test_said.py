"""What a patient said before the visit, on the physician's page: what the booth's own letters say, and no more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.async_api import Browser

from booth_client.attribution import Visit
from booth_client.company import Agreed
from booth_client.consent import agreement, joining
from booth_client.letters import Agreement, agreed, answered
from booth_client.questions import asked_and_said
from booth_client.words import Topic
from gateway.devices.reading import Kind
from tests.peers.reader import Reader, reader
from tests.peers.running import Running
from tests.peers.village import SCALE, send, single, visit

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser]


async def comes(
    village: Running, number: int, place: str, *, by: str | None = None, answers: dict[str, str] | None = None,
    said: dict[Topic, bool] | None = None, language: str = "fr",
) -> Visit:  # fmt: skip
    """Let a booth tell of somebody's visit, with what they said before it."""
    now = datetime.now(UTC)
    reading = (single(Kind.BODY_WEIGHT, "72.4"), SCALE)
    person, encounter, weight = visit(number=number, place=place, start=now - timedelta(minutes=4), readings=[reading])
    come = Visit(id=encounter["id"], patient_id=person["id"], started=now, consented=True)
    agreements = [
        agreement(topic, language, at=now, permit=permit, before=True, by=by) for topic, permit in (said or {}).items()
    ]
    given = asked_and_said(answers or {}, language)
    letters = [*agreed(come, agreements), *(answered(come, given, at=now) if given else ())]
    await tells(village, person, encounter, *letters, weight)
    return come


async def tells(village: Running, *letters: dict[str, Any]) -> None:
    async with village.booth() as booth:
        await send(booth, village, letters)


async def chooses(person: Reader, come: Visit, place: str) -> None:
    """Choose the patient by the address, as Back and a link do."""
    await person.page.evaluate(f"location.hash = '{come.patient_id}'")
    await person.sees(place, within=".record")  # before, the record of another patient may be there
    await person.page.locator(".record .tile").first.wait_for()


async def opens(person: Reader, come: Visit, place: str) -> None:
    """Choose the patient, and unfold what they said."""
    await chooses(person, come, place)
    await person.page.locator(".said summary").click()


async def test_the_answers_who_speaks_and_what_was_agreed_to_are_shown_in_the_reader_s_language(
    browser: Browser, village: Running
) -> None:
    come = await comes(
        village, 81, "Mairie de Bertry", by="parent",
        answers={"since": "days", "allergies": "unsure", "medicines": "yes", "pregnant": "no"},
        said={Topic.READINGS: True, Topic.VISIT: True, Topic.SHARE: False},
    )  # fmt: skip
    async with reader(browser, village) as person:
        await person.signs_in("claire")
        await opens(person, come, "Mairie de Bertry")
        await person.sees("Un parent parle pour le patient.", "Le compte rendu ne va pas à son médecin", within=".said")
        pairs = person.page.locator(".said dl div")
        assert [" ".join((await pair.inner_text()).split()) for pair in await pairs.all()] == [
            "Depuis quand Quelques jours",
            "Allergie Ne sait pas",
            "Médicaments Oui",
            "Enceinte Non",
        ]
        await person.looks("said")
        await person.page.get_by_role("button", name="English").click()
        await person.sees("A parent speaks for the patient.", "Does not know", "Quelques jours", within=".said")
        await person.looks("said-en")
        await person.page.get_by_role("button", name="Français").click()


async def test_who_is_there_and_who_was_let_into_the_call_are_told_and_a_no_counts(
    browser: Browser, village: Running
) -> None:
    come = await comes(village, 82, "Mairie d’Iwuy", said={Topic.VISIT: True, Topic.PRESENT: True, Topic.SHARE: True})
    amina = Agreed(subject="urn:teleborne:guest:a", name="Amina B.", part="interpreter")

    async def says(*said: Agreement) -> None:
        await tells(village, *agreed(come, said))

    await says(joining(amina, "fr", at=datetime.now(UTC), permit=True))
    async with reader(browser, village) as person:
        await person.signs_in("claire")
        await opens(person, come, "Mairie d’Iwuy")
        await person.sees(
            "Une autre personne est là", "Amina B., interprète", "peut lire le compte rendu", within=".said"
        )
        later = datetime.now(UTC) + timedelta(seconds=1)
        await says(
            agreement(Topic.PRESENT, "fr", at=later, permit=False, before=True),
            agreement(Topic.SHARE, "fr", at=later, permit=False, before=True),
            joining(amina, "fr", at=later, permit=False, withdrawn=True),
        )
        for _ in range(2):  # closed, and opened again
            await person.page.locator(".said summary").click()
        await person.sees("veut être seul avec vous", "ne va pas à son médecin traitant", within=".said")
        assert await person.page.locator(".said").get_by_text("Amina").count() == 0


async def test_nothing_is_fetched_before_it_is_wanted_and_another_patient_s_words_are_never_left_open(
    browser: Browser, village: Running
) -> None:
    spoken = await comes(village, 83, "Mairie de Clary", said={Topic.VISIT: True})
    silent = await comes(village, 84, "Mairie de Ligny")
    async with reader(browser, village) as person:
        asked: list[str] = []
        person.page.on("request", lambda request: asked.append(request.url))
        await person.signs_in("claire")
        await chooses(person, spoken, "Mairie de Clary")
        assert not [each for each in asked if "/said/" in each or "Consent" in each or "Questionnaire" in each]
        await person.page.locator(".said summary").click()
        await person.sees("Le patient a dit être seul.", within=".said")
        await chooses(person, silent, "Mairie de Ligny")
        assert await person.page.locator(".said[open]").count() == 0
        await person.page.locator(".said summary").click()
        await person.sees("Rien n’a été demandé avant la visite.", within=".said")


async def test_what_cannot_be_read_is_said_and_may_be_read_again(browser: Browser, village: Running) -> None:
    come = await comes(village, 85, "Mairie de Montigny", answers={"since": "today"})
    async with reader(browser, village) as person:
        person.expected = ("503",)
        await person.signs_in("claire")
        await person.page.route("**/QuestionnaireResponse?**", lambda route: route.fulfill(status=503))
        await opens(person, come, "Mairie de Montigny")
        await person.sees("Les réponses n’ont pas pu être lues.", within=".said")
        await person.page.unroute("**/QuestionnaireResponse?**")
        for _ in range(2):
            await person.page.locator(".said summary").click()
        await person.sees("Aujourd’hui", within=".said")
