"""A device is added in one file and one row, by anybody: the plugin beside this test is installed and measured with."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from gateway.devices.catalogue import DECODERS, united
from gateway.devices.errors import UnusablePlugin
from gateway.devices.vendor import GROUP, Vendor, plugins
from gateway.fhir.json import dumps
from tests.fhir.mapping.readings import observed

ROOT = Path(__file__).parents[2]
PLUGIN = Path(__file__).parent / "plugin"
UUID = "6e0f0002-5c5a-4d7b-9d0e-7e1e0b0e0001"
WARM = "7001" + "4b" + "01"


def install(where: Path, *, row: str | None = None) -> None:
    """Put the plugin where an installer would, its metadata made from its own pyproject.toml."""
    project = tomllib.loads((PLUGIN / "pyproject.toml").read_text())["project"]
    (row_name, own_row), *_ = project["entry-points"][GROUP].items()
    metadata = where / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    )
    (metadata / "entry_points.txt").write_text(f"[{GROUP}]\n{row_name} = {row or own_row}\n")
    (where / "example_thermometer.py").write_text((PLUGIN / "example_thermometer.py").read_text())


def python(*arguments: str, path: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": f"{path}{os.pathsep}{ROOT}"}
    return subprocess.run(
        [sys.executable, *arguments], env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )


def test_an_installed_plugin_is_decoded_like_any_device(tmp_path: Path) -> None:
    install(tmp_path)

    printed = python("-m", "gateway.cli", "decode", UUID, WARM, path=tmp_path)

    assert printed.stderr == ""
    assert json.loads(printed.stdout) == {"temperature": 36.8, "battery": 75, "status": 1}


def test_an_installed_plugin_is_scanned_for_and_its_values_are_subscribed_to(tmp_path: Path) -> None:
    install(tmp_path)
    ask = (
        "from gateway.devices.catalogue import PROFILES, VENDORS, long_uuid\n"
        "own = next(each for each in PROFILES if each.name == 'Exemple temperature')\n"
        "print(VENDORS[-1].name, long_uuid(own.service), *map(long_uuid, own.measurement))"
    )

    printed = python("-c", ask, path=tmp_path)

    assert printed.stdout.split() == ["Exemple", "6e0f0001-5c5a-4d7b-9d0e-7e1e0b0e0001", UUID]


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> Iterator[Vendor]:
    monkeypatch.syspath_prepend(str(PLUGIN))
    (vendor,) = plugins([EntryPoint(name="example", value="example_thermometer:VENDOR", group=GROUP)])
    yield vendor
    sys.modules.pop("example_thermometer", None)


def test_the_plugins_values_encode_to_themselves_and_become_observations(example: Vendor) -> None:
    (decoder,) = example.decoders.values()
    packet = decoder.decode(bytes.fromhex(WARM))

    (reading,) = packet.readings()

    assert packet.encode().hex() == WARM
    assert b'"value":36.8,' in dumps(observed(reading))
    assert decoder.decode(bytes(4)).readings() == ()


def test_the_plugins_decoder_joins_those_of_the_standard(example: Vendor) -> None:
    assert united(DECODERS, [example]).keys() - DECODERS.keys() == {UUID.upper()}


def test_two_that_claim_one_characteristic_are_refused(example: Vendor) -> None:
    with pytest.raises(UnusablePlugin, match="Exemple decodes 6E0F0002"):
        united(DECODERS, [example, example])


@pytest.mark.parametrize(
    ("row", "wrong"),
    [
        ("nothing_of_the_kind:VENDOR", "No module named"),
        ("example_thermometer:NOBODY", "NOBODY"),
        ("example_thermometer:ExampleTemperature", "is a StructMeta where a gateway.devices.vendor.Vendor is wanted"),
    ],
)
def test_a_broken_plugin_stops_the_start_and_says_which_it_is(tmp_path: Path, row: str, wrong: str) -> None:
    install(tmp_path, row=row)

    stopped = python("-m", "gateway.cli", "decode", UUID, WARM, path=tmp_path)

    assert stopped.returncode != 0
    assert wrong in stopped.stderr
    assert "teleborne-example-thermometer" in stopped.stderr
