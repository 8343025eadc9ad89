"""Who may do what: principals, scopes, the gate, and the rules for tokens and certificates. Pure: no I/O, no clock."""

from __future__ import annotations

from gateway.identity.permit import permit, restrict
from gateway.identity.principal import Actor, Principal, Role
from gateway.identity.scopes import Context, Interaction, Scope, Scopes

__all__ = ["Actor", "Context", "Interaction", "Principal", "Role", "Scope", "Scopes", "permit", "restrict"]
