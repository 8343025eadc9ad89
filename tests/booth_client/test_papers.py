"""Papers are fetched, printed, counted, and gone; the code for the telephone says what was done."""

from __future__ import annotations

import re
import shutil
import subprocess
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from aiohttp import ClientSession, web
from PIL import Image

from booth_client import qr
from booth_client.config import GatewayLink
from booth_client.journey import Consultation, Device, Journey, Plan, Result
from booth_client.papers import Papers, Printing, Step, sheets_of
from booth_client.printing import Folder, Unprinted, Why
from gateway.devices.reading import Measure, Name, Unit
from gateway.fhir.report import ids

VISIT = "8d0f4f5e-0000-4000-8000-000000000001"
REPORT = f"DocumentReference/{ids(VISIT).papers['report']}"  # type: ignore[index]  # a StrEnum's value is its key
PDF = b"%PDF-1.7\n1 0 obj <</Type /Page>>\n2 0 obj <</Type /Pages /Count 2>>\nstream\n" + (
    zlib.compress(b"<</Type /Page /Rotate 0>>") + b"\nendstream\n"
)
AT = datetime(2026, 3, 3, 14, 5, tzinfo=UTC)


@asynccontextmanager
async def papers(folder: Path | None, *, status: int = 200) -> AsyncIterator[Papers]:
    async def paper(request: web.Request) -> web.Response:
        assert request.path == f"/visits/{VISIT}/report/report.pdf"
        return web.Response(body=PDF, status=status, content_type="application/pdf")

    app = web.Application()
    app.router.add_get("/visits/{visit}/report/{kind}.pdf", paper)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    link = GatewayLink(base_url="https://x", ca=Path(), certificate=Path(), key=Path())
    object.__setattr__(link, "base_url", f"http://127.0.0.1:{runner.addresses[0][1]}/")
    async with ClientSession() as http:
        yield Papers(http, link, Folder(folder) if folder else None)
    await runner.cleanup()


async def test_a_paper_is_printed_for_the_print_service_alone_and_gone_after_the_visit(tmp_path: Path) -> None:
    told: list[Printing] = []
    async with papers(tmp_path / "print") as press:
        assert await press.print(VISIT, [REPORT, "DocumentReference/of-something-else"], tell=told.append) == 2
        (paper,) = (tmp_path / "print").iterdir()
        assert paper.read_bytes() == PDF
        assert paper.stat().st_mode & 0o077 == 0
        assert VISIT not in paper.name
        (tmp_path / "print" / "not-ours.pdf").write_bytes(b"")
        await press.wipe()
        assert [each.name for each in (tmp_path / "print").iterdir()] == ["not-ours.pdf"]
    assert told == [Printing(step=Step.SENT, of=2), Printing(step=Step.PRINTED, sheets=2, of=2)]


async def test_a_paper_that_cannot_be_had_or_printed_is_said(tmp_path: Path) -> None:
    told: list[Printing] = []
    async with papers(tmp_path, status=404) as press:
        with pytest.raises(Unprinted, match="no report: 404"):
            await press.print(VISIT, [REPORT], tell=told.append)
    (tmp_path / "file").write_text("")
    async with papers(tmp_path / "file") as press:
        with pytest.raises(Unprinted, match=r"printer\.folder"):
            await press.print(VISIT, [REPORT], tell=told.append)
    async with papers(None) as press:
        with pytest.raises(Unprinted, match="no printer"):
            await press.print(VISIT, [REPORT], tell=told.append)
        await press.wipe()
    reasons = [each.why for each in told if each.step is Step.UNPRINTED]
    assert reasons == [Why.NOT_FETCHED, Why.REFUSED, Why.NO_PRINTER]


async def test_what_is_fetched_when_the_person_has_gone_is_not_printed(tmp_path: Path) -> None:
    async with papers(tmp_path / "print") as press:

        def leaves(printing: Printing) -> None:
            if printing.step is Step.SENT:
                press._wiped += 1  # what `wipe` begins with, while the paper is on its way to the printer

        with pytest.raises(Unprinted) as over:
            await press.print(VISIT, [REPORT], tell=leaves)
        assert over.value.why is Why.STOPPED
        assert not (tmp_path / "print").exists()


def test_sheets_are_counted_also_in_compressed_streams() -> None:
    assert sheets_of(PDF) == 2
    assert sheets_of(b"stream\nnot compressed\nendstream") == 0


def journey(language: str) -> Journey:
    pressure = (
        Measure(name=Name.SYSTOLIC, value=Decimal("132.0"), unit=Unit.MMHG),
        Measure(name=Name.DIASTOLIC, value=Decimal(81), unit=Unit.MMHG),
        Measure(name=Name.PULSE, value=Decimal(72), unit=Unit.PER_MINUTE),
    )
    heat = (Measure(name=Name.TEMPERATURE, value=Decimal("37.20"), unit=Unit.CELSIUS),)
    results = {
        Device.CUFF: Result(device=Device.CUFF, measures=pressure),
        Device.THERMOMETER: Result(device=Device.THERMOMETER, measures=heat),
    }
    return Journey(
        plan=Plan(), since=AT, language=language, results=results, consultation=Consultation(name="Dr Claire Martin")
    )


def test_the_telephone_takes_home_when_where_who_and_what() -> None:
    said = qr.summary(journey("fr"), place="Mairie de Caudry", at=AT)
    assert said.replace("\u00a0", " ").split("\n") == [
        "Téléborne, votre visite du 03/03/2026 à 14 h 05",
        "Mairie de Caudry",
        "Médecin : Dr Claire Martin",
        "Température : 37,2 °C",
        "Tension : 132/81 mmHg (Pouls 72 par minute)",
        "Urgence : 15 ou 112",
    ]
    assert "Temperature: 37.2 °C" in qr.summary(journey("en"), place="Caudry town hall", at=AT)


def test_the_code_is_one_path_with_a_quiet_zone() -> None:
    code = qr.picture(qr.summary(journey("fr"), place="Mairie de Caudry", at=AT))
    corners = [tuple(map(int, each)) for each in re.findall(r"M(\d+) (\d+)h", code.path)]
    assert min(x for x, _ in corners) == min(y for _, y in corners) == 4
    assert code.path.startswith("M4 4h7v1h-7z")
    assert re.fullmatch(r"(M\d+ \d+h\d+v1h-\d+z)+", code.path)


def test_a_reader_reads_the_code(tmp_path: Path) -> None:
    said = qr.summary(journey("fr"), place="Mairie de Caudry", at=AT)
    code, cell = qr.picture(said), 6
    drawn = Image.new("L", (code.size * cell, code.size * cell), 255)
    for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)v1", code.path):
        left, top = int(x) * cell, int(y) * cell
        drawn.paste(0, (left, top, left + int(width) * cell, top + cell))
    drawn.save(tmp_path / "code.png")
    reader = shutil.which("zbarimg") or pytest.fail(
        "a reader of codes is missing; `make setup-test` installs zbar-tools"
    )
    read = subprocess.run([reader, "-q", "--raw", tmp_path / "code.png"], capture_output=True, text=True, check=True)
    assert read.stdout.strip() == said
