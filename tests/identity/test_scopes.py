"""SMART scopes: what can be written, and what two sets have in common."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import Invalid
from gateway.identity import Context, Interaction, Scope, Scopes

TYPES = ("Patient", "Observation", "Device")
SCOPE = st.builds(
    Scope,
    context=st.sampled_from(Context),
    type=st.sampled_from(["*", *TYPES]),
    interactions=st.frozensets(st.sampled_from(Interaction), min_size=1),
)
SCOPES = st.builds(Scopes, st.frozensets(SCOPE, max_size=5))


def test_the_letters_say_which_interactions_are_allowed() -> None:
    scopes = Scopes.parse("system/Observation.rs")
    assert scopes.of(Interaction.READ, "Observation") == {Context.SYSTEM}
    assert scopes.of(Interaction.SEARCH, "Observation") == {Context.SYSTEM}
    assert not scopes.of(Interaction.CREATE, "Observation")
    assert not scopes.of(Interaction.READ, "Patient")


@pytest.mark.parametrize(
    ("version_1", "version_2"),
    [
        ("system/Observation.read", "system/Observation.rs"),
        ("patient/Patient.write", "patient/Patient.cud"),
        ("user/*.*", "user/*.cruds"),
        ("system/*.read", "system/*.rs"),
    ],
)
def test_scopes_of_version_1_mean_their_version_2_letters(version_1: str, version_2: str) -> None:
    assert str(Scopes.parse(version_1)) == version_2


@pytest.mark.parametrize(
    "text",
    [
        "system/Observation",
        "system/Observation.",
        "system/Observation.sr",
        "system/Observation.rr",
        "system/Observation.rx",
        "system/observation.rs",
        "admin/Observation.rs",
        "system/Obs*.rs",
        "system/Observation.rs?category=vital-signs",
        "launch",
        "openid",
        "system/Observation.rs\nsystem/Patient.rs",
        "SYSTEM/Observation.rs",
        "système/Observation.rs",
        "system/" + "A" * 500 + ".rs",
    ],
)
def test_what_is_no_scope_of_ours_is_refused_and_named(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        Scopes.parse(f"system/Patient.rs {text}")
    assert repr(text[:20])[1:-1] in str(refused.value)
    assert len(str(refused.value)) < 200


def test_a_hundred_scopes_are_enough() -> None:
    with pytest.raises(Invalid, match="more than 100"):
        Scopes.parse(" ".join(["system/Patient.r"] * 101))


def test_no_scope_allows_nothing() -> None:
    assert not Scopes.parse("")
    assert not Scopes().of(Interaction.READ, "Patient")


@given(SCOPES)
def test_what_is_written_is_read_again(scopes: Scopes) -> None:
    assert Scopes.parse(str(scopes)) == scopes


@given(SCOPES, SCOPES)
def test_the_intersection_allows_exactly_what_both_allow(one: Scopes, two: Scopes) -> None:
    both = one & two
    for interaction, type_ in product(Interaction, TYPES):
        assert both.of(interaction, type_) == one.of(interaction, type_) & two.of(interaction, type_)


@given(st.text(max_size=40))
def test_no_text_crashes_the_grammar(text: str) -> None:
    try:
        scopes = Scopes.parse(text)
    except Invalid:
        return
    assert Scopes.parse(str(scopes)) == scopes
