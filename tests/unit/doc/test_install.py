"""The pages of the installation can be followed, and a test does so."""

import pytest

from tests.integration import install_pages
from tests.integration.install_pages import (
    CHOICES,
    LISTED,
    OTHER_WAYS,
    is_executed,
    walk,
)

ORDER = (
    *("packages", "database", "services", "keystone", "wsgi", "listener"),
    *("agent", "systemd", "check", "secure", "client"),
)


def test_the_order_is_that_in_which_the_checks_work():
    assert install_pages.names() == [*ORDER, *OTHER_WAYS]


@pytest.mark.parametrize("page", ORDER)
def test_each_page_ends_with_a_check(page):
    last = install_pages.blocks(page)[-1]
    assert last.commands
    assert last.section == ("" if page == "check" else "Check")


@pytest.mark.parametrize("block", walk(), ids=str)
def test_each_block_is_executed_or_listed(block):
    assert bool(block.entry(LISTED)) != is_executed(block)


@pytest.mark.parametrize("entry", [*LISTED, *CHOICES])
def test_each_entry_is_of_one_block(entry):
    (block,) = [block for block in walk() if block.entry([entry])]
    assert (block.language == "ini") or entry in LISTED


def test_who_reads_is_root(pages):
    for page in ORDER:
        text = pages[f"install/{page}"]
        assert "sudo" not in text, page
        assert ".. example::" not in text, page
        if page not in ("client", "wsgi"):
            assert "\n   $ " not in text, page
