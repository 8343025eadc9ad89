"""Settings of the programs: a loader for any of them, and the gateway's own."""

from __future__ import annotations

from gateway.config.gateway import (
    GATEWAY_PREFIX,
    BoothListener,
    ClientSettings,
    GatewaySettings,
    Limits,
    LogFormat,
    OidcSettings,
    PeopleListener,
    PersonSettings,
    ReportSettings,
    SessionLimits,
    is_loopback,
)
from gateway.config.loading import Setting, load, settings_of

__all__ = [
    "GATEWAY_PREFIX",
    "BoothListener",
    "ClientSettings",
    "GatewaySettings",
    "Limits",
    "LogFormat",
    "OidcSettings",
    "PeopleListener",
    "PersonSettings",
    "ReportSettings",
    "SessionLimits",
    "Setting",
    "is_loopback",
    "load",
    "settings_of",
]
