"""Hashes and key derivation, by their names in the chapters."""

import hashlib
import hmac


def sha256(data):
    return hashlib.sha256(data).digest()


def hmac_sha256(key, data):
    return hmac.new(key, data, hashlib.sha256).digest()


def hkdf_sha256(salt, secret, info, length):
    """RFC 5869: extract, then expand."""
    extracted = hmac_sha256(salt or bytes(32), secret)
    out, block = b"", b""
    counter = 1
    while len(out) < length:
        block = hmac_sha256(extracted, block + info + bytes([counter]))
        out += block
        counter += 1
    return out[:length]
