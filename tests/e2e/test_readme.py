"""The README's own examples, cut out of it and run as a newcomer pastes them: only ports and token are this run's."""

import asyncio
import json
import os
import re
import shlex
import urllib.parse

from support.suite import ROOT


def code_blocks():
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as file:
        text = file.read()
    found = re.findall(r"(?:^    .*\n|^\n(?=    ))+", text, flags=re.MULTILINE)
    return ["\n".join(line[4:] for line in block.strip("\n").split("\n")) for block in found]


def block_with(mark, suite):
    """The one block of the README with `mark` in it, at this suite's addresses and with a token it knows."""
    blocks = [block for block in code_blocks() if mark in block]
    assert len(blocks) == 1, f"the README has {len(blocks)} blocks with {mark!r}"
    for old, new in (("127.0.0.1:8080", urllib.parse.urlsplit(suite.submission[0].url).netloc),
                     ("127.0.0.1:8081", urllib.parse.urlsplit(suite.websocket[0].url).netloc),
                     ("demo-token", "alice-token")):
        blocks[0] = blocks[0].replace(old, new)
    return blocks[0]


async def test_the_curl_line_and_the_websocket_example_work_as_written(suite, tmp_path):
    script = tmp_path / "watch.py"
    script.write_text(block_with("import asyncio", suite), encoding="utf-8")
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    watch = await asyncio.create_subprocess_exec("/usr/bin/python3", str(script), stdout=asyncio.subprocess.PIPE,
                                                 stderr=asyncio.subprocess.PIPE, env=environment)
    try:
        first = await watch.stdout.readline()
        assert first.startswith(b"welcome"), (first, await watch.stderr.read() if not first else b"")
        curl = await asyncio.create_subprocess_exec(*shlex.split(block_with("curl -s", suite).replace("\\\n", " ")),
                                                    stdout=asyncio.subprocess.PIPE)
        answer = json.loads((await curl.communicate())[0])
        assert (answer["status"], answer["stdout"]) == ("accepted", "42\n")
        types = []
        while "submission.finished" not in types:
            line = (await watch.stdout.readline()).decode().split()
            assert line, (await watch.stderr.read()).decode()
            types += line[:1]
        assert line[1:] == ["42"]
    finally:
        watch.kill()
        await watch.wait()
