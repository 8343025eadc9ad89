"""Papers through a real CUPS queue with Debian's own rules: they come out, and nothing of a visit stays in it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from booth_client.printing.driverless import Driverless
from gateway.care.pdf import report_pdf
from tests.care.reports import report
from tests.peers.cups_queue import CupsQueue, cups_queue
from tests.peers.ipp_printer import PrinterPeer, ipp_printer
from tests.peers.patience import PATIENCE

pytestmark = [pytest.mark.asyncio(loop_scope="module")]

PDF = report_pdf(report())
MARK = PDF[len(PDF) // 2 :][:64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """The queue, and the printer behind it."""

    queue: CupsQueue
    printer: PrinterPeer

    def booth(self, owner: str = "caudry") -> Driverless:
        return Driverless(self.queue.uri, owner=owner)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def office(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Office]:
    async with ipp_printer(tmp_path_factory.mktemp("printer") / "peer") as printer, cups_queue(printer) as queue:
        yield Office(queue=queue, printer=printer)


async def prints(booth: Driverless) -> None:
    await booth.print(PDF, wanted=lambda: True, moved=lambda _sides: None)


async def kept(office: Office) -> None:
    """Wait until the paper is in the spool."""
    async with asyncio.timeout(PATIENCE):
        while not any(name.startswith("d") for name in office.queue.kept):
            await asyncio.sleep(0.05)


async def test_a_paper_comes_out_through_the_queue_and_its_document_is_gone_from_the_spool(office: Office) -> None:
    office.printer.load(9, pages=1)
    before = len(office.printer.out)
    condition = await office.booth().look()
    assert condition.why is None
    await prints(office.booth())
    assert len(office.printer.out) == before + 1
    assert office.queue.kept == []
    assert MARK not in office.queue.octets()


async def test_a_paper_that_cannot_come_out_is_deleted_at_the_wipe_and_never_comes_out(office: Office) -> None:
    office.printer.load(0, pages=1)
    before = len(office.printer.out)
    killed = office.booth()
    running = asyncio.create_task(prints(killed))
    await kept(office)
    assert MARK in office.queue.octets()
    running.cancel()
    await asyncio.wait([running])
    # The booth's next run knows nothing of the job: it finds it by its owner's name.
    await office.booth().wipe()
    assert office.queue.kept == []
    assert MARK not in office.queue.octets()
    office.printer.add(9)
    await asyncio.sleep(2)
    assert len(office.printer.out) == before


async def test_a_booth_does_not_take_back_what_another_has_sent_to_the_same_queue(office: Office) -> None:
    office.printer.load(0, pages=1)
    other = asyncio.create_task(prints(office.booth("bertry")))
    await kept(office)
    await office.booth("caudry").wipe()
    assert any(name.startswith("d") for name in office.queue.kept)
    before = len(office.printer.out)
    office.printer.add(9)
    async with asyncio.timeout(PATIENCE):
        await asyncio.wait([other])
        while len(office.printer.out) == before:
            await asyncio.sleep(0.1)
