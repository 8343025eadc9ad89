"""The caller as the FHIR interactions see it: `gateway.identity` decides, this only passes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.errors import Unauthenticated
from gateway.fhir.rest import Letter
from gateway.identity import Interaction, Principal, permit, restrict

__all__ = ["Caller"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks: a principal, or nobody we know."""

    principal: Principal | None

    def permit(self, letter: Letter, type_: str, resource: Mapping[str, Any] | None = None) -> None:
        """Return if the caller may, else raise Forbidden or Unauthenticated."""
        permit(self._known(), Interaction(letter), type_, resource=resource)

    def compartment(self, letter: Letter, type_: str) -> str | None:
        """Return the only patient whose resources the caller may see, or None where it may see everybody's."""
        return restrict(self._known(), type_, Interaction(letter))

    def _known(self) -> Principal:
        if self.principal is None:
            raise Unauthenticated("This needs a caller we know.", remedy="Sign in, or send a Bearer token.")
        return self.principal
