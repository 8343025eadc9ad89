"""How far devices' memories were read: of each, the last record up to which all was kept."""

from __future__ import annotations

import hmac

from sqlalchemy import ColumnElement, select
from sqlalchemy.dialects.sqlite import insert

from booth_client.tables import RECORDS
from gateway.database import Database
from gateway.devices.events import Indicated
from gateway.devices.fetching import mark_of, number_of
from gateway.devices.reading import DeviceIdentity

__all__ = ["Remembered"]


class Remembered:
    """The Memory of a radio; *secret* makes the marks that tell one record from another of its number."""

    def __init__(self, database: Database, secret: bytes) -> None:
        self._database = database
        self._secret = secret

    async def last_number(self, device: DeviceIdentity, characteristic: str) -> int | None:
        """Return up to which number all records of a device were kept; None where none were."""
        one = select(RECORDS.c.number).where(*_record_of(device, characteristic))
        return await self._database.look(lambda connection: connection.execute(one).scalar_one_or_none())

    async def knows(self, device: DeviceIdentity, characteristic: str, mark: bytes) -> bool:
        """Return whether *mark* is that of the record with that last number."""
        one = select(RECORDS.c.identity).where(*_record_of(device, characteristic))
        known = await self._database.look(lambda connection: connection.execute(one).scalar_one_or_none())
        return known == self._sign(mark)

    async def note(self, event: Indicated, *, series: bytes = b"") -> None:
        """Remember durably that all records of a device up to the one in *event* are kept. Raises Unavailable.

        *series* is what names the counting that its number belongs to, where there is something.
        """
        mark = mark_of(event.characteristic, event.value, series=series)
        row = {"number": number_of(event.characteristic, event.value), "identity": self._sign(mark)}
        whose = {"device": event.device.key, "type": event.characteristic}
        put = insert(RECORDS).values(whose | row).on_conflict_do_update(index_elements=list(whose), set_=row)
        await self._database.act(lambda connection: connection.execute(put))

    def _sign(self, octets: bytes) -> bytes:
        return hmac.digest(self._secret, octets, "sha256")


def _record_of(device: DeviceIdentity, characteristic: str) -> tuple[ColumnElement[bool], ...]:
    return RECORDS.c.device == device.key, RECORDS.c.type == characteristic
