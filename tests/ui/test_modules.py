"""The pure parts of the pages, in the browser that runs them: exact numbers, times, readings, trends, typing."""

from __future__ import annotations

import pytest
from playwright.async_api import Page

from tests.peers.modules import run

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser]

NOW = "Date.parse('2026-11-22T14:05:30+01:00')"


@pytest.mark.parametrize("digits", ["72.40", "0.0", "-1.50", "37", "99999999999999999999.10", "6.02", "1000"])
async def test_a_number_of_json_keeps_every_digit_there_and_back(page: Page, digits: str) -> None:
    text = f'{{"value":{digits},"list":[{digits}],"text":"it is {digits} kg, \\"{digits}\\""}}'
    assert await run(page, "shared/writing.js", "m.parse(a).value.text", text) == digits
    assert await run(page, "shared/writing.js", "m.stringify(m.parse(a))", text) == text


@pytest.mark.parametrize(
    ("written", "plain"),
    [("1.32e2", "132"), ("5E-1", "0.5"), ("1e3", "1000"), ("1.250E+1", "12.50"), ("-2e-2", "-0.02")],
)
async def test_an_exponent_is_written_out_with_the_digits_it_stands_for(page: Page, written: str, plain: str) -> None:
    assert await run(page, "shared/writing.js", "m.parse(a).text", written) == plain


@pytest.mark.parametrize(
    ("typed", "digits"),
    [("37,2", "37.2"), ("37.20", "37.20"), (" 132 ", "132"), ("081", "81"), ("1320", "1320"), ("0,5", "0.5")],
)
async def test_comma_and_point_are_the_same_when_typed(page: Page, typed: str, digits: str) -> None:
    assert await run(page, "shared/writing.js", "m.typed(a).text", typed) == digits


@pytest.mark.parametrize("typed", ["", "abc", "12,", ",5", "1,2,3", "-5", "12/8", "1e5", "37,2345"])
async def test_what_is_no_number_is_none(page: Page, typed: str) -> None:
    assert await run(page, "shared/writing.js", "m.typed(a)", typed) is None


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("fr", ["72,40", "−1,5", "14\u00a0h\u00a005", "3\u00a0mars\u00a02026", "1er\u00a0mars\u00a02026"]),
        ("en", ["72.40", "−1.5", "14:05", "3\u00a0March\u00a02026", "1\u00a0March\u00a02026"]),
    ],
)
async def test_numbers_and_moments_are_written_as_the_language_does(
    page: Page, language: str, expected: list[str]
) -> None:
    code = f"""[m.number(new m.Exact("72.40"), a), m.number(new m.Exact("-1.5"), a), m.clock({NOW}, a),
        ...["2026-03-03T10:00", "2026-03-01T10:00"].map((at) => m.date(Date.parse(at), a))]"""
    assert await run(page, "shared/writing.js", code, language) == expected


@pytest.mark.parametrize(
    ("before", "fr", "en"),
    [
        ("0", "à l’instant", "just now"),
        ("4*60e3", "il y a 4\u00a0min", "4\u00a0min ago"),
        ("3*3600e3", "il y a 3\u00a0h", "3\u00a0h ago"),
        ("20*3600e3", "hier", "yesterday"),
        ("5*864e5", "il y a 5\u00a0jours", "5\u00a0days ago"),
        ("263*864e5", "le 4\u00a0mars\u00a02026", "on 4\u00a0March\u00a02026"),
        ("-3600e3", "aujourd’hui à\u00a015\u00a0h\u00a005", "today at\u00a015:05"),
    ],
)
async def test_an_age_is_that_of_the_measurement_in_words(page: Page, before: str, fr: str, en: str) -> None:
    code = f"""["fr", "en"].map((l) => m.age({NOW} - ({before}), {NOW}, l))"""
    assert await run(page, "shared/writing.js", code) == [fr, en]


async def test_a_moment_is_sent_with_the_readers_own_offset(page: Page) -> None:
    assert await run(page, "shared/writing.js", f"m.instant({NOW})") == "2026-11-22T14:05:30+01:00"


