"""Each service's own users can do what it needs and nothing else: what a stolen execution machine holds
opens neither sessions nor tickets nor the database."""

import pika
import psycopg2
import psycopg2.errors
import pytest
import redis as redis_client


def connect(suite, user):
    return redis_client.Redis.from_url(suite.servers.redis.url(user, suite.redis_db))


@pytest.mark.parametrize("command", [
    ("GET", "sluice:ticket:abc"), ("GETDEL", "sluice:ticket:abc"), ("ZRANGE", "sluice:sessions:alice", 0, -1),
    ("GET", "sluice:token:abc"), ("SET", "sluice:token:abc", "x"), ("GET", "sluice:attempts:account:abc"),
    ("XRANGE", "sluice:events:alice", "-", "+"), ("PUBLISH", "sluice:node:n1", "x"), ("SUBSCRIBE", "sluice:node:n1"),
    ("GET", "sluice:cache:abc"), ("SET", "sluice:cache:abc", "x"), ("DEL", "sluice:state:abc"),
    ("PUBLISH", "sluice:revoked", "[]"), ("SUBSCRIBE", "sluice:revoked"),
    ("KEYS", "*"), ("FLUSHALL",), ("CONFIG", "GET", "*"), ("ACL", "LIST"), ("EVAL", "return 1", "0")],
    ids=lambda command: "-".join(map(str, command[:2])))
def test_execution_may_not(suite, command):
    with pytest.raises(redis_client.exceptions.NoPermissionError):
        connect(suite, "execution").execute_command(*command)


SERVICES = ("submission", "execution", "notification", "websocket")


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_may_announce_itself_and_read_its_orders(suite, service):
    connection = connect(suite, service)
    connection.execute_command("SET", f"sluice:instance:{service}:test", "{}", "EX", "1")
    connection.execute_command("ZADD", f"sluice:instances:{service}", "1", "test")
    connection.execute_command("ZREM", f"sluice:instances:{service}", "test")
    connection.execute_command("XRANGE", f"sluice:commands:{service}", "-", "+")
    connection.execute_command("GET", f"sluice:settings:{service}")
    connection.execute_command("PUBLISH", f"sluice:answers:{service}", "{}")


@pytest.mark.parametrize("service", [each for each in SERVICES if each != "submission"])
def test_only_submission_gives_orders(suite, service):
    other = "websocket" if service != "websocket" else "execution"
    for command in (("XADD", f"sluice:commands:{service}", "*", "m", "{}"), ("SET", f"sluice:settings:{service}", "{}"),
                    ("XRANGE", f"sluice:commands:{other}", "-", "+"), ("GET", f"sluice:settings:{other}"),
                    ("SET", f"sluice:instance:{other}:test", "{}"), ("PUBLISH", f"sluice:answers:{other}", "{}"),
                    ("ZADD", f"sluice:instances:{other}", "1", "x")):
        with pytest.raises(redis_client.exceptions.NoPermissionError):
            connect(suite, service).execute_command(*command)


def test_notification_may_not_add_or_remove_sessions(suite):
    for command in (("ZADD", "sluice:sessions:alice", "1", "x"), ("ZREM", "sluice:sessions:alice", "x")):
        with pytest.raises(redis_client.exceptions.NoPermissionError):
            connect(suite, "notification").execute_command(*command)


def test_submission_may_read_output_and_not_write_it(suite):
    assert connect(suite, "submission").execute_command("XRANGE", "sluice:output:x", "-", "+") == []
    for command in (("XADD", "sluice:output:x", "*", "m", "x"), ("XRANGE", "sluice:events:alice", "-", "+")):
        with pytest.raises(redis_client.exceptions.NoPermissionError):
            connect(suite, "submission").execute_command(*command)


def test_websocket_may_not_forge_events(suite):
    with pytest.raises(redis_client.exceptions.NoPermissionError):
        connect(suite, "websocket").execute_command("XADD", "sluice:events:alice", "*", "frame", "{}")


@pytest.mark.parametrize("user,command", [
    ("websocket", ("SET", "sluice:token:abc", "{}")), ("websocket", ("GETDEL", "sluice:token:abc")),
    ("websocket", ("PEXPIRE", "sluice:token:abc", "1")), ("notification", ("GET", "sluice:token:abc")),
    ("notification", ("HGET", "sluice:token:abc", "x")), ("notification", ("PUBLISH", "sluice:revoked", "[]")),
    ("notification", ("SUBSCRIBE", "sluice:revoked"))], ids=lambda value: value if isinstance(value, str) else value[0])
