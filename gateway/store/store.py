"""The FHIR endpoint on a database: one request in, one answer out, and what changed told to whoever listens.

Writes run inside `Database.act`, with their audit row; an answer of 2xx means that it is on the disk. Reads run inside
`Database.look`, on one snapshot. A listener hears of a version after its commit, in commit order, in the event loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Final, TypeVar
from uuid import uuid4

from msgspec import structs
from sqlalchemy import Connection

from gateway.database import Database, Keyring
from gateway.errors import Forbidden, NotFound, Problem
from gateway.fhir.interactions.answer import refused
from gateway.fhir.repository import Repository, Stored
from gateway.fhir.rest import Draft
from gateway.fhir.router import Act, Request, Response, route
from gateway.fhir.search.date import at
from gateway.identity import Actor, Principal
from gateway.store import audit
from gateway.store.access import Caller
from gateway.store.booths import FromABooth
from gateway.store.indexing import Known
from gateway.store.instants import Instants
from gateway.store.recipients import ForARecipient
from gateway.store.reindexing import index_keys
from gateway.store.resources import Resources, Shelf
from gateway.store.revision import check
from gateway.store.trail import Looked, Trail, open_trail
from gateway.store.version import Version

__all__ = ["Change", "Store", "open_store"]

T = TypeVar("T")
Written = tuple[Response, list[Stored], Known]
"""What an act answers, the versions it made, and the texts whose words are kept now."""

_LONG: Final = 32 * 1024
"""A body of more bytes than this is read in another thread."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A version that was just made durable; `patient` is the id of the patient in whose record it stands."""

    type: str
    id: str
    version: int
    body: bytes
    patient: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ready:
    """A first version made before its transaction, and what is answered where that only writes it down."""

    version: Version
    answer: Response | None


