"""The screens: static files that a browser reads as they are, with no build step.

`shared/` holds the look, the words and the pieces of every page; `doors/`, `physician/`, `citizen/`, `guest/` and
`verifier/` are the pages.
How they are made: docs/ui.md.
"""

from pathlib import Path

__all__ = ["PAGES", "static_root"]

PAGES = {
    "/": "doors",
    "/medecin/": "physician",
    "/carnet/": "citizen",
    "/visite/": "guest",
    "/verifier/": "verifier",
    "/essai/": "trial",
}
"""The address of each page and the folder whose `index.html` answers there; all else is under `/static/`."""


def static_root() -> Path:
    """Return the folder to serve under `/static/`; it lies on disk wherever the package is installed."""
    return Path(__file__).resolve().parent
