"""Sealed parameters, chapter 05, on `cryptography`'s HPKE."""

import hashlib
import ipaddress

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric import mlkem, x25519

from kithspec import cbor, cose, hashes

NAME, VERSION, MAX_SIZE = "sealed-parameters", 1, 10 * 1024
X25519, X_WING = 0x0020, 0x647A
# The strongest first.
KNOWN = (X_WING, X25519)
ENC_LENGTH = {X25519: 32, X_WING: 1120}
CLASSES = (2048, 4096, 8192)
TAG = 16
LIFETIME = 120_000
MAX_SKEW = 24 * 3600 * 1000
MAX_ENDPOINTS = 8
TECHNOLOGIES = range(1, 6)
TEXTS = {"hosted_session": (2, 128), "account": (3, 256), "password": (4, 512)}


class SealError(Exception):
    """Why something is not opened. `code` as in the chapter."""

    def __init__(self, code, detail=""):
        super().__init__(f"{code}{': ' + detail if detail else ''}")
        self.code = code


# ---- Mechanisms and keys


def best_common(a, b):
    return next((kem for kem in KNOWN if kem in a and kem in b), None)


def suite(kem):
    kems = {X25519: hpke.KEM.X25519, X_WING: hpke.KEM.MLKEM768_X25519}
    return hpke.Suite(kems[kem], hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305)


def derive(kem, ikm):
    """HPKE's DeriveKeyPair: the private key's 32 bytes."""
    suite_id = b"KEM" + kem.to_bytes(2, "big")
    if kem == X25519:  # RFC 9180, 7.1.3
        prk = hashes.hmac_sha256(bytes(32), b"HPKE-v1" + suite_id + b"dkp_prk" + ikm)
        labeled = (32).to_bytes(2, "big") + b"HPKE-v1" + suite_id + b"sk"
        return hashes.hmac_sha256(prk, labeled + b"\1")
    # draft-ietf-hpke-pq: SHAKE256.LabeledDerive(ikm, "DeriveKeyPair", "", 32)
    label = b"DeriveKeyPair"
    labeled = ikm + b"HPKE-v1" + suite_id + len(label).to_bytes(2, "big") + label + (32).to_bytes(2, "big")
    return hashlib.shake_256(labeled).digest(32)


def load(kem, private):
    """The private key as the library knows it, and the public key's bytes."""
    if kem == X25519:
        key = x25519.X25519PrivateKey.from_private_bytes(private)
        return key, key.public_key().public_bytes_raw()
    # draft-connolly-cfrg-xwing-kem, 5.2
    expanded = hashlib.shake_256(private).digest(96)
    m = mlkem.MLKEM768PrivateKey.from_seed_bytes(expanded[:64])
    x = x25519.X25519PrivateKey.from_private_bytes(expanded[64:])
    public = m.public_key().public_bytes_raw() + x.public_key().public_bytes_raw()
    return hpke.MLKEM768X25519PrivateKey(m, x), public


def signer_thumbprint(key):
    return cose.digest("kith/1/signing-key", key)


def kem_thumbprint(kem, public):
    return cose.digest("kith/1/kem-key", kem.to_bytes(2, "big") + public)


# ---- Info


def info(context, sender_key, recipient_key, expires):
    policies = [
        {0: bytes.fromhex(p["org"]), 1: p["sequence"], 2: bytes.fromhex(p["digest"])}
        for p in context["policies"]
    ]
    fields = {
        0: VERSION,
        1: bytes.fromhex(context["session"]),
        2: bytes.fromhex(context["sender"]),
        3: bytes.fromhex(context["recipient"]),
        4: sender_key,
        5: recipient_key,
        6: context["sender_kems"],
        7: context["recipient_kems"],
        8: policies or None,
        9: context["technology"],
        10: context["hosted"],
        11: context["view"],
        12: context["control"],
        13: context["applications"] or None,
        14: context["rights"] or None,
        15: bytes.fromhex(context["challenge"]),
        16: expires,
    }
    return cbor.encode({key: value for key, value in fields.items() if value is not None})


# ---- Parameters


def encode_parameters(parameters):
    """Length, content, zeros up to the size class."""
    fields = {0: 1}
    if parameters.get("endpoints"):
        fields[1] = [
            {0: e["technology"], 1: ipaddress.ip_address(e["address"]).packed, 2: e["port"]}
            for e in parameters["endpoints"]
        ]
    for name, (key, _) in TEXTS.items():
        if parameters.get(name) is not None:
            fields[key] = parameters[name]
    if parameters.get("screen") is not None:
        fields[5] = dict(enumerate(parameters["screen"]))
    if parameters.get("one_time_key") is not None:
        fields[6] = bytes.fromhex(parameters["one_time_key"])
    return pad(cbor.encode(fields))


def pad(content):
    plain = len(content).to_bytes(2, "big") + content
    return plain.ljust(next(c for c in CLASSES if len(plain) <= c), b"\0")


def _check(good, what):
    if not good:
        raise SealError("content", what)


def _fields(value, required):
    """A map with its unknown keys judged."""
    _check(isinstance(value, dict) and all(type(k) is int for k in value), "not a map")
    _check(all(key in value for key in required), "a field is missing")
    _check(all(k >= 0 for k in value), "a critical field")
    return value


def _number(value, low=1, high=0xFFFF):
    _check(type(value) is int and low <= value <= high, "a number")
    return value


def _endpoint(value):
    fields = _fields(value, (0, 1, 2))
    _check(type(fields[0]) is int and fields[0] in TECHNOLOGIES, "a technology")
    packed = fields[1]
    _check(isinstance(packed, bytes) and len(packed) in (4, 16), "an address")
    address = ipaddress.ip_address(packed)
    _check(getattr(address, "ipv4_mapped", None) is None, "a hidden address")
    return {"technology": fields[0], "address": str(address), "port": _number(fields[2])}


