"""Meeting messages and files carried by hand: chapter 07, "Messages"."""

from kithspec import cbor

MAX_MESSAGE = 64 * 1024
MAX_ENTRIES = 64
MAX_ENTRY_BYTES = 48 * 1024
MAX_FILE = 32 * 1024 * 1024
MAX_FRAMES = 65536
MAX_PIECE = 48 * 1024
MAX_PIECES = 171
MAX_INT = 2**64 - 1
MIN_KEY, MAX_KEY = -(2**63), 2**63 - 1


class MeetingError(Exception):
    """Why bytes are refused. `code` is the name in the chapter's errors."""

    def __init__(self, code, detail=""):
        super().__init__(f"{code}: {detail}")
        self.code = code


def _record(data, limit):
    try:
        record = cbor.decode(data, max_size=limit)
    except cbor.CborError as error:
        raise MeetingError("not-canonical", str(error)) from error
    if not isinstance(record, dict):
        raise MeetingError("type", "not a map")
    for key in record:
        if type(key) is not int:
            raise MeetingError("type", "a key that is no integer")
        if not MIN_KEY <= key <= MAX_KEY:
            raise MeetingError("out-of-range", "a key")
    return record


def _number(value):
    if type(value) is not int:
        raise MeetingError("type", "not an integer")
    if not 0 <= value <= MAX_INT:
        raise MeetingError("out-of-range", str(value))
    return value


def _bytes(value, length=None):
    if not isinstance(value, bytes):
        raise MeetingError("type", "not a byte string")
    if length is not None and len(value) != length:
        raise MeetingError("out-of-range", f"{len(value)} bytes")
    return value


def _list(value):
    if not isinstance(value, list):
        raise MeetingError("type", "not a list")
    return value


def _required(record, key, read, *more):
    if key not in record:
        raise MeetingError("missing", str(key))
    return read(record.pop(key), *more)


def _entries(record):
    if 1 not in record:
        return []
    entries = [_bytes(entry) for entry in _list(record.pop(1))]
    if not 1 <= len(entries) <= MAX_ENTRIES:
        raise MeetingError("out-of-range", f"{len(entries)} entries")
    if sum(map(len, entries)) > MAX_ENTRY_BYTES:
        raise MeetingError("out-of-range", "entries too long")
    return entries


def _end(record):
    for key in record:
        if key < 0:
            raise MeetingError("critical", str(key))


def decode(data):
    """A message in the words of the vectors; None for one to pass over."""
    record = _record(data, MAX_MESSAGE)
    kind = _required(record, 0, _number)
    said = {"kind": kind}
    if kind in (1, 2):
        said["ticket"] = _required(record, 1, _bytes, 32).hex()
        said["sealed"] = _required(record, 2, _bytes).hex()
    elif kind == 3:
        said["ticket"] = _required(record, 1, _bytes, 32).hex()
        why = _required(record, 2, _number)
        said["why"] = why if 1 <= why <= 5 else 1
    elif kind == 4:
        said["entries"] = [entry.hex() for entry in _entries(record)]
    elif kind == 5:
        said["state"] = _required(record, 1, _number)
        if 2 in record:
            said["reason"] = _required(record, 2, _number)
            if not 1 <= said["reason"] <= 0xFFFF:
                raise MeetingError("out-of-range", "a reason")
        if 3 in record:
            said["since"] = _required(record, 3, _number)
        if not 1 <= said["state"] <= 5:
            _end(record)
            return None
    elif kind == 6:
        said["person"] = _required(record, 2, _bytes, 32).hex()
        said["entries"] = [entry.hex() for entry in _entries(record)]
        if 3 in record:
            said["profile"] = _required(record, 3, _bytes).hex()
    elif kind in (7, 8):
        said["record"] = _required(record, 1, _bytes).hex()
    elif kind == 9:
        said["org"] = _required(record, 1, _bytes, 32).hex()
        said["number"] = _required(record, 2, _number)
        said["digest"] = _required(record, 3, _bytes, 32).hex()
    elif kind == 10:
        said["org"] = _required(record, 1, _bytes, 32).hex()
        said["index"] = _required(record, 2, _number)
        said["count"] = _required(record, 3, _number)
        piece = _required(record, 4, _bytes)
        said["piece"] = piece.hex()
        if not said["index"] < said["count"] <= MAX_PIECES or len(piece) > MAX_PIECE:
            raise MeetingError("out-of-range", "a piece")
    elif kind == 11:
        said["entries"] = [entry.hex() for entry in _entries(record)]
        said["profile"] = _required(record, 2, _bytes).hex()
    elif kind in (12, 14, 15, 16):
        said["record"] = _required(record, 1, _bytes).hex()
    elif kind == 13:
        outcome = _required(record, 1, _number)
        said["outcome"] = outcome if outcome == 1 else 2
    else:
        return None
    _end(record)
    return said


