"""Watching and steering programs while they run: two nodes of websocket and of execution, real servers."""

import asyncio
import base64
import json
import time

import pytest

TICKER = """
import sys, time
for i in range(6):
    print("tick", i, flush=True)
    time.sleep(0.15)
"""
WAITER = """
import sys
print("ready", flush=True)
for line in sys.stdin:
    print("got", line.strip(), flush=True)
print("end", flush=True)
"""


@pytest.fixture(scope="module")
def live(servers, make_module_suite):
    return make_module_suite(submission=1, execution=2, notification=2, websocket=2, settings={
        "execution": {"SLUICE__SANDBOX__SLOTS": "1", "SLUICE__LIVE__DISCONNECT_GRACE": "300ms",
                      "SLUICE__LIVE__IDLE_TIME": "3s"}})


def output_of(events, submission_id, stream=None):
    return [each for each in events.frames if each["type"] == "submission.output"
            and each["submission_id"] == submission_id and stream in (None, each["data"]["stream"])]


def text_of(events, submission_id, stream=None):
    whole = b""
    for each in output_of(events, submission_id, stream):
        data = each["data"]
        whole += base64.b64decode(data["data"]) if data["data_encoding"] == "base64" else data["data"].encode()
    return whole.decode("utf-8", "surrogateescape")


async def shown(events, submission_id, text, timeout=15):
    """Waits until the output of the submission contains the text."""
    await events.wait_until(lambda _: text in text_of(events, submission_id), timeout, f"output {text!r}")


async def watch(events, submission_id, **data):
    return await events.call("subscribe", f"watch-{submission_id}-{len(events.frames)}",
                             submission_id=submission_id, data=data)


async def start(alice, source, language="python3", **more):
    more.setdefault("limits", {"wall_time_ms": 20000})
    return (await alice.submit(language, source, **more))["id"]


async def tell(events, kind, submission_id, **data):
    answer = await events.call(kind, f"{kind}-{len(events.frames)}-{time.monotonic_ns()}",
                               submission_id=submission_id, data=data)
    assert answer["type"] == "ack", answer


def no_output_after_the_end(events, submission_id):
    kinds = [each["type"] for each in events.frames if each.get("submission_id") == submission_id]
    return "submission.output" not in kinds[kinds.index("submission.finished"):]


async def test_output_comes_while_the_program_runs_and_before_its_end(live):
    async with live.client("alice") as alice:
        events = await alice.listen()
        made = await start(alice, TICKER)
        assert (await watch(events, made))["type"] == "ack"
        await shown(events, made, "tick 2")
        assert not [each for each in events.frames if each["type"] == "submission.finished"]
        ended = await events.finished(made)
        assert text_of(events, made) == ended["data"]["stdout"] == "".join(f"tick {i}\n" for i in range(6))
        seqs = [each["data"]["seq"] for each in output_of(events, made)]
        assert seqs == list(range(1, len(seqs) + 1))
        assert all("event_id" not in each for each in output_of(events, made))
        assert no_output_after_the_end(events, made)


async def test_all_tabs_on_both_nodes_see_the_output(live):
    async with live.client("alice", websocket=0) as one, live.client("alice", websocket=1) as two:
        tabs = [await one.listen(), await one.listen(), await two.listen()]
        made = await start(one, TICKER)
        for tab in tabs:
            assert (await watch(tab, made))["type"] == "ack"
        for tab in tabs:
            await tab.finished(made)
            assert text_of(tab, made) == "".join(f"tick {i}\n" for i in range(6))


async def test_who_joins_late_gets_the_output_so_far_and_then_the_rest(live):
    async with live.client("alice") as alice, live.client("alice", websocket=1) as other:
        first = await alice.listen()
        made = await start(alice, WAITER, interactive=True)
        await watch(first, made)
        await shown(first, made, "ready")
        late = await other.listen()
        await watch(late, made)
        await shown(late, made, "ready")
        await tell(late, "stdin", made, data="x\n")
        await shown(late, made, "got x")
        await shown(first, made, "got x")
        resumed = await other.listen()
        await watch(resumed, made, from_seq=2)
        await shown(resumed, made, "got x")
        assert "ready" not in text_of(resumed, made)
        await tell(late, "stdin_eof", made)
        assert (await first.finished(made))["data"]["stdout"] == "ready\ngot x\nend\n"


