"""What the booth has to tell the gateway, as FHIR resources with the path that each is PUT to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, Literal
from uuid import UUID, uuid4, uuid5

from booth_client.attribution import Visit
from booth_client.company import Agreed
from booth_client.words import Topic
from gateway.care.call_back import Because, CallBack
from gateway.devices.events import ClockRead, Indicated
from gateway.devices.reading import DeviceIdentity, Kind, Reading
from gateway.fhir.average_pressure import AveragePressure
from gateway.fhir.consent import Actor, consent
from gateway.fhir.device import device_id, gateway_device, phd_device
from gateway.fhir.encounter import EncounterStatus, booth_encounter
from gateway.fhir.observation import coincident_timestamp, observation
from gateway.fhir.patient import provisional_patient
from gateway.fhir.questionnaire_response import Answer, questionnaire_response
from gateway.fhir.task import call_back_id, call_back_task

__all__ = [
    "BY_HAND",
    "Agreement",
    "Booth",
    "Resource",
    "about_average",
    "about_readings",
    "agreed",
    "answered",
    "calling_again",
    "closing",
    "opening",
    "wanting_a_call",
]

Resource = dict[str, Any]

BY_HAND: Final = "Lue dans la mémoire de l'appareil et attribuée par une personne présente à la borne"
"""What an Observation says that a human attributed: who it is about was not known when it was measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Booth:
    """The booth or home hub itself; `device_id` is its Device's UUID, `system_id` its EUI-64 (16 hex digits).

    `phone` is who can be called where it stands.
    """

    device_id: str
    name: str
    location: str
    software_version: str
    system_id: str
    phone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """What the person said yes or no to, word for word; `withdrawn`: to a yes of before. `by` spoke for them.

    `whom` it is about, where that is somebody who would join the talk.
    """

    topic: Topic
    at: datetime
    version: str
    text: str
    permit: bool
    withdrawn: bool = False
    by: str | None = None
    lang: Literal["fr", "en"] = "fr"
    whom: Agreed | None = None


def opening(
    visit: Visit, booth: Booth, agreements: Sequence[Agreement], patient: Resource | None = None
) -> list[Resource]:
    """Return who came, where and what they agreed to; at home, where the person is known, only the hub.

    *patient* is the person's own resource; None: nobody knows who they are.
    """
    hub = gateway_device(
        id=booth.device_id, name=booth.name, software_version=booth.software_version, system_id=booth.system_id
    )
    if visit.home:
        return [hub]
    who = patient or provisional_patient(id=visit.patient_id)
    first = [hub, who, _encounter(visit, booth, "in-progress", None)]
    return [*first, *agreed(visit, agreements)]


def agreed(visit: Visit, agreements: Sequence[Agreement]) -> list[Resource]:
    """Return what the person said to each thing; saying something else later is a new version of the same Consent."""
    return [
        consent(
            id=_consent_id(visit, each),
            patient=f"Patient/{visit.patient_id}",
            at=each.at,
            version=each.version,
            permit=each.permit,
            text=each.text,
            scope="treatment" if each.topic is Topic.VISIT else "patient-privacy",
            lang=each.lang,
            withdrawn=each.withdrawn,
            by=each.by,
            about=each.topic,
            encounter=f"Encounter/{visit.id}",
            actor=_actor(each.whom) if each.whom else None,
        )
        for each in agreements
    ]


def _consent_id(visit: Visit, said: Agreement) -> str:
    whom = [said.whom.subject] if said.whom else []
    return str(uuid5(UUID(visit.id), " ".join(["consent", said.topic, *whom])))


def _actor(whom: Agreed) -> Actor:
    scheme, _, number = whom.subject.partition(":")
    return Actor(part=whom.part, name=whom.name, rpps=number if scheme == "rpps" else None)


