"""The gateway's own keys, each for one kind of statement; P-256, made at the first start, 0600.

DATA/statement-key.pem         signs nothing but statements that a physician has just signed in
DATA/statement-key.jwk.json    its public half, for `teleborne authority register`
DATA/paper-key.pem             signs the codes on papers (gateway.identity.paper)
DATA/paper-key.jwk.json        its public half, for whoever checks papers without this gateway
DATA/arrival-key.pem           signs the codes with which people tell a booth who they are (gateway.identity.arrival)
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from gateway.errors import SettingsError
from signalling import jws

__all__ = ["PUBLIC", "arrival_key", "paper_key", "statement_key"]

PUBLIC: Final = "statement-key.jwk.json"


def statement_key(folder: Path) -> ec.EllipticCurvePrivateKey:
    """Return the key for statements in *folder*, made where there is none; raises SettingsError."""
    return _kept(folder, "statement-key")


def paper_key(folder: Path) -> ec.EllipticCurvePrivateKey:
    """Return the key for papers in *folder*, made where there is none; raises SettingsError."""
    return _kept(folder, "paper-key")


def arrival_key(folder: Path) -> ec.EllipticCurvePrivateKey:
    """Return the key for codes of arrival in *folder*, made where there is none; raises SettingsError."""
    return _kept(folder, "arrival-key")


def _kept(folder: Path, name: str) -> ec.EllipticCurvePrivateKey:
    path, half = folder / f"{name}.pem", folder / f"{name}.jwk.json"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            made = ec.generate_private_key(ec.SECP256R1())
            _write(path, made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), mode=0o600)
        if path.stat().st_mode & 0o077:
            raise SettingsError(f"{path}: others can read the gateway's key; chmod 600 it")
        key = load_pem_private_key(path.read_bytes(), None)
    except OSError as error:
        raise SettingsError(f"{error.filename or path}: the gateway's key cannot be kept ({error.strerror})") from None
    except (ValueError, TypeError):
        raise SettingsError(f"{path}: not a private key (PEM); move it away and a new one is made") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise SettingsError(f"{path}: not a P-256 key; move it away and a new one is made")
    public = jws.canonical(jws.jwk_of(key.public_key())) + b"\n"
    if not half.exists() or half.read_bytes() != public:
        _write(half, public, mode=0o644)
    return key


def _write(path: Path, data: bytes, *, mode: int) -> None:
    """Write the file whole or not at all; whoever else was first, theirs stays."""
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    try:
        if mode & 0o077:
            part.replace(path)
        else:
            os.link(part, path)
    except FileExistsError:
        pass
    finally:
        part.unlink(missing_ok=True)
