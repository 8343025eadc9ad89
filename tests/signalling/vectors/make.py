"""Makes bindings.json anew: bindings that hold, attacks that must not, and descriptions, for Python and browser.

python -m tests.signalling.vectors.make
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from certs_example.make import make
from signalling import confirm, jws
from tests.signalling.vectors.attacks import attacks_on_claims, attacks_on_signatures
from tests.signalling.vectors.descriptions import descriptions
from tests.signalling.vectors.people import ANSWER, BOOTH, EDGE, NOW, OFFER, ROY, Cast, der, private_jwk

FILE = Path(__file__).with_name("bindings.json")


def vectors(cast: Cast) -> dict[str, Any]:
    agreed = confirm.transcript(cast.offer, cast.answer, cast.nonce)
    prints = cast.prints
    return {
        "origin": "made by tests/signalling/vectors/make.py; the keys are thrown away and trusted nowhere",
        "now": int(NOW.timestamp()),
        "anchors": {
            "device_authority": der(cast.device_authority),
            "registration_authority": der(cast.registration_authority),
        },
        "edge": {
            "call": EDGE.call,
            "generation": EDGE.generation,
            "endpoint": str(EDGE.endpoint),
            "offerer": EDGE.offerer,
            "answerer": EDGE.answerer,
        },
        "booth": {"subject": BOOTH, "jwk": private_jwk(cast.booth.key), "proof": cast.booth.proof},
        "physician": {"subject": ROY, "jwk": private_jwk(cast.physician.key), "proof": cast.physician.proof},
        "fingerprints": prints,
        "nonce": cast.nonce,
        "commitment": confirm.commit(cast.nonce),
        "offer": cast.offer,
        "answer": cast.answer,
        "peer": jws.digest(cast.offer.encode()),
        "transcript": agreed,
        "digits": confirm.digits(agreed),
        "confirms": {
            "offer": confirm.make_confirm(cast.booth, EDGE, OFFER, agreed=agreed, seen=prints["physician"]),
            "answer": confirm.make_confirm(cast.physician, EDGE, ANSWER, agreed=agreed, seen=prints["booth"]),
        },
        "attacks": attacks_on_claims(cast) + attacks_on_signatures(cast),
        "descriptions": descriptions(prints["booth"]),
    }


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        ours = make(Path(folder) / "ours", booths=["caudry-03", "bertry-01"], now=NOW)
        strangers = make(Path(folder) / "strangers", booths=["caudry-03"], now=NOW)
        made = vectors(Cast(ours, strangers))
    FILE.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
