"""Fixtures of the end-to-end tests: `servers`, `suite`, `make_suite` (tests/support/README.md)."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support.fixtures import *  # noqa: E402,F401,F403
