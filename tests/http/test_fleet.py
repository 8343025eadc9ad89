"""The fleet: booths tell how they are by their certificate, operators read it, and nothing in it is of a person."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest

from gateway.config import GatewaySettings, PersonSettings
from gateway.database import open_database
from gateway.fleet import SILENT, Condition, Device, Health, Part, Status, condition, reasons
from gateway.store.fleet import METADATA, Fleet
from tests.peers.running import PEOPLE, Running, running_gateway

T0 = datetime(2026, 11, 20, 8, tzinfo=UTC)
WELL = Status(version="0.1.0", python="3.11.2", busy=False, in_service=True)
OPERATOR = PersonSettings(id="odile", name="Odile Renard", role="operator")


def with_operator(settings: GatewaySettings) -> GatewaySettings:
    return replace(settings, people=(*PEOPLE, OPERATOR))


async def tell(booth: aiohttp.ClientSession, there: Running, status: Any) -> int:
    async with booth.put(f"{there.booths_url}/fleet/status", data=msgspec.json.encode(status)) as answer:
        return answer.status


async def test_a_booth_tells_how_it_is_and_an_operator_reads_it(tmp_path: Path) -> None:
    clock = [datetime.now(UTC)]
    worn = msgspec.structs.replace(WELL, parts=(Part(what="disk", health=Health.ATTENTION),), waiting=3)
    async with (
        running_gateway(tmp_path, change=with_operator, now=lambda: clock[0]) as there,
        there.booth() as mairie,
        there.person("odile") as odile,
    ):
        assert await tell(mairie, there, WELL) == 204
        clock[0] += timedelta(seconds=30)
        assert await tell(mairie, there, worn) == 204
        assert await tell(mairie, there, worn) == 204
        async with odile.get(f"{there.url}/fleet/booths") as answer:
            (one,) = (await answer.json())["booths"]
        assert (one["name"], one["condition"], one["reasons"]) == ("mairie", "attention", ["disk"])
        assert one["status"]["waiting"] == 3
        clock[0] += SILENT + timedelta(seconds=1)
        async with odile.get(f"{there.url}/fleet/booths/mairie") as answer:
            told = await answer.json()
        assert told["condition"] == "offline"
        assert [each["condition"] for each in told["changes"]] == ["attention", "running"]
        async with odile.get(f"{there.url}/fleet/booths/elsewhere") as answer:
            assert answer.status == 404


async def test_nobody_but_an_operator_sees_the_fleet(tmp_path: Path) -> None:
    async with running_gateway(tmp_path, change=with_operator) as there:
        async with aiohttp.ClientSession() as stranger, there.program() as program, there.booth() as booth:
            for who, base in ((stranger, there.url), (program, there.url), (booth, there.booths_url)):
                async with who.get(f"{base}/fleet/booths") as answer:
                    assert answer.status in (401, 403, 404)
        for person in ("claire", "marcelle"):
            async with there.person(person) as somebody, somebody.get(f"{there.url}/fleet/booths") as answer:
                assert answer.status == 403


async def test_an_operator_reads_nobodys_record(tmp_path: Path) -> None:
    async with running_gateway(tmp_path, change=with_operator) as there, there.person("odile") as odile:
        for query in ("Patient", "Observation", "Encounter", "Device"):
            async with odile.get(f"{there.fhir}/{query}") as answer:
                assert answer.status == 403, query


@pytest.mark.parametrize(
    "told",
    [
        {"version": "1", "python": "3", "busy": True, "in_service": True, "systolic": 132},
        {"version": "1", "python": "3", "busy": "Marcelle Dubois", "in_service": True},
        {"version": "Marcelle Dubois, née en 1944", "python": "3", "busy": True, "in_service": True},
        {
            "version": "1",
            "python": "3",
            "busy": True,
            "in_service": True,
            "parts": [{"what": "SpO2 86 %", "health": "good"}],
        },
        [],
        "x",
    ],
)
def test_what_the_schema_has_no_field_for_is_refused(told: Any) -> None:
    with pytest.raises(msgspec.MsgspecError):
        msgspec.json.decode(msgspec.json.encode(told), type=Status)


async def test_a_state_that_cannot_be_read_or_is_longer_than_any_real_one_is_refused(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as there, there.booth() as mairie:
        assert await tell(mairie, there, {"version": "1", "systolic": 132}) == 400
        assert await tell(mairie, there, "x" * 20_000) == 413


def fields(kind: Any) -> Iterator[tuple[str, Any]]:
    """Yield every field of the schema with its innermost types."""
    for name, hint in typing.get_type_hints(kind, include_extras=True).items():
        for inner in innermost(hint):
            if isinstance(inner, type) and issubclass(inner, msgspec.Struct):
                yield from fields(inner)
            else:
                yield name, inner


def innermost(hint: Any) -> Iterator[Any]:
    if typing.get_origin(hint) is typing.Annotated:
        (kind, *meta) = typing.get_args(hint)
        limits = [each for each in meta if isinstance(each, msgspec.Meta)]
        yield from ([("limited", limits[0])] if kind is str else innermost(kind))
    elif typing.get_args(hint):
        for each in typing.get_args(hint):
            yield from innermost(each)
    elif hint not in (type(None), Ellipsis):
        yield hint


def test_no_field_of_the_schema_can_hold_a_free_text_or_anything_of_a_person() -> None:
    # The one text that people write is a name from the booth's settings: a device's, a place's.
    named = {"name", "place"}
    for name, kind in fields(Status):
        assert kind is not str, f"{name} is a free text"
        assert kind not in (bytes, dict, list, object, Any), name
        if isinstance(kind, tuple):
            pattern = kind[1].pattern or ""
            assert pattern.startswith("^[")
            assert pattern.endswith("$")
            assert name in named or " " not in pattern
    names = {name for name, _ in fields(Status)}
    of_people = {
        "patient",
        "encounter",
        "visit",
        "reason",
        "reading",
        "value",
        "physician",
        "helper",
        "language",
        "screen",
    }
    assert not names & of_people


def test_a_booth_is_what_its_worst_part_is_and_away_once_it_is_silent() -> None:
    def how(**changes: Any) -> tuple[Condition, tuple[str, ...]]:
        status = msgspec.structs.replace(WELL, **changes)
        return condition(status, heard=T0, now=T0), reasons(status, heard=T0, now=T0)

    broken, worn = Part(what="disk", health=Health.BROKEN), Part(what="clock", health=Health.ATTENTION)
    unknown = Part(what="relays", health=Health.UNKNOWN)
    assert how() == (Condition.RUNNING, ())
    assert how(parts=(unknown,)) == (Condition.RUNNING, ())
    assert how(parts=(worn, broken)) == (Condition.BROKEN, ("disk", "clock"))
    assert how(in_service=False) == (Condition.BROKEN, ("out-of-service",))
    assert how(help_wanted=True) == (Condition.ATTENTION, ("help",))
    assert how(devices=(Device(name="Balance", faults=("battery-low",)),)) == (
        Condition.ATTENTION,
        ("device:battery-low",),
    )
    late = T0 + SILENT + timedelta(seconds=1)
    assert condition(WELL, heard=T0, now=late) is Condition.OFFLINE
    assert condition(WELL, heard=T0, now=T0 + SILENT) is Condition.RUNNING


async def test_silence_is_written_down_once_and_old_changes_are_forgotten(tmp_path: Path) -> None:
    async with open_database(f"sqlite:///{tmp_path}/fleet.db", METADATA) as database:
        fleet = Fleet(database)
        for minute in range(210):
            busy = msgspec.structs.replace(WELL, help_wanted=minute % 2 == 0)
            await fleet.hear("mairie", busy, now=T0 + timedelta(minutes=minute))
        late = T0 + timedelta(minutes=220)
        await fleet.note_silence(now=late)
        await fleet.note_silence(now=late)
        changes = await fleet.changes("mairie")
    assert len(changes) == 200
    assert [each.condition for each in changes[:2]] == [Condition.OFFLINE, Condition.RUNNING]
    assert changes[0].reasons == ("silent",)
