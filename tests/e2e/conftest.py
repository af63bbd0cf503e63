"""Fixtures of the end-to-end tests: `servers`, `suite`, `make_suite` (tests/support/README.md)."""

import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support.fixtures import *  # noqa: E402,F401,F403

from support import route_log  # noqa: E402

EVERY_ROUTE = "test_zz_every_route.py"


def pytest_sessionstart(session):
    route_log.install()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """Whether every route was met is known after a whole run only, so it is asked last or not at all."""
    here = os.path.dirname(os.path.abspath(__file__))
    wanted = {name for name in os.listdir(here) if name.startswith("test_") and name.endswith(".py")}
    option = config.option
    is_part = (option.keyword or option.markexpr or option.deselect or getattr(option, "lf", False)
               or any("::" in each for each in config.args) or wanted - {item.path.name for item in items})
    last = [item for item in items if item.path.name == EVERY_ROUTE]
    items[:] = [item for item in items if item.path.name != EVERY_ROUTE] + ([] if is_part else last)


def pytest_runtest_setup(item):
    if item.path.name == EVERY_ROUTE and item.session.testsfailed:
        pytest.skip("tests failed, so not every route was met")
