"""Schemathesis against a gateway: requests that our OpenAPI document allows, and requests that it does not.

https://schemathesis.readthedocs.io
"""

from __future__ import annotations

import copy
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import content_type_conformance, status_code_conformance

from tests.peers.integrating import Integration

__all__ = ["KNOWN", "Fuzz"]

KNOWN = "known"
"""The id that half the requests name: there is one resource of each type under it."""

_LEFT = frozenset({"url", "valueString", "valueQuantity"})
_TOKEN_S = 120.0


def _shortened(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document with less inside elements: most of the time would go into extensions of extensions."""
    short = copy.deepcopy(document)
    schemas = short["components"]["schemas"]
    schemas["Extension"]["properties"] = {
        name: value for name, value in schemas["Extension"]["properties"].items() if name in _LEFT
    }
    for schema in schemas.values():
        if "resourceType" not in schema["properties"]:
            schema.pop("patternProperties", None)
            for name in ("id", "extension", "modifierExtension", "assigner", "identifier"):
                if name not in schema.get("required", ()):
                    schema["properties"].pop(name, None)
    return short


@dataclass(kw_only=True)
class Fuzz:
    """One run: what was asked and what was answered; `wrong` are the answers that break the document's promise."""

    gateway: Integration
    statuses: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    session: requests.Session = field(default_factory=requests.Session)
    signed: float = float("-inf")

    def operations(self) -> list[Any]:
        """Return every operation of the document: what makes requests for it, and what its answers must be."""
        document = self.session.get(f"{self.gateway.fhir}/openapi.json", timeout=30).json()
        whole = _by_label(schemathesis.openapi.from_dict(document))
        return [
            (one, whole[label])
            for label, one in _by_label(schemathesis.openapi.from_dict(_shortened(document))).items()
        ]

    def run(self, operations: Sequence[Any], examples: int, *, with_body: int) -> Iterator[int]:
        """Send *examples* allowed requests and as many others for each operation; yield how many so far.

        A body takes ten times as long to make as an address: of requests with one there are *with_body*.
        """
        for one, whole in operations:
            self._sign()
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                self._send(one, whole, mode, with_body if list(one.body) else examples)
            yield self.statuses.total()

    def _sign(self) -> None:
        if time.monotonic() - self.signed > _TOKEN_S:
            self.session.headers["Authorization"] = f"Bearer {self.gateway.token()}"
            self.signed = time.monotonic()

    def _send(self, one: Any, whole: Any, mode: GenerationMode, examples: int) -> None:
        @settings(
            max_examples=examples,
            database=None,
            deadline=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=one.as_strategy(mode))
        def each(case: Case[Any]) -> None:
            self._ask(case, whole)

        each()

    def _ask(self, case: Case[Any], whole: Any) -> None:
        places = case.path_parameters
        if isinstance(places, dict) and "id" in places:
            if self.statuses.total() % 2:
                places["id"] = KNOWN
            if case.method == "PUT" and isinstance(case.body, dict):
                case.body["id"] = places["id"]
        answer = case.call(base_url=self.gateway.fhir, session=self.session, timeout=30)
        self.statuses[answer.status_code] += 1
        try:
            case.validate_response(answer, [not_a_server_error, status_code_conformance])
            if answer.content:  # `Prefer: return=minimal` leaves the body out, and with it its type
                case.validate_response(answer, [content_type_conformance])
                whole.validate_response(answer)
        except (FailureGroup, Failure) as broken:
            self.wrong.append(f"{case.as_curl_command()[:2000]}\n{_words(broken)}\n{answer.text[:1000]}")


def _by_label(schema: Any) -> dict[str, Any]:
    return {found.ok().label: found.ok() for found in schema.get_all_operations()}


def _words(broken: BaseException) -> str:
    inside = getattr(broken, "exceptions", (broken,))
    return "\n".join(str(each)[:1000] for each in inside)
