"""Chapter 03: names, texts, tickets, answers, replies, pair secret, verifying."""

import base64
import hashlib
import unicodedata

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from kithspec import cbor, cose
from kithspec.hashes import hkdf_sha256, hmac_sha256

LONGEST = 30 * 86_400_000
KINDS = ("invite", "answer", "reply", "safety")


class InviteError(Exception):
    """Why something of an invite is refused. `code` names the rule."""

    def __init__(self, code, detail=""):
        super().__init__(f"{code}{': ' + detail if detail else ''}")
        self.code = code


# --- names -----------------------------------------------------------------

# Default_Ignorable_Code_Point beyond category Cf, and glyphs without ink.
BLANK = (
    {0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0, 0x2065, 0x2800, 0x13441, 0x13442, 0x16FE4, 0x1D159}
    | set(range(0x180B, 0x1810))
    | set(range(0xFE00, 0xFE10))
    | set(range(0xFFF0, 0xFFF9))
    | set(range(0xE0000, 0xE1000))
)


def char_class(char):
    if char == " ":
        return "punctuation"
    category = unicodedata.category(char)
    if ord(char) in BLANK or category[0] in "ZC":
        return "hidden"
    if category[0] in "LN" or category == "Mc":
        return "letter"
    return {"M": "mark", "P": "punctuation", "S": "symbol"}[category[0]]


def is_space(char):
    return char in "\t\n\v\f\r\x85" or unicodedata.category(char)[0] == "Z"


def name_from_typed(text):
    if len(text.encode()) > 1024:
        raise InviteError("too-long")
    words = "".join(" " if is_space(c) else c for c in text).split(" ")
    name = unicodedata.normalize("NFC", " ".join(word for word in words if word))
    if not name:
        raise InviteError("empty")
    if len(name) > 64:
        raise InviteError("too-long")
    marks, before, letter = 0, " ", False
    for char in name:
        kind = char_class(char)
        if kind == "hidden":
            raise InviteError("forbidden", f"U+{ord(char):04X}")
        if kind == "mark":
            if before == " ":
                raise InviteError("stray-mark")
            marks += 1
        else:
            marks = 0
            letter = letter or kind == "letter"
        if marks > 4:
            raise InviteError("too-many-marks")
        before = char
    if not letter:
        raise InviteError("no-letter")
    return name


def name_from_wire(text):
    name = name_from_typed(text)
    if name != text:
        raise InviteError("not-normal")
    return name


# --- texts -----------------------------------------------------------------


def to_text(kind, data):
    check = cose.digest(f"kith/1/text/{kind}", data)[:4]
    body = base64.b32encode(data + check).decode().rstrip("=").lower()
    return f"kith:{kind}:{body}"


def from_text(text):
    plain = "".join(c for c in text if not c.isspace() and c not in "<>").upper()
    parts = plain.split(":", 2)
    if len(parts) != 3 or parts[0] != "KITH":
        raise InviteError("not-kith")
    kind, body = parts[1].lower(), parts[2]
    if kind not in KINDS:
        raise InviteError("unknown-kind")
    try:
        data = base64.b32decode(body + "=" * (-len(body) % 8))
    except ValueError:
        raise InviteError("malformed") from None
    if "=" in body or len(data) < 4 or base64.b32encode(data).decode().rstrip("=") != body:
        raise InviteError("malformed")
    data, check = data[:-4], data[-4:]
    if cose.digest(f"kith/1/text/{kind}", data)[:4] != check:
        raise InviteError("checksum")
    return kind, data


# --- records ---------------------------------------------------------------


def _fields(payload, required, optional=()):
    fields = cbor.decode(payload)
    if not isinstance(fields, dict) or fields.get(0) != 1:
        raise InviteError("version")
    if any(not isinstance(key, int) for key in fields):
        raise InviteError("key-kind")
    if any(key < 0 and key not in optional for key in fields):
        raise InviteError("critical")
    for key in required:
        if key not in fields:
            raise InviteError("missing", str(key))
    return fields


def _bytes(value, length):
    if not isinstance(value, bytes) or len(value) != length:
        raise InviteError("range")
    return value


def _address(value):
    if not isinstance(value, bytes) or not 1 <= len(value) <= 48:
        raise InviteError("range", "address")


def _hints(fields, first):
    for key, most in ((first, 4), (first + 1, 2)):
        if key not in fields:
            continue
        found = fields[key]
        if not isinstance(found, list) or not 1 <= len(found) <= most:
            raise InviteError("range", "hints")
    for address in fields.get(first, []):
        _address(address)
    for relay in fields.get(first + 1, []):
        if not isinstance(relay, dict) or any(key < 0 for key in relay):
            raise InviteError("range", "relay")
        _bytes(relay.get(0), 32)
        if not isinstance(relay.get(1), list) or len(relay[1]) != 1:
            raise InviteError("range", "relay")
        _address(relay[1][0])


