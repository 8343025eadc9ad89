"""The demo's folder: certificates, keys, and one settings file for each program."""

from __future__ import annotations

import contextlib
import json
import os
import random
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from certs_example.make import Certificates, make
from gateway.demo.authority import GATEWAY_NAME, prepare_authority
from gateway.demo.people import PATIENT_ID, PEOPLE, SMART_CLIENT, SMART_SCOPES
from gateway.errors import SettingsError

__all__ = ["BOOTHS", "Folder", "prepare"]

BOOTHS: Final = ("caudry-mairie", "bertry-pharmacie", "chez-marcelle")
"""The kiosk people touch, a booth with a simulated patient, and the hub in a simulated home."""

_PORTS: Final = range(20000, 30000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """Where everything of a demo is; paths are absolute."""

    path: Path
    port: int
    booth_port: int
    authority_port: int
    kid: str

    @property
    def gateway_url(self) -> str:
        """Return the address of the people's listener."""
        return f"http://localhost:{self.port}"

    @property
    def smart_key(self) -> Path:
        """Return the file with the SMART client's private key (PKCS#8 PEM)."""
        return self.path / "smart" / "private-key.pem"

    @property
    def authority(self) -> Path:
        """Return the registration authority's own folder; no other program reads its key."""
        return self.path / "authority"

    def settings(self, program: str) -> Path:
        """Return the settings file of *program*: "gateway" or a booth's name."""
        return self.path / f"{program}.toml"

    def status(self, booth: str) -> Path:
        """Return the file in which a booth says where its kiosk is."""
        return self.path / booth / "status.json"

    def describe(self, *, kiosk: str) -> dict[str, object]:
        """Return what `demo.json` says."""
        url = self.gateway_url
        return {
            "gateway": url,
            "fhir": f"{url}/fhir/R4",
            "kiosk": kiosk,
            "physician": f"{url}/medecin",
            "citizen": f"{url}/carnet",
            "smart": {
                "token_url": f"{url}/oauth/token",
                "client_id": SMART_CLIENT,
                "kid": self.kid,
                "private_key": str(self.smart_key),
            },
            "people": [
                {"role": person.role, "name": person.name, "sign_in": f"{url}/demo/sign-in?person={person.id}"}
                for person in PEOPLE
            ],
        }


def prepare(path: Path, *, port: int) -> Folder:
    """Make the folder ready and return it; what an earlier demo left there is used again.

    Raises SettingsError with one line where the folder cannot be written or the port is in use.
    """
    _check_port(port)
    path = path.absolute()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        (path / "logs").mkdir(mode=0o700, exist_ok=True)
        certificates = make(path / "certificates", booths=BOOTHS)
        kid = _smart_key(path / "smart")
        booth_port, authority_port = _free_ports(2)
        folder = Folder(path=path, port=port, booth_port=booth_port, authority_port=authority_port, kid=kid)
        registration = prepare_authority(folder.authority, gateway=path / "gateway")
        for name, text in _settings(folder, certificates, registration).items():
            folder.settings(name).write_text(text, encoding="utf-8")
        for booth in BOOTHS:
            folder.status(booth).unlink(missing_ok=True)
        (path / "demo.json").unlink(missing_ok=True)
    except OSError as error:
        raise SettingsError(
            f"{path}: the demo cannot write here ({error.strerror}); choose a folder with --data"
        ) from None
    return folder


def _smart_key(folder: Path) -> str:
    """Make the SMART client's key pair once; return the key's id."""
    folder.mkdir(mode=0o700, exist_ok=True)
    private = folder / "private-key.pem"
    if not private.exists():
        key = ec.generate_private_key(ec.SECP384R1())
        (folder / "public-key.pem").write_bytes(
            key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        )
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        with os.fdopen(os.open(private, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(pem)
    return "demo-key-1"


def _check_port(port: int) -> None:
    try:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or error
        raise SettingsError(f"port {port} cannot be used ({why}); choose another with --port") from None


def _free_ports(wanted: int) -> list[int]:
    """Return ports nobody listens on, below those the system gives away: they must still be free in a moment."""
    found: list[int] = []
    for port in random.sample(_PORTS, 100):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            found.append(port)
        if len(found) == wanted:
            return found
    raise SettingsError(f"no free port between {_PORTS.start} and {_PORTS.stop}; end what listens there")


def _settings(folder: Folder, certificates: Certificates, registration: Path) -> dict[str, str]:
    """Return the text of each program's settings file; strings go through JSON, whose quoting TOML shares."""
    kiosk, simulated, home = BOOTHS
    trust = {"device_authority": certificates.device_ca.certificate, "registration_authority": registration}
    visits = "\n[trust]\n" + "".join(f"{name} = {_text(path)}\n" for name, path in trust.items())
    return {
        "gateway": _gateway(folder, certificates, registration),
        kiosk: _booth(folder, certificates, kiosk, place="Mairie de Caudry", extra=_KIOSK + visits),
        simulated: _booth(folder, certificates, simulated, place="Pharmacie de Bertry", extra=_SIMULATED + visits),
        home: _booth(folder, certificates, home, place="Chez Marcelle", extra=_HOME),
    }


_GATEWAY: Final = """\
data_dir = {data}
base_url = {url}
demo = true

[listen]
port = {port}

[booths]
port = {booth_port}
certificate = {certificate}
key = {key}
client_ca = {client_ca}

[report]
organisation = "Centre de téléconsultation du Cambrésis (démonstration)"
authority = {authority}

[authority]
url = {authority_url}
name = {gateway_name}

[[clients]]
client_id = {client}
name = "Demo integrator"
scopes = {scopes}
alg = "ES384"
kid = {kid}
public_key = {public_key}
"""

_PERSON: Final = """
[[people]]
id = {id}
name = {name}
role = {role}
"""

_BOOTH: Final = """\
name = {name}
data_dir = {data}
status_file = {status}
radio = "virtual"
rest_s = 0.0
rounds = 1
{extra}
[instruments]
stethoscope = "synthetic"
camera = "synthetic"

[printer]
folder = {printed}

[place]
name = {place}

[gateway]
base_url = {url}
ca = {ca}
certificate = {certificate}
key = {key}
"""

_KIOSK: Final = """\
patient = "kiosk"
visits = true

[helper]
name = "Marie"
phone = "03 27 00 00 00"
"""

_SIMULATED: Final = """\
patient = "simulated"
visits = true

[simulated]
pause_s = 45.0
reason = "cough"
initials = "J. M."
age = 82
"""

_HOME: Final = f"""\
patient = "home"
devices = ["scale"]

[home]
patient = "{PATIENT_ID}"
every_s = 60.0
"""


def _gateway(folder: Folder, certificates: Certificates, registration: Path) -> str:
    text = _GATEWAY.format(
        data=_text(folder.path / "gateway"),
        url=_text(folder.gateway_url),
        port=folder.port,
        booth_port=folder.booth_port,
        certificate=_text(certificates.server.certificate),
        key=_text(certificates.server.key),
        client_ca=_text(certificates.device_ca.certificate),
        authority=_text(registration),
        authority_url=_text(f"http://127.0.0.1:{folder.authority_port}"),
        gateway_name=_text(GATEWAY_NAME),
        client=_text(SMART_CLIENT),
        scopes=_text(SMART_SCOPES),
        kid=_text(folder.kid),
        public_key=_text(folder.path / "smart" / "public-key.pem"),
    )
    for person in PEOPLE:
        text += _PERSON.format(id=_text(person.id), name=_text(person.name), role=_text(person.role))
        for name in ("patient", "rpps", "title", "address", "phone", "email"):
            value = getattr(person, name)
            text += f"{name} = {_text(value)}\n" if value else ""
    return text


def _booth(folder: Folder, certificates: Certificates, name: str, *, place: str, extra: str) -> str:
    pair = certificates.booths[name]
    return _BOOTH.format(
        name=_text(name),
        data=_text(folder.path / name),
        status=_text(folder.status(name)),
        printed=_text(folder.path / name / "printed"),
        place=_text(place),
        url=_text(f"https://localhost:{folder.booth_port}"),
        ca=_text(certificates.ca),
        certificate=_text(pair.certificate),
        key=_text(pair.key),
        extra=extra,
    )


def _text(value: object) -> str:
    return json.dumps(str(value), ensure_ascii=False)
