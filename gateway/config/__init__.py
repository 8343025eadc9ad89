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
    PracticeSettings,
    ReportSettings,
    SessionLimits,
)
from gateway.config.loading import Setting, load, settings_of
from gateway.config.loopback import is_loopback
from gateway.config.visit import AuthorityLink, HubSettings, TurnSettings

__all__ = [
    "GATEWAY_PREFIX",
    "AuthorityLink",
    "BoothListener",
    "ClientSettings",
    "GatewaySettings",
    "HubSettings",
    "Limits",
    "LogFormat",
    "OidcSettings",
    "PeopleListener",
    "PersonSettings",
    "PracticeSettings",
    "ReportSettings",
    "SessionLimits",
    "Setting",
    "TurnSettings",
    "is_loopback",
    "load",
    "settings_of",
]
