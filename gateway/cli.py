"""The `teleborne` command: one sub-command per program, no logic of its own."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from gateway.errors import TeleborneError

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> int:
    """Run one program; return its exit status: 0 done, 1 failed while running, 2 cannot start as asked."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options) or 0)
    except TeleborneError as error:
        print(f"teleborne {options.program}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="teleborne", description="An open teleconsultation booth system.")
    programs = parser.add_subparsers(dest="program", required=True, metavar="PROGRAM")

    demo = programs.add_parser("demo", help="everything on this machine, with virtual devices and simulated people")
    demo.add_argument("--port", type=int, default=8080, help="port of the gateway's pages and FHIR (8080)")
    demo.add_argument(
        "--data", type=Path, default=Path("demo-data"), metavar="DIR", help="folder of the demo (demo-data)"
    )
    demo.add_argument("--no-browser", action="store_true", help="do not open a browser")
    demo.set_defaults(run=_demo)

    gateway = programs.add_parser("gateway", help="the server: FHIR, sign-in, screens")
    gateway.add_argument("--config", type=Path, metavar="FILE", help="settings file (TOML); see docs/settings.md")
    gateway.set_defaults(run=_gateway)

    booth = programs.add_parser("booth", help="the booth: health objects, kiosk page, delivery")
    booth.add_argument("--config", type=Path, metavar="FILE", help="settings file (TOML); see docs/settings.md")
    booth.set_defaults(run=_booth)

    simulate = programs.add_parser("simulate", help="virtual health objects on a Bumble transport")
    simulate.add_argument("devices", nargs="*", metavar="DEVICE", help="which devices; see --list")
    simulate.add_argument(
        "--transport", metavar="SPEC", help="Bumble transport, e.g. tcp-server:127.0.0.1:9000 or usb:0"
    )
    simulate.add_argument("--every", type=float, default=10.0, metavar="SECONDS", help="time between measurements (10)")
    simulate.add_argument("--seed", type=int, default=None, help="the same values at each run")
    simulate.add_argument("--list", action="store_true", help="list the devices there are")
    simulate.set_defaults(run=_simulate)

    decode = programs.add_parser("decode", help="the decoded value of a characteristic, as JSON")
    decode.add_argument("characteristic", nargs="?", metavar="UUID", help="for example 2A35")
    decode.add_argument("value", nargs="?", metavar="HEX", help="the octets, in hexadecimal")
    decode.add_argument("--jsonl", action="store_true", help='read {"characteristic", "hex"} lines from standard input')
    decode.set_defaults(run=_decode)
    return parser


# Each program is imported when asked for: `teleborne decode` must not wait for the server's libraries.


def _demo(options: argparse.Namespace) -> None:
    from gateway.demo import run_demo

    _run(run_demo(port=options.port, data=options.data, browser=not options.no_browser))


def _gateway(options: argparse.Namespace) -> None:
    from gateway.app import run_gateway
    from gateway.config import GATEWAY_PREFIX, GatewaySettings, load

    _run(run_gateway(load(GatewaySettings, options.config, GATEWAY_PREFIX)), fast_loop=True)


def _booth(options: argparse.Namespace) -> None:
    from booth_client.app import run_booth
    from booth_client.config import BOOTH_PREFIX, BoothSettings
    from gateway.config import load

    _run(run_booth(load(BoothSettings, options.config, BOOTH_PREFIX)))


def _simulate(options: argparse.Namespace) -> None:
    from gateway.devices.virtual.simulate import DEVICES, simulate

    if options.list:
        print("\n".join(f"{name:12} {what}" for name, what in DEVICES.items()))
        return
    _run(simulate(options.devices, transport=options.transport, every_s=options.every, seed=options.seed))


def _decode(options: argparse.Namespace) -> int:
    from gateway.devices.decode import decode_jsonl, decode_line

    if options.jsonl:
        for line in decode_jsonl(sys.stdin.buffer):
            print(line)
        return 0
    if options.characteristic is None or options.value is None:
        print("teleborne decode: give UUID and HEX, or --jsonl", file=sys.stderr)
        return 2
    answer = decode_line(options.characteristic, options.value)
    print(answer)
    return 1 if answer.startswith('{"error"') else 0


def _run(program: Coroutine[Any, Any, None], *, fast_loop: bool = False) -> None:
    if fast_loop:
        import uvloop

        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(program)
    else:
        asyncio.run(program)


if __name__ == "__main__":
    sys.exit(main())
