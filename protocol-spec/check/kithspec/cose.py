"""COSE_Sign1 (RFC 9052) with one Ed25519 signature, as a record uses it.

The external data is the domain string of the record's type, so that a
signature over one type is never a signature over another.
"""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kithspec import cbor, ed25519, hashes

ALG, CRIT, CONTENT_TYPE, KID = 1, 2, 3, 4
EDDSA = -8
MAX_SIGNATURES = 32


class CoseError(Exception):
    """Why an envelope is refused. `code` names the rule."""

    def __init__(self, code, detail=""):
        super().__init__(f"{code}{': ' + detail if detail else ''}")
        self.code = code


def to_be_signed(protected, payload, external):
    """The bytes that the signature covers: RFC 9052, section 4.4."""
    return cbor.encode(["Signature1", protected, external, payload])


def content_type(name):
    """The content type of a kind of record."""
    return f"application/vnd.kith.{name}+cbor"


def domain(name, version):
    """What separates this kind's signatures and digests from all others."""
    return f"kith/{version}/{name}"


def digest(kind_domain, content):
    """SHA-256 of the domain, one zero byte, and the content."""
    return hashes.sha256(kind_domain.encode() + b"\0" + content)


def parse(data, *, name, max_size=cbor.MAX_SIZE):
    """Takes one signature apart: key, protected bytes, payload, signature.

    Refuses every form but the one: tag 18; exactly the three protected
    headers algorithm (EdDSA), content type and key id (the 32 bytes of the
    key); nothing unprotected; a signature of 64 bytes.
    """
    outer = cbor.decode(data, max_size=max_size)
    if not isinstance(outer, cbor.Tagged):
        raise CoseError("no-tag")
    parts = outer.value
    if not isinstance(parts, list) or len(parts) != 4:
        raise CoseError("shape", "not an array of four")
    protected, unprotected, payload, signature = parts
    if not isinstance(protected, bytes) or not isinstance(signature, bytes):
        raise CoseError("shape", "the headers and the signature are byte strings")
    if not isinstance(payload, bytes) and payload is not None:
        raise CoseError("shape", "the payload is a byte string, or null where it stands apart")
    if unprotected != {}:
        raise CoseError("header", "an unprotected header")
    headers = cbor.decode(protected)
    if not isinstance(headers, dict) or headers.get(ALG) != EDDSA:
        raise CoseError("algorithm")
    if headers.get(CONTENT_TYPE) != content_type(name):
        raise CoseError("other-kind", repr(headers.get(CONTENT_TYPE)))
    key = headers.get(KID)
    if set(headers) != {ALG, CONTENT_TYPE, KID}:
        raise CoseError("header", f"{sorted(headers)}")
    if not isinstance(key, bytes) or len(key) != 32 or ed25519.is_small_order(key) is not False:
        raise CoseError("key")
    if len(signature) != 64:
        raise CoseError("shape", "the signature has not 64 bytes")
    return key, protected, payload, signature


def read(data, *, name, version, signer=None, max_size=cbor.MAX_SIZE):
    """The signer and the payload's bytes of a record of this kind.

    A valid signature is no permission: whether `signer` may say such a thing
    is the caller's question. Name it where it is known beforehand.
    """
    key, protected, payload, signature = parse(data, name=name, max_size=max_size)
    if payload is None:
        raise CoseError("shape", "the payload is missing")
    if signer is not None and signer != key:
        raise CoseError("other-signer")
    message = to_be_signed(protected, payload, domain(name, version).encode())
    if not ed25519.verify(key, signature, message):
        raise CoseError("signature")
    cbor.decode(payload, max_size=max_size)
    return key, payload


def read_cosigned(data, *, name, version, max_size=cbor.MAX_SIZE):
    """The signers, in order, and the payload's bytes of a document that
    several keys sign: [payload, [signature, …]], each signature a record
    whose own payload is null. Whether they are enough is the caller's question.
    """
    parts = cbor.decode(data, max_size=max_size)
    if not isinstance(parts, list) or len(parts) != 2:
        raise CoseError("shape", "not a payload and its signatures")
    payload, signatures = parts
    if not isinstance(payload, bytes) or not isinstance(signatures, list):
        raise CoseError("shape", "not a payload and its signatures")
    if not 1 <= len(signatures) <= MAX_SIGNATURES:
        raise CoseError("signature-count")
    signers = []
    for one in signatures:
        if not isinstance(one, bytes):
            raise CoseError("shape", "a signature is a byte string")
        key, protected, own, signature = parse(one, name=name, max_size=max_size)
        if signers and key <= signers[-1]:
            raise CoseError("signer-order", "repeated or not sorted")
        if own is not None:
            raise CoseError("shape", "a payload of its own")
        message = to_be_signed(protected, payload, domain(name, version).encode())
        if not ed25519.verify(key, signature, message):
            raise CoseError("signature")
        signers.append(key)
    cbor.decode(payload, max_size=max_size)
    return signers, payload


def sign(payload, *, seed, name, version):
    """A record, from the 32-byte seed of its signer's key."""
    key = Ed25519PrivateKey.from_private_bytes(seed)
    public = key.public_key().public_bytes_raw()
    protected = cbor.encode({ALG: EDDSA, CONTENT_TYPE: content_type(name), KID: public})
    signature = key.sign(to_be_signed(protected, payload, domain(name, version).encode()))
    return cbor.encode(cbor.Tagged(cbor.SIGN1, [protected, {}, payload, signature]))


def cosign(payload, *, seeds, name, version):
    """A document signed by several keys, each given by its seed."""
    signatures = []
    for seed in seeds:
        key = Ed25519PrivateKey.from_private_bytes(seed)
        public = key.public_key().public_bytes_raw()
        protected = cbor.encode({ALG: EDDSA, CONTENT_TYPE: content_type(name), KID: public})
        signature = key.sign(to_be_signed(protected, payload, domain(name, version).encode()))
        envelope = cbor.Tagged(cbor.SIGN1, [protected, {}, None, signature])
        signatures.append((public, cbor.encode(envelope)))
    return cbor.encode([payload, [one for _, one in sorted(signatures)]])
