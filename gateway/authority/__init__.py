"""The registration authority: certifies physicians' and booths' keys, and keeps a book of all that it certified.

    teleborne authority init DIR                     make the authority's two keys (0600) and their certificates
    teleborne authority certify DIR --physician rpps:… --name … --jwk FILE|-   print one credential
    run_authority(settings)                          the same for a gateway on this machine: POST /credential,
                                                     and a booth's certificate: POST /certificate

    DIR/registration-authority-key.pem, registration-authority.pem   for physicians, as certs_example.make writes them
    DIR/device-ca-key.pem, device-ca.pem                             for booths, as certs_example.make writes them
    DIR/gateways/NAME.json                                           public JWK of a gateway that may vouch
    DIR/issued.jsonl                                                 one line a key, written before it is given

docs/signalling.md, *Who signs*: these keys are never on the signalling host.
"""

from __future__ import annotations

from gateway.authority.folder import CERTIFICATE, certify, initialise, open_authority, register
from gateway.authority.registration import Authority
from gateway.authority.serving import AuthoritySettings, run_authority

__all__ = [
    "CERTIFICATE",
    "Authority",
    "AuthoritySettings",
    "certify",
    "initialise",
    "open_authority",
    "register",
    "run_authority",
]
