"""A real coturn on loopback, by UDP, TCP and TLS, with the REST credentials that the gateway makes."""

from __future__ import annotations

import asyncio
import ipaddress
import shutil
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from signalling.messages import IceServer
from signalling.turn import Turn, ice_servers
from tests.peers.patience import PATIENCE

__all__ = ["SECRET", "Coturn", "certificate", "coturn", "free_port", "listens", "turnserver"]

SECRET = "north-of-the-mill"
_PORTS = (41000, 41199)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coturn:
    """A relay that runs: *udp*, *tcp* and *tls* are its three ways in, as `turn:` addresses."""

    port: int
    tls_port: int
    authority: Path

    @property
    def udp(self) -> str:
        return f"turn:127.0.0.1:{self.port}?transport=udp"

    @property
    def tcp(self) -> str:
        return f"turn:127.0.0.1:{self.port}?transport=tcp"

    @property
    def tls(self) -> str:
        return f"turns:127.0.0.1:{self.tls_port}?transport=tcp"

    def servers(
        self, *urls: str, participant: str = "p-1", lifetime: timedelta = timedelta(minutes=5), secret: str = SECRET
    ) -> list[IceServer]:
        """Return what the gateway would give a participant for *urls*, all three ways where none is named."""
        turn = Turn(urls=urls or (self.udp, self.tcp, self.tls), secret=secret, lifetime=lifetime)
        return ice_servers(turn, participant, datetime.now(UTC))

    def trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.authority))


@asynccontextmanager
async def coturn(folder: Path) -> AsyncIterator[Coturn]:
    """Run coturn for as long as the block lasts."""
    folder.mkdir(parents=True, exist_ok=True)
    pem, key = certificate(folder)
    port, tls_port = free_port(), free_port()
    command = [
        *(turnserver(), "-n", "--use-auth-secret", f"--static-auth-secret={SECRET}", "--realm=turn.test"),
        *("--listening-ip=127.0.0.1", f"--listening-port={port}", "--relay-ip=127.0.0.1"),
        *(f"--tls-listening-port={tls_port}", f"--cert={pem}", f"--pkey={key}", "--no-dtls"),
        *(f"--min-port={_PORTS[0]}", f"--max-port={_PORTS[1]}", "--allow-loopback-peers", "--no-multicast-peers"),
        *("--cli-password=unused", "--no-cli", "--log-file=stdout", "--simple-log", f"--pidfile={folder}/turn.pid"),
        f"--userdb={folder}/turn.sqlite",
    ]
    log = (folder / "turn.log").open("wb")
    process = await asyncio.create_subprocess_exec(*command, stdout=log, stderr=log, cwd=folder)
    try:
        await listens(process, port, tls_port)
        yield Coturn(port=port, tls_port=tls_port, authority=pem)
    finally:
        if process.returncode is None:
            process.kill()  # it takes seconds to end politely, and keeps nothing
        await process.wait()
        log.close()


def turnserver() -> str:
    """Return the program."""
    program = shutil.which("turnserver")
    if program is None:
        pytest.fail("coturn is missing; install it with `make setup-test` (Debian package coturn)")
    return program


async def listens(process: asyncio.subprocess.Process, *ports: int) -> None:
    """Wait until the relay takes connections on *ports*."""
    async with asyncio.timeout(PATIENCE):
        for port in ports:
            while True:
                assert process.returncode is None, "coturn ended at its start"
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                except OSError:
                    await asyncio.sleep(0.05)
                else:
                    writer.close()
                    break


def free_port() -> int:
    """Return a port that nobody listens on just now."""
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return int(tried.getsockname()[1])


def certificate(folder: Path) -> tuple[Path, Path]:
    """Make the relay's certificate, which is its own authority, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "turn.test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, private = folder / "turn.pem", folder / "turn.key"
    pem.write_bytes(made.public_bytes(Encoding.PEM))
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return pem, private
