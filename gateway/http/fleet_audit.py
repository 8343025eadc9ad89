"""What operators look back at: who did what with the booths, whether the audit is whole, how the fleet served people.

GET  /fleet/audit?before=…    {"acts": […]}: the last 50, or those before a moment; whoever reads it is in it then
POST /fleet/audit/check       {"whole", "after"} → {"read", "after", "rows", "broken", "of"}: one stretch of the audit
                              held against the rows before; again with what `after` says, until it says null
GET  /fleet/statistics        {"days", "booths", "waits", "before"}: of the last 14 days the visits, each booth's
                              minutes out of service, how long people waited and where they gave up; `before`: of the
                              last whole month, who touched a booth and gave up before asking
GET  /fleet/figures.csv       the same of the last twelve whole months, to publish; .json too

Nothing in them is of a patient: a visit is a number here, and a small number is withheld (gateway/waiting.py).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
from aiohttp import web

from gateway.errors import Malformed
from gateway.http.authentication import Authenticate
from gateway.http.fleet import Watched, operator
from gateway.store.visits import Visits
from gateway.waiting import LEAST, Figures, before_asking, figures, last_month, months
from signalling.certificate import URN
from signalling.presence import participant_id

__all__ = ["routes"]

_MOST: Final = 50
_DAYS: Final = 14
_YEAR: Final = timedelta(days=400)
_MINUTE: Final = timedelta(minutes=1)
_LONGEST: Final = 1024


class _Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    whole: bool = False
    after: str | None = None


def routes(watched: Watched, visits: Visits, authenticate: Authenticate) -> list[web.RouteDef]:
    """Return the routes."""

    async def audit(request: web.Request) -> web.Response:
        who = await operator(request, authenticate)
        before = _moment(request.query.get("before"))
        told = await watched.told(await watched.acts.last(most=_MOST, before=before))
        await watched.acts.looked(who=who.subject, now=watched.now())
        return _json({"acts": told})

    async def check(request: web.Request) -> web.Response:
        await operator(request, authenticate)
        asked = _asked(await request.content.read(_LONGEST))
        return _json(await watched.chains.step(whole=asked.whole, after=asked.after))

    async def statistics(request: web.Request) -> web.Response:
        await operator(request, authenticate)
        now = watched.now()
        first = (now - timedelta(days=_DAYS - 1)).astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        waits = await visits.waits(since=first)
        came = [each.came.astimezone(UTC).date() for each in waits]
        days = [first.date() + timedelta(days=each) for each in range(_DAYS)]
        ways = [each for booth in await watched.fleet.booths(now=now) for each in booth.status.ways]
        month = last_month(now.astimezone(UTC).date())
        out = await watched.fleet.out_of_service(since=first, now=now)
        return _json(
            {
                "days": [{"day": day, "visits": came.count(day)} for day in days],
                "booths": [{"name": name, "minutes": spent // _MINUTE} for name, spent in sorted(out.items())],
                "waits": figures(waits, period=f"{days[0]}/{days[-1]}"),
                "before": {"month": month, **before_asking(ways, period=month)},
                "least": LEAST,
            }
        )

    async def published(request: web.Request) -> web.Response:
        await operator(request, authenticate)
        now = watched.now()
        booths = await watched.fleet.booths(now=now)
        names = {participant_id(f"{URN}{each.name}"): each.name for each in booths}
        ways = [each for booth in booths for each in booth.status.ways]
        waits = await visits.waits(since=now - _YEAR)
        rows = list(months(waits, names, today=now.astimezone(UTC).date(), ways=ways))
        kind = request.match_info["kind"]
        body, content_type = (_table(rows), "text/csv") if kind == "csv" else (_listed(rows), "application/json")
        headers = {"Content-Disposition": f'attachment; filename="teleborne.{kind}"', "Cache-Control": "no-store"}
        return web.Response(body=body, content_type=content_type, charset="utf-8", headers=headers)

    return [
        web.get("/fleet/audit", audit, allow_head=False),
        web.post("/fleet/audit/check", check),
        web.get("/fleet/statistics", statistics, allow_head=False),
        web.get("/fleet/figures.{kind:csv|json}", published, allow_head=False),
    ]


def _table(rows: Sequence[Figures]) -> bytes:
    """Return the rows as RFC 4180 has them, with an empty cell for what is withheld."""
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(Figures.__dataclass_fields__)
    table.writerows([getattr(each, name) for name in Figures.__dataclass_fields__] for each in rows)
    return text.getvalue().encode()


def _listed(rows: Sequence[Figures]) -> bytes:
    return msgspec.json.encode({"least": LEAST, "rows": rows})


def _asked(body: bytes) -> _Asked:
    try:
        return msgspec.json.decode(body or b"{}", type=_Asked)
    except msgspec.MsgspecError as error:
        raise Malformed(f"That cannot be read: {error}.", remedy='Send {"whole": false, "after": null}.') from None


def _moment(text: str | None) -> datetime | None:
    try:
        said = None if text is None else datetime.fromisoformat(text)
    except ValueError:
        said = datetime.min  # noqa: DTZ901  refused like one without an offset
    if said is not None and said.tzinfo is None:
        raise Malformed("That is no moment.", where="before", remedy="Send one with its offset, as /fleet/audit does.")
    return said


def _json(value: Any) -> web.Response:
    headers = {"Cache-Control": "no-store"}
    return web.Response(body=msgspec.json.encode(value), content_type="application/json", headers=headers)
