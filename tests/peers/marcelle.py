"""Marcelle Dubois, an invented person of the official examples: her traits, her number, the code on her letter."""

from __future__ import annotations

from datetime import date
from typing import Any

from booth_client.identity.datamatrix import HEADER
from booth_client.identity.matricule import Authority
from booth_client.identity.traits import traits_of

TODAY = date(2026, 11, 22)
MARCELLE: dict[str, Any] = {
    "birth_name": "Dubois",
    "given_names": ["Marcelle", "Anne-Sophie"],
    "sex": "female",
    "born": "1942-01-05",
    "birth_place": "59999",
}
NUMBER = {"matricule": "242015999900150", "oid": Authority.TEST.value}
TRAITS = traits_of(MARCELLE, today=TODAY)
GS = "\x1d"
CODE = f"{HEADER}S1242015999900150S2{Authority.TEST}S3MARCELLE ANNE-SOPHIE{GS}S4DUBOIS{GS}S5FS605-01-1942S759999"
