"""Real programs in each language (tests/e2e/languages/<id>/): standard library, stdin, arguments, a runtime error,
a compile error."""

import json
import os

import pytest

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "languages")


def cases():
    for language in sorted(os.listdir(FOLDER)):
        for folder, _, names in sorted(os.walk(os.path.join(FOLDER, language))):
            for name in sorted(names):
                if name.endswith("expect.json"):
                    with open(os.path.join(folder, name), encoding="utf-8") as file:
                        wanted = json.load(file)
                    for each in wanted if isinstance(wanted, list) else wanted.get("cases", [wanted]):
                        yield pytest.param(language, folder, each, id=f"{language}-{each['name']}")


@pytest.mark.deadline(120)
@pytest.mark.parametrize("language,folder,case", list(cases()))
async def test_program(suite, language, folder, case):
    names = case.get("files") or [case["file"]]
    body = {"language": case.get("language", language), "files": []}
    for name in names:
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            body["files"].append({"name": case.get("as", {}).get(name, name), "content": file.read()})
    for field in ("stdin", "args", "env", "compile_args", "limits"):
        if field in case:
            body[field] = case[field]
    async with suite.client("alice") as alice:
        made = await alice.request("POST", "/api/v1/submissions", body)
        assert made.status == 201, made
        result = await alice.finished(made.json["id"])
        if result["status"] in ("queued", "running"):
            result = await alice.finished(made.json["id"])
    assert result["status"] == case["status"], result
    if "stdout" in case:
        assert result["stdout"] == case["stdout"], result
    for piece in case.get("stdout_contains", []):
        assert piece in result["stdout"], result
    for field in ("exit_code", "signal"):
        if field in case:
            assert result[field] == case[field], result
    if case["status"] == "compile_error":
        assert result["compile"]["output"], result
