"""A document that a stranger wrote becomes pictures, in a program that can do nothing else."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

from booth_client.sheets import Undrawn, UndrawnError, draw

MAKER = Path(__file__).parents[2] / "booth_client" / "sheet_maker.py"


def pdf(pages: int = 2, **root: object) -> bytes:
    with pikepdf.new() as made:
        for _ in range(pages):
            page = made.add_blank_page(page_size=(595, 842))
            page.Contents = made.make_stream(b"1 0 0 rg 100 100 200 200 re f")
        for name, value in root.items():
            made.Root[f"/{name}"] = value
        written = io.BytesIO()
        made.save(written)
        return written.getvalue()


def picture(form: str, size: tuple[int, int] = (3000, 1000)) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", size, "teal").save(written, form)
    return written.getvalue()


async def test_a_pdf_becomes_a_picture_a_page_and_what_is_printed_is_the_same() -> None:
    sheets = await draw(pdf())
    assert len(sheets.pictures) == 2
    with Image.open(io.BytesIO(sheets.pictures[0])) as page:
        assert (page.format, page.size) == ("JPEG", (1653, 2339))
        red = page.getpixel((500, 1700))
        assert isinstance(red, tuple)
        assert red[0] > 240
        assert red[1] < 20
    with pikepdf.open(io.BytesIO(sheets.pdf)) as printed:
        assert len(printed.pages) == 2
        (drawn,) = printed.pages[0].get_images().values()
        assert bytes(drawn.read_raw_bytes()) == sheets.pictures[0]


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
async def test_a_picture_is_drawn_anew_without_what_lay_beside_it(form: str) -> None:
    exif = Image.Exif()
    exif[0x010E] = "Chez Marcelle Dubois"
    exif[0x0112] = 6  # held upright
    written = io.BytesIO()
    Image.new("RGB", (3000, 1000), "teal").save(written, form, exif=exif, comment="Dubois")
    sheets = await draw(written.getvalue())
    (sheet,) = sheets.pictures
    assert b"Marcelle" in written.getvalue()
    assert not any(word in sheet + sheets.pdf for word in (b"Marcelle", b"Dubois"))
    with Image.open(io.BytesIO(sheet)) as drawn:
        assert drawn.width < drawn.height == 2048


async def test_a_script_in_a_pdf_is_not_run_and_goes_no_further() -> None:
    action = pikepdf.Dictionary(S=pikepdf.Name("/JavaScript"), JS="app.alert('here')")
    sheets = await draw(pdf(1, OpenAction=action))
    assert b"JavaScript" not in sheets.pdf
    assert len(sheets.pictures) == 1


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (b"%PDF-1.7\n" + b"x" * 5000, Undrawn.UNREADABLE),
        (b"", Undrawn.UNREADABLE),
        (b"MZ" + bytes(5000), Undrawn.UNREADABLE),
        (picture("JPEG")[:400], Undrawn.UNREADABLE),
        (picture("GIF"), Undrawn.UNREADABLE),
        (picture("PNG", (12_000, 12_000)), Undrawn.UNREADABLE),
        (pdf(11), Undrawn.TOO_MANY),
    ],
    ids=["no pdf", "nothing", "a program", "cut", "another form", "a bomb", "eleven pages"],
)
async def test_what_cannot_be_shown_says_why(document: bytes, why: Undrawn) -> None:
    with pytest.raises(UndrawnError) as undrawn:
        await draw(document)
    assert undrawn.value.why is why


async def test_a_document_that_takes_too_long_is_given_up() -> None:
    with pytest.raises(UndrawnError) as undrawn:
        await draw(pdf(), within_s=0.001)
    assert undrawn.value.why is Undrawn.TOO_SLOW


@pytest.mark.parametrize(
    "tried",
    [
        "open('/etc/hostname')",
        "open('/tmp/x', 'w')",
        "import socket; socket.socket()",
        "os.fork()",
        "os.execv('/bin/true', ['true'])",
        "os.kill(1, 0)",
        "os.listdir('/')",
        "bytearray(700 * 1024 * 1024)",
    ],
)
def test_whatever_takes_over_the_program_can_open_start_and_reach_nothing(tried: str) -> None:
    source = f"""
import importlib.util, os, sys
spec = importlib.util.spec_from_file_location("maker", {str(MAKER)!r})
maker = importlib.util.module_from_spec(spec)
spec.loader.exec_module(maker)
import socket
maker.confine()
try:
    {tried}
except (OSError, MemoryError) as refused:
    os.write(1, type(refused).__name__.encode())
os._exit(0)
"""
    ended = subprocess.run([sys.executable, "-I", "-c", source], capture_output=True, timeout=30, check=False)
    assert ended.stdout in (b"PermissionError", b"MemoryError"), ended
