"""What the registration authority certifies, upon whose word, and what it writes into its book first."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from gateway.authority.device import LIFE, DeviceAuthority, requested_key
from gateway.identity.certificates import is_booth
from signalling import jws
from signalling.credential import LONGEST, make_credential
from signalling.statement import ENROLLED, RENEWED, Statement, gateway_of, verify_statement

__all__ = ["BOOK", "Authority"]

BOOK: Final = "issued.jsonl"


@dataclass(slots=True, kw_only=True)
class Authority:
    """An authority with its keys, and the gateways whose word it takes; `used` holds the last minutes' statements."""

    directory: Path
    key: ec.EllipticCurvePrivateKey
    devices: DeviceAuthority
    gateways: Mapping[str, ec.EllipticCurvePublicKey]
    used: dict[str, datetime] = field(default_factory=dict)

    def certify(
        self, *, subject: str, name: str, jwk: dict[str, Any], by: str, now: datetime, lifetime: timedelta = LONGEST
    ) -> str:
        """Return a credential, once it stands in the book; raises ValueError for what cannot be certified."""
        credential = make_credential(self.key, subject=subject, name=name, jwk=jwk, now=now, lifetime=lifetime)
        self._write_down(subject=subject, name=name, jwk=jwk, by=by, now=now, until=now + lifetime)
        return credential

    def certify_stated(self, statement: str, jwk: dict[str, Any], *, acr: tuple[str, ...], now: datetime) -> str:
        """Return a credential upon a gateway's statement; raises BindingError or ValueError."""
        said = self._said(statement, jwk, acr=acr, now=now)
        return self.certify(subject=said.subject, name=said.name, jwk=jwk, by=f"gateway {said.gateway}", now=now)

    def certify_booth(self, statement: str, csr: str, *, renews: str | None, now: datetime) -> str:
        """Return a booth's certificate (PEM) upon a gateway's statement; raises BindingError or ValueError.

        *renews* is the booth's last certificate: a new one is for the same key, and no gateway can have it changed.
        """
        key = requested_key(csr)
        jwk: dict[str, Any] = dict(jws.jwk_of(key))
        said = self._said(statement, jwk, acr=(RENEWED if renews else ENROLLED,), now=now)
        if not is_booth(said.subject):
            raise ValueError(f"{said.subject!r} is no booth")
        if renews is not None:
            self.devices.check_renewable(renews, said.subject, key, now=now)
        made = self.devices.certify(said.subject, key, now=now)
        by = f"gateway {said.gateway}, {said.acr}"
        self._write_down(subject=said.subject, name=said.name, jwk=jwk, by=by, now=now, until=now + LIFE)
        return made.public_bytes(Encoding.PEM).decode()

    def _said(self, statement: str, jwk: dict[str, Any], *, acr: tuple[str, ...], now: datetime) -> Statement:
        """Return what a registered gateway states about *jwk*, once; raises BindingError or ValueError."""
        key = self.gateways.get(gateway_of(statement))
        if key is None:
            raise ValueError("no such gateway is registered here")
        said = verify_statement(statement, key, jwk=jwk, now=now)
        if said.acr not in acr:
            raise ValueError(f"signing in by {said.acr!r} is not strong enough")
        self.used = {jti: expires for jti, expires in self.used.items() if expires > now}
        if said.jti in self.used:
            raise ValueError("the statement was used before")
        self.used[said.jti] = said.expires
        return said

    def _write_down(
        self, *, subject: str, name: str, jwk: dict[str, Any], by: str, now: datetime, until: datetime
    ) -> None:
        at, ends = (each.isoformat(timespec="seconds") for each in (now, until))
        line = {"at": at, "subject": subject, "name": name, "key": jws.thumbprint(jwk), "until": ends, "by": by}
        _append(self.directory / BOOK, json.dumps(line, ensure_ascii=False))


def _append(path: Path, line: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "w", encoding="utf-8") as file:
        file.write(f"{line}\n")
        file.flush()
        os.fsync(file.fileno())
