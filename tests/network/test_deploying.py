"""The relay's settings as docs/deploy-turn.md prints them, given to a real coturn."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from aioice.stun import TransactionFailed
from aioice.turn import create_turn_endpoint

from booth_client.relays import Outcome, Relays
from tests.peers.coturn import SECRET, Coturn, certificate, free_port, listens, turnserver
from tests.peers.patience import PATIENCE

PAGE = Path(__file__).parents[2] / "docs" / "deploy-turn.md"


class Refusal(asyncio.DatagramProtocol):
    """Keeps why something could not be sent."""

    def __init__(self) -> None:
        self.why: asyncio.Future[Exception] = asyncio.get_running_loop().create_future()

    def error_received(self, error: Exception) -> None:
        self.why.set_result(error)


def settings(folder: Path, port: int, tls_port: int) -> str:
    """Return the page's block with this machine's addresses in place of the example's."""
    (block,) = re.findall(r"```ini\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    pem, key = certificate(folder)
    here = {
        "listening-ip": "127.0.0.1",
        "relay-ip": "127.0.0.1",
        "cert": str(pem),
        "pkey": str(key),
        "static-auth-secret": SECRET,
        "listening-port": str(port),
        "tls-listening-port": str(tls_port),
    }
    for name, value in here.items():
        block, found = re.subn(rf"^{name}=.*$", f"{name}={value}", block, flags=re.MULTILINE)
        assert found == 1, name
    assert re.search(r"^syslog$", block, re.MULTILINE)
    return re.sub(r"^syslog$", "log-file=stdout", block, flags=re.MULTILINE)


async def test_the_settings_of_the_page_make_a_relay_that_is_no_way_into_its_network(tmp_path: Path) -> None:
    port, tls_port = free_port(), free_port()
    (tmp_path / "turnserver.conf").write_text(settings(tmp_path, port, tls_port))
    command = (turnserver(), "-c", str(tmp_path / "turnserver.conf"), f"--pidfile={tmp_path}/pid")
    with (tmp_path / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(*command, f"--userdb={tmp_path}/db", stdout=log, stderr=log)
    try:
        await listens(process, port, tls_port)
        relay = Coturn(port=port, tls_port=tls_port, authority=tmp_path / "turn.pem")
        found = await Relays(trust=relay.trust()).look(relay.servers())
        assert [each.outcome for each in found] == [Outcome.WORKS] * 3
        (server,) = relay.servers(relay.udp)
        endpoint, refusal = await create_turn_endpoint(
            Refusal, ("127.0.0.1", port), username=server.username, password=server.credential
        )
        endpoint.sendto(b"let me in", ("127.0.0.1", 22))
        async with asyncio.timeout(PATIENCE):
            why = await refusal.why
        assert isinstance(why, TransactionFailed)
        assert why.response.attributes["ERROR-CODE"][0] == 403
        endpoint.close()
    finally:
        process.kill()
        await process.wait()
    said = (tmp_path / "log").read_text("utf-8", "replace")
    assert "Bad configuration" not in said
    assert not re.search(r"unknown (argument|option)", said, re.IGNORECASE), said


@pytest.mark.parametrize("outcome", [each for each in Outcome if each is not Outcome.WORKS])
def test_the_page_tells_what_to_do_about_every_outcome(outcome: Outcome) -> None:
    assert re.search(rf"^\| `{outcome}` \| .+ \| .+ \|$", PAGE.read_text("utf-8"), re.MULTILINE)
