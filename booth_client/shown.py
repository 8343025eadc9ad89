"""A document on the kiosk's screen: where in it somebody is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

__all__ = ["Shown"]


PARTS: Final = 3
"""In how many parts a sheet is read where it is enlarged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A document that the physician shows: at which of its `sheets` it is open, and at which part where it is `large`.

    `number` is the booth's own, by which the page fetches it.
    """

    id: str
    number: int
    sheets: int
    at: int = 0
    part: int = 0
    large: bool = False

    @property
    def place(self) -> int:
        """Return how many turnings lie before this view."""
        return self.at * PARTS + self.part if self.large else self.at

    @property
    def last(self) -> int:
        """Return the place of the last view."""
        return self.sheets * PARTS - 1 if self.large else self.sheets - 1

    def turned(self, by: int) -> Shown:
        """Return it some turnings on, or back."""
        place = min(max(self.place + by, 0), self.last)
        at, part = divmod(place, PARTS) if self.large else (place, 0)
        return replace(self, at=at, part=part)

    def resized(self) -> Shown:
        """Return the same sheet enlarged, or whole again."""
        return replace(self, large=not self.large, part=0)
