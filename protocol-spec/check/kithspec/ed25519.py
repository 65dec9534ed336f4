"""Strict Ed25519 verification.

`cryptography` (OpenSSL) verifies the equation and refuses S outside the
group order. The rest of "strict" is here: neither the key nor R may be a
point of small order, because such a key verifies signatures that nobody made.
"""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

P = 2**255 - 19
D = -121665 * pow(121666, P - 2, P) % P
SQRT_MINUS_1 = pow(2, (P - 1) // 4, P)


def verify(key, signature, message):
    """Whether `signature` is a strict signature of `message` by `key`."""
    if len(key) != 32 or len(signature) != 64:
        return False
    if is_small_order(key) is not False or is_small_order(signature[:32]) is not False:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(bytes(key)).verify(bytes(signature), bytes(message))
    except (InvalidSignature, ValueError):
        return False
    return True


def is_small_order(encoded):
    """True or False for a point; None where the bytes are not a point."""
    point = _decompress(encoded)
    if point is None:
        return None
    for _ in range(3):
        point = _add(point, point)
    return point == (0, 1)


def _decompress(encoded):
    number = int.from_bytes(encoded, "little")
    sign, y = number >> 255, number & (1 << 255) - 1
    if y >= P:
        return None  # not the canonical encoding of y
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * SQRT_MINUS_1 % P
    if (x * x - square) % P:
        return None
    if x == 0 and sign:
        return None
    return (P - x if x & 1 != sign else x), y


def _add(first, second):
    (a, b), (c, d) = first, second
    product = D * a * b * c * d % P
    x = (a * d + b * c) * pow(1 + product, P - 2, P) % P
    y = (b * d + a * c) * pow(1 - product, P - 2, P) % P
    return x, y
