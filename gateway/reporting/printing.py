"""How the papers of a visit stand at its booth, as the booth tells it and the physician reads it."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

__all__ = ["Printing"]

Sheets = Annotated[int, msgspec.Meta(ge=0, le=1000)]


class Printing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`sheets` of `of` have come out; `taken`: the patient says that they have them; `unprinted`: they get a code."""

    step: Literal["sent", "printed", "taken", "unprinted"]
    sheets: Sheets = 0
    of: Sheets = 0