def test_only_submission_writes_sessions_and_keys(suite, user, command):
    with pytest.raises(redis_client.exceptions.NoPermissionError):
        connect(suite, user).execute_command(*command)


@pytest.mark.parametrize("user,command", [
    ("submission", ("SET", "sluice:cache:abc", "x")), ("notification", ("GET", "sluice:cache:abc")),
    ("notification", ("SET", "sluice:sessions:alice", "x")), ("notification", ("DEL", "sluice:events:alice")),
    ("websocket", ("GET", "sluice:cache:abc")), ("submission", ("SET", "sluice:state:abc", "x"))],
    ids=lambda value: value if isinstance(value, str) else "-".join(value[:2]))
def test_results_are_kept_by_notification_and_read_by_submission_alone(suite, user, command):
    with pytest.raises(redis_client.exceptions.NoPermissionError):
        connect(suite, user).execute_command(*command)


@pytest.mark.parametrize("user,command", [
    ("execution", ("ZCARD", "sluice:flight:all:alice")), ("websocket", ("ZREM", "sluice:flight:all:alice", "x")),
    ("notification", ("ZADD", "sluice:flight:all:alice", "1", "x")), ("notification", ("HGET", "sluice:rate:user:alice", "at")),
    ("notification", ("ZREM", "sluice:sessions:alice", "x"))], ids=lambda value: value if isinstance(value, str) else value[0])
def test_what_is_in_flight_is_begun_by_submission_alone(suite, user, command):
    with pytest.raises(redis_client.exceptions.NoPermissionError):
        connect(suite, user).execute_command(*command)


def test_submission_may_remove_what_is_of_a_deleted_submission(suite):
    connection = connect(suite, "submission")
    for command in (("DEL", "sluice:state:x", "sluice:output:x"), ("XDEL", "sluice:events:nobody", "1-1"),
                    ("GET", "sluice:cache:x"), ("DEL", "sluice:cache:x")):
        connection.execute_command(*command)


@pytest.mark.parametrize("table", ["users", "access_tokens", "revoked_tokens", "uploads", "upload_blobs", "system_a.uploads"])
def test_notification_reads_no_account(suite, table):
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        with psycopg2.connect(suite.servers.postgres.url("sluice_notification_app", suite.name)) as connection:
            connection.cursor().execute(f"select * from {table}")


@pytest.mark.parametrize("service,statement", [
    ("submission", "delete from webhook_deliveries"), ("submission", "update webhook_deliveries set status = 'delivered'"),
    ("submission", "insert into webhook_attempts (delivery_id) values (null)"), ("notification", "delete from webhook_targets"),
    ("notification", "update webhook_settings set secret = 'mine'"), ("submission", "update usage_days set cpu_us = 0"),
    ("submission", "insert into usage_days (user_id, day) values ('me', now())"),
    ("notification", "delete from deleted_submissions"), ("notification", "delete from usage_days"),
    ("notification", "select history_drop_partitions(now() - interval '9 days')"),
    ("submission", "delete from mail_deliveries"), ("submission", "update mail_attempts set http_status = 250"),
    ("notification", "delete from mail_targets"), ("notification", "update mail_settings set when_done = true")])
def test_each_table_has_one_writer(suite, service, statement):
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        with psycopg2.connect(suite.servers.postgres.url(f"sluice_{service}_app", suite.name)) as connection:
            connection.cursor().execute(statement)


@pytest.mark.parametrize("user,queue", [("execution", "progress_queue"), ("submission", "execution_queue"),
                                        ("submission", "submission_queue"), ("notification", "submission_queue")])
def test_a_service_may_not_read_queues_that_are_not_its_own(suite, user, queue):
    connection = pika.BlockingConnection(pika.URLParameters(suite.servers.rabbitmq.url(user, suite.name)))
    try:
        with pytest.raises(pika.exceptions.ChannelClosedByBroker) as refused:
            connection.channel().basic_get(queue)
        assert refused.value.reply_code == 403
    finally:
        connection.close()


def test_the_execution_service_holds_no_privilege(suite):
    for worker in suite.execution:
        with open(f"/proc/{worker.pid}/status", encoding="ascii") as file:
            status = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
        assert "0" not in status["Uid"].split()
        assert int(status["CapEff"], 16) == int(status["CapPrm"], 16) == 0
