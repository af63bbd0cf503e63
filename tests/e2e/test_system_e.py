"""System E's pages (docs/api/system-e.md): as a browser without scripts walks through them, and what their script does."""

import asyncio
import html.parser
import os
import shutil
import subprocess
import urllib.parse
import uuid

import aiohttp
import pytest

from support.suite import ROOT
from devtools import services as service_library

CHEAP = {"SLUICE__AUTH__PASSWORDS__HASH_MEMORY": "1MiB", "SLUICE__AUTH__PASSWORDS__HASH_ITERATIONS": "1",
         "SLUICE__AUTH__ATTEMPTS__PER_ADDRESS": "100000"}


@pytest.fixture(scope="module")
def suite(make_module_suite):
    made = make_module_suite(settings={"submission": CHEAP}, submission=1, execution=1, notification=1, websocket=1)
    made.execution[0].wait_for_event("announced", timeout=20)  # what is cached is known by its version
    return made


class page(html.parser.HTMLParser):
    """What a browser without scripts makes of a page: its forms with their fields, its text."""

    def __init__(self, url, text):
        super().__init__()
        self.url, self.source = url, text
        self.forms, self.links, self.by_id, self.outside = [], [], {}, []
        self.text, self._into, self._area = "", None, None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        if tag == "form":
            self.forms.append({"action": found["action"], "method": found["method"], "fields": {}})
        elif tag in ("input", "select", "textarea") and "name" in found:
            self.forms[-1]["fields"][found["name"]] = found.get("value", "")
            self._area = found["name"] if tag == "textarea" else None
        elif tag == "a":
            self.links.append(found["href"])
        self.outside += [found[name] for name in ("src", "href") if "//" in found.get(name, "")]
        self._into = found.get("id")

    def handle_endtag(self, tag):
        self._into = None
        if tag == "textarea":
            self._area = None

    def handle_data(self, data):
        self.text += data
        if self._into:
            self.by_id[self._into] = self.by_id.get(self._into, "") + data
        if self._area:
            self.forms[-1]["fields"][self._area] += data.removeprefix("\n")


class browser:
    def __init__(self, base):
        self.base = base

    async def __aenter__(self):
        self.session = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
        return self

    async def __aexit__(self, *_):
        await self.session.close()

    async def _shown(self, got):
        policy = got.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "unsafe-eval" not in policy
        assert "'unsafe-inline'" not in policy.split("script-src")[1].split(";")[0]
        made = page(str(got.url), await got.text())
        assert not made.outside, made.outside
        made.status = got.status
        return made

    async def open(self, path):
        async with self.session.get(urllib.parse.urljoin(self.base, path)) as got:
            return await self._shown(got)

    async def send(self, at, number=0, headers=None, **values):
        """Fills a form of the page in and sends it, as a browser does: urlencoded, with CR LF and its origin."""
        form = at.forms[number]
        assert form["method"] == "post" and set(values) <= set(form["fields"]), form
        fields = {name: value.replace("\n", "\r\n") for name, value in {**form["fields"], **values}.items()}
        address = urllib.parse.urljoin(at.url, form["action"])
        sent = {"Origin": self.base, "Sec-Fetch-Site": "same-origin", **(headers or {})}
        async with self.session.post(address, data=fields, headers=sent) as got:
            return await self._shown(got)


def add_admin(suite, password):
    """The first admin, whose password is set at installation."""
    environment = service_library.settings("submission", suite.servers, {}, vhost=suite.name, database=suite.name)
    environment.update({**CHEAP, "SLUICE__AUTH__FIRST_ADMIN__PASSWORD": password})
    subprocess.run([os.path.join(suite.build, "bin/sluice-submission"), "--create-admin"], cwd=ROOT, check=True, timeout=60,
                   env={**service_library.clean_environment(), **environment}, capture_output=True)


async def signed_in(suite, one):
    async with suite.client(None) as nobody:
        name = "e" + uuid.uuid4().hex[:10]
        made = await nobody.request("POST", "/api/v1/auth/register", {"name": name, "password": "a password"})
        assert made.status == 201
    at = await one.send(await one.open("/login"), login=name, password="a password")
    assert urllib.parse.urlsplit(at.url).path == "/run" and at.status == 200
    return at


async def test_sign_in_run_and_run_again_from_the_cache(suite):
    async with browser(suite.submission[0].url) as one:
        first = await one.open("/run")
        assert urllib.parse.urlsplit(first.url).path == "/login", "who is not signed in is sent there"
        at = await signed_in(suite, one)
        cookie = next(each for each in one.session.cookie_jar if each.key == "sluice_session")
        assert cookie["httponly"] and cookie["samesite"] == "Lax"
        program = f"text = input()\nprint('<b>' + text, '{uuid.uuid4()}')\n"
        shown = await one.send(at, language="python3", source=program, stdin="7 & 8\n")
        assert shown.by_id["status"] == "accepted" and "cached" not in shown.by_id
        assert "<b>7 & 8" in shown.text and "<b>7" not in shown.source, "what a program prints is text"
        again = await one.send(await one.open("/run"), language="python3", source=program, stdin="7 & 8\n")
        assert again.by_id["status"] == "accepted" and again.by_id["cached"].startswith("From the cache: this was run at 20")
        assert again.url != shown.url and "<b>7 & 8" in again.text
        assert (await one.send(again, number=1)).url.endswith("/login")
        assert urllib.parse.urlsplit((await one.open("/run")).url).path == "/login"


