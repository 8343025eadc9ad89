"""A touch that a screen does not offer."""

from __future__ import annotations

from booth_client.words import Act, State
from gateway.errors import TeleborneError

__all__ = ["ForbiddenAct"]


class ForbiddenAct(TeleborneError):
    """A screen was answered with something that it does not offer."""

    def __init__(self, state: State, act: Act) -> None:
        super().__init__(f"the screen {state} does not offer {act}")
        self.state = state
        self.act = act
