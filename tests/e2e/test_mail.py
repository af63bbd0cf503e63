"""Mail when done, taken by a real SMTP server with STARTTLS and AUTH: what it says, once for a batch, again when the server was
away, never again when it said no."""

import asyncio
import os
import re
import uuid

import pytest

from devtools import certs
from support.hook_receiver import silent_server
from support.mail_server import SECRET, free_port, smtp_server, taken
from support.suite import ROOT

PASSWORD = "correct horse battery"
FROM = "Sluice Grüße <sluice@example.org>"


@pytest.fixture(scope="module")
def folder(run_folder):
    made = os.path.join(run_folder, "mail-certs")
    certs.make_all(made, client="alice")
    return made


@pytest.fixture(scope="module")
def port():
    return free_port()


@pytest.fixture(scope="module")
def suite(make_module_suite, folder, port):
    return make_module_suite(submission=1, execution=1, notification=1, settings={
        "submission": {"SLUICE__MAIL__ENABLED": "true", "SLUICE__AUTH__ATTEMPTS__PER_ADDRESS": "1000"},
        "notification": {
            "SLUICE__MAIL__SMTP_URL": f"smtp://localhost:{port}", "SLUICE__MAIL__USERNAME": "sluice",
            "SLUICE__MAIL__PASSWORD": SECRET, "SLUICE__MAIL__FROM": FROM, "SLUICE__MAIL__CA_FILE": os.path.join(folder, "ca.crt"),
            "SLUICE__MAIL__PUBLIC_URL": "https://code.example.org", "SLUICE__MAIL__FIRST_PAUSE": "100ms",
            "SLUICE__MAIL__LONGEST_PAUSE": "200ms", "SLUICE__MAIL__INTERVAL": "100ms", "SLUICE__MAIL__MAX_OUTPUT": "100B"}})


@pytest.fixture
def server(folder, port):
    """server(): starts one on the port that the service knows; stopped at the end."""
    running = []

    def start():
        got = taken()
        made = smtp_server(got, folder, port)
        made.start()
        running.append(made)
        return got
    yield start
    for each in running:
        each.stop()


async def signed_up(suite, address=None):
    """A client with the session of a new account."""
    name = f"user-{uuid.uuid4().hex[:10]}"
    client = suite.client(None)
    await client.__aenter__()
    body = {"name": name, "password": PASSWORD, **({"email": address.format(name)} if address else {})}
    made = await client.request("POST", "/api/v1/auth/register", body)
    assert made.status == 201, made
    signed = await client.request("POST", "/api/v1/auth/sign-in", {"login": name, "password": PASSWORD})
    client.token = signed.json["access_token"]
    return client, body.get("email")


def settled(suite, count=1, **fields):
    return suite.notification[0].wait_for_event("mail_settled", 20, count, **fields)


async def test_a_submission_is_told_of_in_text_and_html(suite, server):
    got = server()
    client, address = await signed_up(suite, "{}@example.com")
    try:
        source = "echo '<b>ünï</b>'; head -c 500 /dev/zero | tr '\\0' x; printf '\\377'"
        made = await client.submit("bash", source, mail=True)
        await got.until(lambda g: len(g.mails) == 1)
        assert got.is_tls == [True] and got.logins == [True]
        sender, to, content = got.mails[0]
        assert (sender, to) == ("sluice@example.org", [address])
        assert all(byte < 128 for byte in content)
        message = got.message(0)
        assert message["To"] == address and message["Subject"] == "Your bash submission: accepted"
        assert str(message["From"]) == FROM and message["Auto-Submitted"] == "auto-generated"
        assert message["Message-ID"].endswith("@example.org>") and message["Date"].datetime
        text = message.get_body(("plain",)).get_content()
        page = message.get_body(("html",)).get_content()
        link = f"https://code.example.org/api/v1/submissions/{made['id']}"
        assert "<b>ünï</b>" in text and link in text and "more bytes)" in text and "x" * 101 not in text
        assert "&lt;b&gt;ünï&lt;/b&gt;" in page and f'href="{link}"' in page and "<b>" not in page
        await asyncio.to_thread(settled, suite, is_delivered=True, submission_id=made["id"])
        assert suite.sql(f"select status, attempts from mail_deliveries where subject_id = '{made['id']}'") == "delivered|1"
    finally:
        await client.__aexit__()


