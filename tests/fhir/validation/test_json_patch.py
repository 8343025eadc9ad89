"""JSON Patch by the examples of RFC 6902 (appendix A) and what exact numbers add to them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import Invalid, Malformed, Problem
from gateway.fhir.json import dumps, loads
from gateway.fhir.json_patch import Patch, patched

# https://www.rfc-editor.org/rfc/rfc6902#appendix-A: document, patch, result.
EXAMPLES: dict[str, tuple[Any, list[dict[str, Any]], Any]] = {
    "A.1": ({"foo": "bar"}, [{"op": "add", "path": "/baz", "value": "qux"}], {"foo": "bar", "baz": "qux"}),
    "A.2": (
        {"foo": ["bar", "baz"]},
        [{"op": "add", "path": "/foo/1", "value": "qux"}],
        {"foo": ["bar", "qux", "baz"]},
    ),
    "A.3": ({"baz": "qux", "foo": "bar"}, [{"op": "remove", "path": "/baz"}], {"foo": "bar"}),
    "A.4": ({"foo": ["bar", "qux", "baz"]}, [{"op": "remove", "path": "/foo/1"}], {"foo": ["bar", "baz"]}),
    "A.5": ({"baz": "qux"}, [{"op": "replace", "path": "/baz", "value": "boo"}], {"baz": "boo"}),
    "A.6": (
        {"foo": {"bar": "baz", "waldo": "fred"}, "qux": {"corge": "grault"}},
        [{"op": "move", "from": "/foo/waldo", "path": "/qux/thud"}],
        {"foo": {"bar": "baz"}, "qux": {"corge": "grault", "thud": "fred"}},
    ),
    "A.7": (
        {"foo": ["all", "grass", "cows", "eat"]},
        [{"op": "move", "from": "/foo/1", "path": "/foo/3"}],
        {"foo": ["all", "cows", "eat", "grass"]},
    ),
    "A.8": (
        {"baz": "qux", "foo": ["a", 2, "c"]},
        [{"op": "test", "path": "/baz", "value": "qux"}, {"op": "test", "path": "/foo/1", "value": 2}],
        {"baz": "qux", "foo": ["a", 2, "c"]},
    ),
    "A.10": ({"foo": "bar"}, [{"op": "add", "path": "/child", "value": {"g": {}}}], {"foo": "bar", "child": {"g": {}}}),
    "A.11": ({"foo": "bar"}, [{"op": "add", "path": "/baz", "value": "qux", "xyz": 123}], {"foo": "bar", "baz": "qux"}),
    "A.14": ({"/": 9, "~1": 10}, [{"op": "test", "path": "/~01", "value": 10}], {"/": 9, "~1": 10}),
    "A.16": ({"foo": ["bar"]}, [{"op": "add", "path": "/foo/-", "value": ["a"]}], {"foo": ["bar", ["a"]]}),
}

REFUSED: dict[str, tuple[Any, list[dict[str, Any]]]] = {
    "A.9 another value": ({"baz": "qux"}, [{"op": "test", "path": "/baz", "value": "bar"}]),
    "A.12 no parent": ({"foo": "bar"}, [{"op": "add", "path": "/baz/bat", "value": "qux"}]),
    "A.15 text is no number": ({"/": 9, "~1": 10}, [{"op": "test", "path": "/~01", "value": "10"}]),
    "true is no 1": ({"a": 1}, [{"op": "test", "path": "/a", "value": True}]),
    "beyond the end": ({"a": [1]}, [{"op": "add", "path": "/a/2", "value": 1}]),
    "a leading zero": ({"a": [1]}, [{"op": "remove", "path": "/a/00"}]),
    "no minus": ({"a": [1]}, [{"op": "remove", "path": "/a/-"}]),
    "into itself": ({"a": {"b": 1}}, [{"op": "move", "from": "/a", "path": "/a/b"}]),
    "inside a text": ({"a": "b"}, [{"op": "add", "path": "/a/0", "value": 1}]),
    "the whole": ({"a": 1}, [{"op": "remove", "path": ""}]),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_of_the_rfc_gives_its_result(name: str) -> None:
    document, operations, result = EXAMPLES[name]
    before = dumps(document)
    assert dumps(patched(document, Patch.of(operations))) == dumps(result)
    assert dumps(document) == before


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_fit_is_refused(name: str) -> None:
    document, operations = REFUSED[name]
    with pytest.raises(Invalid):
        patched(document, Patch.of(operations))


def test_numbers_are_equal_by_value_and_kept_by_their_digits() -> None:
    document = loads(b'{"a":2.00,"b":[1E+2]}')
    operations = [{"op": "test", "path": "/a", "value": Decimal("2.0")}, {"op": "copy", "from": "/a", "path": "/b/0"}]
    assert dumps(patched(document, Patch.of(operations))) == b'{"a":2.00,"b":[2.00,1E+2]}'


def test_copies_of_copies_do_not_fill_the_memory() -> None:
    doubling = [{"op": "copy", "from": "", "path": f"/{number}"} for number in range(40)]
    with pytest.raises(Problem, match="copies more than"):
        patched({"a": "x" * 100}, Patch.of(doubling))


@given(st.recursive(st.none() | st.integers() | st.text(max_size=4), lambda inner: st.lists(inner, max_size=4)))
def test_anything_that_is_no_patch_is_refused(document: Any) -> None:
    if document == []:
        assert Patch.of(document).operations == ()
    else:
        with pytest.raises(Malformed):
            Patch.of(document)
