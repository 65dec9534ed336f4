"""The hello: chapter 00, "Messages"."""

from kithspec import cbor

MAX_HELLO = 1024
MAX_FEATURES = 64
MAX_SOFTWARE = 64


class HelloError(Exception):
    """Why bytes are not a hello."""


def decode(data):
    """min, max, features, software; the last is None where it is absent."""
    record = cbor.decode(data, max_size=MAX_HELLO)
    if not isinstance(record, dict) or not all(type(key) is int for key in record):
        raise HelloError("not a map with integer keys")
    for key in record:
        if key < 0:
            raise HelloError(f"critical field {key}")
    if type(record.get(0)) is not int or record[0] != 1:
        raise HelloError("version")
    low, high = record.get(1), record.get(2)
    if type(low) is not int or type(high) is not int or not 1 <= low <= high < 2**16:
        raise HelloError("levels")
    features = record.get(3, [])
    if 3 in record and not _listed(features):
        raise HelloError("features")
    software = record.get(4)
    if 4 in record:
        if not isinstance(software, str) or not 1 <= len(software.encode()) <= MAX_SOFTWARE:
            raise HelloError("software")
        if any(ord(c) < 0x20 or 0x7F <= ord(c) <= 0x9F for c in software):
            raise HelloError("control character")
    return low, high, features, software


def _listed(numbers):
    return (
        isinstance(numbers, list)
        and 1 <= len(numbers) <= MAX_FEATURES
        and all(type(n) is int and 0 <= n < 2**16 for n in numbers)
        and all(a < b for a, b in zip(numbers, numbers[1:]))
    )


def encode(low, high, features, software):
    record = {0: 1, 1: low, 2: high}
    if features:
        record[3] = sorted(features)
    if software is not None:
        record[4] = software
    return cbor.encode(record)


def common(ours, theirs):
    """What two hellos have in common, as the vectors write it."""
    if theirs[1] < ours[0]:
        return {"error": "they-are-older"}
    if theirs[0] > ours[1]:
        return {"error": "they-are-newer"}
    return {"level": min(ours[1], theirs[1]), "features": sorted(set(ours[2]) & set(theirs[2]))}
