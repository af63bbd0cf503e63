"""The last test of a whole run: every operation of the OpenAPI document was answered with each of its answers, or a
reason stands here why not. When only a part of the tests runs it is not there (conftest.py)."""

from support import route_log

# (operations, code or status): why no test provokes it. A reason that is no longer needed fails, too.
NOT_PROVOKED = {
}

# What any request may be answered with, whatever it asks for; the document describes them once.
ANYWHERE = {"request_timeout", "header_too_large", "overloaded", "shutting_down", "internal"}


def test_every_route_was_met_with_every_answer_that_is_documented():
    met = route_log.answers()
    missing, unknown = [], []
    for each in route_log.operations():
        seen = met[each.name()]
        statuses = {status for status, _ in seen}
        missing += [f"{each.name()} {status}" for status in sorted(each.successes - statuses)]
        missing += [f"{each.name()} {status} {code}" for status, code in sorted(each.problems)
                    if (status, code) not in seen and (status, "") not in seen]
        documented = {status for status, _ in each.problems} | each.successes
        unknown += [f"{each.name()} {status} {code}" for status, code in sorted(seen)
                    if code not in ANYWHERE and (status not in documented if not code else (status, code) not in each.problems)]
    said = ["answers that the OpenAPI document does not have:", *unknown] if unknown else []
    said += ["no test meets:", *missing] if missing else []
    assert not said, "\n".join(said)