async def test_characters_are_not_split_and_other_bytes_are_base64(live):
    source = """
import os, time
for piece in (b"\\xe2", b"\\x82", b"\\xac|", b"\\xff\\xfe|", "\\U0001f600".encode()[:2], "\\U0001f600".encode()[2:] + b"\\0."):
    os.write(1, piece)
    time.sleep(0.06)
time.sleep(0.2)
"""
    async with live.client("alice") as alice:
        events = await alice.listen()
        made = await start(alice, source)
        await watch(events, made)
        await events.finished(made)
        frames = [each["data"] for each in output_of(events, made)]
        assert text_of(events, made) == "€|\udcff\udcfe|\U0001f600\0."
        assert all("\ufffd" not in each["data"] for each in frames)
        assert {each["data_encoding"] for each in frames} == {"utf8", "base64"}


async def test_stdout_and_stderr_are_told_apart(live):
    source = "import sys, time\nprint('out', flush=True)\nprint('err', file=sys.stderr, flush=True)\ntime.sleep(0.3)\n"
    async with live.client("alice") as alice:
        events = await alice.listen()
        made = await start(alice, source)
        await watch(events, made)
        await events.finished(made)
        assert (text_of(events, made, "stdout"), text_of(events, made, "stderr")) == ("out\n", "err\n")


async def test_a_program_that_ends_at_once_costs_no_output_frame(live):
    async with live.client("alice") as alice:
        events = await alice.listen()
        made = await start(alice, "echo hi", language="bash")
        await watch(events, made)
        await events.finished(made)
        assert output_of(events, made) == []
        assert live.redis("EXISTS", f"sluice:output:{made}").strip() in ("0", "(integer) 0")


async def test_what_is_not_kept_is_still_shown(live):
    source = "import time\nfor n in range(40):\n    print(n, 'x' * 500, flush=True)\n    time.sleep(0.02)\ntime.sleep(0.2)\n"
    async with live.client("alice") as alice:
        events = await alice.listen()
        made = await start(alice, source, limits={"output_bytes": 1000, "wall_time_ms": 20000}, on_output_limit="truncate")
        await watch(events, made)
        ended = await events.finished(made)
        assert ended["data"]["status"] == "accepted" and ended["data"]["stdout_truncated"]
        assert len(ended["data"]["stdout"]) == 1000
        assert "\n39 x" in text_of(events, made)


async def test_a_flood_is_thinned_and_the_gaps_are_told(live):
    source = "import os\nwhile True:\n    os.write(1, b'0123456789abcdef' * 64)\n"
    async with live.client("alice") as alice:
        events = await alice.listen()
        made = await start(alice, source, limits={"output_bytes": 16 << 20, "wall_time_ms": 20000})
        await watch(events, made)
        ended = await events.finished(made)
        assert ended["data"]["status"] == "output_limit"
        gaps = [each["data"] for each in events.frames if each["type"] == "gap"]
        seen = {each["data"]["seq"] for each in output_of(events, made)}
        missing = {n for gap in gaps for n in range(gap["from"], gap["to"] + 1)}
        assert gaps and not seen & missing
        assert seen | missing == set(range(1, max(seen) + 1))
        assert no_output_after_the_end(events, made)


async def test_another_users_submission_is_as_one_that_is_not(live):
    async with live.client("alice") as alice, live.client("bob") as bob:
        made = await start(alice, WAITER, interactive=True)
        mine = await alice.listen()
        await watch(mine, made)
        await shown(mine, made, "ready")

        async def refused(kind, submission_id, **data):
            other = await bob.listen()
            answer = await other.call(kind, f"bob-{kind}", submission_id=submission_id, data=data)
            assert answer["type"] == "error" and answer["data"]["code"] == "not_found", answer
        await asyncio.gather(
            refused("subscribe", made), refused("stdin", made, data="x\n"), refused("cancel", made),
            refused("signal", made, name="INT"), refused("cancel", "01934e5a-7b3c-7def-8123-456789abcdef"))
        assert (await bob.request("DELETE", f"/api/v1/submissions/{made}")).status == 404
        await tell(mine, "stdin_eof", made)
        assert (await mine.finished(made))["data"]["status"] == "accepted"