def answered(visit: Visit, answers: Sequence[Answer], *, at: datetime) -> list[Resource]:
    """Return what the person answered before the visit."""
    return [
        questionnaire_response(
            id=str(uuid5(UUID(visit.id), "questions")),
            patient=f"Patient/{visit.patient_id}",
            encounter=f"Encounter/{visit.id}",
            at=at,
            answers=answers,
        )
    ]


def calling_again(visit: Visit, booth: Booth, at: datetime) -> list[Resource]:
    """Return the Encounter of a call that is not the visit's first: each has its own physician, report and end."""
    return [] if visit.encounter == visit.id else [_encounter(replace(visit, started=at), booth, "in-progress", None)]


def closing(visit: Visit, booth: Booth, at: datetime) -> list[Resource]:
    """Return the visit as it ended."""
    return [] if visit.home else [_encounter(replace(visit, call=None), booth, "finished", at)]


def wanting_a_call(visit: Visit, booth: Booth, because: Because, *, phone: str | None, at: datetime) -> list[Resource]:
    """Return the wish to be called back at *phone*, or where the person stands where they gave none."""
    wanted = CallBack(
        id=call_back_id(visit.encounter),
        patient=visit.patient_id,
        encounter=visit.encounter,
        asked=at,
        changed=at,
        because=because,
        phone=phone,
        place=booth.location,
        place_phone=booth.phone,
    )
    return [call_back_task(wanted)]


def about_readings(
    event: Indicated,
    readings: Sequence[Reading],
    *,
    visit: Visit,
    booth: Booth,
    clock: ClockRead | None,
    measured: datetime,
    now: datetime,
    by_hand: bool = False,
) -> list[Resource]:
    """Return the device, its clock where it has one, then one Observation for each reading, their ids minted here.

    What a human attributed *by_hand* was measured at some other time: it is in no Encounter, and says so.

    Raises ValueError for a reading that no Observation can hold.
    """
    device, hub = f"Device/{device_id(event.device)}", f"Device/{booth.device_id}"
    resources: list[Resource] = [_device(event.device, tuple(reading.kind for reading in readings))]
    if clock is not None:
        name = f"{event.device.key} {clock.said} {clock.at.isoformat()}"
        stamp = str(uuid5(UUID(visit.id), name))
        resources.append(
            coincident_timestamp(id=stamp, device=device, gateway_device=hub, device_time=clock.said, at=clock.at)
        )
    observations = (
        observation(
            reading,
            id=str(uuid4()),
            patient=f"Patient/{visit.patient_id}",
            device=device,
            gateway_device=hub,
            effective=measured,
            issued=now,
            encounter=None if visit.home or by_hand else f"Encounter/{visit.encounter}",
            device_key=event.device.key,
            coincident=f"Observation/{stamp}" if clock is not None else None,
            characteristic=event.characteristic,
        )
        for reading in readings
    )
    return resources + [each | {"note": [{"text": BY_HAND}]} if by_hand else each for each in observations]


@lru_cache(maxsize=64)
def _device(identity: DeviceIdentity, kinds: tuple[Kind, ...]) -> Resource:
    """Return the device as it is told beside each of its readings: the same every time, and only ever written out."""
    return phd_device(identity, kinds=kinds)


def about_average(mean: AveragePressure, *, visit: Visit, booth: Booth, now: datetime) -> Resource:
    """Return the mean of pressures of the person of *visit*."""
    return mean.observation(
        patient=f"Patient/{visit.patient_id}",
        gateway_device=f"Device/{booth.device_id}",
        encounter=None if visit.home else f"Encounter/{visit.encounter}",
        issued=now,
    )


def _encounter(visit: Visit, booth: Booth, status: EncounterStatus, end: datetime | None) -> Resource:
    return booth_encounter(
        id=visit.encounter,
        patient=f"Patient/{visit.patient_id}",
        part_of=None if visit.encounter == visit.id else f"Encounter/{visit.id}",
        status=status,
        start=visit.started,
        end=end,
        location=booth.location,
        phone=booth.phone,
    )
