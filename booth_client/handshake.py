"""The offerer's side of a connection that proves itself: offer, answer, reveal, confirm, proved. No I/O, no clock.

docs/signalling.md, *Confirm*. Both endpoints of a booth use it: the agent's own connections, and the kiosk page's, for
which the agent signs. The steps come in one order; anything that does not hold raises BindingError, and then the
connection is over for good.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

from signalling import jws
from signalling.binding import Anchors, Binding, Edge, Part, Signer, make_binding, verify_binding
from signalling.confirm import commit, digits, make_confirm, new_nonce, transcript, verify_confirm
from signalling.errors import BindingError, Flaw
from signalling.sdp import fingerprint_of, sanitise

__all__ = ["Accepted", "Handshake"]


class _Step(Enum):
    NEW = auto()
    OFFERED = auto()
    ANSWERED = auto()
    SEEN = auto()
    VERIFIED = auto()
    PROVED = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """An answer that holds: `sdp` is safe to use, `nonce` goes to the other side in `reveal`."""

    sdp: str
    nonce: str


class Handshake:
    """One connection's proof, from the side that offers it."""

    def __init__(self, signer: Signer, edge: Edge, *, anchors: Anchors) -> None:
        self.edge = edge
        self._signer = signer
        self._anchors = anchors
        self._step = _Step.NEW
        self._nonce = new_nonce()
        self._own = ""
        self._token = ""
        self._answer: Binding | None = None

    @property
    def name(self) -> str | None:
        """Return the name that the answer's binding proved; a guest proves none."""
        return self._answered.name

    @property
    def fingerprint(self) -> str:
        """Return the fingerprint that the other side signed, 64 upper-case hexadecimal digits."""
        return self._answered.fingerprint

    @property
    def fingerprints(self) -> tuple[str, str]:
        """Return both fingerprints, our own first: a listener in between would need others."""
        return self._own, self.fingerprint

    @property
    def digits(self) -> str:
        """Return the six digits that the two people may compare aloud."""
        return digits(self._agreed)

    @property
    def confirmed(self) -> bool:
        """Say whether both confirms are verified, at both ends: only then may anything be seen, heard or measured."""
        return self._step is _Step.PROVED

    def offer(self, sdp: str, *, now: datetime) -> str:
        """Return the binding that goes with the offer *sdp*."""
        self._expect(_Step.NEW)
        self._own = fingerprint_of(sdp)
        self._token = make_binding(
            self._signer, self.edge, Part.OFFER, fingerprint=self._own, commitment=commit(self._nonce), now=now
        )
        self._step = _Step.OFFERED
        return self._token

    def accept(self, sdp: str, binding: str, *, now: datetime) -> Accepted:
        """Verify the answer and make its description safe; raises BindingError."""
        self._expect(_Step.OFFERED)
        peer = jws.digest(self._token.encode())
        answer = verify_binding(binding, self.edge, Part.ANSWER, anchors=self._anchors, now=now, peer=peer)
        safe = sanitise(sdp, answer.fingerprint)
        self._answer, self._step = answer, _Step.ANSWERED
        return Accepted(sdp=safe, nonce=self._nonce)

    def confirm(self, seen: str) -> str:
        """Return our confirm; *seen* is the fingerprint of the certificate that DTLS showed; raises BindingError."""
        self._expect(_Step.ANSWERED)
        if seen != self.fingerprint:
            raise BindingError(Flaw.SEEN, "the connection's certificate is not the signed one")
        self._step = _Step.SEEN
        return make_confirm(self._signer, self.edge, Part.OFFER, agreed=self._agreed, seen=seen)

    def verify(self, confirm: str) -> None:
        """Check the other side's confirm; raises BindingError. Afterwards we say that it holds."""
        self._expect(_Step.SEEN)
        verify_confirm(confirm, self._answered, self.edge, Part.ANSWER, agreed=self._agreed, own=self._own)
        self._step = _Step.VERIFIED

    def complete(self) -> None:
        """Take in that the other side has verified ours as well: the connection is proved."""
        self._expect(_Step.VERIFIED)
        self._step = _Step.PROVED

    @property
    def _answered(self) -> Binding:
        if self._answer is None:
            raise BindingError(Flaw.ROLE, "nothing was answered yet")
        return self._answer

    @property
    def _agreed(self) -> str:
        return transcript(self._token, self._answered.token, self._nonce)

    def _expect(self, step: _Step) -> None:
        """Refuse what comes out of order: a second answer or confirm is somebody's in between."""
        if self._step is not step:
            raise BindingError(Flaw.ROLE, f"out of order: the handshake is {self._step.name.lower()}")
