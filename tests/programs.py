"""Programs of the operating system that a test needs."""

import os
import shutil

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