def read_ticket(data):
    device, payload = cose.read(data, name="ticket", version=1, max_size=1024)
    fields = _fields(payload, (1, 2, 3, 4, 5, 6, 7))
    _bytes(fields[1], 32), _bytes(fields[3], 32), _bytes(fields[4], 32)
    name_from_wire(fields[2])
    issued, expires = fields[5], fields[6]
    if not 0 <= issued < expires <= 2**48 or expires - issued > LONGEST:
        raise InviteError("validity")
    if fields[7] != 1:
        raise InviteError("purpose")
    _hints(fields, 8)
    return device, fields, cose.digest(cose.domain("ticket", 1), payload)


def make_ticket(*, seed, **fields):
    return cose.sign(cbor.encode({0: 1, **fields}), seed=seed, name="ticket", version=1)


def derive(salt, secret, label, *context):
    return hkdf_sha256(salt, secret, label.encode() + b"\0" + b"".join(context), 32)


def ticket_keys(seed):
    """The secret and the one-time key that an inviter makes from one seed."""
    secret = derive(b"", seed, "kith/1/ticket-secret")
    private = X25519PrivateKey.from_private_bytes(derive(b"", seed, "kith/1/ticket-key"))
    return secret, private


def proof(secret, ticket, person, device, half, name):
    key = derive(b"", secret, "kith/1/ticket-proof")
    return hmac_sha256(key, ticket + person + device + half + name.encode())


def half_digest(half):
    return cose.digest("kith/1/pair-half", half)


# --- sealing: RFC 9180, mode_psk, written out ------------------------------

SUITE = b"HPKE" + (0x20).to_bytes(2, "big") + (1).to_bytes(2, "big") + (3).to_bytes(2, "big")
KEM = b"KEM" + (0x20).to_bytes(2, "big")


def _extract(salt, suite, label, secret):
    return hmac_sha256(salt or bytes(32), b"HPKE-v1" + suite + label + secret)


def _expand(secret, suite, label, info, length):
    info = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    # One block is enough for all that is needed here.
    return hmac_sha256(secret, info + b"\x01")[:length]


def _schedule(shared, info, psk, psk_id):
    context = b"\x01" + _extract(b"", SUITE, b"psk_id_hash", psk_id) + _extract(b"", SUITE, b"info_hash", info)
    secret = _extract(shared, SUITE, b"secret", psk)
    return _expand(secret, SUITE, b"key", context, 32), _expand(secret, SUITE, b"base_nonce", context, 12)


def hpke_psk_open(private, enc, info, psk, psk_id, sealed):
    public = private.public_key().public_bytes_raw()
    shared = private.exchange(X25519PublicKey.from_public_bytes(enc))
    prk = _extract(b"", KEM, b"eae_prk", shared)
    shared = _expand(prk, KEM, b"shared_secret", enc + public, 32)
    key, nonce = _schedule(shared, info, psk, psk_id)
    try:
        return ChaCha20Poly1305(key).decrypt(nonce, sealed, b"")
    except InvalidTag:
        raise InviteError("sealed") from None


def _outer(data):
    if len(data) > 60 * 1024:
        raise InviteError("too-long")
    fields = _fields(data, (1, 2, 3))
    if not isinstance(fields[3], bytes):
        raise InviteError("range")
    return _bytes(fields[1], 32), _bytes(fields[2], 32), fields[3]


def _inner(plain):
    half, parts = plain[:32], cbor.decode(plain[32:])
    if len(half) != 32 or not isinstance(parts, list) or not 1 <= len(parts) <= 65:
        raise InviteError("range")
    if any(not isinstance(part, bytes) for part in parts) or sum(map(len, parts[1:])) > 48 * 1024:
        raise InviteError("range")
    return half, parts[0], parts[1:]


def open_answer(data, *, ticket, secret, private, own_person, own_device):
    """The answer's fields, its device, half, evidence and digest."""
    about, enc, sealed = _outer(data)
    if about != ticket:
        raise InviteError("other")
    psk = derive(b"", secret, "kith/1/ticket-psk")
    info = b"kith/1/ticket-answer\0" + ticket
    half, record, evidence = _inner(hpke_psk_open(private, enc, info, psk, ticket, sealed))
    device, payload = cose.read(record, name="ticket-answer", version=1, max_size=1024)
    fields = _fields(payload, (1, 2, 3, 4, 5, 6))
    name_from_wire(fields[3])
    _hints(fields, 7)
    if fields[1] != ticket or fields[4] != half_digest(half):
        raise InviteError("other")
    if fields[2] == own_person or device == own_device:
        raise InviteError("other")
    if proof(secret, ticket, fields[2], device, fields[4], fields[3]) != fields[6]:
        raise InviteError("proof")
    return fields, device, half, evidence, cose.digest(cose.domain("ticket-answer", 1), payload)


