"""The example certificates: they chain, they name, their keys are private, and a second run keeps what is good."""

from __future__ import annotations

import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from certs_example.make import Certificates, make

NOW = datetime.now(UTC)


def load(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.pem")}


@pytest.fixture
def made(tmp_path: Path) -> Certificates:
    return make(tmp_path, booths=["mairie", "pharmacie"])


def test_a_verifier_of_the_device_authority_accepts_a_booth(made: Certificates) -> None:
    store = Store([load(made.device_ca.certificate)])
    verified = PolicyBuilder().store(store).build_client_verifier().verify(load(made.booths["mairie"].certificate), [])
    assert verified.subjects == [x509.UniformResourceIdentifier("urn:teleborne:booth:mairie")]


def test_a_verifier_of_the_server_authority_accepts_the_server_by_each_of_its_names(made: Certificates) -> None:
    builder = PolicyBuilder().store(Store([load(made.ca)]))
    names: list[x509.DNSName | x509.IPAddress] = [x509.DNSName("localhost")]
    names += [x509.IPAddress(ip_address(one)) for one in ("127.0.0.1", "::1")]
    for name in names:
        assert builder.build_server_verifier(name).verify(load(made.server.certificate), [])


def test_no_authority_certifies_for_another(made: Certificates) -> None:
    for authority in (made.ca, made.registration_authority.certificate):
        verifier = PolicyBuilder().store(Store([load(authority)])).build_client_verifier()
        with pytest.raises(VerificationError):
            verifier.verify(load(made.booths["mairie"].certificate), [])


def test_leaves_are_short_lived_and_for_one_use(made: Certificates) -> None:
    for pair, use in (
        (made.server, ExtendedKeyUsageOID.SERVER_AUTH),
        (made.booths["mairie"], ExtendedKeyUsageOID.CLIENT_AUTH),
    ):
        certificate = load(pair.certificate)
        assert list(certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == [use]
        life = certificate.not_valid_after_utc - certificate.not_valid_before_utc
        assert timedelta(days=29) < life < timedelta(days=31)


def test_only_the_owner_reads_the_keys(made: Certificates, tmp_path: Path) -> None:
    keys = list(tmp_path.rglob("*-key.pem"))
    assert len(keys) == 6
    assert {stat.S_IMODE(key.stat().st_mode) for key in keys} == {0o600}
    assert made.booths["mairie"].key in keys


def test_a_second_run_changes_nothing_but_tightens_loose_keys(made: Certificates, tmp_path: Path) -> None:
    before = contents(tmp_path)
    made.server.key.chmod(0o644)
    assert make(tmp_path, booths=["mairie", "pharmacie"]) == made
    assert contents(tmp_path) == before
    assert stat.S_IMODE(made.server.key.stat().st_mode) == 0o600


def test_a_new_booth_leaves_the_others_alone(made: Certificates, tmp_path: Path) -> None:
    before = contents(tmp_path)
    more = make(tmp_path, booths=["ecole"])
    assert list(more.booths) == ["ecole"]
    assert {name: data for name, data in contents(tmp_path).items() if "ecole" not in name} == before
    assert made.booths["mairie"].certificate.exists()


@pytest.mark.parametrize(("days", "kept"), [(26, True), (28, False), (100, False)])
def test_leaves_are_made_anew_within_three_days_of_their_end(tmp_path: Path, days: int, *, kept: bool) -> None:
    make(tmp_path, booths=["mairie"], now=NOW - timedelta(days=days))
    before = contents(tmp_path)
    make(tmp_path, booths=["mairie"], now=NOW)
    after = contents(tmp_path)
    assert (after["booths/mairie.pem"] == before["booths/mairie.pem"]) is kept
    assert (after["server.pem"] == before["server.pem"]) is kept
    assert after["ca.pem"] == before["ca.pem"]


def test_a_new_authority_certifies_everybody_anew(tmp_path: Path) -> None:
    make(tmp_path, booths=["mairie"], now=NOW - timedelta(days=363))
    made = make(tmp_path, booths=["mairie"])
    load(made.booths["mairie"].certificate).verify_directly_issued_by(load(made.device_ca.certificate))


@pytest.mark.parametrize(
    "damage", [b"", b"nonsense", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
@pytest.mark.parametrize("file", ["server.pem", "server-key.pem", "device-ca.pem", "device-ca-key.pem"])
def test_a_damaged_file_is_made_again(made: Certificates, tmp_path: Path, file: str, damage: bytes) -> None:
    (tmp_path / file).write_bytes(damage)
    again = make(tmp_path, booths=["mairie"])
    assert (tmp_path / file).read_bytes() != damage
    load(again.booths["mairie"].certificate).verify_directly_issued_by(load(made.device_ca.certificate))


def test_a_key_of_another_certificate_is_not_kept(made: Certificates, tmp_path: Path) -> None:
    made.server.key.write_bytes(made.booths["mairie"].key.read_bytes())
    make(tmp_path)
    assert made.server.key.read_bytes() != made.booths["mairie"].key.read_bytes()


@pytest.mark.parametrize("name", ["", "Mairie", "a/b", "../x", "-a", "a-", "a" * 64, "é", "a\n"])
def test_a_name_that_is_none_is_refused_before_anything_is_written_under_it(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="no booth's name"):
        make(tmp_path, booths=[name])


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "certs_example.make", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)


def test_the_command_says_what_it_made_or_why_not(tmp_path: Path) -> None:
    answer = run(str(tmp_path / "made"), "--booth", "a", "--booth", "b")
    assert (answer.returncode, answer.stderr) == (0, "")
    assert "2 booths are ready" in answer.stdout
    (tmp_path / "file").touch()
    for arguments in ([str(tmp_path / "file")], [str(tmp_path / "made"), "--booth", "A"]):
        answer = run(*arguments)
        assert answer.returncode == 2
        assert answer.stderr.count("\n") == 1