async def test_the_first_admin_signs_in_with_the_password_of_the_installation(suite):
    add_admin(suite, "set at installation")
    async with browser(suite.submission[0].url) as one:
        at = await one.send(await one.open("/login"), login="admin", password="set at installation")
        assert urllib.parse.urlsplit(at.url).path == "/run"


async def test_what_is_wrong_stands_on_the_page(suite):
    async with browser(suite.submission[0].url) as one:
        start = await one.open("/login")
        no = await one.send(start, login="nobody", password="<script>")
        assert no.status == 401 and len(no.forms) == 1 and "<script>" not in no.source
        evil = await one.send(start, headers={"Origin": "https://evil.example"}, login="nobody", password="x")
        assert evil.status == 403
        at = await signed_in(suite, one)
        bad = await one.send(at, language="no such <i>", source="print(1)\n</textarea><script>")
        assert bad.status == 422 and "<i>" not in bad.source
        assert bad.forms[0]["fields"]["source"] == "print(1)\n</textarea><script>"
        assert (await one.open("/run?id=" + str(uuid.uuid4()))).status == 404
        assert (await one.open("/run?id=x")).status == 404
        async with one.session.post(one.base + "/run", data={"language": "bash", "source": "true"},
                                    headers={"Sec-Fetch-Site": "cross-site"}) as got:
            assert got.status == 403
        async with one.session.post(one.base + "/run", json={}) as got:
            assert got.status == 415


async def test_a_foreign_result_is_not_shown(suite):
    async with browser(suite.submission[0].url) as one, suite.client("alice") as alice:
        made = await alice.submit("bash", "echo hers", wait=20)
        await signed_in(suite, one)
        other = await one.open("/run?id=" + made["id"])
        assert other.status == 404 and "hers" not in other.text


async def test_what_the_script_does_gets_the_result_pushed(suite):
    """The steps of /run.js with the cookie alone: a ticket, the WebSocket, two posts."""
    async with browser(suite.submission[0].url) as one:
        await signed_in(suite, one)
        post = {"headers": {"Origin": one.base, "Sec-Fetch-Site": "same-origin"}}
        async with one.session.post(one.base + "/api/v1/ws-tickets", **post) as got:
            ticket = (await got.json())["ticket"]
        async with suite.client(None) as nobody:
            listener = await nobody.listen(ticket=ticket)
            body = {"language": "python3", "source": f"print('{uuid.uuid4()}')", "stdin": "", "cache": True}
            frames = []
            for _ in range(2):
                async with one.session.post(one.base + "/api/v1/submissions", json=body, **post) as got:
                    made = await got.json()
                frames.append((await listener.finished(made["id"]))["data"])
            assert [each["cached"] for each in frames] == [False, True]
            assert frames[0]["stdout"] == frames[1]["stdout"] and frames[1]["original_run_at"]


async def test_the_script_is_one_that_a_browser_can_read(suite, tmp_path):
    async with aiohttp.ClientSession() as session:
        async with session.get(suite.submission[0].url + "/run.js") as got:
            assert got.headers["Content-Type"].startswith("text/javascript")
            text = await got.text()
    assert "innerHTML" not in text and "//" not in text.replace("://", "")
    node = shutil.which("node")
    if node:
        script = tmp_path / "run.js"
        script.write_text(text, encoding="utf-8")
        checked = await asyncio.create_subprocess_exec(node, "--check", str(script))
        assert await checked.wait() == 0
        # with as much of a browser as it asks for at its start
        page = "globalThis.document = {getElementById: () => ({addEventListener() {}})};\n"
        script.write_text(page + text + "console.log(shown('//5BCg==', 'base64') + shown('as it is', 'utf8'));\n", encoding="utf-8")
        asked = await asyncio.create_subprocess_exec(node, str(script), stdout=asyncio.subprocess.PIPE)
        out, _ = await asked.communicate()
        assert out.decode() == "\ufffd\ufffdA\nas it is\n"


async def test_without_the_setting_there_are_no_pages(make_suite):
    suite = make_suite(settings={"submission": {**CHEAP, "SLUICE__COMPATIBILITY__SYSTEM_E": "false"}}, submission=1)
    async with aiohttp.ClientSession() as session:
        for path in ("/login", "/run", "/run.js"):
            async with session.get(suite.submission[0].url + path) as got:
                assert got.status == 404, path
