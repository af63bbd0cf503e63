"""Programs that use what a system offers (threads, subprocesses, much memory, locales, time zones, /dev/urandom,
temporary files, a thousand open files, the whole stack) run in Sluice and bare on this machine, with the command of
the language file and the same limits, and must print and end the same. tests/e2e/programs/<folder>/expected.txt has
what both print, so that two equal failures do not pass."""

import asyncio
import os
import resource
import subprocess
import tempfile

import pytest
import yaml

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAMS = os.path.join(HERE, "programs")
LANGUAGES = os.path.join(os.path.dirname(os.path.dirname(HERE)), "deployments", "languages")

# Folder of the program: id of the language.
IDS = {"bash": "bash", "c": "c17", "cpp": "cpp20", "go": "go", "java": "java", "javascript": "javascript",
       "python3": "python3", "rust": "rust"}
STDIN = "first line\nsecond line\n"
# What Sluice gives every program (libs/domain/src/execution_plan.cpp), but for HOME, which is its working folder.
GIVEN = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "TMPDIR": "/tmp"}
ASKED = {"TZ": "Asia/Kolkata"}
LIMITS = {"open_files": 1200, "cpu_time_ms": 20000, "wall_time_ms": 60000, "stack_bytes": 64 << 20,
          "memory_bytes": 512 << 20, "file_bytes": 64 << 20}
RLIMITS = {resource.RLIMIT_NOFILE: LIMITS["open_files"], resource.RLIMIT_STACK: LIMITS["stack_bytes"],
           resource.RLIMIT_FSIZE: LIMITS["file_bytes"], resource.RLIMIT_CORE: 0}
NOBODY = 65534


class bare_program:
    """One program in a folder of its own, compiled and run as its language file says, by a user without rights."""

    def __init__(self, folder, name, source):
        with open(os.path.join(LANGUAGES, f"{IDS[name]}.yaml"), encoding="utf-8") as file:
            self.language = yaml.safe_load(file)
        self.folder, self.source = folder, source
        with open(os.path.join(PROGRAMS, name, source), encoding="utf-8") as read:
            with open(os.path.join(folder, source), "w", encoding="utf-8") as written:
                written.write(read.read())
        os.mkdir(os.path.join(folder, "out"))
        if os.geteuid() == 0:
            for path in (folder, os.path.join(folder, "out"), os.path.join(folder, source)):
                os.chown(path, NOBODY, NOBODY)
        self.is_compiled = "compile" not in self.language

    def _command(self, pattern, args):
        lists = {"{sources}": [self.source], "{args}": args, "{compile_args}": [], "{prepared_args}": []}
        words = {"/box/": self.folder + "/", "{output}": "out/main", "{source}": self.source,
                 "{main_class}": self.source.partition(".")[0]}
        command = []
        for each in pattern:
            if each in lists:
                command += lists[each]
                continue
            for word, value in words.items():
                each = each.replace(word, value)
            command.append(each)
        return command

    def _start(self, pattern, args, stdin, limits):
        def enter():
            for limit, value in limits.items():
                resource.setrlimit(limit, (value, value))
            if os.geteuid() == 0:
                # Its pipes are its own, so that it can open them by name (/dev/stdout).
                for fd in (0, 1, 2):
                    os.fchown(fd, NOBODY, NOBODY)
                os.setgroups([])
                os.setgid(NOBODY)
                os.setuid(NOBODY)

        # In a session of its own and without a terminal, as the programs of a service are.
        return subprocess.run(self._command(pattern, args), cwd=self.folder, input=stdin, text=True, timeout=30,
                              capture_output=True, preexec_fn=enter, start_new_session=True, umask=0o022, check=False,
                              env={**GIVEN, "HOME": self.folder, **self.language.get("env", {}), **ASKED})

    def run(self, args):
        if not self.is_compiled:
            made = self._start(self.language["compile"], [], "", {})
            assert made.returncode == 0, made.stdout + made.stderr
            self.is_compiled = True
        return self._start(self.language["run"], args, STDIN, RLIMITS)


@pytest.fixture(scope="module")
def bare():
    """Makes each program once: the tests of one program share what was compiled."""
    with tempfile.TemporaryDirectory(prefix="bare-") as top:
        os.chmod(top, 0o755)
        made = {}

        def get(name, source):
            if name not in made:
                folder = os.path.join(top, name)
                os.mkdir(folder)
                made[name] = bare_program(folder, name, source)
            return made[name]

        yield get


def source_of(name):
    return next(each for each in os.listdir(os.path.join(PROGRAMS, name)) if each.lower().startswith("main."))


async def run_in_sluice(suite, name, args, env=None):
    source = source_of(name)
    with open(os.path.join(PROGRAMS, name, source), encoding="utf-8") as file:
        body = {"language": IDS[name], "files": [{"name": source, "content": file.read()}], "stdin": STDIN,
                "args": args, "env": ASKED if env is None else env, "limits": LIMITS}
    async with suite.client("alice") as alice:
        made = await alice.request("POST", "/api/v1/submissions", body)
        assert made.status == 201, made
        result = await alice.get(made.json["id"], wait=30)
        while result["status"] in ("queued", "running"):  # the test's deadline ends this
            result = await alice.get(made.json["id"], wait=30)
        return result


async def both(suite, bare, name, args):
    """The result of Sluice and that of the bare program, which ran one after the other."""
    inside = await run_in_sluice(suite, name, args)
    outside = await asyncio.to_thread(bare(name, source_of(name)).run, args)
    return inside, outside


def end_of(inside):
    """The end of a program as subprocess tells it."""
    return -inside["signal"] if inside.get("signal") else inside["exit_code"]


@pytest.mark.deadline(200)
@pytest.mark.parametrize("name", sorted(IDS))
async def test_a_program_finds_inside_what_it_finds_outside(suite, bare, name):
    inside, outside = await both(suite, bare, name, ["system", "5"])
    with open(os.path.join(PROGRAMS, name, "expected.txt"), encoding="utf-8") as file:
        expected = file.read()
    assert outside.stdout == expected, outside
    assert inside["stdout"] == expected, inside
    assert (outside.returncode, end_of(inside)) == (5, 5), (outside, inside)
    assert inside["status"] == "runtime_error", inside


@pytest.mark.deadline(200)
@pytest.mark.parametrize("name", sorted(IDS))
async def test_a_program_that_overflows_its_stack_ends_as_it_does_outside(suite, bare, name):
    inside, outside = await both(suite, bare, name, ["overflow"])
    assert outside.returncode != 0, outside
    assert (inside["stdout"], end_of(inside)) == (outside.stdout, outside.returncode), (inside, outside)
    assert inside["stdout"].startswith("recursing\n"), inside
    assert inside["status"] == "runtime_error", inside


@pytest.mark.xfail(strict=True, reason="Node reads /proc/cpuinfo and /proc/stat; /proc shows processes only")
async def test_node_lists_the_processors_as_it_does_outside(suite, bare):
    inside, outside = await both(suite, bare, "javascript", ["cpus"])
    assert inside["stdout"] == outside.stdout, inside
