"""Decoding a blood-pressure packet, against the least code by hand that gets the same numbers.

The baseline is what one would write with `struct` and nothing else: flags, the optional fields, the special values,
the lengths; it returns a bare tuple. It is checked against the decoder on every packet before anything is timed. Both
sides decode the same packets, all different, in rounds that take turns, so that a busy machine slows both; the best
round counts.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Sequence
from decimal import Decimal
from time import perf_counter_ns

from gateway.devices.blood_pressure import BloodPressureMeasurement
from gateway.devices.reading import DeviceTime, Number, Special, Unit

ROUNDS = 40
PACKETS = 2000
SEED = 11073

SPECIALS = {
    0x07FF: Special.NAN,
    0x0800: Special.NRES,
    0x07FE: Special.POSITIVE_INFINITY,
    0x0802: Special.NEGATIVE_INFINITY,
    0x0801: Special.RESERVED,
}


def sfloat(raw: int) -> Number:
    """Return the number of sixteen bits."""
    if raw in SPECIALS:
        return SPECIALS[raw]
    mantissa = raw & 0x0FFF
    exponent = raw >> 12
    if mantissa >= 0x0800:
        mantissa -= 0x1000
    if exponent >= 8:
        exponent -= 16
    return Decimal(mantissa).scaleb(exponent)


def by_hand(data: bytes) -> tuple[object, ...]:
    """Return unit, systolic, diastolic, mean, time, pulse, user and status of a packet, None for what it has not."""
    try:
        flags, systolic, diastolic, mean = struct.unpack_from("<BHHH", data)
        at = 7
        time = pulse = user = status = None
        if flags & 2:
            time = struct.unpack_from("<HBBBBB", data, at)
            at += 7
        if flags & 4:
            pulse = sfloat(struct.unpack_from("<H", data, at)[0])
            at += 2
        if flags & 8:
            user = data[at]
            at += 1
        if flags & 16:
            status = struct.unpack_from("<H", data, at)[0]
    except (struct.error, IndexError):
        raise ValueError("malformed") from None
    unit = "kPa" if flags & 1 else "mmHg"
    return unit, sfloat(systolic), sfloat(diastolic), sfloat(mean), time, pulse, user, status


def packet(chance: random.Random) -> bytes:
    """Return what a cuff with a clock, a pulse, two users and a status sends for some person."""
    diastolic = chance.randint(55, 110)
    systolic = diastolic + chance.randint(25, 80)
    return BloodPressureMeasurement(
        unit=Unit.MMHG,
        systolic=Decimal(systolic),
        diastolic=Decimal(diastolic),
        map=Decimal(diastolic + (systolic - diastolic) // 3),
        timestamp=DeviceTime(
            year=2026,
            month=chance.randint(1, 12),
            day=chance.randint(1, 28),
            hour=chance.randint(0, 23),
            minute=chance.randint(0, 59),
            second=chance.randint(0, 59),
        ),
        pulse=Decimal(chance.randint(450, 1100)).scaleb(-1),
        user_id=chance.randint(0, 1),
        status=chance.choice((0, 0, 0, 1, 4)),
    ).encode()


def agree(data: bytes) -> bool:
    """Return whether both sides read the same from *data*."""
    ours = BloodPressureMeasurement.decode(data)
    time = ours.timestamp and (
        ours.timestamp.year,
        ours.timestamp.month,
        ours.timestamp.day,
        ours.timestamp.hour,
        ours.timestamp.minute,
        ours.timestamp.second,
    )
    read = (ours.unit, ours.systolic, ours.diastolic, ours.map, time, ours.pulse, ours.user_id, ours.status)
    return str(read) == str((Unit(str(by_hand(data)[0])), *by_hand(data)[1:]))


def best_us(decode: Callable[[bytes], object], packets: Sequence[bytes], best: float) -> float:
    """Return the microseconds a packet of one round, or *best* where that was quicker."""
    started = perf_counter_ns()
    for data in packets:
        decode(data)
    return min(best, (perf_counter_ns() - started) / len(packets) / 1000)


def main() -> None:
    """Print the microseconds of both sides, and their ratio."""
    chance = random.Random(SEED)
    packets = [packet(chance) for _ in range(PACKETS)]
    assert all(map(agree, packets))
    ours = hand = float("inf")
    for _ in range(ROUNDS):
        ours = best_us(BloodPressureMeasurement.decode, packets, ours)
        hand = best_us(by_hand, packets, hand)
    ratio = ours / hand
    print(f"decode a blood-pressure packet: {ours:.2f} us, by hand {hand:.2f} us, ratio {ratio:.2f} (aim: at most 2)")


if __name__ == "__main__":
    main()