async def test_a_batch_gives_one_mail(suite, server):
    got = server()
    client, _ = await signed_up(suite, "{}@example.com")
    try:
        made = await client.request("POST", "/api/v1/batches", {"commands": ["true", "exit 1", "true"], "mail": True})
        assert made.status == 201, made
        await got.until(lambda g: len(g.mails) >= 1)
        message = got.message(0)
        assert message["Subject"] == "Your batch of 3 submissions is done"
        text = message.get_body(("plain",)).get_content()
        assert "accepted: 2" in text and "runtime_error: 1" in text
        assert f"/api/v1/batches/{made.json['correlation_id']}" in text
        rows = suite.sql(f"select event from mail_deliveries where correlation_id = '{made.json['correlation_id']}'")
        assert rows == "batch.finished"
    finally:
        await client.__aexit__()


async def test_a_user_may_want_all_of_them(suite, server):
    got = server()
    client, address = await signed_up(suite, "{}@example.com")
    try:
        shown = await client.request("GET", "/api/v1/me/mail")
        assert shown.json == {"available": True, "when_done": False, "address": address}
        assert (await client.request("PUT", "/api/v1/me/mail", {"when_done": True})).json["when_done"] is True
        await client.submit("bash", "true")
        await got.until(lambda g: len(g.mails) == 1)
        await client.request("POST", "/api/v1/batches", {"commands": ["true", "true"]})
        await got.until(lambda g: len(g.mails) == 2)
        assert got.message(1)["Subject"] == "Your batch of 2 submissions is done"
        assert (await client.request("PUT", "/api/v1/me/mail", {"when_done": False})).json["when_done"] is False
        made = await client.submit("bash", "true", wait=20)
        assert suite.sql(f"select 1 from mail_deliveries where subject_id = '{made['id']}'") == ""
    finally:
        await client.__aexit__()


async def test_a_refused_recipient_is_not_tried_again(suite, server):
    got = server()
    client, _ = await signed_up(suite, "refused-{}@example.com")
    try:
        made = await client.submit("bash", "true", mail=True)
        await asyncio.to_thread(settled, suite, is_last=True, is_delivered=False, submission_id=made["id"])
        row = suite.sql(f"select d.status, d.attempts, a.http_status from mail_deliveries d join mail_attempts a "
                        f"on a.delivery_id = d.id where d.subject_id = '{made['id']}'")
        assert row == "failed|1|550" and got.refused == 1
    finally:
        await client.__aexit__()


async def test_mail_waits_for_a_server_that_is_away(suite, server):
    client, _ = await signed_up(suite, "{}@example.com")
    try:
        made = await client.submit("bash", "true", mail=True)
        await asyncio.to_thread(settled, suite, is_last=False, is_delivered=False, submission_id=made["id"])
        got = server()
        await got.until(lambda g: len(g.mails) == 1)
        await asyncio.to_thread(settled, suite, is_delivered=True, submission_id=made["id"])
    finally:
        await client.__aexit__()


async def test_mail_waits_for_a_server_that_says_nothing_and_nobody_waits_with_it(make_suite, folder, port, server):
    slow = make_suite(submission=1, execution=1, notification=1, settings={
        "submission": {"SLUICE__MAIL__ENABLED": "true"},
        "notification": {
            "SLUICE__MAIL__SMTP_URL": f"smtp://localhost:{port}", "SLUICE__MAIL__USERNAME": "sluice",
            "SLUICE__MAIL__PASSWORD": SECRET, "SLUICE__MAIL__FROM": FROM, "SLUICE__MAIL__CA_FILE": os.path.join(folder, "ca.crt"),
            "SLUICE__MAIL__TIMEOUT": "1s", "SLUICE__MAIL__FIRST_PAUSE": "100ms", "SLUICE__MAIL__LONGEST_PAUSE": "200ms",
            "SLUICE__MAIL__INTERVAL": "100ms"}})
    client, address = await signed_up(slow, "{}@example.com")
    try:
        async with silent_server(port) as silent:
            made = await client.submit("bash", "true", mail=True, wait=20)
            await silent.wait_for(1)
            # Results are stored and told while it says nothing.
            assert made["status"] == "accepted" and (await client.submit("bash", "true", wait=20))["status"] == "accepted"
            await asyncio.to_thread(settled, slow, is_last=False, is_delivered=False, submission_id=made["id"])
        got = server()
        await got.until(lambda g: len(g.mails) == 1)
        assert got.mails[0][1] == [address]
    finally:
        await client.__aexit__()


