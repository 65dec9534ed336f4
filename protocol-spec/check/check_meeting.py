"""vectors/meet.json and vectors/package.json: what two nodes say after their
hellos, and the same carried by hand."""

from kithspec import meeting
from kithspec.harness import refused, vectors

MEET = vectors("meet")
PACKAGE = vectors("package")


def _without(vector, *keys):
    return {key: value for key, value in vector.items() if key not in keys}


def check_messages(t):
    for vector in MEET["valid"]:
        with t.case(vector["bytes"]):
            said = _without(vector, "bytes")
            assert meeting.decode(bytes.fromhex(vector["bytes"])) == said
            assert meeting.encode(said).hex() == vector["bytes"]


def check_messages_of_later_times(t):
    for vector in MEET["read_as"]:
        with t.case(vector["why"]):
            assert meeting.decode(bytes.fromhex(vector["bytes"])) == vector["reads"]
    for vector in MEET["passed_over"]:
        with t.case(vector["why"]):
            assert meeting.decode(bytes.fromhex(vector["bytes"])) is None


def check_messages_refused(t):
    for vector in MEET["invalid"]:
        with t.case(vector["why"]), refused(meeting.MeetingError, vector["error"]):
            meeting.decode(bytes.fromhex(vector["bytes"]) + bytes(vector.get("zeros", 0)))


def check_files(t):
    for vector in PACKAGE["valid"]:
        with t.case(vector["bytes"]):
            assert meeting.decode_file(bytes.fromhex(vector["bytes"])) == vector["frames"]
            assert meeting.encode_file(vector["frames"]).hex() == vector["bytes"]


def check_files_of_later_times(t):
    for vector in PACKAGE["read_as"]:
        with t.case(vector["why"]):
            assert meeting.decode_file(bytes.fromhex(vector["bytes"])) == vector["frames"]


def check_files_refused(t):
    for vector in PACKAGE["invalid"]:
        with t.case(vector["why"]), refused(meeting.MeetingError, vector["error"]):
            meeting.decode_file(bytes.fromhex(vector["bytes"]))
