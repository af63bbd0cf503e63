"""docs/api.md, run from its first line to its last as it is written."""

import os

import pytest

from devtools import certs
from support import document
from support.hook_receiver import receiver
from support.mail_server import SECRET, free_port, smtp_server, taken


def settings(folder, port):
    hooks = {"SLUICE__WEBHOOKS__ENABLED": "true", "SLUICE__WEBHOOKS__ALLOW_LOOPBACK": "true", "SLUICE__WEBHOOKS__PORTS": '["any"]'}
    return {"submission": {**hooks, "SLUICE__MAIL__ENABLED": "true", "SLUICE__AUTH__ADMINS": '["carol"]'},
            "notification": {**hooks, "SLUICE__MAIL__SMTP_URL": f"smtp://localhost:{port}", "SLUICE__MAIL__USERNAME": "sluice",
                             "SLUICE__MAIL__PASSWORD": SECRET, "SLUICE__MAIL__FROM": "sluice@example.org",
                             "SLUICE__MAIL__CA_FILE": os.path.join(folder, "ca.crt")}}


@pytest.mark.deadline(120)
async def test_every_flow_of_the_document_works_as_written(make_suite, run_folder, tmp_path):
    folder, port = os.path.join(run_folder, "document-certs"), free_port()
    certs.make_all(folder, client="alice")
    suite = make_suite(settings=settings(folder, port), submission=1, execution=1, notification=1, websocket=1)
    suite.execution[0].wait_for_event("announced", timeout=20)  # what is cached is known by its version
    got = taken()
    mails = smtp_server(got, folder, port)
    mails.start()
    try:
        async with receiver() as hook:
            out = await document.run(document.script_of(page_for(suite, hook.url)), tmp_path)
            _, headers, _ = await hook.wait_for(1)
            assert headers["Sluice-Event"] == "submission.finished"
        await got.until(lambda g: len(g.mails) >= 1)
    finally:
        mails.stop()
    for expected in ('"stdout":"42\\n"', '"limit_hit":"cpu_time_ms"', '"status":"cancelled"', "submission.finished 42", '"ended_sessions":',
                     "of two files", '"status":"wrong_answer"', '"size":2', '"cached":true', '"complete":true', '"by_status":',
                     '"attempts":', '"submissions_in_flight":5', '"disabled":true', '"action":"enable"', '"UserID":', "<form"):
        assert expected in out, (expected, out)


def page_for(suite, hook):
    text = document.page("api.md")
    for written, ours in (("API=http://127.0.0.1:8080/api/v1", f"API={suite.submission[0].url}/api/v1"),
                          ("WS=ws://127.0.0.1:8081/ws", f"WS={suite.websocket[0].url}"), ("ADMIN=demo-token", "ADMIN=carol-token"),
                          ("HOOK=http://127.0.0.1:9000/hook", f"HOOK={hook}")):
        assert written in text
        text = text.replace(written, ours)
    return text
