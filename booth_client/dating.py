"""What the booth's clock wrote is dated as it leaves: a letter carries the mark of its clock until then.

    {boot id} {what the clock said of its start}      a line before the resource, sealed with it
    {"resourceType": "Observation", …}

Where the clock was right, the resource leaves octet for octet. Where it was wrong by a known time, all that it dated is
moved by that. Where only the bounds are known, a measurement gets them as its period, every other date the later one,
and each says what the clock had said. https://hl7.org/fhir/R4/observation-definitions.html#Observation.effective_x_
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from booth_client.boots import Between
from gateway.errors import LinkError
from gateway.fhir.codes import System
from gateway.fhir.json import dumps, loads
from gateway.fhir.observation import instant

__all__ = ["DATED", "UNCERTAIN", "Off", "dated", "marked"]

Off = Callable[[str], timedelta | Between | None]
"""Says by what that is off which was dated under a mark (`Clock.off`)."""

DATED: Final[Mapping[str, tuple[str, ...]]] = {
    "AuditEvent": ("recorded",),
    "Consent": ("dateTime",),
    "Device": (),
    "Encounter": ("period.start", "period.end"),
    "Observation": ("effectiveDateTime", "effectivePeriod.start", "effectivePeriod.end", "issued"),
    "Patient": (),
    "QuestionnaireResponse": ("authored",),
    "Task": ("authoredOn", "lastModified"),
}
"""Where our clock's time stands in what the booth tells; a device's own clock is in none of these."""

UNCERTAIN: Final = "Heure incertaine\u00a0: l'horloge de la borne, fausse, disait {}"
"""What is said beside a date of which only the bounds are known."""

_ORIGINAL: Final = System.R4_PROFILE + "originalText"
_PLAIN: Final = frozenset({"AuditEvent"})
"""What takes no more than a date: the gateway's audit."""


def marked(mark: str, body: bytes) -> bytes:
    """Return a letter's *body* with the *mark* of the clock that dated it; without one it leaves as it is."""
    return b"%s\n%s" % (mark.encode("ascii"), body) if mark else body


def dated(body: bytes, off: Off) -> bytes:
    """Return the resource in a letter as it is to leave. Raises LinkError while the right time is not known."""
    if body.startswith(b"{"):
        return body
    mark, _, resource = body.partition(b"\n")
    by = off(mark.decode("ascii"))
    if by is None:
        raise LinkError("the right time is not known yet; the letter waits for it")
    if by == timedelta(0):
        return resource
    told = loads(resource, own=True)
    return dumps(_between(told, by) if isinstance(by, Between) else _moved(told, by))


def _moved(told: dict[str, Any], by: timedelta) -> dict[str, Any]:
    for holder, name in _places(told):
        holder[name] = instant(datetime.fromisoformat(holder[name]) + by)
    return told


def _between(told: dict[str, Any], by: Between) -> dict[str, Any]:
    if told["resourceType"] == "Observation":
        said = told.pop("effectiveDateTime", None) or told["effectivePeriod"]["start"]
        told["effectivePeriod"] = {"start": instant(by.since), "end": instant(by.until)}
        told["note"] = [*told.get("note", ()), {"text": UNCERTAIN.format(said)}]
        return told | ({"issued": instant(by.until)} if "issued" in told else {})
    for holder, name in _places(told):
        if told["resourceType"] not in _PLAIN:
            words = {"url": _ORIGINAL, "valueString": UNCERTAIN.format(holder[name])}
            holder[f"_{name}"] = {"extension": [words]}
        holder[name] = instant(by.since if name == "start" else by.until)
    return told


def _places(told: dict[str, Any]) -> list[tuple[dict[str, Any], str]]:
    """Return where dates stand in *told*: the element that holds each, and its name there."""
    found: list[tuple[dict[str, Any], str]] = []
    for path in DATED[told["resourceType"]]:
        *above, name = path.split(".")
        holder = told.get(above[0], {}) if above else told
        if name in holder:
            found.append((holder, name))
    return found
