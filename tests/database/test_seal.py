"""A seal opens for the same key and the same place, and for nothing else."""

from __future__ import annotations

import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.database import DataKey, SealBroken, seal, unseal

KEY = DataKey(key_id="k1", secret=bytes(range(32)))


@given(st.binary(max_size=2000), st.lists(st.text(max_size=10), max_size=4).map(tuple))
def test_what_is_sealed_comes_back(plaintext: bytes, bound_to: tuple[str, ...]) -> None:
    assert unseal(KEY, seal(KEY, plaintext, bound_to=bound_to), bound_to=bound_to) == plaintext


def test_every_changed_bit_breaks_the_seal() -> None:
    sealed = seal(KEY, b"132/81", bound_to=("Observation", "1", "1"))
    for bit in range(len(sealed) * 8):
        changed = bytearray(sealed)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(SealBroken):
            unseal(KEY, bytes(changed), bound_to=("Observation", "1", "1"))


@pytest.mark.parametrize("place", [("Observation", "2", "1"), ("Observation", "1"), ("Observation1", "", "1"), ()])
def test_a_value_copied_to_another_place_does_not_open(place: tuple[str, ...]) -> None:
    with pytest.raises(SealBroken, match="changed or belongs elsewhere"):
        unseal(KEY, seal(KEY, b"x", bound_to=("Observation", "1", "1")), bound_to=place)


@pytest.mark.parametrize(
    "other", [DataKey(key_id="k2", secret=bytes(range(32))), DataKey(key_id="k1", secret=bytes(32))]
)
def test_another_key_does_not_open_it(other: DataKey) -> None:
    with pytest.raises(SealBroken):
        unseal(other, seal(KEY, b"x", bound_to=()), bound_to=())


@given(st.binary(max_size=100))
def test_bytes_that_never_were_sealed_are_refused(data: bytes) -> None:
    with pytest.raises(SealBroken):
        unseal(KEY, data, bound_to=())


def test_the_same_bytes_are_never_sealed_alike() -> None:
    assert len({seal(KEY, b"x", bound_to=()) for _ in range(100)}) == 100


def test_a_key_is_not_shown_and_must_have_256_bits() -> None:
    secret = secrets.token_bytes(32)
    assert secret.hex() not in repr(DataKey(key_id="k", secret=secret))
    with pytest.raises(ValueError, match="32 octets"):
        DataKey(key_id="k", secret=b"short")


def test_keys_for_other_purposes_differ_from_each_other_and_from_the_key() -> None:
    derived = {KEY.derive("a"), KEY.derive("b"), DataKey(key_id="k", secret=bytes(32)).derive("a"), bytes(range(32))}
    assert len(derived) == 4
