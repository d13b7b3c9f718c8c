"""What an operator takes from etc/ to run the services."""

from __future__ import annotations

import pathlib
import subprocess
import sys
from importlib import metadata

import pytest

ROOT = pathlib.Path(__file__).parents[3]
#: Where the programs of this environment are.
BIN = pathlib.Path(sys.executable).absolute().parent


def call(*command, **how):
    """Run a program to its end; return its exit status, output and error."""
    return subprocess.run(
        command, capture_output=True, text=True, timeout=60, **how
    )


def output(*command, **how):
    """Return what a program prints. It must not fail."""
    done = call(*command, **how)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def programs():
    """Return the names of our programs."""
    return {
        point.name
        for point in metadata.entry_points(group="console_scripts")
        if point.value.startswith("concertim_api.")
    }
