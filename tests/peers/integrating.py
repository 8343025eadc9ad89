"""A gateway in a process of its own, as an integrator meets it: an address, a registered program, nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from joserfc import jwt
from joserfc.jwk import ECKey

from gateway.demo.folder import Folder, prepare
from tests.peers.demo import free_port

__all__ = ["Integration", "gateway_process"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Integration:
    """A running gateway; `described` is what the demo's `demo.json` would say of it."""

    process: subprocess.Popen[bytes]
    folder: Folder
    log: Path
    described: dict[str, Any]

    @property
    def fhir(self) -> str:
        return str(self.described["fhir"])

    def assertion(self) -> str:
        """Return a signed assertion of the registered program (SMART Backend Services)."""
        smart, now = self.described["smart"], int(time.time())
        claims = {
            "iss": smart["client_id"],
            "sub": smart["client_id"],
            "aud": smart["token_url"],
            "iat": now,
            "exp": now + 120,
            "jti": str(uuid.uuid4()),
        }
        key = ECKey.import_key(Path(smart["private_key"]).read_text())
        return jwt.encode({"alg": "ES384", "kid": smart["kid"]}, claims, key, algorithms=["ES384"])

    def token(self, scope: str = "system/*.cruds") -> str:
        """Return an access token of five minutes."""
        form = {
            "grant_type": "client_credentials",
            "scope": scope,
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": self.assertion(),
        }
        url = self.described["smart"]["token_url"]
        with urllib.request.urlopen(url, data=urlencode(form).encode(), timeout=10) as answer:
            return str(json.load(answer)["access_token"])


@contextmanager
def gateway_process(path: Path, *, database: str = "") -> Iterator[Integration]:
    """Run a gateway with the demo's settings and its files in *path*, on another *database* if one is given."""
    folder = prepare(path, port=free_port())
    command = [sys.executable, "-m", "gateway.cli", "gateway", "--config", str(folder.settings("gateway"))]
    with (folder.path / "gateway.log").open("ab") as log:
        more = {"TELEBORNE_GATEWAY_DATABASE": database} if database else {}
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={**os.environ, **more}
        )
    try:
        _wait(process, f"{folder.gateway_url}/readyz", folder.path / "gateway.log")
        described = json.loads(json.dumps(folder.describe(kiosk="")))
        (folder.path / "demo.json").write_text(json.dumps(described))
        yield Integration(process=process, folder=folder, log=folder.path / "gateway.log", described=described)
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    ends = time.monotonic() + 40
    while time.monotonic() < ends:
        assert process.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                assert answer.status == 200
                return
        except (urllib.error.URLError, TimeoutError):
            time.sleep(0.1)
    raise AssertionError(f"not ready: {log.read_text()}")
