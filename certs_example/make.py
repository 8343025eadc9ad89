"""Certificates for the demo and the tests: three authorities, a server and some booths.

    python -m certs_example.make DIR --booth caudry-mairie --booth bertry-pharmacie

    DIR/ca.pem, ca-key.pem                    the server authority: booths trust it, nothing else does
    DIR/server.pem, server-key.pem            the gateway: localhost, 127.0.0.1, ::1
    DIR/device-ca.pem, device-ca-key.pem      the device authority: the gateway believes booths it certified
    DIR/registration-authority.pem, …-key.pem the registration authority: certifies physicians' and booths' signing keys
    DIR/booths/NAME.pem, NAME-key.pem         a booth, named by the URI urn:teleborne:booth:NAME

Running it again keeps all that is still good and makes the rest anew. Nothing here is trusted outside a demo: in
earnest the authorities' keys are never on the machine that uses the certificates. https://www.rfc-editor.org/rfc/rfc5280
"""

from __future__ import annotations

import argparse
import ipaddress
import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

__all__ = ["Certificates", "Pair", "main", "make"]

LEAF_LIFE: Final = timedelta(days=30)
AUTHORITY_LIFE: Final = timedelta(days=365)
RENEW_BEFORE: Final = timedelta(days=3)
"""What is valid for less than this any more is made again."""

_BACKDATED: Final = timedelta(minutes=5)  # a booth's clock may be a little behind
_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A certificate and its private key: two PEM files."""

    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificates:
    """All that one folder holds; paths are absolute. `ca` is what booths trust, `device_ca` what the gateway trusts."""

    ca: Path
    server: Pair
    device_ca: Pair
    registration_authority: Pair
    booths: Mapping[str, Pair]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Issued:
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


_Extension = tuple[x509.ExtensionType, bool]


def make(directory: Path, *, booths: Iterable[str] = (), now: datetime | None = None) -> Certificates:
    """Make, or keep, everything in *directory* and say where it is; raises ValueError for a booth's name that is none.

    A booth's name has 1 to 63 small letters, digits and hyphens. OSError where the folder cannot be written.
    """
    now = now or datetime.now(UTC)
    directory = directory.absolute()
    (directory / "booths").mkdir(mode=0o700, parents=True, exist_ok=True)
    server_ca, _ = _authority(directory, "ca", "server authority", now)
    device_ca, device_ca_files = _authority(directory, "device-ca", "device authority", now)
    _, registration = _authority(directory, "registration-authority", "registration authority", now)
    server = _pair(directory, "server")
    _keep_or_make(server, issuer=server_ca, now=now, make_one=partial(_server, server_ca, now))
    made: dict[str, Pair] = {}
    for name in booths:
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no booth's name; use small letters, digits and hyphens")
        made[name] = _pair(directory / "booths", name)
        _keep_or_make(made[name], issuer=device_ca, now=now, make_one=partial(_booth, device_ca, name, now))
    return Certificates(
        ca=directory / "ca.pem",
        server=server,
        device_ca=device_ca_files,
        registration_authority=registration,
        booths=made,
    )


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m certs_example.make", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("directory", type=Path, metavar="DIR", help="where the files go; made if missing")
    parser.add_argument("--booth", action="append", default=[], metavar="NAME", help="a booth's name; may be repeated")
    options = parser.parse_args(arguments)
    try:
        made = make(options.directory, booths=options.booth)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"certs_example.make: {options.directory}: {error}\n")
        return 2
    sys.stdout.write(f"{made.ca.parent}: authorities, server and {len(made.booths)} booths are ready\n")
    return 0


def _pair(directory: Path, name: str) -> Pair:
    return Pair(certificate=directory / f"{name}.pem", key=directory / f"{name}-key.pem")


def _authority(directory: Path, file: str, name: str, now: datetime) -> tuple[_Issued, Pair]:
    pair = _pair(directory, file)

    def fresh() -> _Issued:
        key = ec.generate_private_key(ec.SECP256R1())
        usage = _usage(key_cert_sign=True)
        extensions: list[_Extension] = [(x509.BasicConstraints(ca=True, path_length=0), True), (usage, True)]
        return _issue(name, key, extensions, life=AUTHORITY_LIFE, now=now, issuer=None)

    return _keep_or_make(pair, issuer=None, now=now, make_one=fresh), pair


def _server(issuer: _Issued, now: datetime) -> _Issued:
    addresses = [x509.IPAddress(ipaddress.ip_address(address)) for address in ("127.0.0.1", "::1")]
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), *addresses])
    return _leaf("gateway", names, ExtendedKeyUsageOID.SERVER_AUTH, issuer, now)


def _booth(issuer: _Issued, name: str, now: datetime) -> _Issued:
    names = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(f"urn:teleborne:booth:{name}")])
    return _leaf(name, names, ExtendedKeyUsageOID.CLIENT_AUTH, issuer, now)


def _leaf(
    name: str, names: x509.SubjectAlternativeName, use: x509.ObjectIdentifier, issuer: _Issued, now: datetime
) -> _Issued:
    extensions: list[_Extension] = [
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (_usage(digital_signature=True), True),
        (x509.ExtendedKeyUsage([use]), False),
        (names, False),
    ]
    return _issue(name, ec.generate_private_key(ec.SECP256R1()), extensions, life=LEAF_LIFE, now=now, issuer=issuer)


def _issue(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    extensions: Iterable[_Extension],
    *,
    life: timedelta,
    now: datetime,
    issuer: _Issued | None,
) -> _Issued:
    """Return a certificate for *key*, signed by *issuer*, or by itself when that is None."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Téléborne example {name}"[:64])])
    signer = issuer.key if issuer else key
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(min(now + life, issuer.certificate.not_valid_after_utc) if issuer else now + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return _Issued(certificate=builder.sign(signer, hashes.SHA256()), key=key)


def _usage(*, digital_signature: bool = False, key_cert_sign: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        key_cert_sign=key_cert_sign,
        crl_sign=key_cert_sign,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _keep_or_make(pair: Pair, *, issuer: _Issued | None, now: datetime, make_one: Callable[[], _Issued]) -> _Issued:
    kept = _kept(pair, issuer, now)
    if kept is not None:
        pair.key.chmod(0o600)
        return kept
    issued = make_one()
    _write(pair.key, issued.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), mode=0o600)
    _write(pair.certificate, issued.certificate.public_bytes(Encoding.PEM), mode=0o644)
    return issued


def _kept(pair: Pair, issuer: _Issued | None, now: datetime) -> _Issued | None:
    """Return what the files hold, or None unless both are whole, belong together, and are good for a while yet."""
    try:
        certificate = x509.load_pem_x509_certificate(pair.certificate.read_bytes())
        key = load_pem_private_key(pair.key.read_bytes(), password=None)
        certificate.verify_directly_issued_by(issuer.certificate if issuer else certificate)
    except (FileNotFoundError, ValueError, TypeError, InvalidSignature):
        return None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or certificate.not_valid_after_utc < now + RENEW_BEFORE:
        return None
    return _Issued(certificate=certificate, key=key) if _spki(key.public_key()) == _spki(certificate) else None


def _spki(holder: x509.Certificate | ec.EllipticCurvePublicKey) -> bytes:
    public = holder.public_key() if isinstance(holder, x509.Certificate) else holder
    return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _write(path: Path, data: bytes, *, mode: int) -> None:
    """Write the file whole or not at all, readable as *mode* says from its first moment."""
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


if __name__ == "__main__":
    sys.exit(main())
