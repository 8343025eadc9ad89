"""Settings are read once; every mistake is one line that says where, what and what to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import pytest

from gateway.config import GATEWAY_PREFIX, GatewaySettings, load
from gateway.errors import SettingsError


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wheel:
    size: int = 3
    spare: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rider:
    name: str
    speed: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bicycle:
    owner: str
    wheel: Wheel = field(default_factory=Wheel)
    colour: Colour = Colour.RED
    bell: bool = False
    gears: tuple[int, ...] = ()
    riders: tuple[Rider, ...] = ()

    def __post_init__(self) -> None:
        if self.owner == "nobody":
            raise ValueError("owner must be somebody")


def read(tmp_path: Path, text: str, **environ: str) -> Bicycle:
    path = tmp_path / "settings.toml"
    path.write_text(text)
    return load(Bicycle, path, "TELEBORNE_TEST_", environ=environ)


def test_a_file_fills_tables_lists_and_arrays_of_tables(tmp_path: Path) -> None:
    text = """
        owner = "Anne"
        colour = "blue"
        gears = [1, 2]
        [wheel]
        spare = "boot/wheel"
        [[riders]]
        name = "Anne"
        [[riders]]
        name = "Luc"
        speed = 2
    """
    assert read(tmp_path, text) == Bicycle(
        owner="Anne",
        colour=Colour.BLUE,
        gears=(1, 2),
        wheel=Wheel(spare=tmp_path / "boot/wheel"),
        riders=(Rider(name="Anne"), Rider(name="Luc", speed=2.0)),
    )


def test_variables_count_more_than_the_file_and_suffice_without_one(tmp_path: Path) -> None:
    environ = {
        "TELEBORNE_TEST_OWNER": "Zoé",
        "TELEBORNE_TEST_WHEEL_SIZE": " 7 ",
        "TELEBORNE_TEST_WHEEL_SPARE": "here",
        "TELEBORNE_TEST_COLOUR": "blue",
        "TELEBORNE_TEST_BELL": "Yes",
        "TELEBORNE_TEST_GEARS": "1, 2,3",
        "HOME": "/",
    }
    wheel = Wheel(size=7, spare=Path.cwd() / "here")
    expected = Bicycle(owner="Zoé", wheel=wheel, colour=Colour.BLUE, bell=True, gears=(1, 2, 3))
    assert load(Bicycle, None, "TELEBORNE_TEST_", environ=environ) == expected
    assert read(tmp_path, 'owner = "Anne"\nbell = false\n[wheel]\nsize = 1', **environ) == expected


FILES = {
    "owner = ": "not valid TOML",
    'owner = "A"\nowner = "B"': "not valid TOML",
    "": "owner: missing; it needs text",
    'owner = "A"\nbel = true': "bel: there is no such setting; did you mean bell?",
    'owner = "A"\n[wheel]\nsze = 1': "wheel.sze: there is no such setting; did you mean size?",
    'owner = "A"\nxyz = true': "xyz: there is no such setting; see docs/settings.md",
    "owner = 7": "owner: 7 is not text",
    'owner = "A"\nbell = "yes"': "bell: 'yes' is not true or false",
    'owner = "A"\nbell = 1': "bell: 1 is not true or false",
    'owner = "A"\nwheel = 3': "wheel: 3 is not a table",
    'owner = "A"\n[wheel]\nsize = 1.5': "wheel.size: 1.5 is not a whole number",
    'owner = "A"\n[wheel]\nsize = true': "wheel.size: True is not a whole number",
    'owner = "A"\n[wheel]\nspare = ""': "wheel.spare: '' is not a path",
    'owner = "A"\ncolour = "green"': "colour: 'green' is not one of red, blue",
    'owner = "A"\ngears = 1': "gears: 1 is not a list",
    'owner = "A"\ngears = [1, "2"]': "gears[1]: '2' is not a whole number",
    'owner = "A"\n[[riders]]\nspeed = 1': "riders[0].name: missing",
    'owner = "A"\n[[riders]]\nname = "A"\nspeed = nan': "riders[0].speed: nan is not a number",
    'owner = "A"\n[[riders]]\nname = "A"\nspeed = inf': "riders[0].speed: inf is not a number",
    'owner = "A"\nriders = [1]': "riders[0]: 1 is not a table",
    'owner = "nobody"': "owner must be somebody",
}


@pytest.mark.parametrize("text", FILES)
def test_a_mistake_in_the_file_is_one_line_that_names_it(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read(tmp_path, text)
    assert FILES[text] in str(refused.value)
    assert str(refused.value).startswith(str(tmp_path / "settings.toml"))
    assert "\n" not in str(refused.value)


VARIABLES = {
    "TELEBORNE_TEST_WHEEL_SIZE=big": "TELEBORNE_TEST_WHEEL_SIZE: 'big' is not a whole number",
    "TELEBORNE_TEST_WHEEL_SIZE=1.5": "TELEBORNE_TEST_WHEEL_SIZE: '1.5' is not a whole number",
    "TELEBORNE_TEST_WHEEL_SIZE=": "TELEBORNE_TEST_WHEEL_SIZE: '' is not a whole number",
    "TELEBORNE_TEST_BELL=maybe": "TELEBORNE_TEST_BELL: 'maybe' is not true or false",
    "TELEBORNE_TEST_COLOUR=green": "TELEBORNE_TEST_COLOUR: 'green' is not one of red, blue",
    "TELEBORNE_TEST_GEARS=1,x": "TELEBORNE_TEST_GEARS: 'x' is not a whole number",
    "TELEBORNE_TEST_WHEEL_SPARE=": "TELEBORNE_TEST_WHEEL_SPARE: '' is not a path",
    "TELEBORNE_TEST_BEL=1": "TELEBORNE_TEST_BEL: there is no such setting; did you mean TELEBORNE_TEST_BELL?",
    "TELEBORNE_TEST_RIDERS=x": "TELEBORNE_TEST_RIDERS: there is no such setting",
    "TELEBORNE_GATWAY_PORT=1": "TELEBORNE_GATWAY_PORT: there is no such setting",
}


@pytest.mark.parametrize("variable", VARIABLES)
def test_a_mistake_in_a_variable_is_one_line_that_names_it(tmp_path: Path, variable: str) -> None:
    name, _, value = variable.partition("=")
    with pytest.raises(SettingsError) as refused:
        read(tmp_path, 'owner = "A"', **{name: value})
    assert str(refused.value).startswith(VARIABLES[variable])


def test_another_program_s_variables_are_its_own_business(tmp_path: Path) -> None:
    assert read(tmp_path, 'owner = "A"', TELEBORNE_GATEWAY_NONSENSE="1", TELEBORNE_BOOTH_NAME="x").owner == "A"


def test_a_variable_for_a_table_does_not_hide_that_the_file_has_none(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="wheel: 3 is not a table"):
        read(tmp_path, 'owner = "A"\nwheel = 3', TELEBORNE_TEST_WHEEL_SIZE="1")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    for path, words in ((tmp_path / "none.toml", "no such settings file"), (tmp_path, "cannot be read")):
        with pytest.raises(SettingsError, match=words):
            load(Bicycle, path, "TELEBORNE_TEST_", environ={})
    (tmp_path / "octets.toml").write_bytes(b"owner = '\xff'")
    with pytest.raises(SettingsError, match="not UTF-8"):
        load(Bicycle, tmp_path / "octets.toml", "TELEBORNE_TEST_", environ={})


def test_the_gateway_s_settings_are_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "gateway.toml"
    path.write_text('data_dir = "data"\ndemo = true\n[[people]]\nid = "c"\nname = "Claire"\nrole = "physician"\n')
    settings = load(GatewaySettings, path, GATEWAY_PREFIX, environ={"TELEBORNE_GATEWAY_LISTEN_PORT": "0"})
    assert settings.data_dir == tmp_path / "data"
    assert settings.listen.port == 0
    assert settings.people[0].name == "Claire"
