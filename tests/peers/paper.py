"""Reading a paper: the text of a PDF as its own fonts say it, by a library that did not write it."""

from __future__ import annotations

import io
import re
from typing import Any

import pikepdf

__all__ = ["read"]


def read(pdf: bytes) -> tuple[str, bool, str]:
    """Return what a tagged PDF says, whether it says that it is tagged, and its language; spaces are made plain."""
    with pikepdf.open(io.BytesIO(pdf)) as paper:
        said = " ".join(_page(page) for page in paper.pages)
        tagged = bool(paper.Root.MarkInfo.Marked) and "/StructTreeRoot" in paper.Root
        return " ".join(said.split()), tagged, str(paper.Root.Lang)


def _page(page: Any) -> str:
    letters = {
        name: _letters(font.ToUnicode.read_bytes().decode("latin-1")) for name, font in page.resources.Font.items()
    }
    known: dict[int, str] = {}
    said: list[str] = []
    for each in pikepdf.parse_content_stream(page):
        operands: Any = each.operands
        match str(each.operator):
            case "Tf":
                known = letters[str(operands[0])]
            case "TJ":
                said += [_said(bytes(part), known) for part in operands[0] if isinstance(part, pikepdf.String)]
            case "Tj":
                said.append(_said(bytes(operands[0]), known))
            case "ET":
                said.append(" ")
    return "".join(said)


def _said(octets: bytes, known: dict[int, str]) -> str:
    return "".join(known.get(int.from_bytes(octets[at : at + 2]), "") for at in range(0, len(octets), 2))


def _letters(table: str) -> dict[int, str]:
    """Return the letters of a font's ToUnicode table, whose lines are all of single codes (bfchar)."""
    pairs = re.findall(r"<([0-9A-Fa-f]{4})>\s*<((?:[0-9A-Fa-f]{4})+)>\s*$", table, flags=re.MULTILINE)
    return {int(code, 16): bytes.fromhex(text).decode("utf-16-be") for code, text in pairs}
