"""The `teleborne` command: one sub-command per program, no logic of its own."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from booth_client.badge_command import badge_parser
from gateway.admin_command import admin_parser
from gateway.errors import SettingsError, TeleborneError

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

    gateway = programs.add_parser("gateway", help="the server: FHIR, sign-in, screens, signalling")
    gateway.add_argument("--config", type=Path, metavar="FILE", help="settings file (TOML); see docs/settings.md")
    gateway.set_defaults(run=_gateway)

    booth = programs.add_parser("booth", help="the booth: health objects, kiosk page, delivery")
    booth.add_argument("--config", type=Path, metavar="FILE", help="settings file (TOML); see docs/settings.md")
    booth.add_argument(
        "--capture", type=Path, metavar="FILE", help="write sessions with devices down, without the person"
    )
    booth.add_argument(
        "--enrol", metavar="CODE", help="get this booth its key and certificate with an operator's code, and end"
    )
    booth.add_argument("--check", action="store_true", help="hold this machine against docs/install-booth.md, and end")
    booth.add_argument("--json", action="store_true", help="with --check: the rows as JSON")
    booth.add_argument("--well", action="store_true", help="say whether the booth with these settings runs, and end")
    booth.set_defaults(run=_booth)

    kiosk = programs.add_parser("kiosk", help="the supervisor of the booth's browser: a fresh one for every person")
    kiosk.add_argument("--config", type=Path, metavar="FILE", help="settings file (TOML); see docs/settings.md")
    kiosk.set_defaults(run=_kiosk)

    _authority_parser(programs)
    admin_parser(programs)

    simulate = programs.add_parser("simulate", help="virtual health objects on a Bumble transport")
    simulate.add_argument("devices", nargs="*", metavar="DEVICE", help="cuff, cuff+drop, scale*20 …; see --list")
    simulate.add_argument(
        "--transport", metavar="SPEC", help="Bumble transport, e.g. tcp-server:127.0.0.1:9000 or usb:0"
    )
    simulate.add_argument("--every", type=float, default=10.0, metavar="SECONDS", help="time between measurements (10)")
    simulate.add_argument("--seed", type=int, default=None, help="the same values at each run")
    simulate.add_argument("--scenario", metavar="NAME", help="play a scenario: one of ours, or a file (TOML)")
    simulate.add_argument("--replay", type=Path, metavar="FILE", help="play what `teleborne booth --capture` recorded")
    simulate.add_argument("--list", action="store_true", help="list devices, behaviours and scenarios")
    simulate.set_defaults(run=_simulate)

    _devices_parser(programs)
    badge_parser(programs)

    decode = programs.add_parser("decode", help="the decoded value of a characteristic, as JSON")
    decode.add_argument("characteristic", nargs="?", metavar="UUID", help="for example 2A35")
    decode.add_argument("value", nargs="?", metavar="HEX", help="the octets, in hexadecimal")
    decode.add_argument("--jsonl", action="store_true", help='read {"characteristic", "hex"} lines from standard input')
    decode.set_defaults(run=_decode)
    return parser


def _devices_parser(programs: Any) -> None:
    devices = programs.add_parser("devices", help="look for health objects, pair, forget and test them")
    acts = devices.add_subparsers(dest="act", required=True, metavar="ACT")
    for name, help_, seconds in (
        ("scan", "what advertises now", 15.0),
        ("pair", "bond with a device", 60.0),
        ("forget", "remove the bond with a device", 10.0),
        ("test", "seen? battery? clock? calibration? Takes no reading", 60.0),
    ):
        act = acts.add_parser(name, help=help_)
        act.add_argument("addresses", nargs="*", metavar="ADDRESS", help="as 00:09:1F:8A:5C:11, which scan shows")
        act.add_argument("--seconds", type=float, default=seconds, help=f"for how long ({seconds:g})")
        act.add_argument("--config", type=Path, metavar="FILE", help="the booth's settings: its devices, its adapters")
        act.add_argument("--virtual", metavar="SCENARIO", help="simulated devices instead of this machine's Bluetooth")
        act.add_argument("--json", action="store_true", help="one JSON object a line")
        act.add_argument("--all", action="store_true", help="also what is no health object (scan)")
        act.set_defaults(run=_devices)


def _authority_parser(programs: Any) -> None:
    authority = programs.add_parser("authority", help="the registration authority: certifies physicians' keys")
    acts = authority.add_subparsers(dest="act", required=True, metavar="ACT")

    def act(name: str, help_: str, run: Callable[[argparse.Namespace], object]) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = acts.add_parser(name, help=help_)
        parser.add_argument("directory", type=Path, metavar="DIR", help="the authority's folder")
        parser.set_defaults(run=run)
        return parser

    act("init", "make the authority's key and certificate", _authority_init)
    register = act("register", "let a gateway vouch for who signed in", _authority_register)
    register.add_argument("--gateway", required=True, metavar="NAME", help="its name, as in its [authority]")
    register.add_argument(
        "--jwk", required=True, metavar="FILE", help="its statement-key.jwk.json; - for standard input"
    )
    certify = act("certify", "certify one physician's key by hand", _authority_certify)
    certify.add_argument("--physician", required=True, metavar="rpps:NUMBER", help="whose key it is")
    certify.add_argument("--name", required=True, help="their name, for screens")
    certify.add_argument("--jwk", required=True, metavar="FILE", help="the public key; - for standard input")
    certify.add_argument("--days", type=int, default=30, help="how long it is good for (30)")
    serve = act("serve", "certify upon the registered gateways' word", _authority_serve)
    serve.add_argument(
        "--acr", action="append", required=True, help="a way to sign in that is strong enough; may be repeated"
    )
    serve.add_argument("--host", default="127.0.0.1", help="loopback only (127.0.0.1)")
    serve.add_argument("--port", type=int, default=8090, help="its port (8090)")


# Each program is imported when asked for: `teleborne decode` must not wait for the server's libraries.


def _demo(options: argparse.Namespace) -> None:
    from gateway.demo import run_demo

    _run(run_demo(port=options.port, data=options.data, browser=not options.no_browser))


def _gateway(options: argparse.Namespace) -> None:
    from gateway.app import run_gateway
    from gateway.config import GATEWAY_PREFIX, GatewaySettings, load

    _run(run_gateway(load(GatewaySettings, options.config, GATEWAY_PREFIX)), fast_loop=True)


def _booth(options: argparse.Namespace) -> int:
    from booth_client.config import BOOTH_PREFIX, BoothSettings
    from gateway.config import load

    settings = load(BoothSettings, options.config, BOOTH_PREFIX)
    if options.well:
        from booth_client.status import is_well

        return 0 if is_well(settings.status_file) else 1
    if options.check:
        from booth_client.machine.installed import tell

        return tell(settings, as_json=options.json)
    if options.enrol:
        from booth_client.enrolling import enrol

        until = asyncio.run(enrol(settings, options.enrol))
        print(
            f"{settings.name} is enrolled; its certificate is good until {until:%Y-%m-%d %H:%M} UTC, and renews itself"
        )
        return 0
    from booth_client.app import run_booth

    _run(run_booth(settings, capture=options.capture))
    return 0


def _kiosk(options: argparse.Namespace) -> None:
    from booth_client.kiosk.supervisor import KIOSK_PREFIX, KioskSettings, run_kiosk
    from gateway.config import load

    _run(run_kiosk(load(KioskSettings, options.config, KIOSK_PREFIX)))


def _authority_init(options: argparse.Namespace) -> None:
    from gateway.authority import initialise

    print(initialise(options.directory))


def _authority_register(options: argparse.Namespace) -> None:
    from gateway.authority import register

    register(options.directory, options.gateway, _json_object(options.jwk))


def _authority_certify(options: argparse.Namespace) -> None:
    from gateway.authority import certify

    jwk = json.dumps(_json_object(options.jwk))
    print(certify(options.directory, physician=options.physician, name=options.name, jwk=jwk, days=options.days))


def _authority_serve(options: argparse.Namespace) -> None:
    from gateway.authority import AuthoritySettings, run_authority

    try:
        settings = AuthoritySettings(
            directory=options.directory, acr=tuple(options.acr), host=options.host, port=options.port
        )
    except ValueError as error:
        raise SettingsError(str(error)) from None
    _run(run_authority(settings, started=lambda address: print(address, flush=True)))


def _json_object(source: str) -> dict[str, Any]:
    try:
        read = json.loads(sys.stdin.read() if source == "-" else Path(source).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(f"{source}: no JSON can be read ({getattr(error, 'strerror', None) or error})") from None
    if not isinstance(read, dict):
        raise SettingsError(f"{source}: not a JSON object")
    return read


def _simulate(options: argparse.Namespace) -> None:
    from gateway.devices.virtual.simulate import listing, simulate

    if options.list:
        print("\n".join(listing()))
        return
    _run(
        simulate(
            options.devices,
            transport=options.transport,
            every_s=options.every,
            seed=options.seed,
            scenario=options.scenario,
            replay=options.replay,
        )
    )


def _devices(options: argparse.Namespace) -> int:
    from gateway.devices.inspection import Expected
    from gateway.devices.operator import operate

    expected: tuple[Expected, ...] = ()
    adapters: tuple[str, ...] = ()
    if options.config is not None:
        from booth_client.config import BOOTH_PREFIX, BoothSettings
        from gateway.config import load

        settings = load(BoothSettings, options.config, BOOTH_PREFIX)
        expected, adapters = settings.expected, settings.bluetooth.adapters
    return asyncio.run(
        operate(
            options.act,
            options.addresses,
            seconds=options.seconds,
            json=options.json,
            everything=options.all,
            virtual=options.virtual,
            expected=expected,
            adapters=adapters,
        )
    )


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
