"""Trees of elements as the tables of the validation keep them: grown along paths, then pruned of what asks nothing."""

from __future__ import annotations

from collections.abc import Iterator

from official import Json

__all__ = ["kept", "names_of", "place", "pruned"]


def names_of(element: Json) -> Iterator[tuple[str, str, str]]:
    """Yield the JSON names of an element with their types, and the name of their choice where it is one."""
    step = element["path"].rpartition(".")[2]
    types = [each["code"] for each in element.get("type", [])] or [""]
    if not step.endswith("[x]"):
        yield step, types[0], ""
        return
    stem = step.removesuffix("[x]")
    for type_ in types:
        yield stem + type_[0].upper() + type_[1:], type_, stem


def place(tree: Json, steps: list[str]) -> Json:
    """Return the node at a path such as `component:SystolicBP.value[x]:valueQuantity`, made where it is missing."""
    node = tree
    for step in steps:
        name, _, slice_ = step.partition(":")
        parts = node.setdefault("parts", {})
        if slice_ and name.endswith("[x]"):
            node = parts.setdefault(slice_.partition("/")[0], {})
            continue
        node = parts.setdefault(name, {})
        for each in slice_.split("/") if slice_ else ():
            node = node.setdefault("slices", {}).setdefault(each, {})
    return node


def kept(node: Json) -> Json:
    """Return *node* without what says nothing."""
    return {name: value for name, value in node.items() if value not in ("", [], None, False, 0, {})}


def pruned(node: Json) -> Json | None:
    """Return *node* without the elements of which it asks nothing, None where it asks nothing itself."""
    left = {name: value for name, value in node.items() if name != "open"}
    for name in ("parts", "slices"):
        below = {step: each for step, child in node.get(name, {}).items() if (each := pruned(child)) is not None}
        left.pop(name, None)
        if below or (name == "slices" and node.get(name)):
            left[name] = below if name == "parts" else {step: below.get(step, {}) for step in node[name]}
    return left or None
