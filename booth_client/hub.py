"""A hub at home: no screen, and every reading is the one patient's."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID, uuid5

import structlog

from booth_client.curves import CurveKeeper
from booth_client.itself import booth_of
from booth_client.journey import Act
from booth_client.ledger import Visit
from booth_client.link import watch
from booth_client.measure import Measurements
from booth_client.parts import Parts, Work, lost_curve
from booth_client.simulated import at_home
from booth_client.timekeeping import keep_time
from gateway.errors import SettingsError

__all__ = ["hub"]

_log = structlog.get_logger("booth")


async def hub(parts: Parts) -> list[Work]:
    """Return what runs in a hub. Raises SettingsError where nobody is named whose it is."""
    settings = parts.settings
    home = settings.home
    if home is None:
        raise SettingsError('home: missing; patient = "home" needs the table [home]')
    booth = booth_of(settings)
    clock = parts.clock
    one = Visit(
        id=str(uuid5(UUID(booth.device_id), home.patient)),
        patient_id=home.patient,
        started=clock(),
        consented=True,
        home=True,
    )

    def visit() -> Visit:
        return replace(one, clock=clock.mark)

    async def set_clock() -> None:
        if not measurements.listening:  # what a session has told is on the clock that it began with
            clock.set()

    async def tell(_answers: bool) -> None:  # noqa: FBT001  it has no screen to say it on
        return

    await parts.ledger.open_visit(visit(), now=clock())

    async def report(act: Act, _result: object) -> None:
        if act is Act.UNSAVED:
            _log.error("a reading could not be kept; the device has to send it again", booth=settings.name)

    measurements = Measurements(parts.ledger, visit=visit, report=report)
    curves = CurveKeeper(parts.ledger, visit=visit, unsaved=lost_curve)
    work = [
        *parts.workers(),
        parts.listen(measurements.receive, curves.receive),
        keep_time(clock, parts.database, set_clock=set_clock),
        watch(parts.session, settings.gateway, tell=tell, doubt=parts.doubt, clock=clock),
    ]
    if parts.use is not None and settings.virtual.hands:
        work.append(at_home(parts.use, settings.devices, home))
    return work
