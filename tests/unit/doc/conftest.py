"""The documentation, as its tests read it."""

import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[3]
SOURCE = ROOT / "doc" / "source"

sys.path.append(str(SOURCE / "_exts"))


@pytest.fixture(scope="session")
def root():
    return ROOT


@pytest.fixture(scope="session")
def pages():
    """Return the text of each page, by its name in Sphinx."""
    return {
        str(path.relative_to(SOURCE).with_suffix("")): path.read_text()
        for path in sorted(SOURCE.rglob("*.rst"))
    }


@pytest.fixture(scope="session")
def tables():
    """Return the module that makes the tables."""
    import tables

    return tables


@pytest.fixture(scope="session")
def reference():
    """Return the module that makes the reference of the API."""
    import reference

    return reference
