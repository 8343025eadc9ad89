"""The references between the entries of a transaction, put right: https://hl7.org/fhir/R4/http.html#trules.

An entry is meant by its fullUrl, a `urn:uuid:` or an address; a relative reference is read beside the fullUrl of the
entry that it stands in. « Mesures de santé » refers to a posted Device by the id that stands in it, which then names
nothing: that is understood too. A reference such as `Patient?identifier=…` means the one resource that meets it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

from gateway.errors import Invalid

__all__ = ["References", "substituted"]

_CONDITIONAL: Final = re.compile(r"([A-Z][A-Za-z]+)\?(.+)", re.ASCII | re.DOTALL)
_RELATIVE: Final = re.compile(r"[A-Z][A-Za-z]+/[A-Za-z0-9\-.]{1,64}", re.ASCII)
_RESTFUL: Final = re.compile(r"(https?://.+)/[A-Z][A-Za-z]+/[A-Za-z0-9\-.]{1,64}(?:/_history/[^/]+)?", re.ASCII)
_LINK: Final = re.compile(r'\b(href|src)="(urn:[^"]+)"')

# A text under these names is no address, even if it looks like one.
_NO_ADDRESS: Final = frozenset({"id", "system", "value"})


@dataclass(slots=True, kw_only=True)
class References:
    """What the references in one transaction mean.

    `targets` are the entries' own, `Type/id` by their address. `conditional` grows as resources are read: what stands
    for each condition until it is known what meets it.
    """

    targets: Mapping[str, str]
    conditional: dict[str, str] = field(default_factory=dict)

    def resolved(self, resource: Any, full_url: str) -> Any:
        """Return *resource*, of the entry at *full_url*, its references as `Type/id`; raises Invalid for a dead one."""
        beside = _RESTFUL.fullmatch(full_url)
        root = resource.get("resourceType", "") if isinstance(resource, dict) else ""
        return self._value(resource, beside[1] if beside else "", str(root))

    def _value(self, value: Any, beside: str, where: str) -> Any:
        if isinstance(value, dict):
            return {name: self._member(name, each, beside, f"{where}.{name}") for name, each in value.items()}
        if isinstance(value, list):
            return [self._value(each, beside, f"{where}[{n}]") for n, each in enumerate(value)]
        return value

    def _member(self, name: str, value: Any, beside: str, where: str) -> Any:
        if not isinstance(value, str):
            return self._value(value, beside, where)
        if name == "reference":
            return self._reference(value, beside, where)
        if name == "div" and "urn:" in value:
            return _LINK.sub(lambda link: f'{link[1]}="{self.targets.get(link[2], link[2])}"', value)
        if value.startswith("urn:") and name not in _NO_ADDRESS:
            return self.targets.get(value, value)
        return value

    def _reference(self, text: str, beside: str, where: str) -> str:
        found = self.targets.get(text)
        if found is None and beside and _RELATIVE.fullmatch(text):
            found = self.targets.get(f"{beside}/{text}")
        if found is not None:
            return found
        condition = _CONDITIONAL.fullmatch(text)
        if condition is not None:
            return self.conditional.setdefault(text, f"{condition[1]}/{uuid4()}")
        if text.startswith(("urn:uuid:", "urn:oid:")):
            raise Invalid(
                f"No entry has the fullUrl {text[:80]}.",
                where=where,
                remedy="Send what it names, or name it by Type/id.",
            )
        return text


def substituted(value: Any, meant: Mapping[str, str]) -> Any:
    """Return *value* with each reference that *meant* knows replaced; the same object where there is none."""
    if isinstance(value, dict):
        members = {
            name: meant.get(each, each) if name == "reference" and isinstance(each, str) else substituted(each, meant)
            for name, each in value.items()
        }
        return members if any(members[name] is not each for name, each in value.items()) else value
    if isinstance(value, list):
        items = [substituted(each, meant) for each in value]
        return items if any(one is not each for one, each in zip(items, value, strict=True)) else value
    return meant.get(value, value) if isinstance(value, str) and "/" in value else value
