"""Ids and their text forms: chapter 00, "Ids"."""

from kithspec import bech32m

PREFIXES = {
    "person": ("kithp", 32),
    "device": ("kithd", 32),
    "organisation": ("kitho", 32),
    "room": ("kithr", 32),
    "session": ("kiths", 16),
}


def to_text(kind, data):
    prefix, length = PREFIXES[kind]
    if len(data) != length:
        raise ValueError(f"a {kind} id has {length} bytes, not {len(data)}")
    return bech32m.encode(prefix, data)


def from_text(kind, text):
    """The bytes of an id of this kind; nothing else is read as one."""
    prefix, length = PREFIXES[kind]
    found, data = bech32m.decode(text)
    if found != prefix:
        raise bech32m.Bech32Error("other-kind", found)
    if len(data) != length:
        raise bech32m.Bech32Error("length", str(len(data)))
    return data
