"""The attacks of a hostile relay: each by name, what it does to which messages, who finds it, and as what."""

from __future__ import annotations

from typing import Any, Final

from signalling.errors import Flaw
from tests.peers import falsified
from tests.peers.hostile import Attack, Side

__all__ = [
    "ATTACKS",
    "FALSE_NONCE",
    "HIDDEN_NONCE",
    "INVENTED_NAMES",
    "KEPT_ROSTER",
    "LISTENER",
    "LOST_CONFIRMS",
    "NOWHERE",
    "OLDER_ROSTERS",
]

FALSE_NONCE: Final = Attack(
    name="another nonce than the one committed to",
    to=("reveal",),
    change=falsified.another_nonce,
    flaw=Flaw.REVEAL,
)
HIDDEN_NONCE: Final = Attack(
    name="no nonce, so that nothing is ever confirmed",
    to=("reveal",),
    change=falsified.nothing,
    flaw=Flaw.CONFIRM,
    by="booth",
)
LISTENER: Final = Attack(name="a listener in the roster", to=("admitted",), change=falsified.listener, flaw=Flaw.ROSTER)
NOWHERE: Final = Attack(name="addresses where nobody is", to=("offer", "answer", "candidate"), change=falsified.misled)
LOST_CONFIRMS: Final = tuple(
    Attack(name=f"the {whose}'s confirm lost", to=(), change=falsified.stripped, flaw=Flaw.CONFIRM, by="booth")
    for whose in ("physician", "booth")
)
"""What no server can do: it is done in the page."""
INVENTED_NAMES: Final = Attack(name="invented names", to=("admitted",), change=falsified.invented, at="booth")
_ROSTERED: Final[tuple[tuple[Side, str], ...]] = (("physician", "offer"), ("booth", "answer"))
OLDER_ROSTERS: Final = tuple(
    Attack(
        name=f"an older roster, to the {side}",
        to=("admitted", follows),
        change=falsified.older_roster,
        flaw=Flaw.ROSTER,
        by=side,
        at=side,
        of_the_booth=True,
    )
    for side, follows in _ROSTERED
)
KEPT_ROSTER: Final = Attack(
    name="the new roster kept from the booth",
    to=("admitted",),
    change=falsified.first_roster,
    at="booth",
    of_the_booth=True,
)
"""It cannot be told from a slow network; whoever was taken out is out all the same."""

_TO_THE_PHYSICIAN: Final = tuple(
    Attack(name=name, to=("offer",), change=change, flaw=flaw, replays=change is falsified.replayed)
    for name, change, flaw in (
        ("the booth's fingerprint swapped", falsified.swapped, Flaw.FINGERPRINT),
        ("a second fingerprint for the booth", falsified.doubled, Flaw.FINGERPRINT),
        ("a sha-1 fingerprint for the booth", falsified.weakened, Flaw.WEAK_FINGERPRINT),
        ("the booth's old binding", falsified.replayed, Flaw.CALL),
        ("no binding of the booth", falsified.stripped, Flaw.MALFORMED),
        ("the booth's binding signed again", falsified.resigned, Flaw.SIGNATURE),
        ("a certificate of the relay's own", falsified.self_certified, Flaw.CERTIFICATE),
        ("another booth's binding", falsified.of_another, Flaw.IDENTITY),
        ("the roster in the booth's binding changed", falsified.other_roster, Flaw.SIGNATURE),
        ("another generation", falsified.later, Flaw.GENERATION),
    )
)
_TO_THE_BOOTH: Final = tuple(
    Attack(name=name, to=("answer",), change=change, flaw=flaw, by="booth", replays=change is falsified.replayed)
    for name, change, flaw in (
        ("the physician's fingerprint swapped", falsified.swapped, Flaw.FINGERPRINT),
        ("a second fingerprint for the physician", falsified.doubled, Flaw.FINGERPRINT),
        ("a sha-1 fingerprint for the physician", falsified.weakened, Flaw.WEAK_FINGERPRINT),
        ("the physician's old binding", falsified.replayed, Flaw.CALL),
        ("no binding of the physician", falsified.stripped, Flaw.MALFORMED),
        ("the physician's binding signed again", falsified.resigned, Flaw.SIGNATURE),
        ("a credential of the relay's own", falsified.self_certified, Flaw.CREDENTIAL),
        ("another physician's binding", falsified.of_a_colleague, Flaw.IDENTITY),
        ("the roster in the physician's binding changed", falsified.other_roster, Flaw.SIGNATURE),
        ("the answer to the connection before", falsified.of_the_connection_before, Flaw.GENERATION),
    )
)
_TO_BOTH: Final[Any] = {
    "flaw": Flaw.ROSTER,
    "change": falsified.roster_of_a_colleague,
    "to": ("admitted",),
    "of_the_booth": True,
}
ATTACKS: Final = (
    *(each for pair in zip(_TO_THE_PHYSICIAN, _TO_THE_BOOTH, strict=True) for each in pair),
    FALSE_NONCE,
    Attack(
        name="another booth announced to the physician",
        to=("admitted", "offer"),
        change=falsified.announced,
        flaw=Flaw.AUDIENCE,
        by="booth",
    ),
    Attack(
        name="another physician announced to the booth",
        to=("admitted",),
        change=falsified.another_physician,
        flaw=Flaw.AUDIENCE,
        at="booth",
    ),
    Attack(name="a roster by another physician, to the physician", **_TO_BOTH),
    Attack(name="a roster by another physician, to the booth", by="booth", at="booth", **_TO_BOTH),
)
"""Those that end a visit, to the physician's side and to the booth's in turn."""
