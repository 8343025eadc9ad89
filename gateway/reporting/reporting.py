"""The report of a visit from its draft to its signature: what the physician's page asks for, done on the records.

save      the draft as typed, sealed
prepare   what is missing; or the Composition and the PDFs made, and what is to be signed over them
sign      the signature checked, and all stored in one act: Encounter, Composition, DocumentReferences, Provenance
attach    a picture of the visit, stored at once; once the report is signed, beside it
printing  how the papers are at the visit's booth, told by it and read by the physician
paper     a signed PDF, for its readers and for the printer of the booth where the visit was
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.care.pdf import prescription_pdf, report_pdf
from gateway.care.report import Draft, Gap, Identity, Physician, Report, Visit, gaps
from gateway.errors import Conflict, Forbidden, NotFound, Unavailable
from gateway.fhir.json import loads
from gateway.fhir.provenance import signature as stored_signature
from gateway.fhir.record import is_provisional, patient_of, period_of, place_of, security_of
from gateway.fhir.report import Paper, PaperKind, composition, ids
from gateway.identity import Actor, Interaction, Principal, Role, permit, signature
from gateway.reporting.attached import Attached
from gateway.reporting.printing import Printing
from gateway.reporting.record import Record, read_record, whom
from gateway.reporting.storing import Prepared, Signed, keep, resources, store, stored_with
from gateway.store import Store
from gateway.store.drafts import Drafts, Stage

__all__ = ["PhysicianOf", "Reporting", "Seal", "Took"]

SIGN_WITHIN: Final = timedelta(minutes=15)
"""How long what was prepared may wait for its signature: it says when it was written."""

PRINT_WITHIN: Final = timedelta(hours=2)
"""How long after the signature the visit's booth may fetch the papers."""

_AT_ONCE: Final = 2
"""How many PDFs are made at a time: each takes a processor."""

PhysicianOf = Callable[[Principal], Awaitable[Physician | None]]
"""Returns who signs for a principal, None where we do not know their number."""

Took = Callable[[Principal, str], Awaitable[bool | None]]
"""Tells whether a principal took the visit with this Encounter id."""


Seal = Callable[[Report, PaperKind], str]
"""Returns the link that stands on a paper as a code of squares."""


