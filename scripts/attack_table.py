#!/usr/bin/python3
"""Writes the table of attacks in docs/security.md from the headers of tests/security/attacks. With --check it only
says whether the table is what the headers would make it (exit 1 when not)."""

import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FOLDER = os.path.join(ROOT, "tests", "security", "attacks")
DOCUMENT = os.path.join(ROOT, "docs", "security.md")
BEGIN = "<!-- attacks: made by scripts/attack_table.py from the headers, not by hand -->"
END = "<!-- end of attacks -->"
KEY = re.compile(r"([a-z-]+): (.*)")


def read_header(path):
    """The "// key: value" lines at the top; a line without a key goes on with the last one."""
    keys, last = {}, None
    with open(path, encoding="utf-8") as file:
        for line in file:
            text = re.match(r"(?://|#) (.*)", line.rstrip("\n"))
            if not text:
                break
            found = KEY.match(text[1])
            if found:
                last = found[1]
                keys[last] = found[2]
            elif last is None:
                break
            else:
                keys[last] += " " + text[1]
    return keys


def problems_of(name, keys):
    for key in ("attack", "family", "expect"):
        if key not in keys:
            yield f"{name}: no {key}"
    if "walls" not in keys and "also" not in keys:
        yield f"{name}: no walls"
    if ("without" in keys) == ("control" in keys):
        yield f"{name}: needs either a control (without) or the reason why there is none (control)"
    if not keys.get("control", "none - ").startswith("none - "):
        yield f"{name}: control says neither none nor why"


def cell(text):
    return text.replace("|", "\\|").replace("<", "&lt;")


def control_of(keys):
    if "control" in keys:
        return "none: " + keys["control"].removeprefix("none - ")
    text = keys["without"].replace("changed", "another answer to each call")
    for key, words in (("without-limits", "with "), ("without-env", "with "), ("without-output", "output policy ")):
        if key in keys:
            text += f" ({words}{keys[key]})"
    where = keys.get("control-where")
    return text + (f"; only {'in the guest' if where == 'guest' else 'on the host'}" if where else "")


def table():
    rows, problems = {}, []
    for name in sorted(os.listdir(FOLDER)):
        if name.endswith((".c", ".py")):
            keys = read_header(os.path.join(FOLDER, name))
            problems += problems_of(name, keys)
            rows.setdefault(keys.get("family", ""), []).append((name, keys))
    count = sum(len(each) for each in rows.values())
    controlled = sum("without" in keys for each in rows.values() for _, keys in each)
    lines = [BEGIN, "", f"{count} attacks, {controlled} with a control.", ""]
    for family in sorted(rows, key=str.lower):
        lines += [f"**{family}**", "", "| attack | walls | ends as | with just these walls away |", "|---|---|---|---|"]
        for name, keys in rows[family]:
            walls = "; ".join(keys[key] for key in ("walls", "also") if key in keys)
            lines.append(f"| `{name}`: {cell(keys.get('attack', ''))} | {cell(walls)} | {cell(keys.get('expect', ''))} "
                         f"| {cell(control_of(keys)) if 'without' in keys or 'control' in keys else ''} |")
        lines.append("")
    return "\n".join(lines + [END]), problems


def main():
    made, problems = table()
    with open(DOCUMENT, encoding="utf-8") as file:
        document = file.read()
    begin, end = document.find(BEGIN), document.find(END)
    if begin < 0 or end < 0:
        problems.append(f"docs/security.md has no place for the table: {BEGIN} … {END}")
    elif document[begin:end + len(END)] != made:
        if "--check" in sys.argv[1:]:
            problems.append("docs/security.md is not what the attacks' headers make it: run scripts/attack_table.py")
        else:
            with open(DOCUMENT, "w", encoding="utf-8") as file:
                file.write(document[:begin] + made + document[end + len(END):])
    print(*problems, sep="\n", end="\n" if problems else "")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
