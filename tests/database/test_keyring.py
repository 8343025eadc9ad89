"""The keyring: a key is there before it is used, opens only with the right key file, and can be destroyed."""

from __future__ import annotations

import asyncio
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gateway.database import DataKey, open_keyring, seal, unseal
from gateway.database.wrapped import WrappedInSQLite
from gateway.database.wrapped_postgresql import WrappedInPostgreSQL
from gateway.errors import SettingsError, Unavailable
from tests.peers.patience import PATIENCE


def files(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.is_file()]


def url(folder: Path) -> str:
    return f"sqlite:///{folder}/keys.db"


async def test_a_key_is_the_same_after_a_new_start(tmp_path: Path) -> None:
    async with open_keyring(url(tmp_path), tmp_path / "kek") as keyring:
        key = keyring.key("Patient/1")
        sealed = seal(key, b"132/81", bound_to=("x",))
        assert keyring.key("Patient/1") is key
        assert keyring.key("Patient/2").key_id != key.key_id
    async with open_keyring(url(tmp_path), tmp_path / "kek") as keyring:
        again = keyring.find(key.key_id)
        assert again is not None
        assert unseal(again, sealed, bound_to=("x",)) == b"132/81"
        assert keyring.key("Patient/1").key_id == key.key_id


async def test_only_a_key_that_needs_no_waiting_is_remembered(tmp_path: Path) -> None:
    async with open_keyring(url(tmp_path), tmp_path / "kek") as keyring:
        assert keyring.remembered("Patient/1") is None
        key = keyring.key("Patient/1")
        assert keyring.remembered("Patient/1") is key
        async with open_keyring(url(tmp_path), tmp_path / "kek") as other:
            other.destroy("Patient/1")
        assert keyring.remembered("Patient/1") is None
        assert keyring.key("Patient/1").key_id != key.key_id


