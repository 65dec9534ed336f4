"""COSE_Sign1 (RFC 9052) with one Ed25519 signature, as a record uses it.

The external data is the domain string of the record's type, so that a
signature over one type is never a signature over another.
"""

from kithspec import cbor, ed25519

ALG, CRIT, CONTENT_TYPE, KID = 1, 2, 3, 4
EDDSA = -8


class CoseError(Exception):
    """Why an envelope is refused. `code` names the rule."""

    def __init__(self, code, detail=""):
        super().__init__(f"{code}{': ' + detail if detail else ''}")
        self.code = code


def to_be_signed(protected, payload, domain):
    """The bytes that the signature covers: RFC 9052, section 4.4."""
    return cbor.encode(["Signature1", protected, domain, payload])


def parse(data, *, tags=()):
    """Splits an envelope: protected headers, their bytes, payload, signature."""
    outer = cbor.decode(data, tags=tags)
    if isinstance(outer, cbor.Tagged):
        outer = outer.value
    if not isinstance(outer, list) or len(outer) != 4:
        raise CoseError("shape", "not an array of four")
    protected, unprotected, payload, signature = outer
    if not isinstance(protected, bytes) or not isinstance(payload, bytes) or not isinstance(signature, bytes):
        raise CoseError("shape", "protected, payload and signature are byte strings")
    if unprotected != {}:
        raise CoseError("unprotected", "the unprotected headers must be empty")
    headers = cbor.decode(protected)
    if not isinstance(headers, dict):
        raise CoseError("shape", "the protected headers are a map")
    return headers, protected, payload, signature


def verify(data, *, key, domain, tags=()):
    """Headers and payload of a record signed by `key` for `domain`."""
    headers, protected, payload, signature = parse(data, tags=tags)
    if headers.get(ALG) != EDDSA:
        raise CoseError("algorithm", repr(headers.get(ALG)))
    if not ed25519.verify(key, signature, to_be_signed(protected, payload, domain)):
        raise CoseError("signature")
    return headers, payload
