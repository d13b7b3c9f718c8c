"""What an operator takes from etc/ to run the services."""

from __future__ import annotations

import pathlib
from importlib import metadata

import pytest

ROOT = pathlib.Path(__file__).parents[3]


@pytest.fixture(scope="session")
def programs():
    """Return the names of our programs."""
    return {
        point.name
        for point in metadata.entry_points(group="console_scripts")
        if point.value.startswith("concertim_api.")
    }
