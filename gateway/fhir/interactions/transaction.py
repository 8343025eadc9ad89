"""Requests that are carried out together or not at all: https://hl7.org/fhir/R4/http.html#transaction.

What can be told before the transaction begins is settled then: ids of what is created, what references mean, whether
every resource is valid. A conditional create is given an id too; where something meets its condition, references to
that id are turned to what was found, which is of the same type, so that nothing has to be validated again.

Order: DELETE, POST, PUT and PATCH, GET. All locks are taken first, in one order (`locking.py`). One resource that
several entries would write is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final
from uuid import uuid4

from gateway.errors import Malformed, PreconditionFailed, Problem
from gateway.fhir.interactions.answer import json_response
from gateway.fhir.interactions.conditional import Condition, in_address, in_text
from gateway.fhir.interactions.create import condition_of
from gateway.fhir.interactions.entry import Entry, bundle, placed
from gateway.fhir.interactions.locking import hold
from gateway.fhir.interactions.references import References, substituted
from gateway.fhir.repository import Repository
from gateway.fhir.rest import Access, Act, Request, Response
from gateway.fhir.search.parameters import TYPES

__all__ = ["transaction"]

_ORDER: Final = {"DELETE": 0, "POST": 1, "PUT": 2, "PATCH": 2, "GET": 3, "HEAD": 3}
_TYPE: Final = re.compile("[A-Z][A-Za-z]+", re.ASCII)

Route = Callable[[Request, Access], Act]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """One entry, prepared: `target` is the `Type/id` that it writes (empty: none), unless one meets `condition`."""

    entry: Entry
    act: Act
    target: str
    condition: Condition | None


def transaction(request: Request, access: Access, entries: list[Entry], route: Route) -> Act:
    """Prepare to carry out all *entries*, each going the way of a request of its own through *route*."""
    targets = {entry.number: _target(entry) for entry in entries}
    _check_distinct(entries, {n: target for n, target in targets.items() if entries[n].request.method != "POST"})
    references = References(targets=_meant(entries, targets))
    steps = [_step(entry, targets[entry.number], references, access, route) for entry in entries]
    conditions = {
        placeholder: in_text(text.partition("?")[2], request, access, "s", _known(text), where="Bundle.entry.resource")
        for text, placeholder in references.conditional.items()
    }

    def run(repository: Repository) -> Response:
        hold(repository, (step.act for step in steps), (each.key for each in conditions.values()))
        answers: dict[int, Response] = {}
        deletes, others = _sorted(steps)
        for step in deletes:
            answers[step.entry.number] = _run(step, repository)
        meant = _found(repository, others, conditions)
        _check_distinct(entries, _written(steps, meant))
        for step in others:
            answers[step.entry.number] = _run(_turned(step, meant, access, route), repository)
        return json_response(
            request, bundle("transaction-response", [(entry, answers[entry.number]) for entry in entries])
        )

    return Act(name="transaction", writes=any(step.act.writes for step in steps), run=run)


def _target(entry: Entry) -> str:
    """Return what the entry writes as `Type/id`, with an id of our own where the server or a condition chooses it."""
    type_, _, id_ = entry.request.path.partition("/")
    if entry.request.method not in ("POST", "PUT", "PATCH", "DELETE") or not _TYPE.fullmatch(type_) or "$" in id_:
        return ""
    if entry.request.method == "POST":
        return "" if id_ else f"{type_}/{uuid4()}"
    if id_:
        return f"{type_}/{id_}"
    given = entry.resource.get("id") if isinstance(entry.resource, dict) else None
    return f"{type_}/{given or uuid4()}" if entry.request.method == "PUT" else ""


def _meant(entries: list[Entry], targets: dict[int, str]) -> dict[str, str]:
    """Return `Type/id` by the addresses that mean an entry; raises Malformed where two entries have the same one."""
    meant: dict[str, str] = {}
    for entry in entries:
        if entry.full_url and targets[entry.number]:
            if entry.full_url in meant:
                raise Malformed(
                    f"bdl-7: two entries have the fullUrl {entry.full_url[:80]}.",
                    where=f"Bundle.entry[{entry.number}].fullUrl",
                    remedy="Give each its own.",
                )
            meant[entry.full_url] = targets[entry.number]
    for entry in entries:  # a posted resource by its own id, where nothing else is meant by that
        own = entry.resource.get("id") if isinstance(entry.resource, dict) else None
        if entry.request.method == "POST" and own and targets[entry.number]:
            name = f"{entry.request.path}/{own}"
            if name not in targets.values():
                meant.setdefault(name, targets[entry.number])
    return meant


def _step(entry: Entry, target: str, references: References, access: Access, route: Route) -> _Step:
    try:
        ready, condition = entry, None
        if entry.resource is not None:
            value = references.resolved(entry.resource, entry.full_url)
            ready = entry.bringing(
                value, id_=target.partition("/")[2] if entry.request.method in ("POST", "PUT") else ""
            )
        act = route(ready.request, access)
        type_, _, id_ = entry.request.path.partition("/")
        if act.writes and target and not id_:
            condition = (
                condition_of(ready.request, access, type_)
                if entry.request.method == "POST"
                else in_address(ready.request, access, "u", type_)
            )
    except Problem as problem:
        raise placed(problem, entry.number) from problem
    return _Step(entry=ready, act=act, target=target, condition=condition)


def _known(text: str) -> str:
    type_ = text.partition("?")[0]
    if type_ not in TYPES:
        raise Malformed(f"{text[:80]!r} names no type of this server.", where="Bundle.entry.resource")
    return type_


def _sorted(steps: list[_Step]) -> tuple[list[_Step], list[_Step]]:
    in_order = sorted(steps, key=lambda step: _ORDER[step.entry.request.method])
    deletes = [step for step in in_order if step.entry.request.method == "DELETE"]
    return deletes, in_order[len(deletes) :]


def _found(repository: Repository, steps: list[_Step], conditions: dict[str, Condition]) -> dict[str, str]:
    """Return what is really meant by the ids of ours that stand for what meets a condition."""
    meant = {}
    for step in steps:
        existing = _meets(step, repository) if step.condition else None
        if existing is not None and existing != step.target:
            meant[step.target] = existing
    for placeholder, condition in conditions.items():
        stored = condition.meets(repository)
        if stored is None:
            raise PreconditionFailed(
                f"Nothing meets a conditional reference to a {condition.query.type}.",
                where=condition.where,
                remedy="Send the resource in the same transaction, or name it by Type/id.",
            )
        meant[placeholder] = f"{stored.type}/{stored.id}"
    return meant


def _meets(step: _Step, repository: Repository) -> str | None:
    assert step.condition is not None
    try:
        stored = step.condition.meets(repository)
    except Problem as problem:
        raise placed(problem, step.entry.number) from problem
    return f"{stored.type}/{stored.id}" if stored else None


def _written(steps: list[_Step], meant: dict[str, str]) -> dict[int, str]:
    """Return what each entry writes, now that it is known; what would create the same, by its condition."""
    return {step.entry.number: _identity(step, meant) for step in steps if step.act.writes}


def _identity(step: _Step, meant: dict[str, str]) -> str:
    if step.entry.request.method != "POST":
        return meant.get(step.target, step.target)
    return step.condition.key if step.condition is not None and step.target not in meant else ""


def _check_distinct(entries: list[Entry], targets: dict[int, str]) -> None:
    seen: dict[str, int] = {}
    for number, target in targets.items():
        if target and target in seen:
            raise Malformed(
                f"Entries {seen[target]} and {number} are about the same resource.",
                where=f"Bundle.entry[{number}].request.url",
                remedy="Send one of them, or both in separate requests.",
            )
        seen[target] = entries[number].number


def _turned(step: _Step, meant: dict[str, str], access: Access, route: Route) -> _Step:
    """Return the step with its references turned to what they really mean: of the same types, so still valid."""
    content = step.entry.request.content
    if content is None or not meant:
        return step
    value = substituted(content.value, meant)
    if value is content.value:
        return step
    entry = step.entry.bringing(value, checked=step.entry.request.method != "PATCH", id_=content.id)
    try:
        return replace(step, entry=entry, act=route(entry.request, access))
    except Problem as problem:
        raise placed(problem, entry.number) from problem


def _run(step: _Step, repository: Repository) -> Response:
    try:
        return step.act.run(repository)
    except Problem as problem:
        raise placed(problem, step.entry.number) from problem
