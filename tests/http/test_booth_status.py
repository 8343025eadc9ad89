"""What a booth may tell of itself, which is nothing of anybody, and what it amounts to."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gateway.fleet import CLOSED, SILENT, Condition, Device, Health, Part, Status, condition, reasons
from tests.peers.operator import T0, WELL, tell
from tests.peers.running import running_gateway


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
    assert how(in_service=False, closed=True) == (Condition.ATTENTION, (CLOSED,))
    assert how(closed=True, parts=(broken,)) == (Condition.BROKEN, (CLOSED, "disk"))
    assert how(short=("wipes",)) == (Condition.ATTENTION, ("supply:wipes",))
    assert how(help_wanted=True) == (Condition.ATTENTION, ("help",))
    assert how(devices=(Device(name="Balance", faults=("battery-low",)),)) == (
        Condition.ATTENTION,
        ("device:battery-low",),
    )
    late = T0 + SILENT + timedelta(seconds=1)
    assert condition(WELL, heard=T0, now=late) is Condition.OFFLINE
    assert condition(WELL, heard=T0, now=T0 + SILENT) is Condition.RUNNING
