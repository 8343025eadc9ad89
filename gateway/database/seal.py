"""The seal on everything personal that is stored: AES-256-GCM, bound to the place it is stored at.

A sealed value is `version ‖ nonce ‖ ciphertext ‖ tag`: 1 octet (1), 12 random octets, the bytes, 16 octets. The key id
and what the value is bound to (type, id, version, …) are authenticated but not inside: a row that is copied into
another's place does not open. A random 96-bit nonce is safe for 2^32 values of one key, and a key serves one record.
https://nvlpubs.nist.gov/nistpubs/Legacy/SP/nistspecialpublication800-38d.pdf
"""

from __future__ import annotations

import os
from functools import cached_property
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gateway.errors import TeleborneError

__all__ = ["DataKey", "SealBroken", "seal", "unseal"]

_VERSION: Final = b"\x01"
_NONCE_OCTETS: Final = 12
_OVERHEAD: Final = 1 + _NONCE_OCTETS + 16


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
    return _VERSION + nonce + key.cipher.encrypt(nonce, plaintext, _associated(key, bound_to))


def unseal(key: DataKey, sealed: bytes, *, bound_to: tuple[str, ...]) -> bytes:
    """Return what was sealed; raises SealBroken unless *sealed*, *key* and *bound_to* are exactly those of `seal`."""
    if len(sealed) < _OVERHEAD or sealed[:1] != _VERSION:
        message = f"{'/'.join(bound_to)}: not a sealed value of version 1"
        raise SealBroken(message)
    nonce, ciphertext = sealed[1 : 1 + _NONCE_OCTETS], sealed[1 + _NONCE_OCTETS :]
    try:
        return key.cipher.decrypt(nonce, ciphertext, _associated(key, bound_to))
    except InvalidTag as error:
        message = f"{'/'.join(bound_to)}: the sealed value was changed or belongs elsewhere (key {key.key_id})"
        raise SealBroken(message) from error


def _associated(key: DataKey, bound_to: tuple[str, ...]) -> bytes:
    # Each part with its length before it, so that ("a", "bc") and ("ab", "c") differ.
    parts = [part.encode() for part in (key.key_id, *bound_to)]
    return _VERSION + b"".join(len(part).to_bytes(4, "big") + part for part in parts)
