"""Those in the talk besides the patient and the physician, as the kiosk shows them."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Asking", "Other"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Somebody whom the physician would let into the talk, as they call themselves."""

    name: str
    part: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """Somebody in the talk besides the physician.

    `name` is None until it is proved, and for a guest what the physician signed; `digits` are to be compared with them,
    None where an authority vouches for who they are. `here`: the connection is proved now. `known`: it is certain who
    has the other end.
    """

    participant: str
    name: str | None
    part: str
    digits: str | None = None
    here: bool = False
    known: bool = False

    @property
    def unknown(self) -> bool:
        """Say whether the digits are to be compared, and can be."""
        return self.here and self.digits is not None and not self.known
