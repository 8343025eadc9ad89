"""An OpenID provider with invented people, for the demo and the tests, on this machine only.

It speaks the protocol for real (code flow, PKCE, signed ID tokens) and proves nothing: whoever sits here may be anybody
on its page.
"""

from __future__ import annotations

from gateway.http.provider.core import ACR, Invented, InventedProvider, Registered
from gateway.http.provider.routes import PATH, routes

__all__ = ["ACR", "PATH", "Invented", "InventedProvider", "Registered", "routes"]