async def test_a_later_version_replaces_an_earlier_one_and_a_repeat_changes_nothing(page: Page) -> None:
    code = """(() => { const r = (id, version, at) => ({id, version, at});
        const known = m.merge([], [r("a", "1", 10), r("b", "2", 20)]);
        return m.merge(known, [r("b", "1", 20), r("a", "2", 30), r("b", "2", 20)]).map((e) => e.id + e.version); })()"""
    assert await run(page, "shared/reading.js", code) == ["a2", "b2"]


async def test_a_manual_reading_carries_the_typed_digits_and_says_that_it_was_typed(page: Page) -> None:
    code = """(async () => { const w = await import("/static/shared/writing.js");
        const about = {id: "x", patient: "p", at: "2026-11-22T14:05:30+01:00"};
        const { manualObservation } = await import("/static/citizen/entry.js");
        const o = manualObservation("temperature", [w.typed("37,20")], about);
        const r = m.reading({...o, id: "1"});
        return [w.stringify(o.valueQuantity), r.byHand, r.numbers[0].text, o.identifier[0].value]; })()"""
    quantity = '{"value":37.20,"unit":"°C","system":"http://unitsofmeasure.org","code":"Cel"}'
    assert await run(page, "shared/reading.js", code) == [quantity, True, "37.20", "urn:uuid:x"]


async def test_a_missing_number_is_a_dash_and_why_and_never_zero(page: Page) -> None:
    code = """(async () => { const { figures } = await import("/static/shared/measures.js");
        const code = {coding: [{system: "http://loinc.org", code: "2708-6"}]};
        const dataAbsentReason = {coding: [{code: "not-a-number"}]};
        const r = m.reading({id: "1", status: "final", effectiveDateTime: "2026-11-22", code, dataAbsentReason});
        return [figures(r, "fr"), r.absent]; })()"""
    assert await run(page, "shared/reading.js", code) == ["—", "unreadable"]


async def test_a_reading_whose_time_is_uncertain_says_between_when_and_when(page: Page) -> None:
    told = {
        "id": "1",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "2708-6"}]},
        "effectivePeriod": {"start": "2026-11-20T14:05:00+01:00", "end": "2026-11-21T09:00:00+01:00"},
    }
    code = """(async () => { const { about } = await import("/static/shared/measures.js");
        const t = (key, blanks) => key + JSON.stringify(blanks ?? {});
        return [a, {...a, note: [{text: "Heure incertaine\u00a0: l'horloge"}]}].map((each) =>
            about(m.reading(each), "Oxymètre", {t, language: "fr", now: NOW})[0]); })()""".replace("NOW", NOW)
    mean, uncertain = await run(page, "shared/reading.js", code, told)
    assert not mean.startswith("time-between")
    assert uncertain.startswith("time-between")
    assert "20 nov. 2026 à 14 h 05".replace(" ", "\u00a0") in uncertain.replace(" ", "\u00a0")


async def test_what_is_none_of_our_measures_is_left_out(page: Page) -> None:
    clock = {"id": "1", "status": "final", "effectiveDateTime": "2026-11-22", "code": {"coding": [{"code": "67975"}]}}
    assert await run(page, "shared/reading.js", "[m.reading(a), m.reading({}), m.reading(null)]", clock) == [None] * 3


async def test_the_axis_is_fixed_and_opens_only_for_what_would_be_hidden(page: Page) -> None:
    code = """[m.axis("blood-pressure", [132, 81]), m.axis("blood-pressure", [250, 20]), m.axis("weight", [70, 68.4])]
        .map((s) => [s.low, s.high])"""
    assert await run(page, "shared/measures.js", code) == [[40, 220], [0, 260], [60, 80]]


async def test_a_line_is_broken_where_more_than_seven_days_lie_between(page: Page) -> None:
    code = "m.runs([0, 6, 12, 20].map((day) => ({at: day * 864e5}))).map((run) => run.length)"
    assert await run(page, "shared/measures.js", code) == [3, 1]


STATE = """const s = await import("/static/citizen/state.js"); const e = await import("/static/citizen/entry.js");
    const at = (kind, ...typed) => ({...e.blank(kind, "x"), typed});"""


