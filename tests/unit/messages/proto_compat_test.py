"""The compatibility check: today's messages keep the baseline, and each broken rule is found."""
import importlib.util
import pathlib
import sys
import unittest

from google.protobuf import descriptor_pb2

ROOT = pathlib.Path(__file__).resolve().parents[3]
CURRENT = sys.argv.pop(1) if len(sys.argv) > 1 and sys.argv[1].endswith(".binpb") else None

spec = importlib.util.spec_from_file_location("proto_compat", ROOT / "scripts/proto_compat.py")
proto_compat = importlib.util.module_from_spec(spec)
spec.loader.exec_module(proto_compat)

FIELD = descriptor_pb2.FieldDescriptorProto


def example():
    """One message with two fields and one enum with two values."""
    descriptors = descriptor_pb2.FileDescriptorSet()
    file = descriptors.file.add(name="a.proto", package="p")
    message = file.message_type.add(name="M")
    message.field.add(name="a", number=1, type=FIELD.TYPE_STRING, label=FIELD.LABEL_OPTIONAL)
    message.field.add(name="b", number=2, type=FIELD.TYPE_INT64, label=FIELD.LABEL_OPTIONAL)
    enum = file.enum_type.add(name="E")
    enum.value.add(name="E_UNSPECIFIED", number=0)
    enum.value.add(name="E_ONE", number=1)
    return descriptors


class ProtoCompat(unittest.TestCase):
    def setUp(self):
        self.new = example()
        self.message = self.new.file[0].message_type[0]
        self.enum = self.new.file[0].enum_type[0]

    def problems(self):
        return list(proto_compat.compare(example(), self.new))

    def test_todays_messages_keep_the_baseline(self):
        baseline = proto_compat.read(ROOT / "proto/baseline.binpb")
        self.assertGreater(len(baseline.file), 0)
        self.assertEqual(list(proto_compat.compare(baseline, proto_compat.read(CURRENT))), [])

    def test_an_added_field_is_fine(self):
        self.message.field.add(name="c", number=3, type=FIELD.TYPE_BYTES)
        self.assertEqual(self.problems(), [])

    def test_a_removed_field_is_found(self):
        del self.message.field[1]
        self.assertEqual(self.problems(), ["p.M.b = 2: removed without reserving its number and name"])

    def test_a_removed_field_with_its_number_and_name_reserved_is_fine(self):
        del self.message.field[1]
        self.message.reserved_range.add(start=2, end=3)
        self.message.reserved_name.append("b")
        self.assertEqual(self.problems(), [])

    def test_a_renumbered_field_is_found(self):
        self.message.field[1].number = 7
        self.assertEqual(self.problems(), ["p.M.b = 2: renumbered to 7"])

    def test_a_retyped_field_is_found(self):
        self.message.field[1].type = FIELD.TYPE_STRING
        self.assertIn("was TYPE_INT64", self.problems()[0])

    def test_a_field_that_becomes_repeated_is_found(self):
        self.message.field[0].label = FIELD.LABEL_REPEATED
        self.assertIn("is TYPE_STRING  LABEL_REPEATED", self.problems()[0])

    def test_a_reused_number_is_found(self):
        self.message.field[0].name = "z"
        self.assertEqual(self.problems(), ["p.M.a = 1: its number now belongs to z"])

    def test_a_removed_message_is_found(self):
        del self.new.file[0].message_type[0]
        self.assertEqual(self.problems(), ["p.M: removed"])

    def test_a_removed_enum_value_is_found(self):
        del self.enum.value[1]
        self.assertEqual(len(self.problems()), 1)


if __name__ == "__main__":
    unittest.main()
