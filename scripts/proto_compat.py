#!/usr/bin/python3
"""Compares two protobuf descriptor sets by the rules of proto/README.md.

    proto_compat.py BASELINE CURRENT

Prints each broken rule and exits with 1 if there is one. Added messages, fields and enum values are
fine; a field or value may go only when its number and name are reserved.
"""
import sys

from google.protobuf import descriptor_pb2


def read(path):
    with open(path, "rb") as file:
        return descriptor_pb2.FileDescriptorSet.FromString(file.read())


def messages_and_enums(descriptors):
    """Full name → descriptor, nested ones too."""
    messages, enums = {}, {}

    def add(prefix, message):
        name = f"{prefix}.{message.name}"
        messages[name] = message
        for nested in message.nested_type:
            add(name, nested)
        for enum in message.enum_type:
            enums[f"{name}.{enum.name}"] = enum

    for file in descriptors.file:
        for message in file.message_type:
            add(file.package, message)
        for enum in file.enum_type:
            enums[f"{file.package}.{enum.name}"] = enum
    return messages, enums


def type_of(field):
    """Everything of a field that decides how its bytes are read."""
    kind = descriptor_pb2.FieldDescriptorProto.Type.Name(field.type)
    label = descriptor_pb2.FieldDescriptorProto.Label.Name(field.label)
    presence = "optional" if field.proto3_optional else "implicit"
    return f"{kind} {field.type_name} {label} {presence}"


def is_reserved(owner, number, name, end_is_included):
    last = 0 if end_is_included else 1
    numbers = any(r.start <= number <= r.end - last for r in owner.reserved_range)
    return numbers and name in owner.reserved_name


def compare_message(name, old, new):
    fields = {field.number: field for field in new.field}
    for field in old.field:
        where = f"{name}.{field.name} = {field.number}"
        now = fields.get(field.number)
        if now is None:
            renumbered = next((f for f in new.field if f.name == field.name), None)
            if renumbered is not None:
                yield f"{where}: renumbered to {renumbered.number}"
            elif not is_reserved(new, field.number, field.name, end_is_included=False):
                yield f"{where}: removed without reserving its number and name"
        elif now.name != field.name:
            yield f"{where}: its number now belongs to {now.name}"
        elif type_of(now) != type_of(field):
            yield f"{where}: was {type_of(field)}, is {type_of(now)}"


def compare_enum(name, old, new):
    values = {value.number: value.name for value in new.value}
    for value in old.value:
        where = f"{name}.{value.name} = {value.number}"
        now = values.get(value.number)
        if now is None:
            if not is_reserved(new, value.number, value.name, end_is_included=True):
                yield f"{where}: removed or renumbered without reserving its number and name"
        elif now != value.name:
            yield f"{where}: its number now belongs to {now}"


def compare(baseline, current):
    old_messages, old_enums = messages_and_enums(baseline)
    new_messages, new_enums = messages_and_enums(current)
    for name, message in old_messages.items():
        if name in new_messages:
            yield from compare_message(name, message, new_messages[name])
        else:
            yield f"{name}: removed"
    for name, enum in old_enums.items():
        if name in new_enums:
            yield from compare_enum(name, enum, new_enums[name])
        else:
            yield f"{name}: removed"


def main(arguments):
    if len(arguments) != 2:
        sys.exit(__doc__)
    problems = list(compare(read(arguments[0]), read(arguments[1])))
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