def open_reply(data, *, ticket, answer, half, inviter):
    """The decision, the inviter's half, and the evidence."""
    about, salt, sealed = _outer(data)
    if about != answer:
        raise InviteError("other")
    key = derive(salt, half, "kith/1/ticket-reply", ticket, answer)
    try:
        plain = ChaCha20Poly1305(key).decrypt(bytes(12), sealed, answer)
    except InvalidTag:
        raise InviteError("sealed") from None
    theirs, record, evidence = _inner(plain)
    _, payload = cose.read(record, name="ticket-reply", version=1, signer=inviter, max_size=512)
    fields = _fields(payload, (1, 2, 3, 5))
    if fields[1] != ticket or fields[2] != answer or fields[3] not in (1, 2):
        raise InviteError("other")
    if (fields[3] == 1) != (4 in fields):
        raise InviteError("range")
    if 4 in fields and fields[4] != half_digest(theirs):
        raise InviteError("other")
    return fields[3], theirs, evidence


# --- pair secret and rendezvous --------------------------------------------

PERIOD = 86_400_000


def pair_secret(ticket, sides):
    """`sides` are two pairs of person and half, in either order."""
    (low, low_half), (high, high_half) = sorted(sides)
    return derive(ticket, low_half + high_half, "kith/1/pair", low, high)


def period(secret, now):
    phase = int.from_bytes(derive(b"", secret, "kith/1/rendezvous-phase")[:8], "big") % PERIOD
    number = (now + phase) // PERIOD
    return number, (number + 1) * PERIOD - phase


def ticket_rendezvous(secret):
    return derive(b"", secret, "kith/1/ticket-rendezvous")


def record_key(secret, number, direction, device):
    about = number.to_bytes(8, "big") + bytes([direction]) + device
    return hmac_sha256(derive(b"", secret, "kith/1/rendezvous-name"), about)


def open_record(secret, number, direction, device, value):
    if len(value) != 1024:
        raise InviteError("length")
    about = number.to_bytes(8, "big") + bytes([direction]) + device
    key = derive(b"", secret, "kith/1/rendezvous-seal", about)
    try:
        plain = ChaCha20Poly1305(key).decrypt(
            value[:12], value[12:], record_key(secret, number, direction, device)
        )
    except InvalidTag:
        raise InviteError("sealed") from None
    length = int.from_bytes(plain[:2], "big")
    if length > len(plain) - 2 or any(plain[2 + length :]):
        raise InviteError("padding")
    return plain[2 : 2 + length]


# --- verifying -------------------------------------------------------------


def fingerprint(person):
    found = cose.digest("kith/1/safety", person)
    for _ in range(4096):
        found = hashlib.sha256(b"kith/1/safety\0" + found + person).digest()
    return found


def digits(person):
    found = fingerprint(person)
    return " ".join(f"{int.from_bytes(found[i : i + 5], 'big') % 100_000:05}" for i in range(0, 30, 5))


def words(data):
    out = []
    for i in range(0, len(data), 2):
        n = int.from_bytes(data[i : i + 2], "big")
        out.append(
            "bdfghjklmnprstvz"[n >> 12]
            + "aiou"[n >> 10 & 3]
            + "bdfghjklmnprstvz"[n >> 6 & 15]
            + "aiou"[n >> 4 & 3]
            + "bdfghjklmnprstvz"[n & 15]
        )
    return "-".join(out)


def safety_number(one, other):
    return " ".join(sorted((digits(one), digits(other))))


def sas_message(data):
    if len(data) > 256:
        raise InviteError("too-long")
    fields = _fields(data, (1, 2))
    if fields[1] not in (1, 2, 3):
        raise InviteError("range")
    return fields[1], _bytes(fields[2], 32)


def sas_binding(vector):
    parts = [vector[side][what] for side in ("initiator", "responder") for what in ("person", "device")]
    return b"".join(bytes.fromhex(part) for part in parts) + bytes.fromhex(vector["context"])


def sas_commitment(binding, nonce):
    return cose.digest("kith/1/sas-commit", binding + nonce)


def sas_code(binding, initiator, responder):
    found = cose.digest("kith/1/sas-code", binding + initiator + responder)
    return f"{int.from_bytes(found[:8], 'big') % 1_000_000:06}"
