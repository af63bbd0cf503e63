#!/usr/bin/python3
"""Turns proto/errors.yaml into the rows of libs/http's error table.

Usage: generate_errors.py <errors.yaml> <output.inc>
Refuses a catalogue with a double code, a wrong status or a missing key.
"""

import json
import re
import sys

import yaml


def rows(entries):
    seen = set()
    for entry in entries:
        if set(entry) != {"code", "status", "retryable", "title"}:
            sys.exit(f"errors.yaml: wrong keys in {entry}")
        code = entry["code"]
        if not re.fullmatch(r"[a-z][a-z0-9_]*", code) or code in seen:
            sys.exit(f"errors.yaml: code '{code}' is malformed or stands twice")
        if not 400 <= entry["status"] <= 599:
            sys.exit(f"errors.yaml: '{code}' has no error status")
        seen.add(code)
        retryable = "true" if entry["retryable"] else "false"
        yield f'{{{json.dumps(code)}, {entry["status"]}, {retryable}, {json.dumps(entry["title"])}}},'


def main():
    source, target = sys.argv[1:]
    with open(source, encoding="utf-8") as file:
        lines = list(rows(yaml.safe_load(file)))
    with open(target, "w", encoding="utf-8") as file:
        file.write("// Generated from proto/errors.yaml.\n" + "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
