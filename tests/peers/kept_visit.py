"""What is left of a visit, as an integrator finds it: papers that can be read, a record, a signature that holds."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import datetime
from typing import Any

import aiohttp
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from fhirpy import AsyncFHIRClient

from gateway.authority import CERTIFICATE
from gateway.fhir.provenance import signature
from gateway.identity.signature import check, covered
from signalling import jws
from tests.peers.demo import Demo, smart_token

__all__ = ["the_record_has_it"]


async def the_record_has_it(demo: Demo, papers: list[bytes], pressures: list[str]) -> None:
    """Find all of the visit as an integrator does, and verify the signature with the authority's certificate alone."""
    async with aiohttp.ClientSession() as session:
        token = await smart_token(session, demo.described)
    client = AsyncFHIRClient(demo.described["fhir"], authorization=f"Bearer {token}")
    (composition,) = await client.resources("Composition").search(type="http://loinc.org|85208-7").fetch()
    encounter = await composition["encounter"].to_resource()
    assert (encounter["class"]["code"], encounter["status"]) == ("VR", "finished")
    assert encounter["participant"][0]["individual"]["display"] == "Dr Claire Martin"
    documents = await client.resources("DocumentReference").search(encounter=f"Encounter/{encounter.id}").fetch()
    pdfs = [base64.b64decode(each["content"][0]["attachment"]["data"]) for each in documents]
    assert sorted(pdfs) == sorted(papers)
    await the_signature_holds(demo, f"Composition/{composition.id}", papers)
    assert {each["content"][0]["attachment"]["hash"] for each in documents} == {
        base64.b64encode(hashlib.sha1(each).digest()).decode() for each in papers
    }
    search = client.resources("Observation").search(encounter=f"Encounter/{encounter.id}", code="85354-9")
    kept = await search.sort("date").fetch()
    values = ["/".join(str(part["valueQuantity"]["value"]) for part in each["component"][:2]) for each in kept]
    assert list(dict.fromkeys(values)) == pressures


async def the_signature_holds(demo: Demo, composition: str, papers: list[bytes]) -> None:
    """Verify it with the registration authority's certificate alone, over what is stored."""
    async with aiohttp.ClientSession() as session:
        token = await smart_token(session, demo.described)

        async def read_back(query: str) -> Any:
            url, bearer = f"{demo.described['fhir']}/{query}", {"Authorization": f"Bearer {token}"}
            async with session.get(url, headers=bearer) as answer:
                return await answer.json(content_type=None)

        stored = await read_back(composition)
        (entry,) = (await read_back(f"Provenance?target={composition}"))["entry"]
    token = signature(entry["resource"])
    part = token.split(".")[1]
    text = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)).decode()
    pem = (demo.folder / "authority" / CERTIFICATE).read_bytes()
    authority = x509.load_pem_x509_certificate(pem).public_key()
    assert isinstance(authority, ec.EllipticCurvePublicKey)
    recorded = datetime.fromisoformat(entry["resource"]["recorded"])
    check(token, signed=text, physician="rpps:10001234567", authority=authority, now=recorded)
    signed = json.loads(text)
    assert signed["composition"] == {"reference": composition, "sha256": jws.digest(covered(stored))}
    assert {each["sha256"] for each in signed["documents"]} == {jws.digest(each) for each in papers}