class Store:
    """Resources on one database; use `open_store`."""

    def __init__(
        self,
        database: Database,
        shelf: Shelf,
        *,
        trail: Trail,
        tasks: asyncio.TaskGroup,
    ) -> None:
        self._database = database
        self._trail = trail
        self._shelf = shelf
        self._tasks = tasks
        self._listeners: list[Callable[[Change], None]] = []

    def on_change(self, listener: Callable[[Change], None]) -> Callable[[], None]:
        """Call *listener* for every version from now on, and return what ends this. It must be quick and not raise."""
        self._listeners.append(listener)
        return partial(self._listeners.remove, listener)

    async def handle(self, request: Request, principal: Principal | None) -> Response:
        """Answer one request of *principal*, None being nobody we know; every problem is an OperationOutcome."""
        try:
            act = await _prepared(request, Caller(principal=principal))
            if principal is not None and principal.kind is Actor.RECIPIENT:
                act = structs.replace(act, run=partial(_for_a_recipient, act), draft=None, once=False)
            if not act.writes:
                return await self._read(act, request, principal)
            assert principal is not None, "no write is permitted to nobody"
            if principal.kind is Actor.BOOTH:
                draft = act.draft and replace(act.draft, answer=None)  # what a booth may do, its rows tell
                act = structs.replace(act, run=partial(_from_a_booth, act, principal, request.base), draft=draft)
            return await self._shielded(act, request, principal.subject)
        except Problem as problem:
            answer = refused(request, problem)
            if principal is not None and isinstance(problem, Forbidden | NotFound):
                self._note(principal, "refused", request, answer)
            return answer

    async def _read(self, act: Act, request: Request, principal: Principal | None) -> Response:
        self._trail.check()
        answer = await self._database.look(partial(self._look, act, request), brief=act.once)
        if principal is not None and act.name != "capabilities":
            self._note(principal, act.name, request, answer)
        return answer

    def _note(self, principal: Principal, interaction: str, request: Request, answer: Response) -> None:
        now, path = at(self._shelf.now()), request.path
        self._trail.note(
            Looked(who=principal.subject, interaction=interaction, path=path, status=answer.status, at=now)
        )

    async def perform(self, run: Callable[[Repository], None], *, who: str, base: str) -> None:
        """Do an act of the server's own in one transaction: all that *run* writes is there, with its audit, or nothing.

        *who* is the subject of the principal whose act it is, *base* the FHIR base that is ours. Raises what *run* did.
        """

        def answered(repository: Repository) -> Response:
            run(repository)
            return Response(status=200)

        request = Request(method="POST", path="", base=base)
        await self._shielded(Act(name="transaction", writes=True, run=answered), request, who)

    async def consult(self, run: Callable[[Repository], T], *, base: str) -> T:
        """Return what *run* finds on one snapshot; whoever calls has asked `permit` first."""
        request = Request(method="GET", path="", base=base)
        return await self._database.look(lambda connection: run(self._resources(connection, request)))

    async def author(self, type_: str, id_: str) -> str | None:
        """Return the subject of the principal who first wrote a resource, None where there is none."""
        return await self._database.look(lambda connection: audit.writer(connection, type_, id_, 1))

    async def _shielded(self, act: Act, request: Request, who: str) -> Response:
        # A caller that hangs up does not stop what was begun: it is committed and told, or neither.
        result = await asyncio.shield(self._tasks.create_task(self._settled(act, request, who)))
        if isinstance(result, Exception):
            raise result
        return result

    def _resources(
        self, connection: Connection, request: Request, *, once: bool = False, ready: Version | None = None
    ) -> Resources:
        return Resources(connection, shelf=self._shelf, base=request.base, once=once, ready=ready)

    def _look(self, act: Act, request: Request, connection: Connection) -> Response:
        return act.run(self._resources(connection, request, once=act.once))

    async def _settled(self, act: Act, request: Request, who: str) -> Response | Exception:
        try:
            return await self._write(act, request, who)
        except Exception as error:  # noqa: BLE001  it is this caller's alone, and raised again where the caller waits
            return error

    async def _write(self, act: Act, request: Request, who: str) -> Response:
        ready = None if act.draft is None else await self._ready(act.draft, request)
        run = partial(self._act, act, request, who, ready=ready)
        response, saved, fresh = await self._database.act(run, adds=ready is not None and ready.answer is not None)
        self._shelf.known.update(fresh)
        for each in saved:
            for listener in tuple(self._listeners):
                listener(_change(each))
        return response

    async def _ready(self, draft: Draft, request: Request) -> _Ready | None:
        """Make the first version: what is done outside of the transaction keeps no other one waiting."""
        shelf, id_ = self._shelf, draft.id or str(uuid4())
        record = shelf.record(draft.resource, id_, request.base)
        key = shelf.keyring.remembered(record)
        if key is None:
            if draft.answer is None:
                return None  # it may be refused yet, and then nobody needs a key
            key = await asyncio.to_thread(shelf.keyring.key, record)
        make = partial(
            shelf.version, draft.resource, id_=id_, number=1, updated=shelf.instants.next(), method=request.method,
            base=request.base, key=key,
        )  # fmt: skip
        made = await asyncio.to_thread(make) if len(request.body) > _LONG else make()
        return _Ready(version=made, answer=draft.answer and draft.answer(made.stored))

    def _act(
        self, act: Act, request: Request, who: str, connection: Connection, *, ready: _Ready | None = None
    ) -> Written:
        resources = self._resources(connection, request, ready=ready.version if ready else None)
        if ready is not None and ready.answer is not None:
            resources.write(ready.version)
            response = ready.answer
        else:
            response = act.run(resources)
        for each in resources.saved:
            audit.record(
                connection, each.type, each.id, each.version,
                who=who, interaction=act.name, status=response.status, at=each.at,
            )  # fmt: skip
        return response, resources.saved, resources.fresh


def _change(stored: Stored) -> Change:
    return Change(
        type=stored.type, id=stored.id, version=stored.version, body=stored.body or b"", patient=stored.patient
    )


async def _prepared(request: Request, caller: Caller) -> Act:
    # Validating a long Bundle takes as long as hundreds of readings: the others go on meanwhile.
    if len(request.body) > _LONG:
        return await asyncio.to_thread(route, request, caller)
    return route(request, caller)


def _from_a_booth(act: Act, booth: Principal, base: str, repository: Repository) -> Response:
    assert isinstance(repository, Resources), "whose act it is, only the store's own rows tell"
    return act.run(FromABooth(repository, booth, base=base))


def _for_a_recipient(act: Act, repository: Repository) -> Response:
    return act.run(ForARecipient(repository))


def _utc_now() -> datetime:
    return datetime.now(UTC)


@asynccontextmanager
async def open_store(
    database: Database, keyring: Keyring, *, now: Callable[[], datetime] = _utc_now, invented: bool = False
) -> AsyncIterator[Store]:
    """Open the store on a *database* that was opened with `METADATA`, its keys in *keyring*.

    *invented*: numbers of invented people may be stored, as in tests and demonstrations.
    Raises SettingsError where the database has the tables of another release.
    """
    await database.act(check)
    keys = await index_keys(keyring)
    try:
        async with asyncio.TaskGroup() as tasks, open_trail(database, tasks) as trail:
            yield Store(
                database,
                Shelf(keyring=keyring, keys=keys, now=now, instants=Instants(now), invented=invented),
                trail=trail,
                tasks=tasks,
            )
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from group  # the tasks here never raise: it is the one error of the caller's block