async def test_input_from_before_the_start_is_kept_in_order(live):
    async with live.client("alice") as alice:
        events = await alice.listen()
        blockers = [await start(alice, "import time; time.sleep(1.5)") for _ in range(2)]
        made = await start(alice, WAITER, interactive=True, stdin="first\n")
        for n in range(5):
            await tell(events, "stdin", made, data=f"line {n}\n")
        await tell(events, "stdin_eof", made)
        ended = await events.finished(made)
        assert ended["data"]["stdout"] == "ready\ngot first\n" + "".join(f"got line {n}\n" for n in range(5)) + "end\n"
        for each in blockers:
            await events.finished(each)


async def test_waiting_for_input_costs_no_processor_time(live):
    async with live.client("alice") as alice:
        events = await alice.listen()
        made = await start(alice, WAITER, interactive=True, limits={"cpu_time_ms": 300, "wall_time_ms": 20000})
        await watch(events, made)
        await shown(events, made, "ready")
        # Another program, which takes almost a second, passes the time.
        await events.finished(await start(alice, TICKER))
        await tell(events, "stdin", made, data=base64.b64encode(b"late\n").decode(), data_encoding="base64")
        await shown(events, made, "got late")
        await tell(events, "stdin_eof", made)
        ended = await events.finished(made)
        assert ended["data"]["status"] == "accepted" and ended["data"]["wall_ms"] > 800


async def test_a_signal_reaches_the_process_group(live):
    source = """
trap 'echo caught; exit 3' USR1
echo ready
while true; do sleep 0.05; done
"""
    async with live.client("alice") as alice:
        events = await alice.listen()
        made = await start(alice, source, language="bash", interactive=True)
        await watch(events, made)
        await shown(events, made, "ready")
        await tell(events, "signal", made, name="SIGUSR1")
        ended = await events.finished(made)
        assert ended["data"]["exit_code"] == 3 and "caught" in ended["data"]["stdout"], ended["data"]


TERMINAL = """
import os, sys, signal, termios
print([os.isatty(n) for n in range(3)], os.ttyname(0), os.get_terminal_size(0), os.environ["TERM"], flush=True)
with open("/dev/tty", "w") as tty:
    print("to the terminal", file=tty, flush=True)
def resized(*_):
    print("now", tuple(os.get_terminal_size(0)), flush=True)
signal.signal(signal.SIGWINCH, resized)
try:
    import fcntl
    fcntl.ioctl(0, termios.TIOCSTI, b"x")
    print("TIOCSTI works", flush=True)
except OSError as e:
    print("TIOCSTI", e.errno, flush=True)
print(sorted(os.listdir("/dev/pts")), flush=True)
try:
    os.open("/dev/pts/ptmx", os.O_RDWR)
    print("ptmx opened", flush=True)
except OSError as e:
    print("ptmx", e.errno, flush=True)
try:
    while True:
        print("got", repr(input()), flush=True)
except KeyboardInterrupt:
    print("interrupted", flush=True)
except EOFError:
    print("eof", flush=True)
sys.exit(7)
"""


async def test_a_terminal_is_one_in_every_respect_and_the_hosts_is_not_in_reach(live):
    async with live.client("alice") as alice:
        events = await alice.listen()
        made = await start(alice, TERMINAL, interactive=True, tty=True)
        await watch(events, made)
        await shown(events, made, "ptmx 13")
        seen = text_of(events, made)
        assert "[True, True, True] /dev/pts/0 os.terminal_size(columns=80, lines=24) xterm-256color\r\n" in seen
        assert "to the terminal\r\n" in seen and "TIOCSTI 1\r\n" in seen and "['0', 'ptmx']" in seen
        await tell(events, "resize", made, cols=100, rows=30)
        await shown(events, made, "now (100, 30)")
        await tell(events, "stdin", made, data="typed\r")
        await shown(events, made, "got 'typed'")
        assert "typed\r\n" in text_of(events, made)  # echo
        await tell(events, "stdin", made, data="\x03")
        await shown(events, made, "interrupted")
        ended = await events.finished(made)
        assert ended["data"]["exit_code"] == 7 and ended["data"]["stdout"].endswith("interrupted\r\n")


