"""The fleet: booths tell how they are by their certificate, operators read it and act; nothing in it is of a person."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
from cryptography import x509
from sqlalchemy import text

from gateway.database import open_database
from gateway.fleet import SILENT, Health, Part
from gateway.http.fleet import FRESH
from gateway.identity.certificates import fingerprint
from gateway.store.fleet import TABLES
from gateway.store.orders import Order, Orders, believe
from tests.peers.operator import WELL, order, tell, with_operator
from tests.peers.patience import PATIENCE
from tests.peers.running import running_gateway


async def test_a_booth_tells_how_it_is_and_an_operator_reads_it(tmp_path: Path) -> None:
    clock = [datetime.now(UTC)]
    worn = msgspec.structs.replace(WELL, parts=(Part(what="disk", health=Health.ATTENTION),), waiting=3)
    async with (
        running_gateway(tmp_path, change=with_operator, now=lambda: clock[0]) as there,
        there.booth() as mairie,
        there.person("odile") as odile,
    ):
        assert await tell(mairie, there, WELL) == 200
        clock[0] += timedelta(seconds=30)
        assert await tell(mairie, there, worn) == 200
        assert await tell(mairie, there, worn) == 200
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


async def test_a_booth_that_an_operator_closes_is_told_so_and_who_did_it_is_kept(tmp_path: Path) -> None:
    async with (
        running_gateway(tmp_path, change=with_operator) as there,
        there.booth() as mairie,
        there.person("odile") as odile,
    ):

        async def wanted() -> Any:
            async with mairie.put(f"{there.booths_url}/fleet/status", data=msgspec.json.encode(WELL)) as answer:
                return await answer.json()

        assert await wanted() == {}
        assert (await order(odile, there, "elsewhere/close"))[0] == 404
        status, told = await order(odile, there, "mairie/close")
        assert (status, told["order"]) == (200, {"closed": True, "revoked": False})
        assert await wanted() == {"closed": True}
        shut = msgspec.structs.replace(WELL, in_service=False, closed=True)
        assert await tell(mairie, there, shut) == 200
        async with odile.get(f"{there.url}/fleet/booths") as answer:
            told = await answer.json()
        assert (told["booths"][0]["condition"], told["booths"][0]["reasons"]) == ("attention", ["closed"])
        assert told["alerts"] == []  # somebody wanted it so
        assert (await order(odile, there, "mairie/open"))[0] == 200
        assert await wanted() == {}
        async with odile.get(f"{there.url}/fleet/booths/mairie") as answer:
            acts = (await answer.json())["acts"]
        assert [(each["what"], each["name"]) for each in acts] == [
            ("fleet:open", "Odile Renard"),
            ("fleet:close", "Odile Renard"),
        ]


async def test_a_revoked_booth_is_refused_at_once_and_no_other_is(tmp_path: Path) -> None:
    async with (
        running_gateway(tmp_path, change=with_operator) as there,
        there.booth() as mairie,
        there.booth("pharmacie") as pharmacie,
        there.person("odile") as odile,
    ):
        assert await tell(mairie, there, WELL) == 200
        assert (await order(odile, there, "mairie/revoke"))[0] == 200
        assert await tell(mairie, there, WELL) == 401
        assert await tell(pharmacie, there, WELL) == 200


async def test_an_order_survives_a_restart_and_counts_from_another_program_of_the_same_database(tmp_path: Path) -> None:
    async with (
        running_gateway(tmp_path, change=with_operator) as there,
        there.booth() as mairie,
        there.person("odile") as odile,
    ):
        assert await tell(mairie, there, WELL) == 200
        assert (await order(odile, there, "mairie/revoke"))[0] == 200
    async with running_gateway(tmp_path, change=with_operator) as there, there.booth() as mairie:
        assert await tell(mairie, there, WELL) == 401
        async with open_database(f"sqlite:///{there.settings.data_dir}/gateway.db", *TABLES, patient=True) as database:
            der = x509.load_pem_x509_certificate(there.certificates.booths["mairie"].certificate.read_bytes())
            key = fingerprint(der.public_key())
            await database.act(lambda connection: believe(connection, "mairie", key))
            assert await Orders(database).of("mairie") == Order(key=key)
        async with asyncio.timeout(PATIENCE):
            while await tell(mairie, there, WELL) != 200:
                await asyncio.sleep(0.1)


async def test_who_signed_in_too_long_ago_acts_on_no_booth(tmp_path: Path) -> None:
    clock = [datetime.now(UTC)]
    async with (
        running_gateway(tmp_path, change=with_operator, now=lambda: clock[0]) as there,
        there.booth() as mairie,
        there.person("odile") as odile,
    ):
        assert await tell(mairie, there, WELL) == 200
        clock[0] += FRESH + timedelta(seconds=1)
        status, told = await order(odile, there, "mairie/close")
        assert (status, told["detail"]) == (403, "You signed in too long ago to act on a booth. Sign in again.")
        async with there.person("odile") as again:
            assert (await order(again, there, "mairie/close"))[0] == 200


async def test_nobody_but_an_operator_acts_on_a_booth(tmp_path: Path) -> None:
    acts = ("close", "open", "revoke", "alerts/disk/take", "alerts/disk/give-back")
    async with running_gateway(tmp_path, change=with_operator) as there:
        async with there.booth() as mairie:
            assert await tell(mairie, there, WELL) == 200
        async with there.program() as program, there.person("claire") as claire, there.person("odile") as odile:
            for act in acts:
                for who in (program, claire):
                    assert (await order(who, there, f"mairie/{act}"))[0] == 403, act
            stolen = {"Sec-Fetch-Site": "cross-site", "Origin": "https://elsewhere.example"}
            async with odile.post(f"{there.url}/fleet/booths/mairie/revoke", headers=stolen) as answer:
                assert answer.status == 403
            async with claire.get(f"{there.url}/fleet/live") as answer:
                assert answer.status == 403


async def test_an_alert_is_taken_and_another_operator_sees_by_whom(tmp_path: Path) -> None:
    worn = msgspec.structs.replace(WELL, parts=(Part(what="disk", health=Health.ATTENTION),))
    async with (
        running_gateway(tmp_path, change=with_operator) as there,
        there.booth() as mairie,
        there.person("odile") as odile,
        there.person("paule") as paule,
    ):
        assert await tell(mairie, there, worn) == 200
        _, (told,) = await order(odile, there, "mairie/alerts/disk/take")
        assert (told["owner"], told["mine"], told["times"]) == ("Odile Renard", True, 1)
        async with paule.get(f"{there.url}/fleet/booths") as answer:
            (seen,) = (await answer.json())["alerts"]
        assert (seen["owner"], seen["mine"]) == ("Odile Renard", False)
        assert set(seen) == {"booth", "reason", "since", "last", "times", "ended", "owner", "mine"}
        _, (told,) = await order(paule, there, "mairie/alerts/disk/take")
        assert told["owner"] == "Paule Leroy"
        _, (told,) = await order(paule, there, "mairie/alerts/disk/give-back")
        assert told["owner"] is None
        assert (await order(odile, there, "mairie/alerts/printer/take"))[0] == 404


async def test_what_changes_is_told_to_an_open_page_until_its_operator_signs_out(tmp_path: Path) -> None:
    worn = msgspec.structs.replace(WELL, parts=(Part(what="disk", health=Health.ATTENTION),))
    async with (
        running_gateway(tmp_path, change=with_operator) as there,
        there.booth() as mairie,
        there.person("odile") as odile,
    ):
        assert await tell(mairie, there, WELL) == 200
        async with asyncio.timeout(PATIENCE), odile.get(f"{there.url}/fleet/live") as stream:
            assert stream.content_type == "text/event-stream"
            assert await event(stream) == ("ready", {})
            assert await tell(mairie, there, worn) == 200
            name, told = await event(stream)
            assert (name, told["name"], told["condition"]) == ("booth", "mairie", "attention")
            name, told = await event(stream)
            assert (name, [each["reason"] for each in told]) == ("alerts", ["disk"])
            async with odile.post(f"{there.url}/sign-out") as answer:
                assert answer.status == 204
            assert (await event(stream))[0] == "signed-out"
            assert (await stream.content.read()).strip() == b""


async def event(stream: aiohttp.ClientResponse) -> tuple[str, Any]:
    """Return the next event of a stream, comments passed over."""
    name = ""
    async for line in stream.content:
        if line.startswith(b"event: "):
            name = line[7:].strip().decode()
        elif line.startswith(b"data: "):
            return name, msgspec.json.decode(line[6:])
    raise AssertionError("the stream has ended")


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


async def test_the_statistics_count_who_came_on_which_day_and_nothing_else(tmp_path: Path) -> None:
    async with running_gateway(tmp_path, change=with_operator) as there, there.person("odile") as odile:
        async with open_database(f"sqlite:///{there.settings.data_dir}/gateway.db", patient=True) as database:
            for number, days in enumerate((0, 0, 3, 40)):
                came = datetime.now(UTC) - timedelta(days=days)
                row = {
                    "id": f"v{number}", "at": int(came.timestamp()),
                    "milestones": msgspec.json.encode([{"step": "queued", "at": came}]).decode(),
                }  # fmt: skip
                insert = (
                    "INSERT INTO visit (id, step, booth, milestones, key_id, version, told, changed)"
                    " VALUES (:id, 'ended', 'b', :milestones, 'k', 1, 1, :at)"
                )
                await database.act(lambda connection, run=row, sql=insert: connection.execute(text(sql), run))  # type: ignore[misc]
        async with odile.get(f"{there.url}/fleet/statistics") as answer:
            told = await answer.json()
        async with there.person("claire") as claire, claire.get(f"{there.url}/fleet/statistics") as answer:
            assert answer.status == 403
    assert set(told) == {"days", "booths", "waits", "before", "least"}
    assert {name for name, value in told["before"].items() if value is not None} == {"month"}
    assert {name for name, value in told["waits"].items() if value is not None} == {"period", "booth"}  # too few came
    assert len(told["days"]) == 14
    assert [each["visits"] for each in told["days"] if each["visits"]] == [1, 2]
