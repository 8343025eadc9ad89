"""The next person finds nothing of the one before: not in the browser, not on the disk, not in what programs hold.

Whoever comes types, shows, is examined and talks in every way there is, and leaves as people do. Everything is real:
`teleborne booth` with its unit's variables and `teleborne kiosk` as programs, Chromium, a gateway, coturn, an IPP
printer with its spool, a scanner on a line.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import io
import json
import os
import pty
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pikepdf
import pytest
import pytest_asyncio
from playwright.async_api import Playwright, async_playwright

from booth_client.badges import enrol
from booth_client.config import BoothSettings, Instruments, PrinterSettings, ReaderSettings
from booth_client.identity.status import Proof
from booth_client.words import Way
from certs_example.make import make
from gateway.app import Gateway, gateway
from gateway.config import TurnSettings
from signalling.side import Endpoint
from tests.kiosk.test_identity import opens, types
from tests.peers.coturn import SECRET, coturn
from tests.peers.doctor import Doctor, doctor, people_of
from tests.peers.ipp_printer import PrinterPeer, ipp_printer
from tests.peers.kiosk import Visitor
from tests.peers.leftovers import leftovers
from tests.peers.memory import held
from tests.peers.next_person import Place, copies, found, pasted, place
from tests.peers.patience import PATIENCE
from tests.peers.raw_media import full_range, picture_file, run_of, sound_file
from tests.peers.town import BOOTH, PERSONA, RPPS, booth_settings, gateway_settings
from tests.peers.visiting import BRISK, DEVICES, TO_WAITING
from tests.peers.webrtc_people import reachable

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

HERS = replace(PERSONA, weight="83.47")
MEASURED = ("83.47", "83,47")
"""On the disk only: the simulated scale is a part of the booth's program, and has its weight as long as that runs."""

NUMBER = "0612345678"
NUMBERS = (NUMBER, "06 12 34 56 78", "06\N{NO-BREAK SPACE}12\N{NO-BREAK SPACE}34", "+33612345678")
MATRICULE = "244035999900150"
TEXT = "cheville"
COPIED = "rhume-de-jeanne"
DOCUMENT = b"genou-de-jeanne"
SIGNED = ("Dubois", "Marcelle", "Rhinopharyngite", "1944-01-03")
WORDS = (
    *(*NUMBERS, MATRICULE, "S3JEANNE", "LEFEVRE", "Jeanne L.", "1944-03-17", "17-03-1944"),
    *(TEXT, COPIED, *SIGNED),
)
HELPER = "602749"
TRAITS = ("LEFEVRE", "lefèvre", "Lefèvre", "Jeanne L.", "JEANNE ZOE", "Jeanne Zoë", "1944-03-17", "17/3/1944", HELPER)
SEEN, HEARD, LOOKED = run_of(1), run_of(2), run_of(3)
"""The exam camera's picture, the stethoscope's sound, and the person's own camera, uncompressed."""

EXAMINED = (SEEN, full_range(SEEN), HEARD)

_CODE = f"IS01{'0' * 22}S1{MATRICULE}S21.2.250.1.213.1.4.10S3JEANNE\x1dS4LEFEVRE\x1dS5FS617-03-1944S759999\r"
_TYPED = ("nothing>who-phone", *(f"{digit}>" for digit in NUMBER), "done>consent", "back>who-phone", "back>who")
TO_WHO = ("touch>language", "french>safety", "no>who")
TALKING = (">doctor-coming", "ready>in-visit")
_NOTE_PASSES = """() => {
  window.passes = [];
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(given) { super(given); window.passes.push(...given.iceServers); }
  };
}"""
_SHEET = """async () => {
  const answer = await fetch(document.querySelector(".document img").src);
  return btoa(String.fromCharCode(...new Uint8Array(await answer.arrayBuffer()).slice(0, 60000)));
}"""


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def playwright() -> AsyncIterator[Playwright]:
    reachable()
    async with async_playwright() as started:
        yield started


def seen_by(running: Gateway, folder: Path, **changes: Any) -> BoothSettings:
    """Return the settings of a booth where physicians are seen."""
    shared: dict[str, Any] = {"virtual": replace(BRISK, persona=HERS), "devices": DEVICES, "visits": True}
    return booth_settings(folder, str(running.booths_url), **shared | changes)


@contextmanager
def scanner() -> Iterator[tuple[int, Path]]:
    """A scanner on a serial line: where it is written into, and the line."""
    wall, line = pty.openpty()
    yield wall, Path(os.ttyname(line))
    os.close(line)
    os.close(wall)