@pytest.mark.parametrize("address,reason", [(None, "no e-mail address")])
async def test_who_has_no_address_is_told(suite, address, reason):
    client, _ = await signed_up(suite, address)
    try:
        for got in (await client.request("POST", "/api/v1/submissions", {"language": "bash", "source": "true", "mail": True}),
                    await client.request("POST", "/api/v1/batches", {"commands": ["true"], "mail": True}),
                    await client.request("PUT", "/api/v1/me/mail", {"when_done": True})):
            assert got.status == 422 and got.json["code"] == "invalid_field", got
            assert got.json["errors"][0]["field"] == "mail" and reason in got.json["errors"][0]["message"]
        item = {"language": "bash", "source": "true", "mail": True}
        inside = await client.request("POST", "/api/v1/batches", {"items": [item]})
        assert inside.status == 422 and inside.json["errors"][0]["field"] == "items[0].mail", inside
    finally:
        await client.__aexit__()


async def test_without_a_server_mail_is_refused_in_words(make_suite):
    alone = make_suite(submission=1)
    async with alone.client("alice") as alice:
        got = await alice.request("POST", "/api/v1/submissions", {"language": "bash", "source": "true", "mail": True})
        assert got.status == 422 and "mail.smtp_url" in got.json["errors"][0]["message"], got
        assert (await alice.request("GET", "/api/v1/me/mail")).json == {
            "available": False, "when_done": False, "address": None}


async def test_a_wrong_password_is_tried_again_and_told_to_the_operator(make_suite, folder, port, server):
    got = server()
    other = make_suite(submission=1, execution=1, notification=1, settings={
        "submission": {"SLUICE__MAIL__ENABLED": "true"},
        "notification": {
            "SLUICE__MAIL__SMTP_URL": f"smtp://localhost:{port}", "SLUICE__MAIL__USERNAME": "sluice",
            "SLUICE__MAIL__PASSWORD": "wrong", "SLUICE__MAIL__FROM": "a@example.org",
            "SLUICE__MAIL__CA_FILE": os.path.join(folder, "ca.crt"), "SLUICE__MAIL__FIRST_PAUSE": "50ms",
            "SLUICE__MAIL__LONGEST_PAUSE": "50ms", "SLUICE__MAIL__INTERVAL": "50ms", "SLUICE__MAIL__MAX_TRIES": "3"}})
    client, _ = await signed_up(other, "{}@example.com")
    try:
        await client.submit("bash", "true", mail=True)
        await asyncio.to_thread(settled, other, is_last=True, is_delivered=False, attempt=3)
        assert got.mails == [] and got.logins and not any(got.logins)
        assert set(other.sql("select http_status from mail_attempts").split()) == {"535"}
    finally:
        await client.__aexit__()


async def test_the_curl_lines_of_the_document_work_as_written(suite, server):
    got = server()
    client, _ = await signed_up(suite, "{}@example.com")
    with open(os.path.join(ROOT, "docs/api/mail.md"), encoding="utf-8") as file:
        blocks = re.findall(r"(?:^    .*\n)+", file.read(), flags=re.MULTILINE)
    lines = "".join(re.sub(r"^    ", "", block, flags=re.MULTILINE) for block in blocks)
    script = f"set -e\nAPI={suite.submission[0].url}/api/v1\nTOKEN={client.token}\n" + lines.replace("curl -s ", "curl -sSf ")
    shell = await asyncio.create_subprocess_exec("/bin/bash", "-c", script,
                                                 stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
    out, problems = (each.decode() for each in await shell.communicate())
    assert shell.returncode == 0, (out, problems)
    assert '"when_done":true' in out, out
    await got.until(lambda g: len(g.mails) == 2)
    await client.__aexit__()
