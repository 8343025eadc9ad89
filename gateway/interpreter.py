"""How Python itself runs in a program that serves: set once, when all that lives as long as the program is made."""

from __future__ import annotations

import gc
import sys
from typing import Final

__all__ = ["serve"]

_SWITCH_S: Final = 0.0005
_YOUNG: Final = 5_000


def serve() -> None:
    """Let threads take turns quickly, and leave what is there now out of every search for garbage.

    A database's thread has next to nothing to do in Python between two calls of its library, and would wait 5 ms for
    each turn beside a busy event loop. A whole collection of what the start made takes a tenth of a second, in which
    nobody is answered. https://docs.python.org/3/library/gc.html#gc.freeze
    """
    sys.setswitchinterval(_SWITCH_S)
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, 20, 50)
