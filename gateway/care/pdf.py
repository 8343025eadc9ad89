"""HTML to an accessible PDF: tagged, titled, in its language, its fonts inside (PDF/UA-1, ISO 14289-1).

The only import of WeasyPrint, and it is made at the first document: it needs the system's Pango, which a gateway that
writes no report can do without. What a page may load is the font files beside this module and nothing else, so that
no text that somebody typed can make the server fetch anything.
https://doc.courtbouillon.org/weasyprint/stable/
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from gateway.care.page import prescription_page, report_page
from gateway.care.report import Report
from gateway.errors import Unavailable

__all__ = ["prescription_pdf", "report_pdf"]

_HERE: Final = Path(__file__).resolve().parent
_SCHEME: Final = "teleborne:"
_DRAWN: Final = "data:image/svg+xml;base64,"


def report_pdf(report: Report, code: str = "") -> bytes:
    """Return the report as a PDF, with *code* to check it by; takes some tenths of a second, so call it in a thread."""
    return _pdf(report_page(report, code))


def prescription_pdf(report: Report, code: str = "") -> bytes:
    """Return the ordonnance as a PDF; like `report_pdf`."""
    return _pdf(prescription_page(report, code))


def _pdf(page: str) -> bytes:
    printer, style, fonts, fetcher = _press()
    document = printer.HTML(string=page, url_fetcher=fetcher, media_type="print")
    written = document.write_pdf(stylesheets=[style], font_config=fonts, pdf_variant="pdf/ua-1", pdf_tags=True)
    assert isinstance(written, bytes), "no target was given"
    return written


@cache
def _press() -> tuple[Any, Any, Any, Any]:
    """Return WeasyPrint, our style sheet with its fonts loaded, and what may be fetched."""
    try:
        weasyprint = import_module("weasyprint")
        text, urls = import_module("weasyprint.text.fonts"), import_module("weasyprint.urls")
    except OSError as error:
        raise Unavailable(
            f"Documents cannot be made: {error}.", remedy="Install Pango (Debian: libpangoft2-1.0-0)."
        ) from error

    class OurFonts(urls.URLFetcher):  # type: ignore[misc,name-defined]  # the library has no types
        def fetch(self, url: str, headers: Any = None) -> Any:
            if url.startswith(_DRAWN):
                return super().fetch(url, headers)
            name = url.removeprefix(_SCHEME)
            if name == url or name not in _fonts():
                raise ValueError(f"{url[:80]} is not one of our fonts")
            return urls.URLFetcherResponse(url, _fonts()[name], {"Content-Type": "font/ttf"})

    fonts, fetcher = text.FontConfiguration(), OurFonts()
    style = weasyprint.CSS(string=(_HERE / "page.css").read_text("utf-8"), font_config=fonts, url_fetcher=fetcher)
    return weasyprint, style, fonts, fetcher


@cache
def _fonts() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (_HERE / "fonts").glob("*.ttf")}
