"""The settings files of the demo's programs, with places to fill in."""

from __future__ import annotations

from typing import Final

from gateway.demo.people import PATIENT_ID

__all__ = ["BOOTH", "GATEWAY", "HOME", "KIOSK", "NEW", "PERSON", "SIMULATED"]

GATEWAY: Final = """\
data_dir = {data}
base_url = {url}
demo = true
test_people = true

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

[[hubs]]
booth = {hub}
patient = {patient}

[[practices]]
rpps = {colleague}
specialities = ["dermatologie"]
languages = ["fr", "en"]
"""

PERSON: Final = """
[[people]]
id = {id}
name = {name}
role = {role}
"""

BOOTH: Final = """\
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
{position}
[gateway]
base_url = {url}
ca = {ca}
certificate = {certificate}
key = {key}
{enrolment}"""

KIOSK: Final = """\
patient = "kiosk"
visits = true
ways = ["card", "code", "phone"]

[readers]
test_people = true
tray = true

[helper]
name = "Marie"
phone = "03 27 00 00 00"
"""

NEW: Final = """\
patient = "kiosk"
"""

SIMULATED: Final = """\
patient = "simulated"
visits = true

[simulated]
pause_s = 45.0
reason = "cough"
initials = "J. M."
age = 82
"""

HOME: Final = f"""\
patient = "home"
devices = ["scale"]

[home]
patient = "{PATIENT_ID}"
every_s = 60.0
"""
