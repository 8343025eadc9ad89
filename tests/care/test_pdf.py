"""The papers: accessible PDFs, read back by another library than the one that wrote them."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pikepdf
import pytest

from gateway.care import french
from gateway.care.page import prescription_page, report_page
from gateway.care.pdf import prescription_pdf, report_pdf
from gateway.care.report import Identity
from tests.care.reports import DRAFT, FINDINGS, report

PAPERS = [report_pdf, prescription_pdf]
CODE = f"https://exemple.fr/verifier/#{'x' * 460}"


@pytest.fixture(params=PAPERS, ids=["report", "prescription"])
def paper(request: pytest.FixtureRequest) -> Iterator[pikepdf.Pdf]:
    with pikepdf.open(io.BytesIO(request.param(report(), CODE))) as opened:
        yield opened


def test_a_paper_says_its_title_its_language_and_that_it_is_tagged(paper: pikepdf.Pdf) -> None:
    assert str(paper.Root.Lang) == "fr-FR"
    assert bool(paper.Root.MarkInfo.Marked) is True
    assert bool(paper.Root.ViewerPreferences.DisplayDocTitle) is True
    assert re.match(r"(Compte rendu de téléconsultation|Ordonnance) du 22", str(paper.docinfo["/Title"]))
    with paper.open_metadata() as metadata:
        assert metadata["pdfuaid:part"] == "1"
        assert str(metadata["dc:title"]) == str(paper.docinfo["/Title"])


def test_everything_drawn_is_in_the_structure_or_marked_as_an_artifact(paper: pikepdf.Pdf) -> None:
    draws = {"Tj", "TJ", "'", '"', "f", "f*", "S", "s", "B", "b", "Do", "sh"}
    for page in paper.pages:
        depth = 0
        for each in pikepdf.parse_content_stream(page):
            name = str(each.operator)
            depth += {"BDC": 1, "BMC": 1, "EMC": -1}.get(name, 0)
            assert not (name in draws and depth == 0), f"{name} is outside"
        assert depth == 0


def test_every_marked_piece_has_its_place_in_the_tree_but_for_the_two_at_each_page_s_foot(paper: pikepdf.Pdf) -> None:
    marked = {
        (number, int(_operands(each)[1].MCID))
        for number, page in enumerate(paper.pages)
        for each in pikepdf.parse_content_stream(page)
        if str(each.operator) == "BDC" and "/MCID" in _operands(each)[1]
    }
    assert marked
    numbers = {page.objgen: number for number, page in enumerate(paper.pages)}
    placed = {(numbers[page], mcid) for page, mcid in _pieces(paper.Root.StructTreeRoot)}
    assert placed < marked
    assert len(marked - placed) == 2 * len(paper.pages)


def test_every_font_is_embedded_and_can_be_read_aloud(paper: pikepdf.Pdf) -> None:
    fonts = [font for page in paper.pages for font in page.resources.Font.values()]
    assert fonts
    for font in fonts:
        assert "Next" in str(font.BaseFont)
        assert "/ToUnicode" in font
        assert "/FontFile2" in font.DescendantFonts[0].FontDescriptor


def test_a_report_has_headings_tables_with_headers_and_lists() -> None:
    with pikepdf.open(io.BytesIO(report_pdf(report()))) as opened:
        kinds = Counter(_kinds(opened.Root.StructTreeRoot))
    assert (kinds["/H1"], kinds["/H2"]) == (1, 8)
    assert kinds["/TH"] == 4 + 4 + len(FINDINGS)
    assert kinds["/LI"] == len(DRAFT.prescription) + 4


def test_the_same_report_is_the_same_octets() -> None:
    assert report_pdf(report()) == report_pdf(report())


def test_a_long_report_is_cut_into_pages_and_a_name_may_have_any_latin_letter() -> None:
    long = replace(DRAFT, examination="Une phrase assez longue pour remplir la page. " * 85)
    named = report(draft=long, patient=Identity(family="Łukaszewiçz-Öztürk", given="Zoé"))
    with pikepdf.open(io.BytesIO(report_pdf(named))) as opened:
        assert len(opened.pages) >= 3


def test_what_was_typed_is_text_and_never_markup() -> None:
    evil = "<img src='http://localhost:9/x'><style>*{display:none}</style>& <b>"
    changed = report(
        draft=replace(DRAFT, reason=evil, present=(evil,), prescription=(replace(DRAFT.prescription[0], name=evil),))
    )
    for page in (report_page(changed), prescription_page(changed)):
        assert "<img" not in page
        assert "<style" not in page
    assert report_pdf(changed).startswith(b"%PDF-")


def test_the_report_says_every_field_and_the_prescription_nothing_of_the_visit() -> None:
    page = report_page(report())
    for text in (DRAFT.reason, DRAFT.conclusion, DRAFT.plan, DRAFT.follow_up, DRAFT.place, DRAFT.phone, DRAFT.limits):
        assert text.replace("'", "&#x27;") in page
    assert "Aucun incident technique." in page
    prescription = prescription_page(report())
    assert "Amlodipine" in prescription
    for text in (DRAFT.reason, DRAFT.history, DRAFT.conclusion):
        assert text not in prescription


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"patient": Identity(), "provisional": True}, "Identité non vérifiée"),
        ({"provisional": True}, "Identité déclarée"),
        ({"patient": Identity(family="Roy", given="Tom", birth_date="2018-06", gender="male")}, "né le juin 2018"),
    ],
)
def test_a_patient_whom_nobody_knows_is_said_to_be_so(changed: dict[str, Any], said: str) -> None:
    assert said in report_page(report(**changed))


def test_dates_times_and_numbers_are_french() -> None:
    moment = datetime(2026, 7, 1, 22, 5, tzinfo=UTC)
    assert french.moment(moment) == "2\u00a0juillet 2026 à 0\u00a0h\u00a005"
    assert french.within(moment, moment + timedelta(minutes=4)) == "entre 0\u00a0h\u00a005 et 0\u00a0h\u00a009"
    two_days = french.within(moment - timedelta(hours=1), moment)
    assert two_days == "entre le 1er\u00a0juillet 2026 à 23\u00a0h\u00a005 et le 2\u00a0juillet 2026 à 0\u00a0h\u00a005"
    assert french.day(date(2026, 3, 1)) == "1er\u00a0mars 2026"
    assert french.number(Decimal("72.40")) == "72,40"
    assert [french.partial_day(text) for text in ("1956", "1956-03", "1956-13")] == ["1956", "mars 1956", "1956-13"]


def _kinds(node: Any) -> Iterator[str]:
    if isinstance(node, pikepdf.Array):
        for each in node:
            yield from _kinds(each)
    elif isinstance(node, pikepdf.Dictionary):
        if "/S" in node:
            yield str(node.S)
        if "/K" in node:
            yield from _kinds(node.K)


def _pieces(node: Any, page: Any = None) -> Iterator[tuple[Any, int]]:
    if isinstance(node, pikepdf.Array):
        for each in node:
            yield from _pieces(each, page)
    elif isinstance(node, pikepdf.Dictionary):
        page = node.Pg.objgen if "/Pg" in node else page
        if "/MCID" in node:
            yield page, int(node.MCID)
        elif "/K" in node:
            yield from _pieces(node.K, page)
    elif page is not None:
        yield page, int(node)


def _operands(instruction: Any) -> list[Any]:
    return list(instruction.operands)
