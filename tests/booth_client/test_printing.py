"""Papers on a real IPP Everywhere printer: out, watched, held up, and never left behind for the next person."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from booth_client.config import PrinterSettings
from booth_client.printing import Driverless, Folder, Unprinted, Unwiped, Why
from booth_client.printing.ipp import Attribute, Group, Operation, Tag, decode, encode
from booth_client.printing.job import HINDERED, HINDERS, SILENT, JobState, PrinterState, Sight, Watch, judge
from tests.peers.ipp_printer import PrinterPeer, ipp_printer, offering
from tests.peers.patience import PATIENCE

loop = pytest.mark.asyncio(loop_scope="module")
AT = datetime(2026, 3, 3, 14, 5, tzinfo=UTC)
PDF = b"%PDF-1.7\n%the papers of somebody\n"


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def machine(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PrinterPeer]:
    async with ipp_printer(tmp_path_factory.mktemp("printer")) as made:
        yield made


@pytest.fixture
def peer(machine: PrinterPeer) -> PrinterPeer:
    machine.load(100, pages=2)
    for old in machine.out:
        old.unlink()
    return machine


def booth(peer: PrinterPeer, uri: str = "", **given: bytes | None) -> Driverless:
    return Driverless(uri or peer.uri, owner="test", certificate=given.get("certificate"))


async def prints(printer: Driverless | Folder, pdf: bytes = PDF) -> list[int]:
    moved: list[int] = []
    await printer.print(pdf, wanted=lambda: True, moved=moved.append)
    return moved


@loop
async def test_a_paper_comes_out_as_it_was_given(peer: PrinterPeer) -> None:
    moved = await prints(booth(peer))
    assert [each.read_bytes() for each in peer.out] == [PDF]
    assert moved == sorted(moved)
    assert moved[-1] == 2


@loop
async def test_over_tls_the_printer_is_known_by_its_certificate_and_another_gets_no_paper(peer: PrinterPeer) -> None:
    await prints(booth(peer, peer.secure, certificate=bytes.fromhex(peer.certificate)))
    assert len(peer.out) == 1
    for stranger in (bytes(32), None):
        with pytest.raises(Unprinted) as refused:
            await prints(booth(peer, peer.secure, certificate=stranger))
        assert refused.value.why is Why.UNREACHABLE
    assert len(peer.out) == 1


@loop
async def test_without_paper_the_job_is_cancelled_and_does_not_come_out_when_somebody_puts_paper_in(
    peer: PrinterPeer,
) -> None:
    peer.load(1, pages=2)
    printer = booth(peer)
    with pytest.raises(Unprinted) as empty:
        await prints(printer)
    assert empty.value.why is Why.NO_PAPER
    peer.add(50)
    await printer.wipe()
    await until_idle(printer)
    assert peer.out == []
    await prints(printer, b"%PDF-1.7\n%of the next person\n")
    assert [each.read_bytes() for each in peer.out] == [b"%PDF-1.7\n%of the next person\n"]


@loop
async def test_each_sheet_is_told_and_paper_that_is_put_in_soon_is_printed_on(peer: PrinterPeer) -> None:
    peer.load(1, pages=2)
    moved: list[int] = []
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(booth(peer).print(PDF, wanted=lambda: True, moved=moved.append))
        while 1 not in moved:
            await asyncio.sleep(0.05)
        peer.add(1)
    assert moved[-1] == 2
    assert len(peer.out) == 1


@loop
async def test_an_open_cover_is_told_and_nothing_comes_out_once_it_is_closed(peer: PrinterPeer) -> None:
    with peer.fails("cover-open"), pytest.raises(Unprinted) as held:
        await prints(booth(peer))
    assert held.value.why is Why.OPEN
    await until_idle(booth(peer))
    assert peer.out == []


@loop
async def test_a_job_that_the_printer_gives_up_is_told_and_little_toner_is_not_in_the_way(peer: PrinterPeer) -> None:
    with peer.fails("abort"), pytest.raises(Unprinted) as aborted:
        await prints(booth(peer))
    assert aborted.value.why is Why.ABORTED
    with peer.fails("marker-supply-low"):
        await prints(booth(peer))
    condition = await booth(peer).look()
    assert condition.why is None
    assert condition.low == {"marker-supply-low"}
    assert condition.name


@loop
async def test_no_job_names_anybody_and_a_booth_takes_back_what_an_earlier_run_had_sent(peer: PrinterPeer) -> None:
    peer.load(0, pages=1)
    killed = booth(peer)
    running = asyncio.create_task(prints(killed))
    while not killed._unended:
        await asyncio.sleep(0.05)
    running.cancel()
    await booth(peer).wipe()
    peer.add(9)
    await until_idle(booth(peer))
    assert peer.out == []
    assert {path.stem.partition("-")[2] for path in (peer.work / "spool").iterdir()} == {"t_l_borne"}


@loop
@pytest.mark.parametrize(("can", "asked"), [("none", True), ("indefinite", False)])
async def test_a_printer_that_can_forget_a_paper_is_asked_to_and_another_is_not(
    peer: PrinterPeer, can: str, *, asked: bool
) -> None:
    async with offering(peer, "job-retain-until-supported", can) as (uri, heard):
        await prints(booth(peer, uri))
    assert any(b"\x00\x10job-retain-until\x00\x04none" in each for each in heard) is asked
    assert [each.read_bytes() for each in peer.out] == [PDF]


@loop
async def test_a_paper_that_nobody_waits_for_any_more_is_not_sent(peer: PrinterPeer, tmp_path: Path) -> None:
    for printer in (booth(peer), Folder(tmp_path)):
        with pytest.raises(Unprinted) as over:
            await printer.print(PDF, wanted=lambda: False, moved=lambda _sides: None)
        assert over.value.why is Why.STOPPED
    assert (peer.out, list(tmp_path.iterdir())) == ([], [])


async def test_a_printer_that_is_off_prints_nothing_and_holds_nothing_back() -> None:
    printer = Driverless("ipp://127.0.0.1:9/ipp/print", owner="test")
    with pytest.raises(Unprinted) as off:
        await prints(printer)
    assert off.value.why is Why.UNREACHABLE
    await printer.wipe()
    printer._unended.add(7)
    with pytest.raises(Unwiped):
        await printer.wipe()


async def until_idle(printer: Driverless) -> None:
    async with asyncio.timeout(PATIENCE), printer._session() as http:
        while (await printer._printer(http))["printer-state"] != (PrinterState.IDLE,):
            await asyncio.sleep(0.1)


def seen(**changes: object) -> Sight:
    return Sight(**{"job": JobState.PROCESSING, "printer": PrinterState.PROCESSING, **changes})  # type: ignore[arg-type]


def test_a_reason_alone_is_no_trouble_while_sheets_come_out() -> None:
    watch, empty = Watch(moved=AT), frozenset({"media-empty-warning"})
    for second in range(60):
        watch, why = judge(watch, seen(reasons=empty, impressions=second), AT + timedelta(seconds=second))
        assert why is None
    assert judge(watch, seen(reasons=empty, impressions=59), AT + timedelta(seconds=59) + HINDERED)[1] is Why.NO_PAPER
    assert judge(watch, seen(impressions=59), AT + timedelta(seconds=59) + SILENT)[1] is Why.SILENT


@pytest.mark.parametrize(("word", "why"), HINDERS.items())
def test_a_printer_that_has_stopped_is_believed_at_once(word: str, why: Why) -> None:
    stopped = seen(printer=PrinterState.STOPPED, reasons=frozenset({f"{word}-error", "spool-area-almost-full"}))
    assert judge(Watch(moved=AT), stopped, AT)[1] is why


@pytest.mark.parametrize(
    ("job", "reasons", "why"),
    [
        (JobState.COMPLETED, "job-completed-successfully", None),
        (JobState.COMPLETED, "job-completed-with-errors", Why.ABORTED),
        (JobState.ABORTED, "aborted-by-system", Why.ABORTED),
        (JobState.CANCELLED, "job-canceled-at-device", Why.STOPPED),
    ],
)
def test_how_a_job_ended_is_told(job: JobState, reasons: str, why: Why | None) -> None:
    assert judge(Watch(moved=AT), seen(job=job, job_reasons=frozenset({reasons})), AT)[1] is why


def test_a_message_is_what_the_standard_shows() -> None:
    # RFC 8010, appendix A.6, shortened to what the booth sends.
    first = {
        "attributes-charset": Attribute(Tag.CHARSET, ("utf-8",)),
        "attributes-natural-language": Attribute(Tag.LANGUAGE, ("en-us",)),
        "limit": Attribute(Tag.INTEGER, (50,)),
        "requested-attributes": Attribute(Tag.KEYWORD, ("job-id", "job-name")),
    }
    octets = encode(Operation.GET_JOBS, 123, {Group.OPERATION: first})
    assert octets == (
        b"\x02\x00\x00\x0a\x00\x00\x00\x7b\x01"
        b"\x47\x00\x12attributes-charset\x00\x05utf-8"
        b"\x48\x00\x1battributes-natural-language\x00\x05en-us"
        b"\x21\x00\x05limit\x00\x04\x00\x00\x00\x32"
        b"\x44\x00\x14requested-attributes\x00\x06job-id\x44\x00\x00\x00\x08job-name\x03"
    )
    read = decode(octets)
    assert (read.code, read.request) == (Operation.GET_JOBS, 123)
    assert read.all(Group.OPERATION) == [{name: each.values for name, each in first.items()}]


def test_collections_are_passed_over_and_what_follows_is_read() -> None:
    number = b"\x4a\x00\x00\x00\x01y\x21\x00\x00\x00\x04\x00\x00\x00\x01"
    inner = b"\x4a\x00\x00\x00\x01x\x34\x00\x00\x00\x00" + number + b"\x37\x00\x00\x00\x00"
    octets = b"\x02\x00\x00\x00\x00\x00\x00\x01\x04\x34\x00\x03col\x00\x00" + inner + b"\x37\x00\x00\x00\x00"
    read = decode(octets + b"\x22\x00\x04true\x00\x01\x01\x13\x00\x04none\x00\x00\x03the document")
    assert read.all(Group.PRINTER) == [{"col": (None,), "true": (True,), "none": (None,)}]
    assert read.data == b"the document"


@given(st.binary(max_size=200))
def test_no_answer_breaks_the_booth(octets: bytes) -> None:
    for each in (octets, b"\x02\x00\x00\x00\x00\x00\x00\x01\x04" + octets):
        with suppress(Unprinted):
            decode(each)


@pytest.mark.parametrize(
    "given_",
    [
        {},
        {"uri": "ipp://localhost/x", "folder": Path("x")},
        {"uri": "http://localhost/x"},
        {"uri": "ipp://printer.lan/ipp/print"},
        {"uri": "ipp://localhost/x", "certificate_sha256": "0" * 64},
        {"uri": "ipps://printer.lan/x", "certificate_sha256": "0" * 63},
    ],
)
def test_a_setting_that_would_send_papers_in_the_clear_or_nowhere_is_refused(given_: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"printer|uri|certificate_sha256"):
        PrinterSettings(**given_)  # type: ignore[arg-type]