class Reporting:
    """Reports on one store. *authority* certifies the physicians' keys; without one nothing can be signed.

    *took* tells whether somebody has a visit, None where nobody does: then a report is its first writer's. *seal* makes
    the codes on papers.
    """

    def __init__(
        self,
        store: Store,
        drafts: Drafts,
        *,
        physician_of: PhysicianOf,
        took: Took | None = None,
        organisation: str,
        authority: ec.EllipticCurvePublicKey | None,
        seal: Seal | None = None,
        base: str,
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._drafts = drafts
        self._physician_of = physician_of
        self._took = took
        self._organisation = organisation
        self._authority = authority
        self._seal = seal
        self._base = base
        self._now = now
        self._presses = asyncio.Semaphore(_AT_ONCE)

    async def draft(self, who: Principal, encounter: str) -> Draft:
        """Return the draft as last saved; where there is none, an empty one at the visit's place."""
        await self._check(who, encounter)
        saved = await self._drafts.load(encounter=encounter, author=who.subject, stage=Stage.DRAFT)
        if saved is not None:
            return msgspec.json.decode(saved, type=Draft)
        record = await self._record(encounter)
        return Draft(place=place_of(record.encounter))

    async def save(self, who: Principal, encounter: str, draft: Draft) -> None:
        """Keep the draft."""
        await self._check(who, encounter)
        record = await self._record(encounter)
        await self._keep(who, record, Stage.DRAFT, msgspec.json.encode(draft))

    async def prepare(self, who: Principal, encounter: str, draft: Draft) -> Prepared | tuple[Gap, ...]:
        """Keep the draft and return what is to be signed, or all that is missing; raises Conflict once it is signed."""
        physician = await self._check(who, encounter)
        record = await self._record(encounter, readings=draft.readings)
        await self._keep(who, record, Stage.DRAFT, msgspec.json.encode(draft))
        now = self._now().replace(microsecond=0)
        patient = whom(record.patient, draft)
        found = gaps(draft, physician=physician, patient=patient, today=now.date())
        if found:
            return found
        report = self._report(record, draft, physician=physician, patient=patient, now=now)
        prepared = await self._prepared(report, [dict(each) for each in security_of(record.patient)])
        await self._keep(who, record, Stage.PREPARED, msgspec.json.encode(prepared))
        return prepared

    async def prepared(self, who: Principal, encounter: str) -> Prepared:
        """Return what was prepared last, for its writer to look at; raises NotFound."""
        await self._check(who, encounter)
        saved = await self._drafts.load(encounter=encounter, author=who.subject, stage=Stage.PREPARED)
        if saved is None:
            raise NotFound("Nothing is ready to be signed.", remedy="Prepare the report first.")
        return msgspec.json.decode(saved, type=Prepared)

    async def sign(self, who: Principal, encounter: str, jws: str) -> Signed:
        """Check the signature over what was prepared and store all of it in one act; return the references.

        The same signature again gives the same answer: the first one may have been lost on its way.
        """
        try:
            return await self._sign(who, encounter, jws)
        except (Conflict, NotFound):
            signed = await self._store.consult(lambda r: stored_with(r, encounter, jws), base=self._base)
            if signed is None:
                raise
            return signed

    async def _sign(self, who: Principal, encounter: str, jws: str) -> Signed:
        physician = await self._check(who, encounter)
        prepared, now = await self.prepared(who, encounter), self._now()
        report = prepared.report
        if now - report.written > SIGN_WITHIN:
            raise Conflict("What was prepared is too old to be signed.", remedy="Prepare the report again.")
        if self._authority is None:
            raise Unavailable(
                "No registration authority certifies signatures here.",
                where="report.authority",
                remedy="Ask whoever runs this server to set it.",
            )
        signature.check(jws, signed=prepared.to_sign, physician=_subject(physician), authority=self._authority, now=now)
        made, signed = resources(prepared, jws, now)
        await self._store.perform(lambda r: store(r, made, report), who=who.subject, base=self._base)
        await self._drafts.drop(encounter)
        return signed

    async def paper(self, who: Principal, encounter: str, kind: PaperKind) -> bytes:
        """Return a signed PDF to a person who may read it, or to the booth of the visit for two hours.

        Raises NotFound, also for what the caller may not know of, or Forbidden.
        """
        if who.kind is Actor.RECIPIENT:
            raise Forbidden("What patients share is read from the FHIR endpoint alone.")
        if who.kind is not Actor.BOOTH:
            permit(who, Interaction.READ, "DocumentReference")
        id_ = ids(encounter).papers[kind]
        stored = await self._store.consult(lambda r: r.read("DocumentReference", id_), base=self._base)
        missing = NotFound("There is no such paper.", remedy="The report has to be signed first.")
        if stored is None or stored.body is None:
            raise missing
        resource = loads(stored.body, own=True)
        if who.kind is not Actor.BOOTH:
            permit(who, Interaction.READ, "DocumentReference", resource=resource)
        elif (
            await self._store.author("Encounter", encounter) != who.subject
            or self._now() - stored.updated > PRINT_WITHIN
        ):
            raise missing
        return msgspec.convert(resource["content"][0]["attachment"]["data"], bytes)

    async def attach(self, who: Principal, encounter: str, attached: Attached) -> str:
        """Store a picture of the visit and return its reference; the same again changes nothing.

        Raises Conflict for an addendum where nothing is signed, and for anything else where something is.
        """
        physician = await self._check(who, encounter)
        record = await self._record(encounter, signed=attached.addendum)
        await self._drafts.load(encounter=encounter, author=who.subject, stage=Stage.DRAFT)  # raises where not theirs
        made = attached.resource(record, physician=physician, at=self._now())
        await self._store.perform(lambda r: keep(r, made), who=who.subject, base=self._base)
        return f"DocumentReference/{made['id']}"

    async def told(self, who: Principal, encounter: str, printing: Printing) -> None:
        """Keep how the signed papers are, said by the booth of the visit; raises NotFound for anybody else."""
        visit, signed = await self._store.consult(
            lambda r: (r.read("Encounter", encounter), r.read("Composition", ids(encounter).composition)),
            base=self._base,
        )
        mine = who.kind is Actor.BOOTH and await self._store.author("Encounter", encounter) == who.subject
        if visit is None or visit.body is None or signed is None or not mine:
            raise NotFound("There is no such visit.")
        await self._drafts.save(
            encounter=encounter,
            patient=patient_of(loads(visit.body, own=True)),
            author=who.subject,
            stage=Stage.PRINTING,
            body=msgspec.json.encode(printing),
        )

    async def printing(self, who: Principal, encounter: str) -> Printing | None:
        """Return how the papers are at the booth, to the visit's physician; None before it has said so."""
        await self._check(who, encounter)
        booth = await self._store.author("Encounter", encounter)
        saved = booth and await self._drafts.load(encounter=encounter, author=booth, stage=Stage.PRINTING)
        return msgspec.json.decode(saved, type=Printing) if saved else None

    async def _check(self, who: Principal, encounter: str) -> Physician:
        """Return who writes, if they took the visit."""
        if Role.PHYSICIAN not in who.roles:
            raise Forbidden("Only a physician writes a report.")
        permit(who, Interaction.READ, "Encounter")
        physician = await self._physician_of(who)
        if physician is None:
            raise Forbidden("Your professional number is not known here.", remedy="Sign in with one that has it.")
        took = await self._took(who, encounter) if self._took else None
        if took is False:
            raise Forbidden("Another physician took this visit.")
        if took:
            await self._drafts.take_over(encounter=encounter, author=who.subject)
        return physician

    async def _record(self, encounter: str, *, readings: tuple[str, ...] = (), signed: bool = False) -> Record:
        return await self._store.consult(lambda r: read_record(r, encounter, readings, signed=signed), base=self._base)

    async def _keep(self, who: Principal, record: Record, stage: Stage, body: bytes) -> None:
        await self._drafts.save(
            encounter=record.encounter["id"],
            patient=patient_of(record.encounter),
            author=who.subject,
            stage=stage,
            body=body,
        )

    def _report(
        self, record: Record, draft: Draft, *, physician: Physician, patient: Identity, now: datetime
    ) -> Report:
        started, ended = period_of(record.encounter, now=now)
        return Report(
            draft=draft,
            physician=physician,
            patient=patient,
            provisional=is_provisional(record.patient),
            visit=Visit(
                encounter=record.encounter["id"],
                patient=patient_of(record.encounter),
                started=started,
                ended=ended,
                organisation=self._organisation,
            ),
            findings=record.findings,
            written=now,
        )

    async def _prepared(self, report: Report, security: list[dict[str, Any]]) -> Prepared:
        kinds = {PaperKind.REPORT: report_pdf}
        if report.draft.prescription:
            kinds[PaperKind.PRESCRIPTION] = prescription_pdf
        async with self._presses:
            papers = tuple(
                [
                    Paper(kind=kind, pdf=await asyncio.to_thread(press, report, self._code(report, kind)))
                    for kind, press in kinds.items()
                ]
            )
        names = ids(report.visit.encounter).papers
        to_sign = signature.statement(
            encounter=report.visit.encounter,
            physician=_subject(report.physician),
            written=report.written,
            composition=composition(report, security=security),
            documents=[(f"DocumentReference/{names[each.kind]}", each.pdf) for each in papers],
        )
        return Prepared(report=report, security=security, papers=papers, to_sign=to_sign)

    def _code(self, report: Report, kind: PaperKind) -> str:
        return self._seal(report, kind) if self._seal else ""

    async def proof(self, provenance: str, document: str) -> str:
        """Return the physician's signature over a paper, to whoever holds the paper's code. Raises NotFound."""
        stored = await self._store.consult(lambda r: r.read("Provenance", provenance), base=self._base)
        proof = None if stored is None or stored.body is None else loads(stored.body, own=True)
        if proof is None or not any(each["reference"] == document for each in proof["target"]):
            raise NotFound("No signature of this paper is kept here.")
        return stored_signature(proof)


def _subject(physician: Physician) -> str:
    return f"rpps:{physician.rpps}"
