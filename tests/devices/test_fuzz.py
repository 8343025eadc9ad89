"""No octets crash a decoder: a few thousand always, ten million in the long form, with the figures printed."""

from __future__ import annotations

import sys

import pytest

from tests.devices.fuzzing import fuzz

SEED = 20_601
LONG = 10_000_000
"""The inputs of the long form."""


def test_no_octets_crash_a_decoder() -> None:
    *_, figures = fuzz(20_000, seed=SEED)

    assert figures.inputs.total() == 20_000
    assert figures.refused
    assert figures.readings
    assert figures.wholes


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_no_octets_of_ten_million_crash_a_decoder() -> None:
    for figures in fuzz(LONG, seed=SEED):
        sys.stderr.write(f"\r{figures}")
        sys.stderr.flush()

    sys.stderr.write(f"\nfuzzed decoders: {figures}, seed {SEED}\n")
    assert figures.inputs.total() == LONG
