"""A stranger with the README alone, and any FHIR client, gets readings out of `teleborne demo` and puts one in."""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path
from typing import Any

from fhirpy import AsyncFHIRClient

from tests.peers.demo import running_demo
from tests.peers.examples import blocks, run, save_files, working_folder
from tests.peers.running import heart_rate


async def test_a_stranger_s_client_works_with_the_readme_alone(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    async with running_demo(data):
        folder = working_folder(tmp_path / "checkout", data)
        assert save_files("README.md", folder) == []
        (shell,) = [block for block in blocks("README.md", "bash") if "curl" in block]
        said = await run(folder, "bash", "-euo", "pipefail", "-c", shell)
        assert re.search(r'"valueQuantity":\{"value":\d+\.\d', said), said
        url, token = (await run(folder, ".venv/bin/python", "get_token.py")).split()
        await stranger(AsyncFHIRClient(url, authorization=f"Bearer {token}"))
        smart = await run(folder, sys.executable, "-c", SMART)
        assert smart.split() == ["Dubois"]


async def stranger(client: Any) -> None:
    (marcelle,) = await client.resources("Patient").search(family="Dubois").fetch_all()
    weights = client.resources("Observation").search(patient=marcelle.id, code="http://loinc.org|29463-7")
    async with asyncio.timeout(60):  # the home's hub is still sending its three weeks
        while len(await weights.limit(4).fetch_all()) < 21:
            await asyncio.sleep(0.5)
    made = client.resource("Observation", **_content(heart_rate(marcelle.id)))
    await made.save()
    found = await client.resources("Observation").search(_id=made.id).include("Observation", "patient").fetch_raw()
    assert [each.resource.resourceType for each in found.entry] == ["Observation", "Patient"]
    await made.delete()


def _content(resource: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in resource.items() if name != "resourceType"}


SMART = """
from fhirclient.client import FHIRClient
from fhirclient.models.patient import Patient
from get_token import assertion, demo

client = FHIRClient(settings={"app_id": demo["smart"]["client_id"], "api_base": demo["fhir"],
                              "scope": "system/Patient.rs", "jwt_token": assertion()})
client.wants_patient = False
client.prepare()
client.authorize()
for patient in Patient.where({"family": "Dubois"}).perform_resources_iter(client.server):
    print(patient.name[0].family)
"""
