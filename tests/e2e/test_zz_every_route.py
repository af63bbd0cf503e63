"""The last test of a whole run: every operation of the OpenAPI document was answered with each of its answers, or a
reason stands here why not. When only a part of the tests runs it is not there (conftest.py)."""

from support import route_log

# A code, or one of one operation: why not every test run meets it. A reason that nothing needs any more fails, too.
NOT_PROVOKED = {
    "queue_unavailable": "needs a broker that is away: tests/chaos/test_servers_away.py",
    "queue_full": "is everybody's and of the one place where work is accepted: test_quotas.py meets it at one route",
    "overloaded": "needs a flood of passwords or of uploads: test_accounts.py meets it at one route",
    "request_timeout": "needs a client that stops in the middle: test_uploads.py, on connections of its own",
    "POST /v1/auth/login not_implemented": "a service with a database has accounts",
    "POST /api/v1/admin/instances/{id}/drain conflict": "no service refuses to drain",
    "POST /api/v1/admin/services/{service}/drain conflict": "no service refuses to drain",
}

# What any request may be answered with, whatever it asks for.
ANYWHERE = {"header_too_large", "shutting_down", "internal"}


def is_switched_off(operation, status):
    """Interfaces of older systems can be switched off: then they answer as if they were not there."""
    return status == 404 and not operation.path.startswith(("/api/v1/", "/v1/"))


def test_every_route_was_met_with_every_answer_that_is_documented():
    met = route_log.answers()
    missing, unknown, reasons = [], [], set()

    def is_excused(operation, code):
        found = {code, f"{operation.name()} {code}"} & set(NOT_PROVOKED)
        reasons.update(found)
        return found
    for each in route_log.operations():
        seen = met[each.name()]
        statuses = {status for status, _ in seen}
        missing += [f"{each.name()} {status}" for status in sorted(each.successes - statuses)]
        missing += [f"{each.name()} {status} {code}" for status, code in sorted(each.problems)
                    if (status, code) not in seen and (status, "") not in seen and not is_excused(each, code)]
        documented = {status for status, _ in each.problems} | each.successes
        unknown += [f"{each.name()} {status} {code}" for status, code in sorted(seen)
                    if code not in ANYWHERE and not is_switched_off(each, status) and (status not in documented if not code else (status, code) not in each.problems)]
    said = ["answers that the OpenAPI document does not have:", *unknown] if unknown else []
    said += ["no test meets:", *missing] if missing else []
    said += [f"{each!r} is met and needs no reason" for each in sorted(set(NOT_PROVOKED) - reasons)]
    assert not said, "\n".join(said)
