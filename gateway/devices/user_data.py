"""The User Data service: which of a device's users is meant, and the proof that one may be.

Scales and some cuffs keep a memory for each user and send nothing before one has given consent with the code that the
device showed. A user is an index of the device's memory, never a patient.

https://www.bluetooth.com/specifications/specs/user-data-service-1-1/
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import IntEnum
from typing import ClassVar, Final, Self

import msgspec

from gateway.devices.errors import MalformedPacket, NotRepresentable
from gateway.devices.layout import U8, U16, U32, Field, Layout, Plain, scaled
from gateway.devices.reading import Reading

__all__ = [
    "CONTROL_POINT",
    "UNKNOWN_USER",
    "Consent",
    "DatabaseChange",
    "DateOfBirth",
    "Gender",
    "Height",
    "UserControl",
    "UserControlOp",
    "UserControlResult",
    "UserIndex",
    "refusal",
]

CONTROL_POINT: Final = "2A9F"

UNKNOWN_USER: Final = 0xFF
"""The user index that means nobody."""


class UserControlOp(IntEnum):
    """What is asked of the User Control Point."""

    REGISTER = 1
    CONSENT = 2
    DELETE_DATA = 3
    LIST_ALL = 4
    DELETE_USERS = 5
    ANSWER = 0x20


class UserControlResult(IntEnum):
    """How a request went."""

    SUCCESS = 1
    OP_NOT_SUPPORTED = 2
    INVALID_PARAMETER = 3
    FAILED = 4
    NOT_AUTHORISED = 5


_ANSWER_OCTETS: Final = 3
_OCTETS: Final = {UserControlOp.REGISTER: 3, UserControlOp.CONSENT: 4, UserControlOp.ANSWER: _ANSWER_OCTETS}
"""How long a request or an answer is at least, its op included; one octet where nothing is said."""

_LARGEST_CODE: Final = 9999


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """One user of a device, a slot of its memory, and the code by which that user lets us in (0 … 9999)."""

    user_index: int
    code: int = field(repr=False)

    def request(self) -> UserControl:
        """Return what has to be written to the device."""
        return UserControl.consent(self.user_index, self.code)


class UserControl(msgspec.Struct, frozen=True, kw_only=True):
    """User Control Point (0x2A9F): one request or answer, `op` (a UserControlOp) and its parameter as octets.

    Requests are made by `consent` and `register`, answers by `answered`.
    """

    op: int
    parameter: bytes = b""

    @classmethod
    def consent(cls, user_index: int, code: int) -> Self:
        """Return the request to be let in as *user_index* with *code*; raise NotRepresentable where it is no code."""
        return cls(op=UserControlOp.CONSENT, parameter=bytes([user_index]) + _code(code))

    @classmethod
    def register(cls, code: int) -> Self:
        """Return the request for a new user who will consent with *code*; NotRepresentable where it is no code."""
        return cls(op=UserControlOp.REGISTER, parameter=_code(code))

    @classmethod
    def answered(cls, request: int, result: int, parameter: bytes = b"") -> Self:
        """Return a server's answer to the op *request*; *parameter* is the new user's index after a registration."""
        return cls(op=UserControlOp.ANSWER, parameter=bytes([request, result]) + parameter)

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read a request or an answer; raise MalformedPacket where a part is missing."""
        least = _OCTETS.get(UserControlOp(data[0]), 1) if data and data[0] in set(UserControlOp) else 1
        if len(data) < least:
            raise MalformedPacket(f"User Control Point: {len(data)} of {least} octets")
        return cls(op=data[0], parameter=bytes(data[1:]))

    def encode(self) -> bytes:
        """Return the octets to write or to indicate; raise NotRepresentable where `op` does not fit its octet."""
        try:
            return bytes([self.op]) + self.parameter
        except ValueError as error:
            raise NotRepresentable(f"User Control Point: op {self.op}: {error}") from None

    @property
    def user_index(self) -> int | None:
        """Return the index that consents, that a registration was given; None in other values."""
        if self.op == UserControlOp.CONSENT:
            return self.parameter[0]
        registered = self.request == UserControlOp.REGISTER and len(self.parameter) >= _ANSWER_OCTETS
        return self.parameter[2] if registered else None

    @property
    def consent_code(self) -> int | None:
        """Return the code of a consent or a registration, None in other values."""
        if self.op not in (UserControlOp.CONSENT, UserControlOp.REGISTER):
            return None
        return int.from_bytes(
            self.parameter[-2:] if self.op == UserControlOp.REGISTER else self.parameter[1:3], "little"
        )

    @property
    def request(self) -> int | None:
        """Return the op that an answer answers, else None."""
        return self.parameter[0] if self.op == UserControlOp.ANSWER else None

    @property
    def result(self) -> int | None:
        """Return how the request went (a UserControlResult), None where this is no answer."""
        return self.parameter[1] if self.op == UserControlOp.ANSWER else None

    def to_json(self) -> dict[str, object]:
        """Return `op`, and of `user_index`, `consent_code`, `request` and `result` what it has."""
        parts = {
            "user_index": self.user_index,
            "consent_code": self.consent_code,
            "request": self.request,
            "result": self.result,
        }
        return {"op": self.op, **{name: part for name, part in parts.items() if part is not None}}

    def readings(self) -> tuple[Reading, ...]:
        """Return nothing: it is about users and measures none."""
        return ()


def refusal(consent: Consent, answer: bytes) -> str | None:
    """Return in words why the device does not let *consent* in, from its *answer*; None where it does."""
    try:
        said = UserControl.decode(answer)
    except MalformedPacket as error:
        return str(error)
    if (said.request, said.result) == (UserControlOp.CONSENT, UserControlResult.SUCCESS):
        return None
    if said.result == UserControlResult.NOT_AUTHORISED:
        return f"it refuses the consent code of its user {consent.user_index}"
    return f"it does not take the consent of its user {consent.user_index}: {answer.hex()}"


def _code(code: int) -> bytes:
    if not 0 <= code <= _LARGEST_CODE:
        raise NotRepresentable(f"User Control Point: a consent code has four digits, not {code}")
    return code.to_bytes(2, "little")


class DatabaseChange(Plain, frozen=True, kw_only=True):
    """Database Change Increment (0x2A99): how often a user's data were changed, by either side."""

    layout: ClassVar[Layout] = Layout("Database Change Increment", Field(name="increment", codec=U32), flags=None)

    increment: int


class UserIndex(Plain, frozen=True, kw_only=True):
    """User Index (0x2A9A): the user whose data the service shows now; 255 unknown."""

    layout: ClassVar[Layout] = Layout("User Index", Field(name="user_index", codec=U8), flags=None)

    user_index: int


class DateOfBirth(Plain, frozen=True, kw_only=True):
    """Date of Birth (0x2A85), unknown parts 0."""

    layout: ClassVar[Layout] = Layout(
        "Date of Birth",
        Field(name="year", codec=U16),
        Field(name="month", codec=U8),
        Field(name="day", codec=U8),
        flags=None,
    )

    year: int
    month: int
    day: int


class Gender(Plain, frozen=True, kw_only=True):
    """Gender (0x2A8C) as scales need it to compute with: 0 male, 1 female, 2 unspecified."""

    layout: ClassVar[Layout] = Layout("Gender", Field(name="gender", codec=U8), flags=None)

    gender: int


class Height(Plain, frozen=True, kw_only=True):
    """Height (0x2A8E) of the user, in metres, to the centimetre."""

    layout: ClassVar[Layout] = Layout("Height", Field(name="height", codec=scaled("0.01")), flags=None)

    height: Decimal
