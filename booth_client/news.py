"""What the booth tells a journey: who was read, how the visit stands, what the physician asks for or writes."""

from __future__ import annotations

from dataclasses import dataclass

from booth_client.others import Asking, Other
from booth_client.shown import Shown
from booth_client.unread import Unread
from booth_client.words import Device, Exam, Stage, Way

__all__ = ["Examination", "Known", "News", "Picture", "Written"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Somebody whom a card, a code or the helper names, as the screen asks for them: given name and initial, and age.

    `id` says to whoever read it which person that is; the journey knows no more of them.
    """

    id: str
    name: str
    age: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A code of squares to be photographed: `path` is an SVG path on a grid of `size` by `size`."""

    size: int
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What the physician examines, and for the stethoscope where it is held: a spot of the body map."""

    exam: Exam
    spot: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What the physician writes for the person to read: a text, or the name of a picture that came with it."""

    text: str
    picture: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What is new about the visit with a physician, or about who is there; what is None stays as it was.

    `before` and `minutes` are the place in the queue (minutes None: nobody knows), `name` the proved name, `digits`
    the proved connection's six, `device` or `exam` what the physician asks for, `quiet` whether they want the
    loudspeaker off, `written` what they write, `paper` whether they want to see one, `file` the document that they
    show, `pages` how many sheets the printer gave, `asking` who would join, `others` who has.

    READ tells the `people` who were read, the holder of the card first; READERS which ways are `closed` for now, and
    whether a `card` is in; MISREAD why a code named nobody (`unread`). ADMITTED tells the `helper`'s name, TURNED_AWAY
    whether they have to `wait`.
    """

    stage: Stage | None = None
    before: int | None = None
    minutes: tuple[int, int] | None = None
    name: str | None = None
    digits: str | None = None
    device: Device | None = None
    exam: Examination | None = None
    quiet: bool | None = None
    written: Written | None = None
    paper: bool | None = None
    file: Shown | None = None
    papers: int | None = None
    pages: int | None = None
    code: Picture | None = None
    asking: tuple[Asking, ...] | None = None
    others: tuple[Other, ...] | None = None
    people: tuple[Known, ...] | None = None
    closed: frozenset[Way] | None = None
    card: bool | None = None
    unread: Unread | None = None
    helper: str | None = None
    wait: bool | None = None
