"""Which operations of the OpenAPI document the run's requests met, and with which answers. Every request by aiohttp to
a submission service of a suite is noted; tests/e2e/test_zz_every_route.py compares the notes with the document."""

import json
import os
import re
import urllib.parse

import aiohttp

_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
_origins = set()
_notes = set()  # (method, origin, path, status, code)
CODE = re.compile(r"(?:^|; )([a-z_]+): ")


def watch(url):
    """`url` is a submission service's."""
    _origins.add(url)


def note(method, url, status, text=""):
    """For what is not sent by aiohttp. `text`: the body of a problem, whose code is noted with the status."""
    parts = urllib.parse.urlsplit(str(url))
    try:
        code = json.loads(text).get("code", "") if text else ""
    except (ValueError, AttributeError):
        code = ""
    _notes.add((method.upper(), f"{parts.scheme}://{parts.netloc}", parts.path, status, code))


def install():
    """From now on; twice is once."""
    plain = aiohttp.ClientSession._request
    if getattr(plain, "is_noted", False):
        return

    async def noted(self, method, url, **more):
        got = await plain(self, method, url, **more)
        for each in got.history:
            note(each.request_info.method, each.request_info.url, each.status)
        is_problem = got.content_type == "application/problem+json"
        note(got.request_info.method, got.request_info.url, got.status, await got.text() if is_problem else "")
        return got
    noted.is_noted = True
    aiohttp.ClientSession._request = noted


class operation:
    def __init__(self, method, path, facts):
        self.method, self.path, self.facts = method.upper(), path, facts
        self.is_open = facts.get("security") == []
        self.scope = facts.get("x-scope")
        self.pattern = re.compile("".join("[^/]+" if part.startswith("{") else re.escape(part)
                                          for part in re.split(r"(\{\w+\})", path)) + "$")
        self.successes = {int(status) for status in facts["responses"] if int(status) < 400}
        # Those of older systems' routes have no code: their error bodies are those systems' own.
        self.problems = {(int(status), code) for status, one in facts["responses"].items() if int(status) >= 400
                         for code in CODE.findall(one["description"]) or [""]}

    def name(self):
        return f"{self.method} {self.path}"

    def has(self, code):
        return any(code == each for _, each in self.problems)


def operations():
    """Those without parameters in their path first, so that the first that matches is the right one."""
    with open(os.path.join(_ROOT, "docs/api/openapi.json"), encoding="utf-8") as file:
        paths = json.load(file)["paths"]
    made = [operation(method, path, facts) for path, methods in paths.items() for method, facts in methods.items()]
    return sorted(made, key=lambda each: each.path.count("{"))


def answers():
    """{operation name: {(status, code), …}} of what the run has met so far."""
    known = operations()
    met = {each.name(): set() for each in known}
    for method, origin, path, status, code in _notes:
        if origin not in _origins:
            continue
        one = next((each for each in known if each.method == method and each.pattern.match(path)), None)
        if one is not None:
            met[one.name()].add((status, code))
    return met
