#!/usr/bin/python3
"""Builds the slot manager for arm64 and runs the attacks against it on Debian's arm64 kernel, in a QEMU guest that has
nothing else: what a program may do is decided by another table of system calls there, and that kernel's.

    run_on_arm64.py --build FOLDER --cache FOLDER [--attack WORD]"""

import argparse
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE), str(ROOT / "scripts"), str(HERE.parent / "guest")]
import attack_table  # noqa: E402
import kernel  # noqa: E402
import machine  # noqa: E402

ATTACKS = ROOT / "tests/security/attacks"
# Attacks on what only x86-64 has: 32-bit and x32 calls, ports, descriptor tables, numbers.
X86 = {"descriptor_table", "int80", "x32", "hardware_ports", "newer_calls", "obsolete_calls"}
# What an attack needs that the guest's small driver does not give.
BEYOND_DRIVER = {"collect", "stdin", "env", "host", "network", "terminal", "needs", "output"}
# As in jail_fixture.cpp: what is given as time to spend, in emulation.
TIME_SCALE = 8
LIMITS = ["cpu_ms", "wall_ms", "memory_bytes", "processes", "file_bytes", "disk_bytes", "inodes", "open_files", "stack_bytes"]
USUAL = {"cpu_ms": 1000 * TIME_SCALE, "wall_ms": 5000 * TIME_SCALE, "memory_bytes": 256 << 20, "processes": 64,
         "file_bytes": 64 << 20, "disk_bytes": 128 << 20, "inodes": 16384, "open_files": 256, "stack_bytes": 64 << 20}


def chosen(word):
    """{name: header} of the attacks in C that the guest can run."""
    headers = {path.stem: attack_table.read_header(path) for path in sorted(ATTACKS.glob("*.c")) if word in path.stem}
    return {name: keys for name, keys in headers.items() if name not in X86 and not BEYOND_DRIVER & keys.keys()}


def build(folder, names):
    launcher = ["-DCMAKE_C_COMPILER_LAUNCHER=ccache", "-DCMAKE_CXX_COMPILER_LAUNCHER=ccache"]
    subprocess.run(["cmake", "-S", HERE / "cross", "-B", folder, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", *launcher,
                    f"-DCMAKE_TOOLCHAIN_FILE={HERE / 'cross.cmake'}", "-DATTACKS=" + ";".join(names)],
                   check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["cmake", "--build", folder], check=True)


def list_line(name, keys):
    limits = dict(USUAL)
    for word in keys.get("limits", "").split():
        key, _, value = word.partition("=")
        limits[key] = int(value) * (TIME_SCALE if key == "wall_ms" and int(value) >= 1000 else 1)
    return " ".join([name] + [str(limits[key] * (1000 if key.endswith("_ms") else 1)) for key in LIMITS]) + "\n"


def archive(entries):
    """cpio, "newc": what a kernel unpacks as its first root. {name: bytes}, folders with None."""
    out = b""
    for number, (name, content) in enumerate([*entries.items(), ("TRAILER!!!", b"")], 1):
        path, data = name.encode() + b"\0", content or b""
        fields = (number, 0o040755 if content is None else 0o100755, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(path), 0)
        for part in (b"070701" + b"".join(b"%08x" % field for field in fields) + path, data):
            out += part + b"\0" * (-(len(out) + len(part)) % 4)
    return out


def boot(image, folder, timeout):
    (folder / "initrd").write_bytes(image[1])
    command = ["qemu-system-aarch64", "-M", "virt", "-accel", "tcg,thread=multi", "-cpu", "max,pauth-impdef=on", "-smp", "2",
               "-m", "1536", "-nographic", "-no-reboot", "-nodefaults", "-serial", "stdio", "-kernel", image[0],
               "-initrd", folder / "initrd", "-append", "console=ttyAMA0 quiet panic=-1 mitigations=off rdinit=/guest"]
    lines = []
    seconds = machine.watch(command, timeout, lambda line: (print(line, flush=True), lines.append(line)))
    return lines, seconds


def outcomes(lines):
    """{attack: (its end in words, what it wrote)}"""
    found, name = {}, None
    for line in lines:
        if attack := re.match(r"attack (\S+): (.*)", line):
            name = attack[1]
            found[name] = (attack[2].split(), [])
        elif name and line.startswith("| "):
            found[name][1].append(line[2:])
    return found


def difference(keys, outcome):
    """Empty when it ended as its header says (tests/security/attacks/README.md)."""
    words, _, says = keys["expect"].partition("says=")
    missing = [word for word in words.split() if word not in outcome[0]]
    missing += [text for text in says.split(" | ") if text not in "\n".join(outcome[1])]
    if "left=something" in outcome[0]:
        missing.append("an empty sandbox for the next run")
    return missing


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", required=True, type=pathlib.Path)
    parser.add_argument("--cache", required=True)
    parser.add_argument("--attack", default="", help="only attacks whose name has this in it")
    parser.add_argument("--timeout", type=int, default=560)
    arguments = parser.parse_args()

    attacks = chosen(arguments.attack)
    build(arguments.build, attacks)
    entries = {"dev": None, "attacks": None,
               "attacks/list": "".join(list_line(name, keys) for name, keys in attacks.items()).encode()}
    for name, path in {"guest": "guest", "sluice-slot-manager": "sluice-slot-manager",
                       **{"attacks/" + name: "attacks/" + name for name in attacks}}.items():
        entries[name] = (arguments.build / path).read_bytes()
    lines, seconds = boot((kernel.get(arguments.cache), archive(entries)), arguments.build, arguments.timeout)

    found = outcomes(lines)
    wrong = 0
    for name, keys in attacks.items():
        missing = difference(keys, found[name]) if name in found else ["it was not run"]
        if missing:
            wrong += 1
            print(f"{name}: expected {keys['expect']}; missing: {', '.join(missing)}")
    print(f"arm64: {len(attacks) - wrong} of {len(attacks)} attacks as expected; {seconds or arguments.timeout:.0f} s")
    sys.exit(0 if attacks and wrong == 0 and "guest: all attacks were run" in lines else 1)


if __name__ == "__main__":
    main()
