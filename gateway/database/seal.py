"""The seal on everything personal that is stored: AES-256-GCM, bound to the place it is stored at.

A sealed value is `version ‖ nonce ‖ ciphertext ‖ tag`: 1 octet (1), 12 random octets, the bytes, 16 octets. The key id
and what the value is bound to (type, id, version, …) are authenticated but not inside: a row that is copied into
another's place does not open. A random 96-bit nonce is safe for 2^32 values of one key, and a key serves one record.
https://nvlpubs.nist.gov/nistpubs/Legacy/SP/nistspecialpublication800-38d.pdf
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from functools import cached_property
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gateway.errors import TeleborneError

__all__ = ["DataKey", "SealBroken", "opener", "seal", "unseal"]

_VERSION: Final = b"\x01"
_NONCE_OCTETS: Final = 12
_HEAD: Final = 1 + _NONCE_OCTETS
_OVERHEAD: Final = _HEAD + 16

_length: Final = struct.Struct(">I").pack


class SealBroken(TeleborneError):
    """A sealed value was changed, moved to another place, or sealed with another key."""


class DataKey:
    """The key of one record: a name that may be stored beside what it seals, and 32 secret octets."""

    def __init__(self, *, key_id: str, secret: bytes) -> None:
        if len(secret) != 32:  # noqa: PLR2004  AES-256 has this one key size
            message = f"a data key has 32 octets, this one {len(secret)}"
            raise ValueError(message)
        self.key_id: Final = key_id
        self._secret: Final = secret

    def __repr__(self) -> str:
        return f"DataKey({self.key_id!r})"

    @cached_property
    def cipher(self) -> AESGCM:
        """Return the cipher, made once: setting it up costs more than sealing a resource."""
        return AESGCM(self._secret)

    def derive(self, purpose: str) -> bytes:
        """Return 32 octets for another *purpose* (e.g. a keyed hash), from which this key cannot be found.

        https://www.rfc-editor.org/rfc/rfc5869
        """
        return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode()).derive(self._secret)


def seal(key: DataKey, plaintext: bytes, *, bound_to: tuple[str, ...]) -> bytes:
    """Return *plaintext* sealed with *key* so that it opens only with the same key and the same *bound_to*."""
    nonce = os.urandom(_NONCE_OCTETS)
    return _VERSION + nonce + key.cipher.encrypt(nonce, plaintext, _associated(_head(key), bound_to))


def unseal(key: DataKey, sealed: bytes, *, bound_to: tuple[str, ...]) -> bytes:
    """Return what was sealed; raises SealBroken unless *sealed*, *key* and *bound_to* are exactly those of `seal`."""
    place = "/".join(bound_to)
    if len(sealed) < _OVERHEAD or sealed[:1] != _VERSION:
        message = f"{place}: not a sealed value of version 1"
        raise SealBroken(message)
    try:
        return key.cipher.decrypt(sealed[1:_HEAD], sealed[_HEAD:], _associated(_head(key), bound_to))
    except InvalidTag as error:
        message = f"{place}: the sealed value was changed or belongs elsewhere (key {key.key_id})"
        raise SealBroken(message) from error


def opener(key: DataKey, *place: str) -> Callable[[bytes, str, int], bytes]:
    """Return what unseals the versions kept in one *place*, each given with its id and its number; see `unseal`.

    What they share is put together once: a page opens fifty, and that costs more than to decrypt them.
    """
    decrypt, shared = key.cipher.decrypt, _associated(_head(key), place)
    heads: dict[int, bytes] = {}
    ends: dict[int, bytes] = {}

    def opened(sealed: bytes, id_: str, number: int) -> bytes:
        raw = id_.encode()
        head, end = heads.get(len(raw)), ends.get(number)
        if head is None or end is None:
            head = heads[len(raw)] = shared + _length(len(raw))
            end = ends[number] = _associated(b"", (str(number),))
        try:
            if sealed[:1] == _VERSION:
                return decrypt(sealed[1:_HEAD], sealed[_HEAD:], head + raw + end)
        except (InvalidTag, ValueError):
            pass
        return unseal(key, sealed, bound_to=(*place, id_, str(number)))  # raises, and says why

    return opened


def _head(key: DataKey) -> bytes:
    return _associated(_VERSION, (key.key_id,))


def _associated(head: bytes, parts: tuple[str, ...]) -> bytes:
    """Return *head* and the parts behind it."""
    for part in parts:  # each with its length before it, so that ("a", "bc") and ("ab", "c") differ
        raw = part.encode()
        head += _length(len(raw)) + raw
    return head
