"""The demo's folder: certificates, keys, and one settings file for each program."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from booth_client.badges import enrol, enrolled
from certs_example.make import Certificates, Pair, make
from gateway.demo.authority import GATEWAY_NAME, prepare_authority
from gateway.demo.people import COLLEAGUE, HELPER, HELPER_CODE, PATIENT_ID, PEOPLE, SMART_CLIENT, SMART_SCOPES
from gateway.demo.places import BOOTHS, ELSEWHERE, NEW_BOOTH, PLACES
from gateway.demo.ports import check_port, free_ports
from gateway.demo.templates import BOOTH, GATEWAY, HOME, KIOSK, NEW, PERSON, SIMULATED
from gateway.errors import SettingsError

__all__ = ["Folder", "prepare"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """Where everything of a demo is; paths are absolute."""

    path: Path
    port: int
    booth_port: int
    authority_port: int
    kid: str
    certificates: Certificates

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
    check_port(port)
    path = path.absolute()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        (path / "logs").mkdir(mode=0o700, exist_ok=True)
        booth_port, authority_port = free_ports(2)
        folder = Folder(
            path=path,
            port=port,
            booth_port=booth_port,
            authority_port=authority_port,
            kid=_smart_key(path / "smart"),
            certificates=make(path / "certificates", booths=(*BOOTHS, *ELSEWHERE)),
        )
        devices = folder.certificates.device_ca
        registration = prepare_authority(folder.authority, gateway=path / "gateway", devices=devices)
        for name, text in _settings(folder, registration).items():
            folder.settings(name).write_text(text, encoding="utf-8")
        _helper(path / BOOTHS[0])
        for booth in BOOTHS:
            folder.status(booth).unlink(missing_ok=True)
        (path / "demo.json").unlink(missing_ok=True)
    except OSError as error:
        raise SettingsError(
            f"{path}: the demo cannot write here ({error.strerror}); choose a folder with --data"
        ) from None
    return folder


def _helper(booth: Path) -> None:
    """Let the demo's helper open the helper's mode of the kiosk booth with their code."""
    booth.mkdir(mode=0o700, exist_ok=True)
    if HELPER not in enrolled(booth):
        enrol(booth, HELPER, HELPER_CODE)


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


def _settings(folder: Folder, registration: Path) -> dict[str, str]:
    """Return the text of each program's settings file; strings go through JSON, whose quoting TOML shares."""
    kiosk, simulated, home = BOOTHS
    trust = {"device_authority": folder.certificates.device_ca.certificate, "registration_authority": registration}
    visits = "\n[trust]\n" + "".join(f"{name} = {_text(path)}\n" for name, path in trust.items())
    return {
        "gateway": _gateway(folder, registration),
        kiosk: _booth(folder, kiosk, extra=KIOSK + visits),
        simulated: _booth(folder, simulated, extra=SIMULATED + visits),
        home: _booth(folder, home, extra=HOME),
        NEW_BOOTH: _new_booth(folder),
    }


def _gateway(folder: Folder, registration: Path) -> str:
    certificates = folder.certificates
    text = GATEWAY.format(
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
        hub=_text(BOOTHS[-1]),
        patient=_text(PATIENT_ID),
        colleague=_text(COLLEAGUE.rpps),
    )
    for person in PEOPLE:
        text += PERSON.format(id=_text(person.id), name=_text(person.name), role=_text(person.role))
        for name in ("patient", "rpps", "title", "address", "phone", "email"):
            value = getattr(person, name)
            text += f"{name} = {_text(value)}\n" if value else ""
    return text


def _booth(folder: Folder, name: str, *, extra: str, pair: Pair | None = None, enrolment: str = "") -> str:
    pair, place = pair or folder.certificates.booths[name], PLACES[name]
    at = ",".join(map(str, place.position)) if place.position else ""
    return BOOTH.format(
        name=_text(name),
        data=_text(folder.path / name),
        status=_text(folder.status(name)),
        printed=_text(folder.path / name / "printed"),
        place=_text(place.name),
        position=f"position = {_text(at)}\n" if at else "",
        url=_text(f"https://localhost:{folder.booth_port}"),
        ca=_text(folder.certificates.ca),
        certificate=_text(pair.certificate),
        key=_text(pair.key),
        enrolment=enrolment,
        extra=extra,
    )


def _new_booth(folder: Folder) -> str:
    """Return the settings of a booth that is not there yet: it has no certificate, only where to get one."""
    own = folder.path / NEW_BOOTH
    pair = Pair(certificate=own / "booth.pem", key=own / "booth-key.pem")
    return _booth(folder, NEW_BOOTH, extra=NEW, pair=pair, enrolment=f"enrolment = {_text(folder.gateway_url)}\n")


def _text(value: object) -> str:
    return json.dumps(str(value), ensure_ascii=False)