@asynccontextmanager
async def martin_at(running: Gateway, folder: Path) -> AsyncIterator[Doctor]:
    people = people_of(make(folder / "certificates"), rpps=RPPS, name="Dr Claire Martin")
    async with doctor(running.people_url, people) as martin:
        yield martin


def slice_of(octets: bytes) -> bytes:
    """Return what tells a file from every other, out of its middle."""
    middle = len(octets) // 2
    return next(each for each in octets[middle:].split(b"\n") if len(each) >= 24)[:24]


def leaflet() -> bytes:
    with pikepdf.new() as made:
        page = made.add_blank_page(page_size=(595, 842))
        page.Contents = made.make_stream(b"1 0 0 rg 60 60 475 722 re f % " + DOCUMENT)
        written = io.BytesIO()
        made.save(written, compress_streams=False)
        return written.getvalue()


async def sends(martin: Doctor, data: bytes) -> None:
    """Send a document as a page does."""
    line = martin.lines[Endpoint.AGENT]
    fields = {"id": "f-1", "type": "application/pdf", "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    line.blob.send(json.dumps({"k": "blob", **fields}))
    await martin.until(lambda: line.said("got"))
    line.blob.send(data)
    await martin.until(lambda: line.said("got")[-1]["octets"] == len(data))


async def written_and_seen(jeanne: Visitor, martin: Doctor) -> list[bytes]:
    """Have something written large and a picture taken; return by what the picture would be known."""
    martin.requests("write", name="w-1", text=f"Avez-vous mal à la {TEXT} ?")
    await jeanne.goes(">visit-text", "yes>in-visit")
    pictures = await is_looked_at(jeanne, martin)
    await stops(jeanne, martin)
    return pictures


async def is_looked_at(jeanne: Visitor, martin: Doctor) -> list[bytes]:
    """Be looked at with the exam camera and have a picture taken; return by what that would be known."""
    martin.requests("camera", name="c-1")
    await jeanne.goes(">visit-measure", "yes>visit-exam")
    martin.requests("still", name="c-2")
    agent = martin.lines[Endpoint.AGENT]
    await martin.until(lambda: martin.told("c-2")[-1:] == ["done"])
    await martin.until(lambda: sum(map(len, agent.blobs)) == agent.said("blob")[0]["size"])
    return [slice_of(b"".join(agent.blobs))]


async def stops(jeanne: Visitor, martin: Doctor) -> None:
    martin.requests("stop", name="c-3", of="c-1")
    await jeanne.sees("in-visit")


async def is_listened_to(jeanne: Visitor, martin: Doctor) -> None:
    martin.requests("listen", name="h-1", spot="heart-mitral")
    await jeanne.goes(">visit-measure", "yes>visit-exam")
    await martin.until(lambda: martin.lines[Endpoint.AGENT].sound > 25)


async def shown_and_copied(jeanne: Visitor, martin: Doctor) -> list[bytes]:
    """Be shown a document and copy something; return by what the document would be known."""
    await sends(martin, leaflet())
    martin.requests("show", name="r-1", file="f-1")
    await jeanne.sees("visit-file")
    sheet = base64.b64decode(await jeanne.page.evaluate(_SHEET))
    await jeanne.goes("continue>in-visit")
    await copies(jeanne, COPIED)
    assert await pasted(jeanne) == COPIED
    return [DOCUMENT, slice_of(sheet)]


async def passes(jeanne: Visitor) -> list[str]:
    """Return the passes for the relay that her page was given."""
    given: list[dict[str, Any]] = await jeanne.page.evaluate("passes")
    return [str(each[name]) for each in given for name in ("username", "credential")]


async def leaves_with_papers(jeanne: Visitor, martin: Doctor, printer: PrinterPeer) -> bytes:
    """End the talk, take the report, go; return by what the paper would be known."""
    await martin.hangs_up()
    await jeanne.sees("writing")
    await martin.signs()
    await jeanne.goes(">report", "print>take-papers")
    async with asyncio.timeout(PATIENCE):
        while not printer.out:
            await asyncio.sleep(0.05)
    paper = printer.out[0].read_bytes()
    await jeanne.goes("done>goodbye")
    return slice_of(paper)


async def test_the_next_person_finds_nothing_of_the_one_before(playwright: Playwright, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(SECRET)
    async with coturn(tmp_path / "relay") as relay, ipp_printer(tmp_path / "printer") as printer:
        turn = TurnSettings(urls=(relay.udp,), secret_file=tmp_path / "secret")
        async with gateway(replace(gateway_settings(tmp_path), turn=turn)) as running:
            with scanner() as (wall, line):
                settings = seen_by(
                    running,
                    tmp_path,
                    printer=PrinterSettings(uri=printer.uri),
                    ways=(Way.PHONE, Way.CODE),
                    readers=ReaderSettings(scanner=line, test_people=True),
                    instruments=Instruments(camera="synthetic"),
                )
                async with place(tmp_path, playwright, settings, running) as at:
                    await with_everything(at, running, printer, wall)


async def with_everything(at: Place, running: Gateway, printer: PrinterPeer, wall: int) -> None:
    """Say who she is in two ways, be asked, pictured and shown something, copy, and leave with paper."""
    async with martin_at(running, at.machine.parent) as martin, at.somebody() as (jeanne, hers):
        profile = at.borne.profile
        assert profile is not None
        await jeanne.page.evaluate(_NOTE_PASSES)
        await jeanne.goes(*TO_WHO, *_TYPED, "phone>who-qr")
        os.write(wall, _CODE.encode())
        await jeanne.goes(">who-confirm", "yes>consent", *TO_WAITING[3:])
        await martin.takes()
        await jeanne.goes(*TALKING)
        await martin.talks()
        pictures = await written_and_seen(jeanne, martin)
        documents = await shown_and_copied(jeanne, martin)
        pass_ = await passes(jeanne)
        # What this test looks for can be found, on the disk and in memory.
        (profile / "Default").mkdir(exist_ok=True)
        (profile / "Default" / "leveldb.log").write_text(COPIED, "utf-16-le")
        assert leftovers(at.folders, [COPIED])
        there: list[str | bytes] = [NUMBER, MATRICULE, "Jeanne L.", TEXT, COPIED, *documents, *pass_]
        assert found(there, await at.remembered(there)) == set(there)
        assert at.opened_outside() == set()
        hers += [*WORDS, *pass_, *pictures, *documents, await leaves_with_papers(jeanne, martin, printer)]
    assert leftovers(at.folders, MEASURED) == []


def raw(folder: Path) -> tuple[Instruments, str]:
    """Return instruments that give what is known again uncompressed, and the flag of a browser whose camera does."""
    camera = picture_file(folder / "exam.y4m", SEEN)
    own = picture_file(folder / "own.y4m", LOOKED)
    sound = sound_file(folder / "heart.wav", HEARD)
    return Instruments(camera=str(camera), stethoscope=str(sound)), f"--use-file-for-fake-video-capture={own}"


async def test_nor_of_who_was_written_down_examined_and_whose_booth_was_killed_in_the_talk(
    playwright: Playwright, tmp_path: Path
) -> None:
    (tmp_path / BOOTH).mkdir(mode=0o700)
    enrol(tmp_path / BOOTH, "Marie", HELPER)
    instruments, flag = raw(tmp_path)
    async with gateway(gateway_settings(tmp_path)) as running:
        settings = seen_by(running, tmp_path, ways=(Way.HELPER, Way.PHONE), instruments=instruments)
        async with (
            place(tmp_path, playwright, settings, running, flag) as at,
            martin_at(running, tmp_path) as martin,
            at.somebody() as (jeanne, hers),
        ):
            await jeanne.goes(*TO_WHO, *_TYPED, "assisted>who-assisted", "yes>who-helper")
            await opens(jeanne, HELPER)
            await types(jeanne, sex="female", proof=Proof.IDENTITY_CARD, born="17/3/1944")
            await jeanne.goes(">who-confirm", "yes>consent", *TO_WAITING[3:])
            await martin.takes()
            await jeanne.goes(*TALKING)
            await martin.talks()
            generation = max(line.edge.generation for line in martin.lines.values())
            await at.is_killed()
            await martin.talks(generation=generation + 1)
            await jeanne.sees("in-visit")
            await is_listened_to(jeanne, martin)
            assert await asyncio.to_thread(held, [at.booth.pid], [HEARD])
            await jeanne.goes("stop>in-visit")
            pictures = await is_looked_at(jeanne, martin)
            there: list[str | bytes] = ["Jeanne L.", NUMBER, SEEN, LOOKED]
            assert found(there, await at.remembered(there)) == set(there)
            await stops(jeanne, martin)
            await jeanne.goes("finish>hang-up", "yes>writing", "finish>goodbye")
            hers += [*NUMBERS, *TRAITS, *pictures, *EXAMINED, LOOKED]
