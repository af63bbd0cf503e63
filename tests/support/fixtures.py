"""pytest fixtures and hooks, taken over by the conftest.py of tests/e2e and tests/chaos."""

import asyncio
import inspect
import os
import shutil
import tempfile

import pytest

from .suite import ROOT, make_template, start_servers, suite as whole_suite

from devtools import secrets_file  # found through support.suite
from devtools.processes import tail

BUILD = os.environ.get("SLUICE_BUILD", os.path.join(ROOT, "build/release"))
_open_suites = []


@pytest.fixture(scope="session")
def run_folder():
    """A folder of this run; kept, and named, when a test failed."""
    folder = tempfile.mkdtemp(prefix="sluice-tests-")
    os.chmod(folder, 0o755)  # the servers' users walk through it
    yield folder
    if _failures:
        print(f"\nlogs are kept in {folder}")
    else:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def servers(run_folder):
    """RabbitMQ, Redis and PostgreSQL, started once for the whole run."""
    started = start_servers(run_folder, secrets_file.generate())
    try:
        make_template(started, BUILD, run_folder)
        yield started
    finally:
        started.stop()
    assert not started.children(), f"servers left behind: {started.children()}"


def _factory(servers, run_folder):
    made = []

    def make(settings=None, **counts):
        each = whole_suite(servers, BUILD, run_folder)
        made.append(each)
        _open_suites.append(each)
        return each.start(settings, **(counts or {"submission": 1, "execution": 1, "notification": 1, "websocket": 1}))
    return make, made


def _stop_all(made):
    problems = []
    for each in made:
        _open_suites.remove(each)
        try:
            each.stop()
        except AssertionError as problem:
            problems.append(str(problem))
    assert not problems, "\n".join(problems)


@pytest.fixture
def make_suite(servers, run_folder):
    """make_suite(submission=2, execution=1, …): a Sluice for one test, which may kill what it likes."""
    make, made = _factory(servers, run_folder)
    yield make
    _stop_all(made)


@pytest.fixture(scope="module")
def make_module_suite(servers, run_folder):
    """Like make_suite, for one that all tests of a file share."""
    make, made = _factory(servers, run_folder)
    yield make
    _stop_all(made)


@pytest.fixture(scope="module")
def suite(servers, run_folder):
    """Two of each service, shared by the tests of one file; they leave it running."""
    make, made = _factory(servers, run_folder)
    yield make(submission=2, execution=2, notification=2, websocket=2)
    _stop_all(made)


# -- hooks ------------------------------------------------------------------------------------------

_failures = []


def pytest_configure(config):
    config.addinivalue_line("markers", "deadline(seconds): longest time that an async test may take (60)")


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    """Tests may be `async def`; each has a loop of its own and a deadline."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    marker = pyfuncitem.get_closest_marker("deadline")
    seconds = marker.args[0] if marker else 60
    wanted = inspect.signature(pyfuncitem.obj).parameters
    arguments = {name: value for name, value in pyfuncitem.funcargs.items() if name in wanted}

    async def bounded():
        await asyncio.wait_for(pyfuncitem.obj(**arguments), seconds)
    asyncio.run(bounded())
    return True


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed test shows the end of every service's log."""
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        _failures.append(item.nodeid)
        for each in _open_suites:
            for process in each.group.all:
                report.sections.append((f"end of {process.log_path}", tail(process.log_path, 15)))
