"""The golden messages, read by another protobuf: the values in each file are what its bytes say.

    golden_test.py GENERATED_FOLDER            checks (run by ctest)
    golden_test.py GENERATED_FOLDER --write    puts the bytes of the values into the files

In the files bytes are text; "base64:…" when they are not UTF-8. Enum values are names.
"""
import base64
import json
import pathlib
import sys
import unittest

sys.path.insert(0, sys.argv.pop(1))
from sluice.v1 import events_pb2, execution_pb2, live_pb2  # noqa: E402 (made by protoc into that folder)

GOLDEN = pathlib.Path(__file__).resolve().parents[2] / "golden/messages"
MESSAGES = {
    "ExecuteRequest": execution_pb2.ExecuteRequest,
    "ExecuteResult": execution_pb2.ExecuteResult,
    "Progress": events_pb2.Progress,
    "Output": live_pb2.Output,
    "Control": live_pb2.Control,
}


def to_bytes(text):
    prefix = "base64:"
    if text.startswith(prefix):
        return base64.b64decode(text[len(prefix):])
    return text.encode()


def convert(field, value):
    if field.type == field.TYPE_BYTES:
        return to_bytes(value)
    if field.type == field.TYPE_ENUM:
        return field.enum_type.values_by_name[value].number
    return value


def fill(message, values):
    for name, value in values.items():
        field = message.DESCRIPTOR.fields_by_name[name]
        if field.type == field.TYPE_MESSAGE and field.label == field.LABEL_REPEATED:
            for element in value:
                fill(getattr(message, name).add(), element)
        elif field.type == field.TYPE_MESSAGE:
            fill(getattr(message, name), value)
        elif field.label == field.LABEL_REPEATED:
            getattr(message, name).extend(convert(field, element) for element in value)
        else:
            setattr(message, name, convert(field, value))
    return message


def unset_fields(message):
    return {f.name for f in message.DESCRIPTOR.fields} - {f.name for f, _ in message.ListFields()}


class Golden(unittest.TestCase):
    def test_there_is_one_file_for_each_message(self):
        self.assertEqual({path.stem for path in GOLDEN.glob("*.json")}, set(MESSAGES))

    def test_the_values_are_what_the_bytes_say(self):
        for name, message_type in MESSAGES.items():
            with self.subTest(name):
                document = json.loads((GOLDEN / f"{name}.json").read_text())
                from_values = fill(message_type(), document["values"])
                from_bytes = message_type.FromString(base64.b64decode(document["base64"]))
                self.assertEqual(from_bytes, from_values)

    def test_every_field_has_a_value(self):
        for name, message_type in MESSAGES.items():
            with self.subTest(name):
                document = json.loads((GOLDEN / f"{name}.json").read_text())
                self.assertEqual(unset_fields(fill(message_type(), document["values"])), set())


def write():
    for name, message_type in MESSAGES.items():
        path = GOLDEN / f"{name}.json"
        document = json.loads(path.read_text())
        message = fill(message_type(), document["values"])
        document["base64"] = base64.b64encode(message.SerializeToString()).decode()
        path.write_text(json.dumps(document, indent=4) + "\n")


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        write()
    else:
        unittest.main()
