"""A program of its own that draws a document as sheets, and can do nothing else: a stranger's PDF is read in here.

It is started for one document. It draws an invented one first, so that all that it needs is loaded; then it gives up
memory beyond a limit and, by a filter of system calls, everything but reading what it was given and writing what it
drew: it can open no file and no socket, start nothing, and outlives its parent's patience by no second. PDFium is built
without JavaScript and XFA, and forms, actions and attachments are never asked for.

    stdin    the document: a PDF, JPEG or PNG
    stdout   numbers of 4 octets, each before what it counts: the sheets' number, the PDF to print, each sheet as a JPEG
    exit     0; else standard output has one word: why not

It imports nothing of ours: it is run by its path, apart from everything else.
https://docs.kernel.org/userspace-api/seccomp_filter.html, https://pdfium.googlesource.com/pdfium/
"""

from __future__ import annotations

import ctypes
import io
import os
import platform
import resource
import struct
import sys
from collections.abc import Iterator
from typing import Any, Final

import pypdfium2  # type: ignore[import-untyped]  # it has no types
from PIL import Image, ImageOps

DPI: Final = 200
POINTS: Final = 72
A4: Final = (595, 842)
"""An A4 sheet in points, across and down."""

MARGIN: Final = 36
LARGEST: Final = 2048
"""The most pixels of a picture's longer side; a page may have LONGEST_PAGE."""

LONGEST_PAGE: Final = 2600
MOST_SHEETS: Final = 10
MOST_PIXELS: Final = 50_000_000
MEMORY: Final = 512 * 1024 * 1024
QUALITY: Final = 82
ORIENTATION: Final = 0x0112
"""The tag that says how a picture is to be turned (EXIF 2.32, 4.6.4)."""

_X86_64: Final = (
    0xC000003E,
    (0, 1, 3, 5, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 28, 39, 60, 131, 186, 202, 228, 231, 318, 334),
)
_AARCH64: Final = (
    0xC00000B7,
    (57, 62, 63, 64, 80, 93, 94, 98, 113, 124, 132, 134, 135, 139, 172, 178, 214, 215, 216, 222, 226, 233, 278, 293),
)
_ALLOWED: Final = {"x86_64": _X86_64, "aarch64": _AARCH64}
"""By machine: how its system calls are told from another's, and those of reading, writing, memory, clock and exit."""

_NO_NEW_PRIVILEGES: Final = 38
_SECCOMP, _FILTER = 22, 2
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050000 | 1, 0x80000000


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_char_p))


def confine() -> None:
    """Give up everything but memory, standard input and output; raises OSError where this machine cannot."""
    machine = _ALLOWED.get(platform.machine())
    if machine is None:
        raise OSError(f"no filter of system calls is known for {platform.machine()}")
    architecture, calls = machine
    rows = [(_LOAD, 0, 0, 4), (_EQUAL, 1, 0, architecture), (_RETURN, 0, 0, _KILL), (_LOAD, 0, 0, 0)]
    rows += [(_EQUAL, len(calls) - at, 0, call) for at, call in enumerate(calls)]
    rows += [(_RETURN, 0, 0, _REFUSE), (_RETURN, 0, 0, _ALLOW)]
    code = b"".join(struct.pack("=HBBI", *row) for row in rows)
    resource.prlimit(0, resource.RLIMIT_AS, (MEMORY, MEMORY))
    libc = ctypes.CDLL(None, use_errno=True)
    program = _Program(len(rows), code)
    for given in ((_NO_NEW_PRIVILEGES, 1, 0, 0, 0), (_SECCOMP, _FILTER, ctypes.byref(program), 0, 0)):
        if libc.prctl(*given) != 0:
            raise OSError(ctypes.get_errno(), "the kernel does not confine this program")


