"""Whatever is asked, the answer is one of ours: no exception, no 5xx, an OperationOutcome for every error."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.fhir.json import dumps, loads
from gateway.fhir.rest import Request
from gateway.fhir.search.parameters import TYPES
from gateway.fhir.search.parsing import RESULT_PARAMETERS
from tests.store.endpoint import BASE, Endpoint, heart_rate, patient_alone

WORDS = st.text(max_size=12) | st.sampled_from(
    [
        "",
        "\0",
        "\ud800",
        "\\",
        "|",
        "a|b|c",
        ",",
        "$",
        "-1",
        "1e9",
        "9" * 30,
        "Patient/p1",
        BASE,
        "2024-02-30",
        "ge9999",
        "0000",
        "9999-12-31T23:59:60.9999999999+14:00",
        "ap0001",
        "ne2024",
        "W10",
        "-date",
        "'; DROP TABLE resource; --",
        "%",
    ]
)
TYPE = st.sampled_from([*TYPES, "Bundle", "metadata", ""]) | WORDS
PATHS = st.lists(TYPE | st.sampled_from(["_search", "_history", "1", "a"]), max_size=5).map("/".join)
NAMES = (
    st.sampled_from(sorted({name for each in TYPES.values() for name in each.named} | set(RESULT_PARAMETERS))) | WORDS
)
MODIFIED = st.tuples(NAMES, st.sampled_from(["", "", "", ":exact", ":Patient", ":not", ".name"])).map("".join)
QUERIES = st.lists(st.tuples(MODIFIED, WORDS | st.lists(WORDS, max_size=3).map(",".join)), max_size=4).map(tuple)
HEADERS = st.dictionaries(
    st.sampled_from(
        [
            "accept",
            "accept-language",
            "content-type",
            "if-match",
            "if-modified-since",
            "if-none-exist",
            "if-none-match",
            "prefer",
        ]
    ),
    WORDS
    | st.sampled_from(["application/fhir+json", "*/*", 'W/"1"', "identifier=a|b", "handling=lenient", "date=ge1"]),
    max_size=3,
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | WORDS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(WORDS | st.sampled_from(sorted(heart_rate())), inner, max_size=4)
    ),
    max_leaves=12,
)

BOUNDED = settings(max_examples=150, suppress_health_check=list(HealthCheck), deadline=None)


async def check(endpoint: Endpoint, request: Request) -> None:
    response = await endpoint.store.handle(request, endpoint.principal)
    assert response.status < 500
    if response.status >= 400:
        assert loads(response.body)["resourceType"] == "OperationOutcome"


@BOUNDED
@given(
    method=st.sampled_from(["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"]) | WORDS,
    path=PATHS,
    query=QUERIES,
    headers=HEADERS,
    body=st.binary(max_size=60),
)
async def test_no_request_at_all_breaks_the_endpoint(
    endpoint: Endpoint, *, method: str, path: str, query: Any, headers: dict[str, str], body: bytes
) -> None:
    await check(endpoint, Request(method=method, path=path, base=BASE, query=query, headers=headers, body=body))


@BOUNDED
@given(type_=st.sampled_from(sorted(TYPES)), query=QUERIES, citizen=st.booleans(), lenient=st.booleans())
async def test_no_search_breaks_the_endpoint(
    endpoint: Endpoint, type_: str, query: Any, *, citizen: bool, lenient: bool
) -> None:
    caller = Endpoint(store=endpoint.store, principal=patient_alone("p1") if citizen else endpoint.principal)
    headers = {"prefer": "handling=lenient"} if lenient else {}
    await check(caller, Request(method="GET", path=type_, base=BASE, query=query, headers=headers))


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Draw a valid Observation in which one thing is replaced."""
    resource = heart_rate(
        id="a", identifier=[{"system": "urn:x", "value": "1"}], encounter={"reference": "Encounter/e"}
    )
    where: Any = resource
    while True:
        key = draw(st.sampled_from(sorted(where))) if isinstance(where, dict) else 0
        if not isinstance(where[key], dict | list) or draw(st.booleans()):
            break
        where = where[key]
    where[key] = draw(JSON)
    try:
        return dumps(resource)
    except UnicodeEncodeError:
        return b"\xff"


@BOUNDED
@given(body=damaged(), create=st.booleans())
async def test_no_damaged_resource_breaks_the_endpoint(endpoint: Endpoint, body: bytes, *, create: bool) -> None:
    headers = {"content-type": "application/fhir+json"}
    path, method = ("Observation", "POST") if create else ("Observation/a", "PUT")
    await check(endpoint, Request(method=method, path=path, base=BASE, headers=headers, body=body))
    await check(endpoint, Request(method="GET", path="Observation", base=BASE))