async def test_the_end_of_input_on_a_terminal(live):
    async with live.client("alice") as alice:
        events = await alice.listen()
        made = await start(alice, TERMINAL, interactive=True, tty=True)
        await watch(events, made)
        await shown(events, made, "ptmx 13")
        await tell(events, "stdin_eof", made)
        ended = await events.finished(made)
        assert ended["data"]["stdout"].endswith("eof\r\n") and ended["data"]["exit_code"] == 7


async def test_a_silent_interactive_run_is_ended(live):
    async with live.client("alice") as alice:
        events = await alice.listen()
        made = await start(alice, "input()", interactive=True)
        ended = await events.finished(made)
        assert (ended["data"]["status"], ended["data"]["limit_hit"]) == ("time_limit", "idle_time_ms")


async def test_the_wall_limit_holds_for_interactive_runs(live):
    source = "import time\nwhile True:\n    print('.', flush=True)\n    time.sleep(0.1)\n"
    async with live.client("alice") as alice:
        events = await alice.listen()
        made = await start(alice, source, interactive=True, limits={"wall_time_ms": 1000})
        ended = await events.finished(made)
        assert (ended["data"]["status"], ended["data"]["limit_hit"]) == ("time_limit", "wall_time_ms")


TREE = """
import os, time
for _ in range(5):
    if os.fork() == 0:
        os.setsid()
        time.sleep(60)
print("ready", flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("by", ["http", "frame"])
async def test_a_running_program_is_cancelled_with_all_its_processes(live, by):
    async with live.client("alice") as alice:
        events = await alice.listen()
        made = await start(alice, TREE)
        await watch(events, made)
        await shown(events, made, "ready")
        begun = time.monotonic()
        if by == "http":
            answer = await alice.request("DELETE", f"/api/v1/submissions/{made}?wait=10")
            assert answer.status == 200 and answer.json["status"] == "cancelled", answer
        else:
            await tell(events, "cancel", made)
        ended = await events.finished(made)
        assert ended["data"]["status"] == "cancelled" and time.monotonic() - begun < 5
        assert ended["data"]["stdout"] == "ready\n"
        assert (await alice.request("DELETE", f"/api/v1/submissions/{made}")).status == 200
        stored = await alice.get(made)
        assert stored["status"] == "cancelled"
        assert sum(each["type"] == "submission.finished" for each in events.events(made)) == 1


async def test_a_queued_submission_that_is_cancelled_never_starts(live):
    async with live.client("alice") as alice:
        events = await alice.listen()
        blockers = [await start(alice, "import time; time.sleep(2)") for _ in range(2)]
        made = await start(alice, "print('ran')")
        for _ in range(2):
            assert (await alice.request("DELETE", f"/api/v1/submissions/{made}")).status == 202
        ended = await events.finished(made)
        assert ended["data"]["status"] == "cancelled" and ended["data"]["stdout"] == ""
        assert "submission.running" not in [each["type"] for each in events.events(made)]
        for each in blockers:
            assert (await events.finished(each))["data"]["status"] == "accepted"


async def test_what_has_ended_cannot_be_cancelled_or_watched(live):
    async with live.client("alice") as alice:
        events = await alice.listen()
        made = await start(alice, "echo hi", language="bash")
        await events.finished(made)
        answer = await alice.request("DELETE", f"/api/v1/submissions/{made}")
        assert answer.status == 409 and answer.json["code"] == "already_finished"
        for kind in ("cancel", "subscribe"):
            refused = await events.call(kind, f"late-{kind}", submission_id=made)
            assert refused["data"]["code"] == "already_finished", refused
        assert (await alice.request("DELETE", "/api/v1/submissions/01934e5a-7b3c-7def-8123-456789abcdef")).status == 404


async def test_a_compilation_is_cancelled(live):
    source = "#include <regex>\n" + "\n".join(
        f"template<int N> struct t{n} {{ enum {{ v = t{n}<N - 1>::v + 1 }}; }}; template<> struct t{n}<0> {{ enum {{ v = 0 }}; }};"
        f"int v{n} = t{n}<850>::v;" for n in range(120)) + "\nint main() {}\n"
    async with live.client("alice") as alice:
        events = await alice.listen()
        made = await start(alice, source, language="cpp20")
        await events.wait_for("submission.running", made, 20)
        answer = await alice.request("DELETE", f"/api/v1/submissions/{made}?wait=10")
        assert answer.json["status"] == "cancelled", answer


async def test_a_run_ends_with_its_last_watcher_when_that_was_asked_for(live):
    async with live.client("alice") as alice:
        events = await alice.listen()
        made = {}
        for wish in ("cancel", "continue"):
            made[wish] = await start(alice, TREE.replace("60", "4"), on_disconnect=wish)
        watcher = await alice.listen()
        for each in made.values():
            await watch(watcher, each)
            await shown(watcher, each, "ready")
        await watcher.cut()
        assert (await events.finished(made["cancel"], 20))["data"]["status"] == "cancelled"
        assert (await events.finished(made["continue"], 20))["data"]["status"] == "accepted"


async def test_a_tab_that_does_not_read_holds_up_nobody(live):
    source = "import os, time\nfor i in range(60):\n    os.write(1, b'x' * 60000 + b'\\n')\n    time.sleep(0.05)\nprint('done', flush=True)\ntime.sleep(0.2)\n"
    async with live.client("alice") as alice:
        silent = await alice.listen()
        quick = await alice.listen()
        made = await start(alice, source, limits={"output_bytes": 8 << 20, "wall_time_ms": 30000})
        await watch(silent, made)
        await watch(quick, made)
        silent.socket.transport.pause_reading()
        await shown(quick, made, "done", 30)
        await quick.finished(made)
        silent.socket.transport.resume_reading()


@pytest.mark.parametrize("frame", [
    {"type": "stdin"}, {"type": "stdin", "submission_id": "x", "data": {"data": "y"}},
    {"type": "stdin", "submission_id": "01934e5a-7b3c-7def-8123-456789abcdef"},
    {"type": "signal", "submission_id": "01934e5a-7b3c-7def-8123-456789abcdef", "data": {"name": "SIGSTOP"}},
    {"type": "resize", "submission_id": "01934e5a-7b3c-7def-8123-456789abcdef", "data": {"cols": 0, "rows": 10}},
    {"type": "subscribe", "submission_id": "01934e5a-7b3c-7def-8123-456789abcdef", "data": {"from_seq": -1}},
    {"type": "subscribe", "submission_id": "01934e5a-7b3c-7def-8123-456789abcdef", "data": []},
], ids=lambda frame: json.dumps(frame)[:40])
async def test_a_malformed_frame_is_answered_by_an_error(live, frame):
    async with live.client("alice") as alice:
        events = await alice.listen()
        await events.send({**frame, "request_id": "bad"})
        answer = await events.wait_for("error")
        assert answer["data"]["code"] == "invalid_frame" and answer["data"]["request_id"] == "bad"


async def test_more_input_than_a_submission_may_have_is_refused(live):
    async with live.client("alice") as alice:
        events = await alice.listen()
        made = await start(alice, "import time\ntime.sleep(2)", interactive=True)
        codes = []
        for n in range(24):
            answer = await events.call("stdin", f"much-{n}", submission_id=made, data={"data": "x" * 50_000})
            codes.append(answer["data"].get("code", "ack"))
        assert "input_full" in codes and codes[0] == "ack"
        await tell(events, "cancel", made)
        assert (await events.finished(made))["data"]["status"] == "cancelled"


async def test_tty_without_interactive_is_refused(live):
    async with live.client("alice") as alice:
        answer = await alice.request("POST", "/api/v1/submissions",
                                     {"language": "bash", "source": "true", "tty": True})
        assert answer.status == 422 and answer.json["errors"][0]["field"] == "tty"
