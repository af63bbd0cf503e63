"""Free loopback ports. Outgoing connections take theirs from the kernel's ephemeral range, so ours come
from below it: a port that was free a moment ago is then still free when a server binds it."""

import random
import socket

LOWEST, HIGHEST = 20000, 32000
_given = set()


def is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port(preferred=None):
    if preferred and preferred not in _given and is_free(preferred):
        _given.add(preferred)
        return preferred
    for _ in range(1000):
        port = random.randrange(LOWEST, HIGHEST)
        if port not in _given and is_free(port):
            _given.add(port)
            return port
    raise RuntimeError("no free loopback port between 20000 and 32000")
