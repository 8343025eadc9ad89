"""What the physician may ask of the booth, and what the booth answers: docs/channels.md, docs/exam.md."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Final

import msgspec

__all__ = ["ENDS", "LONGEST_TEXT", "NEEDS", "Answer", "Count", "Message", "Progress", "Request", "Word"]

LONGEST_TEXT: Final = 240
"""The most characters of a text that is shown large at the kiosk."""

Word = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Count = Annotated[int, msgspec.Meta(ge=0)]


class Message(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="k"):
    """One message; subclasses are the vocabulary."""


class Request(Message, frozen=True, kw_only=True, tag="request"):
    """The physician asks the booth to do something: `what` says what, NEEDS which of the other fields it needs.

    `again`: it was said before, on a connection that was lost; a booth that does not know it does nothing.
    """

    id: Word
    what: Word
    kind: Word | None = None
    spot: Word | None = None
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_TEXT)] | None = None
    on: bool | None = None
    of: Word | None = None
    documents: Annotated[list[Word], msgspec.Meta(max_length=8)] | None = None
    file: Word | None = None
    again: bool = False

    def __post_init__(self) -> None:
        """Refuse a request that lacks what it is about."""
        missing = [name for name in NEEDS.get(self.what, ()) if getattr(self, name) is None]
        if missing:
            raise ValueError(f"{self.what} needs {missing[0]}")


NEEDS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "measure": ("kind",),
        "listen": ("spot",),
        "camera": (),
        "still": (),
        "quiet": ("on",),
        "write": ("text",),
        "print": ("documents",),
        "show": ("file",),
        "print-file": ("file",),
        "paper": (),
        "stop": ("of",),
    }
)
"""All that may be asked of a booth, and the fields without which it cannot be done."""


class Progress(StrEnum):
    """How far the booth is with a request."""

    ASKED = "asked"
    ACCEPTED = "accepted"
    DOING = "doing"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


ENDS: Final = frozenset({Progress.DONE, Progress.REFUSED, Progress.FAILED})
"""After these nothing more is said of a request."""


class Answer(Message, frozen=True, kw_only=True, tag="answer"):
    """How far the booth is with the request of that id.

    `what` is the request's, and `kind` its health object: a page that was reloaded has forgotten them. `reply` is what
    somebody touched under a text, `sheets` how many came out of the printer and `of` how many, `blob` the picture's id,
    `why` the reason of a failure.
    """

    id: Word
    what: Word
    state: Progress
    kind: Word | None = None
    reply: Word | None = None
    sheets: Count | None = None
    of: Count | None = None
    blob: Word | None = None
    why: Word | None = None