async def test_a_key_is_on_the_disk_when_it_is_returned(tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    async with open_keyring(url(tmp_path), tmp_path / "kek") as keyring:
        key = keyring.key("Patient/1")
        for file in files(tmp_path):  # what a kill would leave, log included
            shutil.copy(file, tmp_path / "copy")
    async with open_keyring(url(tmp_path / "copy"), tmp_path / "kek") as survivor:
        assert survivor.find(key.key_id) is not None


async def test_a_destroyed_key_is_gone_from_memory_file_and_log(tmp_path: Path) -> None:
    async with open_keyring(url(tmp_path), tmp_path / "kek") as keyring:
        key = keyring.key("Patient/1")
        keyring.destroy("Patient/1")
        assert keyring.find(key.key_id) is None
        assert all(key.key_id.encode() not in path.read_bytes() for path in files(tmp_path))
        assert keyring.key("Patient/1").key_id != key.key_id
    async with open_keyring(url(tmp_path), tmp_path / "kek") as keyring:
        assert keyring.find(key.key_id) is None


async def test_a_key_destroyed_by_another_program_is_no_longer_given_for_its_record(tmp_path: Path) -> None:
    async with (
        open_keyring(url(tmp_path), tmp_path / "kek") as one,
        open_keyring(url(tmp_path), tmp_path / "kek") as two,
    ):
        key = one.key("Patient/1")
        assert two.key("Patient/1").key_id == key.key_id
        one.destroy("Patient/1")
        assert two.find(key.key_id) is None
        assert two.key("Patient/1").key_id != key.key_id


async def test_all_threads_get_one_key_for_one_record(tmp_path: Path) -> None:
    async with (
        open_keyring(url(tmp_path), tmp_path / "kek") as one,
        open_keyring(url(tmp_path), tmp_path / "kek") as two,
    ):
        with ThreadPoolExecutor(8) as threads:
            work = [threads.submit(ring.key, f"Patient/{n % 5}") for n in range(200) for ring in (one, two)]
            keys = await asyncio.to_thread(lambda: [each.result() for each in work])
    assert len({key.key_id for key in keys}) == 5


async def test_the_files_are_for_their_owner_only(tmp_path: Path) -> None:
    async with open_keyring(url(tmp_path), tmp_path / "kek"):
        assert {oct(path.stat().st_mode & 0o777) for path in files(tmp_path)} == {"0o600"}
        assert len((tmp_path / "kek").read_bytes()) == 32


async def refuses(folder: Path, words: str) -> None:
    with pytest.raises(SettingsError, match=words) as caught:
        async with open_keyring(url(folder), folder / "kek"):
            pass
    assert "\n" not in str(caught.value)


async def test_no_new_key_file_is_made_beside_an_old_keyring(tmp_path: Path) -> None:
    async with open_keyring(url(tmp_path), tmp_path / "kek"):
        pass
    (tmp_path / "kek").unlink()
    await refuses(tmp_path, "the key file of the keyring .* is missing; put it back")
    assert not (tmp_path / "kek").exists()


async def test_a_wrong_short_or_open_key_file_is_refused(tmp_path: Path) -> None:
    async with open_keyring(url(tmp_path), tmp_path / "kek"):
        pass
    right = (tmp_path / "kek").read_bytes()
    (tmp_path / "kek").write_bytes(bytes(32))
    await refuses(tmp_path, "not the key this keyring was made with")
    (tmp_path / "kek").write_bytes(right[:31])
    await refuses(tmp_path, "has 32 octets, this one 31")
    (tmp_path / "kek").write_bytes(right)
    (tmp_path / "kek").chmod(0o644)
    await refuses(tmp_path, "run chmod 600")
    (tmp_path / "kek").chmod(0o600)
    async with open_keyring(url(tmp_path), tmp_path / "kek"):
        pass


async def test_a_keyring_is_a_sqlite_file_or_in_postgresql(tmp_path: Path) -> None:
    for wrong in ("mysql://localhost/x", "nonsense", "sqlite://", "mysql://u:secret@localhost/x"):
        with pytest.raises(SettingsError, match="write sqlite:///FILE") as caught:
            async with open_keyring(wrong, tmp_path / "kek"):
                pass
        assert "secret" not in str(caught.value)
    (tmp_path / "keys.db").write_text("Dear all, " * 100)
    (tmp_path / "kek").write_bytes(bytes(32))
    (tmp_path / "kek").chmod(0o600)
    await refuses(tmp_path, "the file is not a database")


async def test_a_damaged_key_is_an_error_and_never_another_key(tmp_path: Path) -> None:
    async with open_keyring(url(tmp_path), tmp_path / "kek") as keyring:
        key: DataKey = keyring.key("Patient/1")
    async with open_keyring(url(tmp_path), tmp_path / "kek") as keyring:
        assert isinstance(keyring._rows, WrappedInSQLite)
        keyring._rows._connection.execute("UPDATE data_key SET wrapped = zeroblob(40)")
        with pytest.raises(Unavailable, match="is damaged"):
            keyring.find(key.key_id)


async def test_several_nodes_share_a_keyring_in_postgresql(postgresql_url: str, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    async with open_keyring(postgresql_url, tmp_path / "kek") as one:
        # The operator gives every node a copy of the key file.
        shutil.copy(tmp_path / "kek", tmp_path / "other" / "kek")
        async with open_keyring(postgresql_url, tmp_path / "other" / "kek") as two:
            with ThreadPoolExecutor(8) as threads:
                made = list(threads.map(lambda n: (one, two)[n % 2].key(f"Patient/{n // 8}"), range(64)))
            assert len({key.key_id for key in made}) == 8
            sealed = seal(one.key("Patient/1"), b"132/81", bound_to=("x",))
            opened = two.find(one.key("Patient/1").key_id)
            assert opened is not None
            assert unseal(opened, sealed, bound_to=("x",)) == b"132/81"


async def test_a_key_that_one_node_destroys_is_forgotten_by_the_others(postgresql_url: str, tmp_path: Path) -> None:
    async with (
        open_keyring(postgresql_url, tmp_path / "kek") as one,
        open_keyring(postgresql_url, tmp_path / "kek") as two,
    ):
        key = one.key("Patient/1")
        assert two.find(key.key_id) is not None
        one.destroy("Patient/1")
        assert one.find(key.key_id) is None
        async with asyncio.timeout(PATIENCE):
            while two.find(key.key_id) is not None:
                await asyncio.sleep(0.01)
        assert two.key("Patient/1").key_id != key.key_id


async def test_a_node_that_lost_its_line_to_the_keyring_trusts_nothing_it_remembers(
    postgresql_url: str, tmp_path: Path
) -> None:
    async with (
        open_keyring(postgresql_url, tmp_path / "kek") as one,
        open_keyring(postgresql_url, tmp_path / "kek") as two,
    ):
        key = two.key("Patient/1")
        rows = two._rows
        assert isinstance(rows, WrappedInPostgreSQL)
        rows._loop.call_soon_threadsafe(rows._connection.terminate)
        one.destroy("Patient/1")
        async with asyncio.timeout(PATIENCE):
            while not rows._connection.is_closed():
                await asyncio.sleep(0.01)
        assert two.find(key.key_id) is None


async def test_no_second_key_file_is_made_for_a_shared_keyring(postgresql_url: str, tmp_path: Path) -> None:
    async with open_keyring(postgresql_url, tmp_path / "kek"):
        pass
    with pytest.raises(SettingsError, match=r"the key file of the keyring .* is missing"):
        async with open_keyring(postgresql_url, tmp_path / "nowhere"):
            pass
    assert not (tmp_path / "nowhere").exists()
