"""Narrative text: only the formatting that FHIR allows, nothing that a browser would run.

txt-1 and txt-2 of https://hl7.org/fhir/R4/narrative.html. Pages never show a narrative as markup; other readers may.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Final, Never

from gateway.errors import Invalid

__all__ = ["check_div"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ELEMENTS: Final = _words(
    "a abbr acronym b big blockquote br caption cite code col colgroup dd dfn div dl dt em h1 h2 h3 h4 h5 h6 hr i img"
    " li ol p pre q samp small span strong sub sup table tbody td tfoot th thead tr tt ul var"
)
_ATTRIBUTES: Final = _words(
    "abbr accesskey align alt axis bgcolor border cellhalign cellpadding cellspacing cellvalign char charoff charset"
    " cite class colspan compact coords dir frame headers height href hreflang hspace id lang longdesc name nowrap rel"
    " rev rowspan rules scope shape span src start style summary tabindex title type valign value vspace width xml:id"
    " xml:lang xmlns"
)
_ADDRESS: Final = re.compile(r"\s*(?:https?:|mailto:|tel:|data:image/|urn:|\#|[^:]*$)", re.IGNORECASE)
_STYLE: Final = re.compile(r"expression|javascript|url\s*\(|@import", re.IGNORECASE)


def check_div(div: str, where: str) -> None:
    """Raise Invalid unless *div* is an XHTML div that holds text and only allowed elements and attributes."""
    if not re.match(r"\s*<div[\s>/]", div):
        raise Invalid("txt-1: a narrative is one <div> element.", where=where)
    reader = _Reader(where)
    reader.feed(div)
    reader.close()
    if not reader.has_content:
        raise Invalid("txt-2: a narrative says something.", where=where)


class _Reader(HTMLParser):
    """Reads a narrative and raises at the first thing that does not belong there."""

    def __init__(self, where: str) -> None:
        super().__init__(convert_charrefs=True)
        self.where = where
        self.has_content = False

    def _refuse(self, what: str) -> Never:
        raise Invalid(f"txt-1: {what} is not allowed in a narrative.", where=self.where, remedy="Leave it out.")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.has_content |= tag != "div"  # an official example has nothing but blanks in a <pre>
        if tag not in _ELEMENTS:
            self._refuse(f"<{tag[:40]}>")
        for name, value in attrs:
            said = value or ""
            if name not in _ATTRIBUTES:
                self._refuse(f"the attribute {name[:40]}")
            if name in {"href", "src", "cite", "longdesc"} and not _ADDRESS.match(said):
                self._refuse(f"the address {said[:40]!r}")
            if name == "style" and _STYLE.search(said):
                self._refuse("an active style")

    def handle_data(self, data: str) -> None:
        self.has_content |= bool(data.strip())

    def handle_decl(self, decl: str) -> None:
        self._refuse(f"the declaration {decl[:40]}")

    def unknown_decl(self, data: str) -> None:
        self._refuse(f"the declaration {data[:40]}")

    def handle_pi(self, data: str) -> None:
        self._refuse(f"the processing instruction {data[:40]}")
