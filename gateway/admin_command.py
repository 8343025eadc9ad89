"""`teleborne admin`: what an operator asks of the database, each act imported when it is asked for."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path
from typing import Any

__all__ = ["admin_parser"]


def admin_parser(programs: Any) -> None:
    """Add `teleborne admin …` to *programs*."""
    admin = programs.add_parser("admin", help="what an operator does with the gateway's database")
    acts = admin.add_subparsers(dest="act", required=True, metavar="ACT")
    fleet = acts.add_parser("fleet", help="every booth as it told last: running, to watch, broken, offline")
    fleet.add_argument("--config", type=Path, metavar="FILE", help="the gateway's settings file (TOML)")
    fleet.add_argument("--json", action="store_true", help="one JSON object a line")
    fleet.set_defaults(run=_admin_fleet)
    for name, help_, run in (
        ("migrate", "bring the database of an older release up, with every gateway stopped", _admin_migrate),
        ("reindex", "make anew what resources are found by; the gateway may run", _admin_reindex),
    ):
        act = acts.add_parser(name, help=help_)
        act.add_argument("--config", type=Path, metavar="FILE", help="the gateway's settings file (TOML)")
        act.set_defaults(run=run)


def _admin_fleet(options: argparse.Namespace) -> None:
    from gateway.admin import fleet
    from gateway.config import GATEWAY_PREFIX, GatewaySettings, load

    asyncio.run(fleet(load(GatewaySettings, options.config, GATEWAY_PREFIX), as_json=options.json, said=print))


def _admin_migrate(options: argparse.Namespace) -> None:
    from gateway.admin import migrate
    from gateway.config import GATEWAY_PREFIX, GatewaySettings, load

    asyncio.run(migrate(load(GatewaySettings, options.config, GATEWAY_PREFIX), said=print))


def _admin_reindex(options: argparse.Namespace) -> None:
    from gateway.admin import reindex
    from gateway.config import GATEWAY_PREFIX, GatewaySettings, load

    asyncio.run(reindex(load(GatewaySettings, options.config, GATEWAY_PREFIX), said=print))
