"""The ports of a demo: the one people open, and those that its programs find each other by."""

from __future__ import annotations

import contextlib
import random
import socket
from typing import Final

from gateway.errors import SettingsError

__all__ = ["check_port", "free_ports"]

_PORTS: Final = range(20000, 30000)


def check_port(port: int) -> None:
    """Return if the demo can listen on *port*; raises SettingsError with one line."""
    try:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or error
        raise SettingsError(f"port {port} cannot be used ({why}); choose another with --port") from None


def free_ports(wanted: int) -> list[int]:
    """Return ports nobody listens on, below those the system gives away: they must still be free in a moment."""
    found: list[int] = []
    for port in random.sample(_PORTS, 100):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            found.append(port)
        if len(found) == wanted:
            return found
    raise SettingsError(f"no free port between {_PORTS.start} and {_PORTS.stop}; end what listens there")
