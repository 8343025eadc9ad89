"""Who somebody is: read from a card or a code, or typed by the helper; docs/identity.md."""

from __future__ import annotations

from booth_client.identity.person import Person
from booth_client.identity.reception import Reception
from booth_client.identity.status import Proof, Status
from booth_client.identity.traits import Misread, Traits

__all__ = ["Misread", "Person", "Proof", "Reception", "Status", "Traits"]
