"""The log: one event a line, on standard error, with names and figures and never a person's data.

Events carry a correlation id, kinds and statuses. What may hold personal data (paths with ids, query strings, bodies,
the texts of errors that libraries raise) never gets into an event; `where_it_failed` says of an exception only its type
and its places.
"""

from __future__ import annotations

import logging
import sys
import traceback
from pathlib import Path
from typing import Any, Final

import structlog

__all__ = ["configure_log", "where_it_failed"]

_PLACES: Final = 12


def configure_log(*, json: bool) -> None:
    """Set the log up once per program: lines for people, or one JSON object each."""
    lines = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    renderer: Any = structlog.processors.JSONRenderer() if json else lines
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    # Libraries log what peers sent them, octets included; their warnings reach us as exceptions and statuses instead.
    logging.getLogger().setLevel(logging.CRITICAL)


def where_it_failed(error: BaseException) -> dict[str, Any]:
    """Return the exception's type and the places it passed, innermost last, without its text."""
    frames = traceback.extract_tb(error.__traceback__)[-_PLACES:]
    places = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
    return {"error": type(error).__name__, "places": places}
