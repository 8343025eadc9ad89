"""The screens: static files that a browser reads as they are, with no build step.

`shared/` holds the look, the words and the pieces of every page; each other folder is a page.
How they are made: docs/ui.md.
"""

from pathlib import Path
from string import Template
from typing import Final

__all__ = ["PAGES", "page", "static_root"]

PAGES: Final = {
    "/": ("doors", "Téléborne"),
    "/medecin/": ("physician", "Mesures des patients · Téléborne"),
    "/carnet/": ("citizen", "Mon carnet · Téléborne"),
    "/admin/": ("admin", "Parc des bornes · Téléborne"),
    "/visite/": ("guest", "Visite · Téléborne"),
    "/verifier/": ("verifier", "Téléborne"),
    "/essai/": ("trial", "Essai du poste · Téléborne"),
}
"""The address of each page, its folder, and its title until its words are there; all else is under `/static/`."""


def page(folder: str, title: str, *, place: str = "desk") -> str:
    """Return the HTML that opens the page of a folder; *place* is where the browser stands: `desk` or `booth`."""
    head = (static_root() / "page.template").read_text(encoding="utf-8")
    return Template(head).substitute(folder=folder, title=title, place=place)


def static_root() -> Path:
    """Return the folder to serve under `/static/`; it lies on disk wherever the package is installed."""
    return Path(__file__).resolve().parent
