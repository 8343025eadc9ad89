"""Every error a person or a program can be told about, and what HTTP and FHIR make of it.

    TeleborneError
    ├── SettingsError            the operator's: a setting is missing or wrong; the program does not start
    ├── DeviceError              see gateway.devices: a packet, a device or the radio
    ├── LinkError                the network's: try again later
    └── Problem                  a request cannot be served; OUTCOMES says how it is answered
        ├── Malformed            not readable at all (JSON, path, header)
        ├── Invalid              readable, but breaks a rule of FHIR or of a profile
        ├── NotSupported         a parameter, type or interaction that this server does not offer
        ├── Unauthenticated      nobody we know
        ├── Forbidden            known, but not allowed
        ├── NotFound             no such resource
        ├── Gone                 there was one; it was deleted or erased
        ├── Conflict             the act contradicts what is stored
        ├── PreconditionFailed   If-Match, If-None-Match or a condition with several matches
        ├── MethodNotAllowed     the path exists, the method does not; `allow` lists those that do
        ├── NotAcceptable        the client wants another format than JSON
        ├── TooLarge             more bytes, entries or depth than the server takes
        ├── UnsupportedMedia     another format than JSON
        └── Unavailable          the server cannot make it durable just now

`where` is a FHIRPath expression, a parameter's or a setting's name; `remedy` says what to do.
OperationOutcome: https://hl7.org/fhir/R4/operationoutcome.html, issue codes: https://hl7.org/fhir/R4/valueset-issue-type.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = [
    "OUTCOMES",
    "Conflict",
    "Forbidden",
    "Gone",
    "Invalid",
    "LinkError",
    "Malformed",
    "MethodNotAllowed",
    "NotAcceptable",
    "NotFound",
    "NotSupported",
    "Outcome",
    "PreconditionFailed",
    "Problem",
    "SettingsError",
    "TeleborneError",
    "TooLarge",
    "Unauthenticated",
    "Unavailable",
    "UnsupportedMedia",
]


class TeleborneError(Exception):
    """The base of every error this project raises on purpose."""


class SettingsError(TeleborneError):
    """A setting is missing or wrong; the text is one line that names it and says what to do."""


class LinkError(TeleborneError):
    """The network or the other side failed; the same act may succeed later."""


class Problem(TeleborneError):
    """A request that cannot be served: what is wrong, where, and what to do about it."""

    def __init__(self, what: str, *, where: str | None = None, remedy: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.remedy = remedy

    def __str__(self) -> str:
        return " ".join(part for part in (self.what, self.remedy) if part)


class Malformed(Problem):
    """The request cannot be read at all."""


class Invalid(Problem):
    """The request can be read, but breaks a rule of FHIR or of a profile it claims; `also` are the others it breaks."""

    def __init__(
        self, what: str, *, where: str | None = None, remedy: str | None = None, also: tuple[Invalid, ...] = ()
    ) -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.also = also


class NotSupported(Problem):
    """The server does not offer this parameter, type or interaction."""


class Unauthenticated(Problem):
    """The caller is nobody we know."""


class Forbidden(Problem):
    """The caller is known, but may not do this."""


class NotFound(Problem):
    """There is no such resource."""


class Gone(Problem):
    """There was such a resource; it was deleted or erased."""


class Conflict(Problem):
    """The act contradicts what is stored."""


class PreconditionFailed(Problem):
    """If-Match, If-None-Match or a condition did not hold."""


class MethodNotAllowed(Problem):
    """The path exists, but not with this method; `allow` lists the methods that it has."""

    def __init__(
        self, what: str, *, allow: tuple[str, ...], where: str | None = None, remedy: str | None = None
    ) -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.allow = allow


class NotAcceptable(Problem):
    """The client wants another format than JSON."""


class TooLarge(Problem):
    """More bytes, entries or depth than the server takes."""


class UnsupportedMedia(Problem):
    """The body is in another format than JSON."""


class Unavailable(Problem):
    """The server cannot make the act durable just now."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a class of problem is answered: the HTTP status and the FHIR issue code."""

    status: int
    code: str


OUTCOMES: Final[dict[type[Problem], Outcome]] = {
    Malformed: Outcome(400, "structure"),
    Invalid: Outcome(422, "invalid"),
    NotSupported: Outcome(400, "not-supported"),
    Unauthenticated: Outcome(401, "login"),
    Forbidden: Outcome(403, "forbidden"),
    NotFound: Outcome(404, "not-found"),
    Gone: Outcome(410, "deleted"),
    Conflict: Outcome(409, "conflict"),
    PreconditionFailed: Outcome(412, "conflict"),
    MethodNotAllowed: Outcome(405, "not-supported"),
    NotAcceptable: Outcome(406, "not-supported"),
    TooLarge: Outcome(413, "too-long"),
    UnsupportedMedia: Outcome(415, "not-supported"),
    Unavailable: Outcome(503, "transient"),
}
