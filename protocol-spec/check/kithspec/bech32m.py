"""Bech32m (BIP 350) for the text forms of ids."""

CHARSET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
BECH32M = 0x2BC830A3
GENERATORS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)


class Bech32Error(Exception):
    """Why a text is not an id. `code` names the rule."""

    def __init__(self, code, detail=""):
        super().__init__(f"{code}{': ' + detail if detail else ''}")
        self.code = code


def _polymod(values):
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(GENERATORS):
            if top >> bit & 1:
                check ^= generator
    return check


def _expand(prefix):
    return [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]


def _regroup(values, source, target, *, pad):
    accumulator = bits = 0
    out = []
    for value in values:
        accumulator = accumulator << source | value
        bits += source
        while bits >= target:
            bits -= target
            out.append(accumulator >> bits & (1 << target) - 1)
        accumulator &= (1 << bits) - 1
    if pad:
        if bits:
            out.append(accumulator << (target - bits) & (1 << target) - 1)
    elif bits >= source or accumulator:
        raise Bech32Error("padding", "left-over bits that are not zero padding")
    return out


def encode(prefix, data):
    """The lower-case text of `data` under a human-readable prefix."""
    values = _regroup(data, 8, 5, pad=True)
    check = _polymod(_expand(prefix) + values + [0] * 6) ^ BECH32M
    tail = [check >> 5 * (5 - i) & 31 for i in range(6)]
    return prefix + "1" + "".join(CHARSET[value] for value in values + tail)


def decode(text, *, max_length=1023):
    """The prefix and the bytes of a text; upper case is read as lower case."""
    if text != text.lower() and text != text.upper():
        raise Bech32Error("mixed-case")
    text = text.lower()
    split = text.rfind("1")
    if len(text) > max_length:
        raise Bech32Error("too-long")
    if split < 1 or len(text) - split - 1 < 6:
        raise Bech32Error("no-separator")
    prefix, tail = text[:split], text[split + 1 :]
    if any(not 33 <= ord(c) <= 126 for c in prefix) or any(c not in CHARSET for c in tail):
        raise Bech32Error("character")
    values = [CHARSET.index(c) for c in tail]
    if _polymod(_expand(prefix) + values) != BECH32M:
        raise Bech32Error("checksum")
    return prefix, bytes(_regroup(values[:-6], 5, 8, pad=False))
