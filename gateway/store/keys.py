"""How what is searched for is kept: as keyed hashes in 61 bits, so that the index says nothing without its key.

A hash is that of a text wherever it stands: the code of a reference equals the resource's own `Type/id`, which makes a
chain one join. Two different texts of a million share a hash with a chance of 1 : 4 million; whoever has not the key
cannot look for such a pair. https://www.rfc-editor.org/rfc/rfc7693
"""

from __future__ import annotations

from functools import cache, lru_cache
from hashlib import blake2b
from typing import Any, Final

from sqlalchemy import BigInteger, bindparam

__all__ = ["NOTHING", "OWNED", "Keys", "field_number", "type_number"]

NOTHING: Final = 0
"""What is kept for an empty text: no system, no words."""

OWNED: Final = "owned__"
"""How the name of a parameter begins that stands for what is `owned`."""

_REMEMBERED: Final = 20_000
_ALL: Final = 2**64 - 1
_ODD: Final = 0x9E3779B97F4A7C15
_PRIME: Final = 0xD6E8FEB86659FD93


class Keys:
    """The hashes of one index, made with its key."""

    def __init__(self, index_key: bytes) -> None:
        self._index_key = index_key
        # The same codes, units and patients come again and again.
        self.of = lru_cache(maxsize=_REMEMBERED)(self.hashed)

    def hashed(self, text: str) -> int:
        """Return the hash of a text that nobody will ask for soon again; `of` remembers what it returned."""
        if not text:
            return NOTHING
        digest = blake2b(text.encode(), digest_size=8, key=self._index_key).digest()
        # 61 bits of them: the number of a type can be added without leaving 64.
        return (int.from_bytes(digest, "big", signed=True) >> 3) or 1

    def kept(self, text: Any) -> Any:
        """Return the hash of a text; what is none, a parameter of a statement, stays what it is."""
        return self.of(text) if isinstance(text, str) else text

    def owned(self, owner: Any, field: int, code: Any) -> Any:
        """Return what stands for a code under a field in somebody's record: one number, which one index begins with.

        Of parameters of a statement it is one more, called after them.
        """
        if isinstance(owner, int) and isinstance(code, int):
            return self.mixed(owner, *self.parts(field, code))
        return bindparam(f"{OWNED}{owner.key}__{field}__{code.key}", 0, type_=BigInteger())

    @staticmethod
    def parts(field: int, code: int) -> tuple[int, int]:
        """Return what a code under a field is mixed from with whoever owns it: the same for all owners."""
        return ((code << 31) | ((code & _ALL) >> 33)) & _ALL, field * _PRIME

    @staticmethod
    def mixed(owner: int, turned: int, moved: int) -> int:
        """Return `owned` of an owner and the `parts`."""
        mixed = ((owner ^ turned) * _ODD + moved) & _ALL
        return (mixed ^ (mixed >> 29)) - (1 << 63)

    def words(self, text: str) -> int:
        """Return the hash of words that stand for a code where there is none."""
        return self.of(f"\0{text}")


def type_number(type_: str) -> int:
    """Return what is added to an owner's hash for their resources of one type: `record` in the rows."""
    return field_number(type_, "record")


@cache
def field_number(type_: str, field: str) -> int:
    """Return the number that a field of a type is kept under: 31 bits, the same on every node and for ever."""
    return int.from_bytes(blake2b(f"{type_}.{field}".encode(), digest_size=4).digest(), "big") & 0x7FFFFFFF