def decode_parameters(plain):
    _check(len(plain) in CLASSES, "no size class")
    length = int.from_bytes(plain[:2], "big")
    content, padding = plain[2 : 2 + length], plain[2 + length :]
    _check(len(content) == length and not any(padding), "length or padding")
    _check(pad(content) == plain, "a larger class than needed")
    try:
        fields = cbor.decode(content, max_size=CLASSES[-1])
    except cbor.CborError as error:
        raise SealError("content", str(error)) from error
    _check(isinstance(fields, dict), "not a map")
    _check(fields.get(0) == 1, "another version")
    _fields(fields, (0,))
    out = {}
    if 1 in fields:
        _check(isinstance(fields[1], list) and 1 <= len(fields[1]) <= MAX_ENDPOINTS, "endpoints")
        out["endpoints"] = [_endpoint(e) for e in fields[1]]
    for name, (key, most) in TEXTS.items():
        if key in fields:
            text = fields[key]
            _check(isinstance(text, str) and 1 <= len(text.encode()) <= most, name)
            _check(not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in text), "a control character")
            out[name] = text
    if 5 in fields:
        screen = _fields(fields[5], (0, 1, 2))
        out["screen"] = [_number(screen[k]) for k in (0, 1, 2)]
    if 6 in fields:
        _check(isinstance(fields[6], bytes) and len(fields[6]) == 32, "a key")
        out["one_time_key"] = fields[6].hex()
    return out


# ---- Messages


def read(data, sender):
    """The fields of a message, after its signature was verified."""
    _, payload = cose.read(data, name=NAME, version=VERSION, signer=sender, max_size=MAX_SIZE)
    fields = cbor.decode(payload, max_size=MAX_SIZE)

    def check(good, what):
        if not good:
            raise SealError("malformed", what)

    check(isinstance(fields, dict) and all(type(k) is int for k in fields), "not a map")
    check(all(key in fields for key in range(7)), "a field is missing")
    check(fields[0] == 1, "another version")
    check(all(key >= 0 for key in fields), "a critical field")
    session, recipient, kem, expires, enc, ciphertext = (fields[k] for k in range(1, 7))
    check(isinstance(session, bytes) and len(session) == 16, "a session")
    check(isinstance(recipient, bytes) and len(recipient) == 32, "a recipient")
    check(kem in KNOWN, "an unknown mechanism")
    check(type(expires) is int and 0 <= expires <= 1 << 48, "an expiry")
    check(isinstance(enc, bytes) and len(enc) == ENC_LENGTH[kem], "an encapsulated key")
    check(isinstance(ciphertext, bytes) and len(ciphertext) - TAG in CLASSES, "a ciphertext")
    return session, recipient, kem, expires, enc, ciphertext


def accept(case):
    """The recipient's own: mechanism, private key, public key."""
    kem = best_common(case["context"]["sender_kems"], case["context"]["recipient_kems"])
    private, public = load(kem, derive(kem, bytes.fromhex(case["accept_ikm"])))
    return kem, private, public


def open_message(case, data, context, now, clock):
    """The parameters, as the recipient of `case` who knows `context`."""
    sender = bytes.fromhex(case["context"]["sender"])
    session, recipient, kem, expires, enc, ciphertext = read(data, sender)
    own_kem, private, public = accept(case)

    def same(a, b, what):
        if a != b:
            raise SealError("mismatch", what)

    same(session.hex(), context["session"], "session")
    same(case["context"]["session"], context["session"], "session")
    same(sender.hex(), context["sender"], "sender")
    same(recipient.hex(), context["recipient"], "recipient")
    same(case["context"]["challenge"], context["challenge"], "challenge")
    same(kem, own_kem, "mechanism")
    best = best_common(context["sender_kems"], context["recipient_kems"])
    if best is None:
        raise SealError("no-common-kem")
    if KNOWN.index(best) < KNOWN.index(kem):
        raise SealError("weaker-kem")
    same(best, kem, "mechanism")
    if now > expires + MAX_SKEW:
        raise SealError("expired")
    if expires > now + LIFETIME + MAX_SKEW:
        raise SealError("clock-ahead")
    if clock > case["made"] + LIFETIME:
        raise SealError("too-late")
    bound = info(context, signer_thumbprint(sender), kem_thumbprint(kem, public), expires)
    try:
        plain = suite(kem).decrypt(enc + ciphertext, private, info=bound)
    except (InvalidTag, ValueError) as error:
        raise SealError("closed") from error
    return decode_parameters(plain)


def seal(case):
    """A message, with the randomness of the library."""
    kem, _, public = accept(case)
    if kem == X25519:
        key = x25519.X25519PublicKey.from_public_bytes(public)
    else:
        m = mlkem.MLKEM768PublicKey.from_public_bytes(public[:1184])
        key = hpke.MLKEM768X25519PublicKey(m, x25519.X25519PublicKey.from_public_bytes(public[1184:]))
    context = case["context"]
    sender = bytes.fromhex(context["sender"])
    bound = info(context, signer_thumbprint(sender), kem_thumbprint(kem, public), case["expires"])
    sealed = suite(kem).encrypt(encode_parameters(case["parameters"]), key, info=bound)
    payload = cbor.encode({
        0: 1,
        1: bytes.fromhex(context["session"]),
        2: bytes.fromhex(context["recipient"]),
        3: kem,
        4: case["expires"],
        5: sealed[: ENC_LENGTH[kem]],
        6: sealed[ENC_LENGTH[kem] :],
    })
    return cose.sign(payload, seed=bytes.fromhex(case["sender_seed"]), name=NAME, version=VERSION)
