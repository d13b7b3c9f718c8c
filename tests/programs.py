"""Programs of the operating system that a test needs, and their ports."""

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


def free_port():
    """Return a port of this machine that nobody listens to."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]
