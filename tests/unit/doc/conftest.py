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
def generated():
    import generated

    return generated
