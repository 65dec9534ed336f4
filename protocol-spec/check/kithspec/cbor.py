"""Deterministic CBOR, RFC 8949 section 4.2.1, with Kith's narrower bounds.

Allowed: unsigned and negative integers, byte strings, text strings, arrays,
maps, false, true and null; around the outermost item, tag 18 (COSE_Sign1).
Keys of a map are integers, byte strings or text. The decoder checks the form
while it reads; nothing is repaired and nothing is read past the end.
"""

MAX_DEPTH = 16
MAX_SIZE = 64 * 1024
SIGN1 = 18

UINT, NINT, BYTES, TEXT, ARRAY, MAP, TAG, SIMPLE = range(8)


class CborError(Exception):
    """Why bytes are not an acceptable record. `code` names the rule."""

    def __init__(self, code, detail=""):
        super().__init__(f"{code}{': ' + detail if detail else ''}")
        self.code = code


class Tagged:
    """A tag and what it encloses."""

    def __init__(self, tag, value):
        self.tag = tag
        self.value = value

    def __eq__(self, other):
        return isinstance(other, Tagged) and (self.tag, self.value) == (other.tag, other.value)

    def __repr__(self):
        return f"Tagged({self.tag}, {self.value!r})"


def decode(data, *, max_size=MAX_SIZE):
    """Decodes exactly one item; anything after it is refused."""
    if len(data) > max_size:
        raise CborError("too-long", f"{len(data)} bytes, at most {max_size}")
    reader = _Reader(bytes(data))
    value = reader.item(0)
    if reader.at != len(data):
        raise CborError("trailing", f"{len(data) - reader.at} bytes after the item")
    return value


class _Reader:
    def __init__(self, data):
        self.data = data
        self.at = 0

    def take(self, count):
        if count > len(self.data) - self.at:
            raise CborError("truncated", f"{count} bytes wanted at {self.at}")
        part = self.data[self.at : self.at + count]
        self.at += count
        return part

    def head(self):
        first = self.take(1)[0]
        major, info = first >> 5, first & 31
        if info < 24:
            return major, info, info
        if info <= 27:
            width = 1 << (info - 24)
            argument = int.from_bytes(self.take(width), "big")
            # Shortest form (4.2.1). In major type 7 the widths are float
            # sizes, not lengths; those are refused in item().
            if major != SIMPLE:
                smallest = {1: 24, 2: 1 << 8, 4: 1 << 16, 8: 1 << 32}[width]
                if argument < smallest:
                    raise CborError("not-shortest", f"{argument} in {width} bytes")
            return major, info, argument
        if info == 31:
            raise CborError("indefinite", f"at {self.at - 1}")
        raise CborError("reserved", f"additional information {info}")

    def item(self, depth):
        # The outermost item has depth 0.
        if depth > MAX_DEPTH:
            raise CborError("too-deep", f"more than {MAX_DEPTH} levels")
        major, info, argument = self.head()
        if major == UINT:
            return argument
        if major == NINT:
            return -1 - argument
        if major == BYTES:
            return self.take(argument)
        if major == TEXT:
            try:
                return self.take(argument).decode("utf-8", "strict")
            except UnicodeDecodeError as error:
                raise CborError("not-utf8", str(error)) from error
        if major == ARRAY:
            self.room_for(argument)
            return [self.item(depth + 1) for _ in range(argument)]
        if major == MAP:
            self.room_for(2 * argument)
            return self.map(argument, depth)
        if major == TAG:
            if argument != SIGN1 or depth > 0:
                raise CborError("tag", str(argument))
            return Tagged(argument, self.item(depth + 1))
        if info in (25, 26, 27):
            raise CborError("float")
        if info == 24 or argument not in (20, 21, 22):
            raise CborError("simple", str(argument))
        return {20: False, 21: True, 22: None}[argument]

    def room_for(self, items):
        # Each item is at least one byte: a huge count needs no memory.
        if items > len(self.data) - self.at:
            raise CborError("truncated", f"{items} items announced")

    def map(self, count, depth):
        found = {}
        previous = None
        for _ in range(count):
            start = self.at
            if start < len(self.data) and self.data[start] >> 5 not in (UINT, NINT, BYTES, TEXT):
                raise CborError("key-kind", f"at {start}")
            key = self.item(depth + 1)
            encoded = self.data[start : self.at]
            if previous is not None and encoded <= previous:
                raise CborError("key-order", f"{key!r} repeated or after a greater key")
            previous = encoded
            found[key] = self.item(depth + 1)
        return found


def encode(value):
    """The one deterministic encoding of a value."""
    if value is False:
        return b"\xf4"
    if value is True:
        return b"\xf5"
    if value is None:
        return b"\xf6"
    if isinstance(value, int):
        return _head(UINT, value) if value >= 0 else _head(NINT, -1 - value)
    if isinstance(value, (bytes, bytearray)):
        return _head(BYTES, len(value)) + bytes(value)
    if isinstance(value, str):
        raw = value.encode("utf-8")
        return _head(TEXT, len(raw)) + raw
    if isinstance(value, (list, tuple)):
        return _head(ARRAY, len(value)) + b"".join(encode(item) for item in value)
    if isinstance(value, dict):
        pairs = sorted((encode(key), encode(item)) for key, item in value.items())
        return _head(MAP, len(pairs)) + b"".join(key + item for key, item in pairs)
    if isinstance(value, Tagged):
        return _head(TAG, value.tag) + encode(value.value)
    raise TypeError(f"{type(value).__name__} has no place in a record")


def _head(major, argument):
    if argument < 24:
        return bytes([major << 5 | argument])
    for info, width in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if argument < 1 << (8 * width):
            return bytes([major << 5 | info]) + argument.to_bytes(width, "big")
    raise CborError("integer-range", str(argument))
