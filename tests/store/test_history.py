"""Deletion and history, on both engines: what was is kept, in order, and for those only who may see it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from gateway.database import Database, Keyring
from gateway.fhir.json import loads
from gateway.store import open_store
from tests.store.endpoint import BASE, Endpoint, everything, heart_rate, patient_alone


def versions(bundle: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [
        (entry["fullUrl"].removeprefix(f"{BASE}/"), entry["request"]["method"], entry["response"]["etag"])
        for entry in bundle.get("entry", ())
    ]


async def pages(endpoint: Endpoint, url: str) -> list[tuple[str, str, str]]:
    found: list[tuple[str, str, str]] = []
    next_url: str | None = url
    while next_url is not None:
        bundle = await endpoint.bundle(next_url)
        found += versions(bundle)
        next_url = next((each["url"] for each in bundle["link"] if each["relation"] == "next"), None)
    return found


async def test_what_is_deleted_is_gone_and_its_history_stays(endpoint: Endpoint) -> None:
    await endpoint.save(heart_rate(id="a", identifier=[{"system": "urn:x", "value": "7"}]))
    await endpoint.save(heart_rate(id="a", value="73"))
    deleted = await endpoint.ask("DELETE", "Observation/a")
    assert (deleted.status, deleted.body, deleted.headers["ETag"]) == (204, b"", 'W/"3"')
    for url in ("Observation/a", "Observation/a/_history/3"):
        gone = await endpoint.get(url)
        assert (gone.status, loads(gone.body)["issue"][0]["code"]) == (410, "deleted")
    assert (await endpoint.get("Observation/a/_history/2")).status == 200
    assert await endpoint.ids("Observation") == []
    assert await endpoint.ids("Observation?identifier=urn:x|7") == []
    bundle = await endpoint.bundle("Observation/a/_history")
    assert bundle["type"] == "history"
    assert [
        (each["request"]["method"], each["response"]["status"], "resource" in each) for each in bundle["entry"]
    ] == [
        ("DELETE", "204", False),
        ("PUT", "200", True),
        ("PUT", "201", True),
    ]


async def test_deleting_twice_is_one_deletion_and_the_next_update_creates_anew(endpoint: Endpoint) -> None:
    await endpoint.save(heart_rate(id="a"))
    assert (await endpoint.ask("DELETE", "Observation/a", if_match='W/"9"')).status == 412
    for _ in range(2):
        assert (await endpoint.ask("DELETE", "Observation/a")).headers["ETag"] == 'W/"2"'
    assert (await endpoint.ask("DELETE", "Observation/never-there")).status == 204
    told = await endpoint.ask("DELETE", "Observation/a", prefer="return=OperationOutcome")
    assert (told.status, loads(told.body)["resourceType"]) == (200, "OperationOutcome")
    assert (await endpoint.put("Observation/a", heart_rate(id="a"), if_match='W/"2"')).status == 412
    again = await endpoint.put("Observation/a", heart_rate(id="a"))
    assert (again.status, again.headers["ETag"]) == (201, 'W/"3"')
    assert (await endpoint.get("Observation/a")).status == 200
    assert [each[1] for each in await pages(endpoint, "Observation/a/_history")] == ["PUT", "DELETE", "PUT"]


async def test_history_is_served_of_a_resource_of_a_type_and_of_everything_newest_first(endpoint: Endpoint) -> None:
    await endpoint.save({"resourceType": "Patient", "id": "p1"})
    for value in ("70", "71", "72"):
        await endpoint.save(heart_rate(id="a", value=value))
        await endpoint.save(heart_rate(id="b", value=value))
    assert [each[2] for each in await pages(endpoint, "Observation/a/_history")] == ['W/"3"', 'W/"2"', 'W/"1"']
    of_type = await pages(endpoint, "Observation/_history?_count=2")
    assert [(name, tag) for name, _, tag in of_type] == [
        (f"Observation/{id_}", f'W/"{version}"') for version in (3, 2, 1) for id_ in ("b", "a")
    ]
    whole = await pages(endpoint, "_history?_count=3")
    assert whole == [*of_type, ("Patient/p1", "PUT", 'W/"1"')]
    assert (await endpoint.bundle("Observation/_history?_total=accurate&_count=1"))["total"] == 6
    assert "total" not in await endpoint.bundle("Observation/_history")
    assert (await endpoint.bundle("Observation/_history?_summary=count"))["total"] == 6


async def test_pages_of_history_stay_stable_while_others_write(endpoint: Endpoint) -> None:
    for number in range(5):
        await endpoint.save(heart_rate(id=f"o{number}"))
    first = await endpoint.bundle("Observation/_history?_count=2")
    await endpoint.save(heart_rate(id="o0", value="99"))
    await endpoint.ask("DELETE", "Observation/o1")
    following = next(each["url"] for each in first["link"] if each["relation"] == "next")
    seen = [*versions(first), *(await pages(endpoint, following))]
    assert [name for name, _, _ in seen] == [f"Observation/o{number}" for number in (4, 3, 2, 1, 0)]


async def test_what_is_written_within_one_microsecond_keeps_its_order(database: Database, keyring: Keyring) -> None:
    now = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
    async with open_store(database, keyring, now=lambda: now) as store:
        endpoint = Endpoint(store=store, principal=everything())
        ids = "dbcadacb"
        for number, id_ in enumerate(ids):
            await endpoint.save(heart_rate(id=id_, value=str(60 + number)))
        await endpoint.ask("DELETE", "Observation/c")
        newest = [
            ("c", "3"),
            ("b", "2"),
            ("c", "2"),
            ("a", "2"),
            ("d", "2"),
            ("a", "1"),
            ("c", "1"),
            ("b", "1"),
            ("d", "1"),
        ]
        told = [(f"Observation/{id_}", f'W/"{version}"') for id_, version in newest]
        for url in ("_history?_count=2", "Observation/_history"):
            assert [(name, tag) for name, _, tag in await pages(endpoint, url)] == told
        then = loads((await endpoint.get("Observation/d")).body)["meta"]["lastUpdated"]
        assert [(name, tag) for name, _, tag in await pages(endpoint, f"_history?_since={then}")] == told[:5]
        assert await endpoint.ids(f"Observation?_lastUpdated={then}") == ["d"]
        assert await endpoint.ids(f"Observation?_lastUpdated=gt{then}&_sort=_lastUpdated") == ["a", "b"]


async def test_history_may_begin_at_a_moment(endpoint: Endpoint) -> None:
    await endpoint.save(heart_rate(id="a"))
    then = loads((await endpoint.get("Observation/a")).body)["meta"]["lastUpdated"]
    assert len(await pages(endpoint, f"_history?_since={then}")) == 1
    assert await pages(endpoint, "_history?_since=2099-01-01T00:00:00Z") == []
    for url in ("_history?_since=soon", "_history?_count=x", "_history?_cursor=x", "_history?_at=2026"):
        assert (await endpoint.get(url)).status == 400


async def test_a_patient_sees_the_history_of_their_own_record_only(endpoint: Endpoint) -> None:
    for name in ("p1", "p2"):
        await endpoint.save({"resourceType": "Patient", "id": name})
        await endpoint.save(heart_rate(patient=name, id=f"of-{name}"))
    await endpoint.ask("DELETE", "Observation/of-p1")
    await endpoint.ask("DELETE", "Observation/of-p2")
    citizen = Endpoint(store=endpoint.store, principal=patient_alone("p1"))
    assert [each[0] for each in await pages(citizen, "_history")] == ["Observation/of-p1"] * 2 + ["Patient/p1"]
    assert [each[1] for each in await pages(citizen, "Observation/_history")] == ["DELETE", "PUT"]
    assert len(await pages(citizen, "Observation/of-p1/_history")) == 2
    for url in ("Observation/of-p2", "Observation/of-p2/_history", "Observation/of-p2/_history/1"):
        theirs, nobodys = await citizen.get(url), await citizen.get(url.replace("p2", "p3"))
        assert theirs.status == nobodys.status == 404
        assert theirs.body.replace(b"p2", b"p3") == nobodys.body
    assert (await citizen.get("Observation/of-p1")).status == 410
    assert (await citizen.get("Location/_history")).status == 403


async def test_a_version_that_was_anothers_is_not_shown_to_whom_it_is_now(endpoint: Endpoint) -> None:
    await endpoint.save(heart_rate(patient="p2", id="a"))
    await endpoint.save(heart_rate(patient="p1", id="a"))
    citizen = Endpoint(store=endpoint.store, principal=patient_alone("p1"))
    assert [each[2] for each in await pages(citizen, "Observation/a/_history")] == ['W/"2"']
    assert [each[2] for each in await pages(citizen, "Observation/_history")] == ['W/"2"']
    assert (await citizen.get("Observation/a/_history/1")).status == 404
    before = Endpoint(store=endpoint.store, principal=patient_alone("p2"))
    assert (await before.get("Observation/a/_history")).status == 404


async def test_a_total_that_a_history_does_not_know_is_refused_by_name(endpoint: Endpoint) -> None:
    await endpoint.save(heart_rate(id="a"))
    refused = await endpoint.get("Observation/_history?_total=about")
    assert (refused.status, b"_total=about" in refused.body) == (400, True)
    assert (await endpoint.bundle("Observation/_history?_total=accurate"))["total"] == 1
    assert "total" not in await endpoint.bundle("Observation/_history?_total=none")


async def test_the_history_names_the_method_that_wrote_each_version(endpoint: Endpoint) -> None:
    id_ = await endpoint.save(heart_rate())
    patch = b'[{"op": "replace", "path": "/status", "value": "amended"}]'
    media = "application/json-patch+json"
    assert (await endpoint.ask("PATCH", f"Observation/{id_}", patch, content_type=media)).status == 200
    await endpoint.save(heart_rate(id=id_, value="73"))
    entries = [
        {"resource": heart_rate(value="80"), "request": {"method": "POST", "url": "Observation"}},
        {"resource": heart_rate(id="own"), "request": {"method": "PUT", "url": "Observation/own"}},
    ]
    assert (await endpoint.post("", {"resourceType": "Bundle", "type": "transaction", "entry": entries})).status == 200
    await endpoint.ask("DELETE", f"Observation/{id_}")
    told = [each[1] for each in await pages(endpoint, "Observation/_history?_count=2")]
    assert told[0] == "DELETE"
    assert sorted(told[1:3]) == ["POST", "PUT"]
    assert told[3:] == ["PUT", "PATCH", "POST"]
