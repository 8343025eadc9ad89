"""Where the booths of the demo stand: names of real communes, invented booths. Degrees are WGS 84."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["BOOTHS", "ELSEWHERE", "NEW_BOOTH", "PLACES", "Place"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A booth's place as people call it, and on the map; a home is on no map."""

    name: str
    position: tuple[float, float] | None = None


BOOTHS: Final = ("caudry-mairie", "bertry-pharmacie", "chez-marcelle")
"""The kiosk people touch, a booth with a simulated patient, and the hub in a simulated home."""

ELSEWHERE: Final = ("avesnes-les-aubert", "busigny", "le-cateau", "solesmes", "walincourt")
"""Booths of the fleet that only tell how they are: `gateway.demo.fleet` speaks for them."""

NEW_BOOTH: Final = "ligny-mairie"
"""A booth that has no certificate yet: the demo has its settings, an operator's code enrols it."""

PLACES: Final = {
    "caudry-mairie": Place(name="Mairie de Caudry", position=(50.1249, 3.4118)),
    "bertry-pharmacie": Place(name="Pharmacie de Bertry", position=(50.0870, 3.4440)),
    "chez-marcelle": Place(name="Chez Marcelle"),
    "ligny-mairie": Place(name="Mairie de Ligny-en-Cambrésis", position=(50.1011, 3.3778)),
    "avesnes-les-aubert": Place(name="Mairie d’Avesnes-les-Aubert", position=(50.1964, 3.3792)),
    "busigny": Place(name="Salle des fêtes de Busigny", position=(50.0347, 3.4669)),
    "le-cateau": Place(name="Pharmacie du Cateau", position=(50.1036, 3.5486)),
    "solesmes": Place(name="Maison de santé de Solesmes", position=(50.1847, 3.4979)),
    "walincourt": Place(name="Mairie de Walincourt-Selvigny", position=(50.0667, 3.3333)),
}
