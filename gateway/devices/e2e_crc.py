"""The E2E-CRC of health services: CRC-16 over a value, least significant octet first at its end.

Polynomial 0x1021 reflected, start 0xFFFF, nothing inverted at the end (the catalogue's CRC-16/MCRF4XX).
https://www.bluetooth.com/specifications/specs/continuous-glucose-monitoring-service-1-0-2/, 3.11
"""

from __future__ import annotations

from typing import Final

__all__ = ["CRC_OCTETS", "crc16", "sealed"]

CRC_OCTETS: Final = 2

_REFLECTED: Final = 0x8408
_START: Final = 0xFFFF


def _entry(octet: int) -> int:
    for _ in range(8):
        octet = octet >> 1 ^ (_REFLECTED if octet & 1 else 0)
    return octet


_TABLE: Final = tuple(_entry(octet) for octet in range(256))


def crc16(data: bytes) -> int:
    """Return the CRC of *data*."""
    crc = _START
    for octet in data:
        crc = crc >> 8 ^ _TABLE[(crc ^ octet) & 0xFF]
    return crc


def sealed(data: bytes) -> bytes:
    """Return *data* with its CRC behind it."""
    return data + crc16(data).to_bytes(CRC_OCTETS, "little")