@pytest.mark.parametrize(
    ("kind", "typed", "complaints"),
    [
        ("blood-pressure", ["132", "81"], [None, None]),
        ("blood-pressure", ["1320", "81"], ["check", None]),
        ("blood-pressure", ["301", "19"], ["check", "check"]),
        ("blood-pressure", ["90", "85"], ["gap", None]),
        ("blood-pressure", ["", "81"], ["nothing", None]),
        ("oxygen", ["101"], ["check"]),
        ("temperature", ["29,9"], ["check"]),
        ("temperature", ["45,0"], [None]),
        ("weight", ["0,4"], ["check"]),
        ("pulse", ["abc"], ["check"]),
    ],
)
async def test_what_cannot_be_is_refused_at_its_field(
    page: Page, kind: str, typed: list[str], complaints: list[str | None]
) -> None:
    code = f"async (a) => {{ {STATE} return e.checked(at(a[0], ...a[1]), {NOW}).complaints; }}"
    assert await page.evaluate(code, [kind, typed]) == complaints


@pytest.mark.parametrize(
    ("kind", "typed", "unusual"),
    [
        ("blood-pressure", ["132", "81"], False),
        ("blood-pressure", ["221", "81"], True),
        ("blood-pressure", ["132", "131"], True),
        ("oxygen", ["92"], False),
        ("oxygen", ["91"], True),
        ("temperature", ["40,1"], True),
        ("weight", ["74"], False),
        ("weight", ["78"], True),
    ],
)
async def test_what_is_seldom_so_is_asked_again(page: Page, kind: str, typed: list[str], unusual: bool) -> None:  # noqa: FBT001 - a table's column
    code = f"""async (a) => {{ {STATE} const w = await import("/static/shared/writing.js");
        return e.isUnusual(at(a[0], ...a[1]), [{{kind: "weight", numbers: [new w.Exact("70.0")]}}]); }}"""
    assert await page.evaluate(code, [kind, typed]) is unusual


async def test_digits_changed_after_a_failure_are_another_reading_and_unchanged_ones_the_same(page: Page) -> None:
    code = f"""async () => {{ {STATE}
        let state = {{...s.first({{language: "fr", t: (k) => k, now: {NOW}}}), screen: {{name: "home"}}}};
        state = s.next(state, {{type: "session", session: {{signed_in: true, role: "citizen", patient: "p"}}}});
        const go = (...events) => events.reduce((entry, event) => (state = s.next(state, event)).screen.entry, null);
        const type = (text, id) => ({{type: "typed", part: 0, text, id}});
        const [submit, lost] = [{{type: "submit"}}, {{type: "unsaved", cause: "offline"}}];
        const first = go({{type: "add", kind: "weight", id: "one"}}, type("70", "two"), submit);
        const again = go(lost, submit);
        const other = go(lost, type("71", "three"));
        return [first.step, first.id, again.id, other.id]; }}"""
    assert await page.evaluate(code) == ["sending", "one", "one", "three"]


@pytest.mark.parametrize(("folder", "role"), [("physician", "physician"), ("citizen", "citizen")])
async def test_answers_that_come_after_somebody_left_show_nothing(page: Page, folder: str, role: str) -> None:
    code = f"""(() => {{
        const code = {{coding: [{{system: "http://loinc.org", code: "8867-4"}}]}};
        const subject = {{reference: "Patient/p"}};
        const observation = {{id: "1", status: "final", effectiveDateTime: "2026-11-22", subject, code}};
        const found = {{type: "found", observations: [observation], complete: true}};
        let state = m.first({{language: "fr", t: (key) => key, now: {NOW}}});
        state = m.next(state, {{type: "session", session: {{signed_in: true, role: a, patient: "p"}}}});
        const before = m.next(state, found).readings.length;
        state = m.next(m.next(state, {{type: "signed-out"}}), found);
        return [before, state.readings.length, state.screen.name]; }})()"""
    assert await run(page, f"{folder}/state.js", code, role) == [1, 0, "sign-in"]
