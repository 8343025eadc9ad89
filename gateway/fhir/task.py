"""Somebody to be called back as a Task, which a person takes and closes.

https://hl7.org/fhir/R4/task.html. The telephone numbers are inputs of it: the patient's own for this one purpose, and
the place's. `statusReason` is how it ended. A booth may ask for one and change the number while nobody has taken it;
all else is the gateway's (`told_by_a_booth`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid5

from gateway.care.call_back import Because, CallBack, Ending, Person, Status
from gateway.errors import Invalid
from gateway.fhir.codes import Code, coding
from gateway.fhir.observation import instant

__all__ = ["CALL_BACK", "call_back_id", "call_back_of", "call_back_task", "told_by_a_booth"]

CALL_BACK: Final = Code("call-back", "Call back")
_TASKS: Final = "urn:teleborne:task"
_REASONS: Final = "urn:teleborne:call-back:because"
_ENDINGS: Final = "urn:teleborne:call-back:ending"
_INPUTS: Final = "urn:teleborne:call-back:phone"

_BECAUSE: Final[Mapping[Because, str]] = {
    Because.CUT: "L'appel a été coupé.",
    Because.WAIT: "L'attente était trop longue.",
    Because.OFFLINE: "La borne n'avait pas Internet.",
    Because.UNSAFE: "L'appel a été arrêté : identité non prouvée.",
}
_ENDED: Final[Mapping[Ending, str]] = {
    Ending.REACHED: "Joint par téléphone",
    Ending.NO_ANSWER: "Pas de réponse",
    Ending.WRONG_NUMBER: "Mauvais numéro",
    Ending.CAME_BACK: "Revenu en consultation",
    Ending.NOT_WANTED: "Ne veut plus être rappelé",
}
_PHONES: Final = {"patient": "Téléphone du patient", "place": "Téléphone du lieu"}


def call_back_id(encounter: str) -> str:
    """Return the id of the one Task of the visit with this Encounter id (a UUID): who asks twice is called once."""
    return str(uuid5(UUID(encounter), "call-back"))


def call_back_task(wanted: CallBack) -> dict[str, Any]:
    """Return the Task; it round-trips through `call_back_of`."""
    place = {"requester": {"display": wanted.place}} if wanted.place else {}
    asked_by = {"requester": _who(wanted.asked_by)} if wanted.asked_by else place
    phones = [_phone(whose, each) for whose, each in (("patient", wanted.phone), ("place", wanted.place_phone)) if each]
    task: dict[str, Any] = {
        "resourceType": "Task",
        "id": wanted.id,
        "status": wanted.status.value,
        "statusReason": _concept(_ENDINGS, wanted.ending, _ENDED[wanted.ending]) if wanted.ending else None,
        "intent": "order",
        "priority": "routine",
        "code": {"coding": [coding(_TASKS, CALL_BACK)], "text": "À rappeler"},
        "description": wanted.place,
        "for": {"reference": f"Patient/{wanted.patient}"},
        "encounter": {"reference": f"Encounter/{wanted.encounter}"},
        "authoredOn": instant(wanted.asked),
        "lastModified": instant(wanted.changed),
        **asked_by,
        "owner": _who(wanted.owner) if wanted.owner else None,
        "reasonCode": _concept(_REASONS, wanted.because, _BECAUSE[wanted.because]),
        "input": phones,
    }
    return {name: element for name, element in task.items() if element}


def call_back_of(task: Mapping[str, Any]) -> CallBack:
    """Read a Task of ours; raises Invalid for any other."""
    try:
        requester = task.get("requester", {})
        ending = task.get("statusReason")
        return CallBack(
            id={CALL_BACK.code: task["id"]}[_code(task["code"])],
            patient=task["for"]["reference"].removeprefix("Patient/"),
            encounter=task["encounter"]["reference"].removeprefix("Encounter/"),
            asked=datetime.fromisoformat(task["authoredOn"]),
            changed=datetime.fromisoformat(task["lastModified"]),
            because=Because(_code(task["reasonCode"])),
            phone=_number(task, "patient"),
            place=task.get("description", ""),
            place_phone=_number(task, "place"),
            asked_by=_person(requester) if "reference" in requester else None,
            status=Status(task["status"]),
            owner=_person(task["owner"]) if "owner" in task else None,
            ending=Ending(_code(ending)) if ending else None,
        )
    except (LookupError, TypeError, ValueError, AttributeError):
        raise Invalid("This Task is no call back.", where="Task") from None


def told_by_a_booth(said: Mapping[str, Any], stored: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return what a booth's Task may change: it can ask, and give another number until somebody has taken the call.

    Raises Invalid for anything but the wish to be called back.
    """
    asked = call_back_of({"id": "new", **said})
    if asked.status is not Status.WAITING or asked.owner or asked.ending or asked.asked_by:
        raise Invalid("A booth asks for a call; a person takes and closes it.", where="Task.status")
    if stored is not None and stored.get("status") != Status.WAITING:
        return dict(stored)
    return dict(said)


def _who(person: Person) -> dict[str, str]:
    return {"reference": person.reference, "display": person.name}


def _person(reference: Mapping[str, Any]) -> Person:
    return Person(reference=reference["reference"], name=reference.get("display", ""))


def _concept(system: str, code: str, text: str) -> dict[str, Any]:
    return {"coding": [coding(system, Code(str(code)))], "text": text}


def _code(concept: Mapping[str, Any]) -> str:
    return str(concept["coding"][0]["code"])


def _phone(whose: str, number: str) -> dict[str, Any]:
    return {"type": _concept(_INPUTS, whose, _PHONES[whose]), "valueContactPoint": {"system": "phone", "value": number}}


def _number(task: Mapping[str, Any], whose: str) -> str | None:
    found = (each for each in task.get("input", ()) if _code(each["type"]) == whose)
    return next((str(each["valueContactPoint"]["value"]) for each in found), None)
