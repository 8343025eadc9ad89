"""Who may help: codes and badges are hashed, not to be guessed, unique, and taken back at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from booth_client import badge_command
from booth_client.badge_command import carry_out
from booth_client.badges import Badges, NotLetIn, enrol, enrolled, remove
from gateway.errors import SettingsError

CODE = "271828"


async def test_a_code_and_a_badge_tell_whose_they_are(tmp_path: Path) -> None:
    enrol(tmp_path, "Marie", CODE, badge="04a1b2c3")
    enrol(tmp_path, "Luc", "314159")
    badges = Badges(tmp_path)
    assert await badges.by_code(CODE) == "Marie"
    assert await badges.by_code("314159") == "Luc"
    assert await badges.by_badge("04a1b2c3") == "Marie"
    with pytest.raises(NotLetIn):
        await badges.by_badge("04a1b2c4")
    assert enrolled(tmp_path) == ("Marie", "Luc")


async def test_five_wrong_codes_shut_the_door_for_five_minutes_for_the_right_one_too(tmp_path: Path) -> None:
    enrol(tmp_path, "Marie", CODE)
    at = 0.0
    badges = Badges(tmp_path, clock=lambda: at)
    for wrong in range(5):
        with pytest.raises(NotLetIn) as refused:
            await badges.by_code(f"99900{wrong}")
        assert not refused.value.wait
    for _ in range(2):
        with pytest.raises(NotLetIn) as refused:
            await badges.by_code(CODE)
        assert refused.value.wait
    at = 301.0
    assert await badges.by_code(CODE) == "Marie"


async def test_who_is_taken_out_is_out_at_once_and_who_has_another_code_has_only_that(tmp_path: Path) -> None:
    enrol(tmp_path, "Marie", CODE)
    badges = Badges(tmp_path)
    enrol(tmp_path, "Marie", "161803")
    with pytest.raises(NotLetIn):
        await badges.by_code(CODE)
    assert await badges.by_code("161803") == "Marie"
    remove(tmp_path, "Marie")
    with pytest.raises(NotLetIn):
        await badges.by_code("161803")
    with pytest.raises(SettingsError, match="nobody is called"):
        remove(tmp_path, "Marie")


def test_the_file_is_the_booths_alone_and_holds_no_code(tmp_path: Path) -> None:
    enrol(tmp_path, "Marie", CODE, badge="04a1b2c3")
    (file,) = tmp_path.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    kept = file.read_text()
    assert CODE not in kept
    assert "04a1b2c3" not in kept


@pytest.mark.parametrize("code", ["", "12345", "1234567890123", "12a456", "000000", "123456", "987654"])
def test_a_code_that_anybody_would_try_is_refused(tmp_path: Path, code: str) -> None:
    with pytest.raises(SettingsError):
        enrol(tmp_path, "Marie", code)
    assert enrolled(tmp_path) == ()


def test_two_helpers_never_share_a_code_or_a_badge(tmp_path: Path) -> None:
    enrol(tmp_path, "Marie", CODE, badge="04a1b2c3")
    with pytest.raises(SettingsError, match="cannot be taken"):
        enrol(tmp_path, "Luc", CODE)
    with pytest.raises(SettingsError, match="somebody else's"):
        enrol(tmp_path, "Luc", "314159", badge="04a1b2c3")


async def test_a_broken_file_lets_nobody_in_and_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "badges.json").write_text("{")
    with pytest.raises(SettingsError, match="enrol the helpers again"):
        await Badges(tmp_path).by_code(CODE)


def test_the_command_enrols_lists_and_removes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    typed = iter([CODE, CODE, "314159", "314158"])
    monkeypatch.setattr(badge_command, "getpass", lambda _prompt: next(typed))
    assert carry_out(tmp_path, "list") == ["nobody may help yet: teleborne badge add NAME"]
    assert carry_out(tmp_path, "add", "Marie") == ["Marie may help at this booth"]
    with pytest.raises(SettingsError, match="not the same"):
        carry_out(tmp_path, "add", "Luc")
    assert carry_out(tmp_path, "list") == ["Marie"]
    assert carry_out(tmp_path, "remove", "Marie") == ["Marie may help here no more"]
    assert carry_out(tmp_path, "log") == []