def encode(said):
    """The bytes of a message in the words of the vectors."""
    record = {0: said["kind"]}
    if "ticket" in said:
        record[1] = bytes.fromhex(said["ticket"])
    if "sealed" in said:
        record[2] = bytes.fromhex(said["sealed"])
    if "why" in said:
        record[2] = said["why"]
    if said.get("entries"):
        record[1] = [bytes.fromhex(entry) for entry in said["entries"]]
    if "state" in said:
        record[1] = said["state"]
        for key, name in ((2, "reason"), (3, "since")):
            if name in said:
                record[key] = said[name]
    if "person" in said:
        record[2] = bytes.fromhex(said["person"])
    if "record" in said:
        record[1] = bytes.fromhex(said["record"])
    if "profile" in said:
        record[2 if said["kind"] == 11 else 3] = bytes.fromhex(said["profile"])
    if "outcome" in said:
        record[1] = said["outcome"]
    if "org" in said:
        record[1] = bytes.fromhex(said["org"])
    if "digest" in said:
        record[2] = said["number"]
        record[3] = bytes.fromhex(said["digest"])
    if "piece" in said:
        record[2], record[3] = said["index"], said["count"]
        record[4] = bytes.fromhex(said["piece"])
    return cbor.encode(record)


def decode_file(data):
    """The frames of a file; those of unknown parts are left out."""
    record = _record(data, MAX_FILE)
    if _required(record, 0, _number) != 1:
        raise MeetingError("version")
    if _required(record, 1, lambda value: value) != "kith-file":
        raise MeetingError("type", "another file")
    lines = []
    if 2 in record:
        lines = [_list(line) for line in _list(record.pop(2))]
        if not 1 <= len(lines) <= MAX_FRAMES:
            raise MeetingError("out-of-range", f"{len(lines)} frames")
    _end(record)
    return [frame for frame in map(_frame, lines) if frame is not None]


def _frame(line):
    if len(line) != 2:
        raise MeetingError("type", "a frame of another length")
    part, content = _number(line[0]), line[1]
    if part in (1, 2, 4):
        return {"part": part, "content": _bytes(content).hex()}
    if part == 3:
        if len(_list(content)) != 2:
            raise MeetingError("type", "a person's frame of another length")
        entries = [_bytes(entry).hex() for entry in _list(content[1])]
        return {"part": 3, "person": _bytes(content[0], 32).hex(), "entries": entries}
    return None


def encode_file(frames):
    """The bytes of a file with these frames."""
    record = {0: 1, 1: "kith-file"}
    if frames:
        record[2] = [_line(frame) for frame in frames]
    return cbor.encode(record)


def _line(frame):
    if frame["part"] == 3:
        entries = [bytes.fromhex(entry) for entry in frame["entries"]]
        return [3, [bytes.fromhex(frame["person"]), entries]]
    return [frame["part"], bytes.fromhex(frame["content"])]
