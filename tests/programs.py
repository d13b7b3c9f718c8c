"""Programs of the operating system that a test needs, and their ports."""

import contextlib
import os
import shutil
import socket

import pytest

#: Where programs for administrators are, too.
PATH = os.environ.get("PATH", os.defpath) + os.pathsep + "/usr/sbin"


def needed(name):
    """Return the path of a program; on a CI machine it must be there."""
    found = shutil.which(name, path=PATH)
    if not found and os.environ.get("CI") == "true":
        pytest.fail(f"{name} is not installed: see bindep.txt")
    if not found:
        pytest.skip(f"{name} is not installed: see bindep.txt")
    return found


def free_port(count=1):
    """Return the first of so many ports in a row that nobody listens to."""
    while True:
        with contextlib.ExitStack() as held, contextlib.suppress(OSError):
            place = ("127.0.0.1", 0)
            first = held.enter_context(socket.create_server(place))
            port = first.getsockname()[1]
            for n in range(1, count):
                place = ("127.0.0.1", port + n)
                held.enter_context(socket.create_server(place))
            return port
