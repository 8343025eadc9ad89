"""Official instances, damaged at random, sent every way there is: an answer always, and never one that blames us."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from typing import Any

import pytest

from gateway.fhir.json import dumps, loads
from tests.fhir.instances import instances
from tests.store.endpoint import Endpoint

Resource = dict[str, Any]
BASE = [loads(body) for body in instances().values() if len(body) < 9000]
ODD: tuple[Any, ...] = (
    *(None, "", "x", "#", -1, 10**30, True, "\0", "é", "*", "POST", "GET"),
    *([], {}, [None], [{}], {"resourceType": "X"}, {"reference": "Patient?x=1"}, {"reference": "urn:uuid:1"}),
    *("urn:uuid:x", "Patient?identifier=a|b", {"a": [{}, {}]}),
)
METHODS = ("POST", "PUT", "GET", "DELETE", "PATCH")
URLS = ("{}", "{}/a", "{}?identifier=a|b", "{}?_id=a", "{}/$validate", "_history", "Observation/$lastn?patient=a")
LOOKS = (
    *("{}/a/_history?_count=1", "{}/a/_history?_count=x", "_history?_since=2026", "_history?_since=x&_count=0"),
    *("{}?_summary=true&_elements=id", "{}?_summary=count", "{}?_elements=*", "{}/a?_summary=text"),
    *("Patient/a/$everything?_count=1", "Patient/$everything?_type=Observation&_summary=data"),
    *("Observation/$lastn?patient=a&max=2&_elements=code", "{}/$nothing", "Patient/a/{}"),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, member in inside:
        yield from places(member, (*path, step))


class Requests:
    """Requests at random, the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def resource(self) -> Resource:
        return copy.deepcopy(self.random.choice(BASE))

    def odd(self) -> Any:
        return copy.deepcopy(self.random.choice(ODD))

    def damaged(self, value: Any) -> Any:
        for _ in range(self.random.randrange(4)):
            *way, last = self.random.choice([each for each in places(value) if each])
            holder = value
            for step in way:
                holder = holder[step]
            holder[last] = self.odd()
        return value

    def url(self, type_: str) -> str:
        return self.random.choice(URLS).format(type_)

    def entry(self, type_: str) -> Resource:
        request = {"method": self.random.choice(METHODS), "url": self.url(type_), "ifNoneExist": "identifier=a|b"}
        return {
            "fullUrl": "urn:uuid:0b5f2c1e-6a43-4a57-9d0b-2d1f3a5c7e90",
            "resource": self.resource(),
            "request": request,
        }

    def operation(self, resource: Resource) -> Resource:
        ways = ["/" + "/".join(map(str, each)) for each in places(resource)]
        op = self.random.choice(("add", "remove", "replace", "move", "copy", "test"))
        return {"op": op, "path": self.random.choice(ways), "from": self.random.choice(ways), "value": self.odd()}

    def next(self) -> tuple[str, str, bytes, str]:
        resource = self.resource()
        type_ = resource["resourceType"]
        match self.random.randrange(4):
            case 0:
                entries = [self.entry(type_) for _ in range(2)]
                bundle = {
                    "resourceType": "Bundle",
                    "type": self.random.choice(("batch", "transaction")),
                    "entry": entries,
                }
                return "POST", "", dumps(self.damaged(bundle)), "application/fhir+json"
            case 1:
                patch = [self.operation(resource) for _ in range(3)]
                return "PATCH", f"{type_}/a", dumps(patch), "application/json-patch+json"
            case 2:
                return "GET", self.random.choice(LOOKS).format(type_), b"", ""
            case _:
                body = dumps(self.damaged(resource | {"id": "a"}))
                return self.random.choice(("POST", "PUT")), self.url(type_), body, "application/fhir+json"


async def answers(endpoint: Endpoint, seed: int, count: int) -> dict[int, int]:
    requests, found = Requests(seed), dict[int, int]()
    for body in instances().values():
        resource = loads(body)
        await endpoint.put(f"{resource['resourceType']}/a", resource | {"id": "a"})
    for _ in range(count):
        method, url, body, media = requests.next()
        response = await endpoint.ask(method, url, body, **({"content_type": media} if media else {}))
        assert response.status < 500, (method, url, body, response.body)
        found[response.status] = found.get(response.status, 0) + 1
    return found


async def test_damaged_requests_get_an_answer_that_does_not_blame_us(endpoint: Endpoint) -> None:
    found = await answers(endpoint, 20261122, 200)
    assert {200, 400, 422} <= set(found)


@pytest.mark.soak
@pytest.mark.timeout(7200)
async def test_very_many_damaged_requests_get_an_answer(endpoint: Endpoint) -> None:
    assert sum((await answers(endpoint, 7, 50_000)).values()) == 50_000