def draw(document: bytes) -> Iterator[Any]:
    """Give the sheets of a document as pictures; raises whatever its reader raises, or OverflowError."""
    if document.startswith(b"%PDF-"):
        yield from _pages(document)
        return
    with Image.open(io.BytesIO(document), formats=("JPEG", "PNG")) as opened:
        opened.draft("RGB", (LARGEST, LARGEST))
        picture = ImageOps.exif_transpose(opened)
        picture.thumbnail((LARGEST, LARGEST))
        drawn = picture.convert("RGB")
        drawn.info.clear()  # a comment would be written again
        yield drawn


def _pages(document: bytes) -> Iterator[Any]:
    pdf = pypdfium2.PdfDocument(document)
    if len(pdf) > MOST_SHEETS:
        raise OverflowError(f"{len(pdf)} pages")
    for page in pdf:
        scale = min(DPI / POINTS, LONGEST_PAGE / max(*page.get_size(), 1))
        bitmap = page.render(scale=scale, may_draw_forms=False)
        yield bitmap.to_pil().convert("RGB")
        bitmap.close()
        page.close()


def printable(sheets: list[bytes]) -> bytes:
    """Return the sheets, JPEGs, as a PDF: each on A4 as large as fits, turned where it lies across."""
    pdf = pypdfium2.PdfDocument.new()
    for sheet in sheets:
        image = pypdfium2.PdfImage.new(pdf)
        image.load_jpeg(io.BytesIO(sheet), inline=True)
        across, down = image.get_px_size()
        margin = 0 if abs(across / down - A4[0] / A4[1]) < 0.01 else MARGIN  # noqa: PLR2004  a page has its own
        turned = across > down
        room = (A4[0] - 2 * margin, A4[1] - 2 * margin)
        scale = min(room[0] / (down if turned else across), room[1] / (across if turned else down))
        place = pypdfium2.PdfMatrix().scale(across * scale, down * scale)
        if turned:
            place = place.rotate(90).translate(0, across * scale)
        wide, high = (down * scale, across * scale) if turned else (across * scale, down * scale)
        image.set_matrix(place.translate((A4[0] - wide) / 2, A4[1] - margin - high))
        page = pdf.new_page(*A4)
        page.insert_obj(image)
        page.gen_content()
        page.close()
    written = io.BytesIO()
    pdf.save(written)
    return written.getvalue()


def _written(document: bytes) -> bytes:
    """Return what goes to standard output for a document."""
    sheets = []
    for sheet in draw(document):
        picture = io.BytesIO()
        sheet.save(picture, "JPEG", quality=QUALITY)
        sheets.append(picture.getvalue())
    if not sheets:
        raise ValueError("it has no page")
    counted = b"".join(struct.pack(">I", len(part)) + part for part in (printable(sheets), *sheets))
    return struct.pack(">I", len(sheets)) + counted


def _practise() -> None:
    """Draw a page and a picture of our own: whatever is loaded when it is first needed is there then."""
    beside = Image.Exif()
    beside[ORIENTATION] = 6
    for form in ("JPEG", "PNG"):
        drawn = io.BytesIO()
        Image.new("RGB", (60, 40), "white").save(drawn, form, exif=beside)
        _written(drawn.getvalue())
    drawn = io.BytesIO()
    Image.new("RGB", (40, 60), "white").save(drawn, "JPEG")
    _written(printable([drawn.getvalue()]))


def main() -> int:
    """Draw standard input; return how it went."""
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS // 2  # Pillow warns beyond this and refuses beyond twice as many
    _practise()
    try:
        confine()
    except OSError:
        return _said(b"unconfined", 1)
    document = sys.stdin.buffer.read()
    try:
        drawn = _written(document)
    except OverflowError:
        return _said(b"pages", 1)
    except Exception:  # noqa: BLE001  whatever its reader stumbles over: it cannot be shown
        return _said(b"unreadable", 1)
    return _said(drawn, 0)


def _said(octets: bytes, how: int) -> int:
    sys.stdout.buffer.write(octets)
    sys.stdout.buffer.flush()
    return how


if __name__ == "__main__":
    os._exit(main())
