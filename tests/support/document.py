"""The shell lines of a documentation page (those indented by four blanks), run as a reader pastes them: only addresses and
tokens are this run's, and every curl fails when the service refuses."""

import asyncio
import os
import re

from .suite import ROOT


def page(name):
    with open(os.path.join(ROOT, "docs", name), encoding="utf-8") as file:
        return file.read()


def script_of(text):
    """jq is for people; here Python does the same."""
    blocks = re.findall(r"(?:^    .*\n|^\n(?=    ))+", text, flags=re.MULTILINE)
    lines = "".join(re.sub(r"^    ", "", block, flags=re.MULTILINE) + "\n" for block in blocks)

    def python_for(found):
        steps = "".join(f'["{name}"]' if name else f"[{number}]" for name, number in re.findall(r"(\w+)|\[(\d+)\]", found[1]))
        return f"| python3 -c 'import json, sys; print(json.load(sys.stdin){steps})'"
    lines = re.sub(r"\| jq -r \.([\w.\[\]]+)", python_for, lines)
    return lines.replace("curl -s ", "curl -sSf ")


async def run(script, folder=None):
    """Its output; fails with it when a line fails."""
    environment = {**os.environ, "PATH": "/usr/bin:" + os.environ.get("PATH", "")}  # its python3 has the tests' modules
    shell = await asyncio.create_subprocess_exec("/bin/bash", "-c", "set -e -o pipefail\n" + script, cwd=folder, env=environment,
                                                 stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
    out, problems = (each.decode() for each in await shell.communicate())
    assert shell.returncode == 0, (out, problems)
    return out
