"""A printer without a driver, by IPP: sent a PDF, watched until it is out, and made to forget it.

A job carries no name of anybody. One that cannot come out now is cancelled, so that it does not come out for the next
person; a CUPS queue, which would keep the document for a day, is told to delete it (its `purge-job`).

    ipp://localhost/printers/NAME     a CUPS queue: for printers that take no PDF, CUPS makes what they take
    ipp://localhost:60000/ipp/print   a USB printer behind ipp-usb
    ipps://printer.lan/ipp/print      a printer in the network, over TLS, known by its certificate

https://www.pwg.org/ipp/everywhere.html (PWG 5100.14), https://www.rfc-editor.org/rfc/rfc8011
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from enum import IntEnum
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from aiohttp import ClientError, ClientSession, ClientTimeout, Fingerprint

from booth_client.clock import Clock
from booth_client.printing.errors import Unprinted, Unwiped, Why
from booth_client.printing.ipp import Attribute, Group, Message, Operation, Tag, Value, decode, encode
from booth_client.printing.job import JobState, PrinterState, Sight, Watch, hindrance, judge, runs_low
from booth_client.printing.printer import Condition

__all__ = ["Driverless"]

_PORT: Final = 631
_ANSWER: Final = ClientTimeout(total=10)
_TAKE: Final = ClientTimeout(total=60)
_LOOK_S: Final = 0.5
_GONE_S: Final = 6.0
_LARGEST: Final = 1024 * 1024
_PDF: Final = "application/pdf"
_USER: Final = "teleborne"
_JOB: Final = "Téléborne"
_NOT_FOUND: Final = 0x0406
_NOT_POSSIBLE: Final = 0x0404
_CUPS: Final = "cups-version"
_OF_THE_PRINTER: Final = (
    *("printer-state", "printer-state-reasons", "printer-is-accepting-jobs", "printer-make-and-model"),
    *("document-format-supported", "media-supported", "sides-supported", "job-retain-until-supported", _CUPS),
)
_LIKE: Final = (("sides", "one-sided"), ("media", "iso_a4_210x297mm"), ("job-retain-until", "none"))
"""What is asked for where the printer offers it: also to forget the job when it is out (PWG 5100.7)."""
_OF_THE_JOB: Final = ("job-id", "job-state", "job-state-reasons", "job-impressions-completed")

S = TypeVar("S", bound=IntEnum)
_Attributes = Mapping[str, tuple[Value, ...]]


class Driverless:
    """The printer at *uri* (`ipp://` or `ipps://`), for the booth called *owner*: several may share it.

    *certificate* is the SHA-256 of its TLS certificate, where that is all it is known by.
    """

    def __init__(
        self,
        uri: str,
        *,
        owner: str,
        certificate: bytes | None = None,
        now: Callable[[], datetime] | None = None,
    ) -> None:
        parts = urlsplit(uri)
        scheme = "https" if parts.scheme == "ipps" else "http"
        host = f"[{parts.hostname}]" if parts.hostname and ":" in parts.hostname else parts.hostname
        self._uri, self._owner = uri, f"{_USER}-{owner}"
        self._url = f"{scheme}://{host}:{parts.port or _PORT}{parts.path or '/ipp/print'}"
        self._ssl: Fingerprint | bool = Fingerprint(certificate) if certificate else True
        self._now = now or Clock()
        self._numbers = itertools.count(1)
        self._unended: set[int] = set()
        self._sending = asyncio.Lock()
        """Held while a paper is handed over: whoever wipes waits for it, and knows then which job it became."""

    async def look(self) -> Condition:
        """Return how the printer is, now. Raises Unprinted."""
        async with self._session() as http:
            said = await self._printer(http)
        return _condition(said)

    async def print(self, pdf: bytes, *, wanted: Callable[[], bool], moved: Callable[[int], None]) -> None:
        """Print one paper on one side of each sheet, and return when it is out. Raises Unprinted."""
        async with self._session() as http:
            said = await self._printer(http)
            why = _condition(said).why
            if why is not None:
                raise Unprinted(
                    why, f"{self._uri} is not ready: {', '.join(sorted(_words(said, 'printer-state-reasons')))}"
                )
            if _PDF not in _words(said, "document-format-supported"):
                raise Unprinted(Why.FORMAT, f"{self._uri} takes no PDF: print through a CUPS queue (docs/printing.md)")
            async with self._sending:
                if not wanted():
                    raise Unprinted(Why.STOPPED, "the visit is over")
                job = await self._send(http, pdf, said)
                self._unended.add(job)
            why = await self._follow(http, job, moved)
            if why is not None:
                await self._take_back(http, job, cups=_CUPS in said)
                raise Unprinted(why, f"{self._uri} did not print: {why}")
            await self._forget(http, job, cups=_CUPS in said)

    async def wipe(self) -> None:
        """Cancel whatever of ours has not come out, also what an earlier run of the booth left. Raises Unwiped."""
        which = {"which-jobs": Attribute(Tag.KEYWORD, ("not-completed",)), "my-jobs": Attribute(Tag.BOOLEAN, (True,))}
        try:
            async with self._sending, self._session() as http:
                answer = await self._ask(http, Operation.GET_JOBS, {**which, **_wanted(*_OF_THE_JOB)})
                self._unended |= {_number(job, "job-id", 0) for job in answer.all(Group.JOB)}
                cups = bool(self._unended) and _CUPS in await self._printer(http)
                for job in tuple(self._unended):
                    await self._take_back(http, job, cups=cups)
        except Unprinted as error:
            if self._unended:
                raise Unwiped(error.why, f"papers may still come out: {error}") from error
        if self._unended:
            raise Unwiped(Why.STOPPED, f"{self._uri} has not given up {len(self._unended)} jobs; switch it off and on")

    # One act each

    def _session(self) -> ClientSession:
        return ClientSession(trust_env=False, headers={"User-Agent": _USER})

    async def _printer(self, http: ClientSession) -> _Attributes:
        answer = await self._ask(http, Operation.GET_PRINTER_ATTRIBUTES, _wanted(*_OF_THE_PRINTER))
        return next(iter(answer.all(Group.PRINTER)), {})

    async def _send(self, http: ClientSession, pdf: bytes, said: _Attributes) -> int:
        named = {
            "job-name": Attribute(Tag.NAME, (_JOB,)),
            "document-format": Attribute(Tag.MIME, (_PDF,)),
            "ipp-attribute-fidelity": Attribute(Tag.BOOLEAN, (False,)),
        }
        like = {
            name: Attribute(Tag.KEYWORD, (word,)) for name, word in _LIKE if word in said.get(f"{name}-supported", ())
        }
        answer = await self._ask(http, Operation.PRINT_JOB, named, like, data=pdf)
        jobs = answer.all(Group.JOB)
        job = jobs[0].get("job-id", ()) if jobs else ()
        if not job or not isinstance(job[0], int):
            raise Unprinted(Why.UNREADABLE, f"{self._uri} took the paper without saying which job it is")
        return job[0]

    async def _follow(self, http: ClientSession, job: int, moved: Callable[[int], None]) -> Why | None:
        """Watch the job until it is out (None), or something is wrong with it."""
        watch = Watch(moved=self._now())
        while True:
            try:
                sight = await self._sight(http, job)
            except _NoSuchJob:  # some printers forget a job at once when it is out
                return None if watch.where[0] >= JobState.PROCESSING else Why.ABORTED
            before = watch
            watch, why = judge(watch, sight, self._now())
            if watch is not before:
                moved(sight.impressions)
            if why is not None or sight.job.ended:
                return why
            await asyncio.sleep(_LOOK_S)

    async def _sight(self, http: ClientSession, job: int) -> Sight:
        said, printer = await self._job(http, job), await self._printer(http)
        return Sight(
            job=_state(JobState, said, "job-state"),
            printer=_state(PrinterState, printer, "printer-state"),
            impressions=_number(said, "job-impressions-completed", 0),
            reasons=_words(printer, "printer-state-reasons"),
            job_reasons=_words(said, "job-state-reasons"),
        )

    async def _job(self, http: ClientSession, job: int) -> _Attributes:
        of = {"job-id": Attribute(Tag.INTEGER, (job,)), **_wanted(*_OF_THE_JOB)}
        answer = await self._ask(http, Operation.GET_JOB_ATTRIBUTES, of)
        return next(iter(answer.all(Group.JOB)), {})

    async def _take_back(self, http: ClientSession, job: int, *, cups: bool) -> None:
        """Cancel a job and see that it gives up; where it does not, it stays in `_unended`.

        CUPS is told to delete it only then: at once, it would kill what takes the job back from the printer itself.
        """
        await self._cancel(http, job, purge=False)
        with suppress(TimeoutError):
            async with asyncio.timeout(_GONE_S):
                while not await self._has_given_up(http, job, cups=cups):  # noqa: ASYNC110  it tells nothing by itself
                    await asyncio.sleep(_LOOK_S)
                await self._forget(http, job, cups=cups)

    async def _has_given_up(self, http: ClientSession, job: int, *, cups: bool) -> bool:
        try:
            said = await self._job(http, job)
        except _NoSuchJob:
            return True
        ended = _state(JobState, said, "job-state").ended
        if cups:  # its queue is busy for as long as it talks with the printer about the job
            busy = _number(await self._printer(http), "printer-state", PrinterState.IDLE) == PrinterState.PROCESSING
            return ended and not busy
        return ended or "processing-to-stop-point" in _words(said, "job-state-reasons")

    async def _forget(self, http: ClientSession, job: int, *, cups: bool) -> None:
        """Let a job that is out leave nothing behind: CUPS would keep its document for a day."""
        if cups:
            await self._cancel(http, job, purge=True)
        self._unended.discard(job)

    async def _cancel(self, http: ClientSession, job: int, *, purge: bool) -> None:
        of = {"job-id": Attribute(Tag.INTEGER, (job,))}
        more = {"purge-job": Attribute(Tag.BOOLEAN, (True,))} if purge else {}
        with suppress(_NoSuchJob):  # it is over already
            await self._ask(http, Operation.CANCEL_JOB, {**of, **more})

    async def _ask(
        self,
        http: ClientSession,
        operation: Operation,
        attributes: Mapping[str, Attribute],
        job: Mapping[str, Attribute] | None = None,
        *,
        data: bytes = b"",
    ) -> Message:
        """Say one thing to the printer and return its answer. Raises Unprinted."""
        first = {
            "attributes-charset": Attribute(Tag.CHARSET, ("utf-8",)),
            "attributes-natural-language": Attribute(Tag.LANGUAGE, ("fr",)),
            "printer-uri": Attribute(Tag.URI, (self._uri,)),
        }
        # RFC 8011, 4.1.5: the target comes before everything else, and a job's id right behind it.
        ours = {name: each for name, each in attributes.items() if name == "job-id"}
        rest = {"requesting-user-name": Attribute(Tag.NAME, (self._owner,)), **attributes}
        groups: dict[Group, Mapping[str, Attribute]] = {Group.OPERATION: {**first, **ours, **rest}}
        if job:
            groups[Group.JOB] = job
        answer = decode(await self._post(http, encode(operation, next(self._numbers), groups, data=data), bool(data)))
        if answer.code in (_NOT_FOUND, _NOT_POSSIBLE):
            raise _NoSuchJob(Why.REFUSED, f"{self._uri} knows no such job ({answer.code:#06x})")
        if answer.code >= 0x0100:  # noqa: PLR2004  RFC 8011, appendix B: below are the successes
            raise Unprinted(Why.REFUSED, f"{self._uri} refuses {operation.name.lower()} ({answer.code:#06x})")
        return answer

    async def _post(self, http: ClientSession, body: bytes, document: bool) -> bytes:  # noqa: FBT001  which deadline
        given: dict[str, Any] = {"timeout": _TAKE if document else _ANSWER, "ssl": self._ssl, "allow_redirects": False}
        headers = {"Content-Type": "application/ipp", "Accept": "application/ipp"}
        try:
            async with http.post(self._url, data=body, headers=headers, **given) as answer:
                if answer.status != 200:  # noqa: PLR2004  the one good answer (RFC 8010, 4.1)
                    raise Unprinted(Why.REFUSED, f"{self._uri} answers HTTP {answer.status}")
                said = b""
                async for piece in answer.content.iter_any():
                    said += piece
                    if len(said) > _LARGEST:
                        raise Unprinted(Why.UNREADABLE, f"{self._uri} answers more than any printer")
                return said
        except (ClientError, OSError, TimeoutError) as error:
            raise Unprinted(
                Why.UNREACHABLE, f"{self._uri} cannot be reached: {error or type(error).__name__}"
            ) from error


class _NoSuchJob(Unprinted):
    """The printer has forgotten the job, or it is over already."""


def _condition(said: _Attributes) -> Condition:
    reasons = _words(said, "printer-state-reasons")
    stopped = _number(said, "printer-state", PrinterState.IDLE) == PrinterState.STOPPED
    refuses = said.get("printer-is-accepting-jobs", (True,))[0] is False
    why = (hindrance(reasons) or Why.STOPPED) if stopped else Why.REFUSED if refuses else None
    name = str(next(iter(said.get("printer-make-and-model", ())), "") or "")
    return Condition(name=name, why=why, low=runs_low(reasons))


def _wanted(*names: str) -> dict[str, Attribute]:
    return {"requested-attributes": Attribute(Tag.KEYWORD, names)}


def _words(said: _Attributes, name: str) -> frozenset[str]:
    return frozenset(each for each in said.get(name, ()) if isinstance(each, str) and each != "none")


def _number(said: _Attributes, name: str, otherwise: int) -> int:
    return next((each for each in said.get(name, ()) if isinstance(each, int)), otherwise)


def _state(kind: type[S], said: _Attributes, name: str) -> S:
    try:
        return kind(_number(said, name, 0))
    except ValueError as error:
        raise Unprinted(Why.UNREADABLE, f"the printer says {name} {error}") from error
