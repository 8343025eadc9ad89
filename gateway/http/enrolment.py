"""A booth's certificate: a code that an operator makes, once, and from then on the booth's own key.

POST /fleet/enrolments           {"booth"} → {"booth", "code", "expires"}, for operators who signed in just now
POST /fleet/certificate          {"booth", "code", "csr"} → {"certificate"}, for a booth that has none yet
POST /fleet/certificate/renewal  {"certificate", "csr"} → {"certificate"}, for the key that it has already

The booth makes its key, and it never leaves it. The last two are on the people's listener: a booth without a good
certificate reaches no other. A renewal needs no secret: whoever else asks gets a certificate for the booth's key, which
they do not hold. https://www.rfc-editor.org/rfc/rfc2986
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any, Final, TypeVar

import msgspec
import structlog
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from gateway.errors import Forbidden, Malformed, Unavailable
from gateway.http.authentication import Authenticate
from gateway.http.certifying import Certifying
from gateway.http.fleet import SignedInAt, check_fresh, operator
from gateway.http.revocation import RevocationList
from gateway.identity.certificates import URN, fingerprint, is_booth, named
from gateway.store.enrolments import Enrolments
from signalling.rate import Bucket

__all__ = ["Enrolling"]

_LARGEST: Final = 16 * 1024
_TRIES: Final = 5.0
_PER_SECOND: Final = _TRIES / 300
_MOST_ADDRESSES: Final = 4096
_log: Final[Any] = structlog.get_logger("fleet")

_Text = Annotated[str, msgspec.Meta(max_length=8192)]


class _Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    booth: str


class _First(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    booth: str
    code: Annotated[str, msgspec.Meta(max_length=64)]
    csr: _Text


class _Renewal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    certificate: _Text
    csr: _Text


_Asked = TypeVar("_Asked", _Wanted, _First, _Renewal)


class Enrolling:
    """The three routes of one server; without *certifying* no booth can be enrolled here, and is told so."""

    def __init__(
        self,
        enrolments: Enrolments,
        *,
        certifying: Certifying | None,
        revocations: RevocationList,
        ordered: Callable[[], Awaitable[None]],
        now: Callable[[], datetime],
    ) -> None:
        self._enrolments = enrolments
        self._certifying = certifying
        self._revocations = revocations
        self._ordered = ordered
        self._now = now
        self._tries: OrderedDict[str, Bucket] = OrderedDict()

    def routes(self, authenticate: Authenticate, *, signed_in_at: SignedInAt) -> list[web.RouteDef]:
        """Return the routes."""

        async def make(request: web.Request) -> web.Response:
            who = await operator(request, authenticate)
            check_fresh(await signed_in_at(request), self._now())
            self._authority()
            booth = (await _asked(request, _Wanted)).booth
            if not is_booth(URN + booth):
                raise Malformed(
                    "That is no booth's name.", where="booth", remedy="Use 1 to 63 small letters, digits and hyphens."
                )
            return _json(await self._enrolments.make(booth, who=who.subject, now=self._now()))

        return [
            web.post("/fleet/enrolments", make),
            web.post("/fleet/certificate", self._first),
            web.post("/fleet/certificate/renewal", self._renew),
        ]

    async def _first(self, request: web.Request) -> web.Response:
        asked, authority, now = await _asked(request, _First), self._authority(), self._now()
        self._check_tries(request.remote or "")
        booth = await self._enrolments.booth(asked.code, now=now)
        if booth != asked.booth:
            raise Forbidden("This code is for a booth of another name.", where="booth", remedy="Look at its settings.")
        subject = URN + booth
        made = await authority.certificate(subject=subject, csr=asked.csr, renews=None)
        key = fingerprint(x509.load_pem_x509_certificate(made.encode()).public_key())
        # Only now: a booth that could not be certified has its code still. Of two at once the second is believed in
        # nothing, whatever it was given.
        await self._enrolments.use(asked.code, booth=booth, key=key, who=subject, now=now)
        await self._ordered()
        self._tries.pop(request.remote or "", None)
        _log.info("enrolled", booth=booth)
        return _json({"booth": booth, "certificate": made})

    async def _renew(self, request: web.Request) -> web.Response:
        asked, authority = await _asked(request, _Renewal), self._authority()
        try:
            booth = named(asked.certificate)
            old = x509.load_pem_x509_certificate(asked.certificate.encode("ascii"))
        except ValueError:
            raise Malformed("The certificate to renew is no booth's.", where="certificate") from None
        serial = f"{old.serial_number:x}"
        revoked = {booth, serial} & self._revocations.current()
        if revoked or not self._revocations.believes(booth, old.public_bytes(Encoding.DER)):
            raise Forbidden("The certificate was revoked.", where="certificate", remedy="Enrol the booth again.")
        made = await authority.certificate(subject=URN + booth, csr=asked.csr, renews=asked.certificate)
        return _json({"booth": booth, "certificate": made})

    def _authority(self) -> Certifying:
        if self._certifying is None:
            raise Unavailable(
                "This server is not set up to enrol booths.", where="authority.url",
                remedy="Ask whoever runs it to set authority.url.",
            )  # fmt: skip
        return self._certifying

    def _check_tries(self, address: str) -> None:
        """Let an address try five codes at once and one a minute: nobody who types needs more. Raises Forbidden."""
        at = self._now().timestamp()
        bucket = self._tries.pop(address, None) or Bucket.full(per_second=_PER_SECOND, burst=_TRIES, now=at)
        self._tries[address] = bucket
        if len(self._tries) > _MOST_ADDRESSES:
            self._tries.popitem(last=False)
        if not bucket.take(at):
            raise Forbidden("Too many codes were tried from here.", where="code", remedy="Wait a few minutes.")


async def _asked(request: web.Request, kind: type[_Asked]) -> _Asked:
    if (request.content_length or 0) > _LARGEST:
        raise Malformed("The request is longer than any real one.")
    try:
        return msgspec.json.decode(await request.read(), type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Malformed(f"The request cannot be read: {error}.") from None


def _json(value: Any) -> web.Response:
    headers = {"Cache-Control": "no-store"}
    return web.Response(body=msgspec.json.encode(value), content_type="application/json", headers=headers)
