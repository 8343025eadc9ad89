"""How long a test waits for what must come."""

from __future__ import annotations

from typing import Final

__all__ = ["PATIENCE"]

PATIENCE: Final = 120.0
"""Seconds. Nothing is measured with it: whoever waits goes on as soon as it is there, however busy the machine is."""
