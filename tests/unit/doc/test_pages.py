"""The pages hang together."""

import posixpath
import re

SECTIONS = ["Context", "Decision", "Cost"]


def test_every_link_leads_to_a_page(pages):
    for name, text in pages.items():
        for target in re.findall(r":doc:`(?:[^`<]*<)?([^`>]+)>?`", text):
            place = posixpath.normpath(
                posixpath.join("/", posixpath.dirname(name), target)
            )
            assert place[1:] in pages, f"{name}: {target}"


def test_every_module_that_contributors_read_of_is_there(pages, root):
    """Of decisions, the date says what they were about."""
    for name, text in pages.items():
        if not name.startswith("contributor/") or "/adr/" in name:
            continue
        for path in re.findall(r"``([\w/]+/\w+\.py)\b", text):
            places = [root / path, root / "concertim_api" / path]
            assert any(place.exists() for place in places), f"{name}: {path}"


def test_every_page_is_in_a_table_of_contents(pages):
    listed = {"index"}
    for name, text in pages.items():
        for block in re.findall(
            r"^\.\. toctree::\n((?:   .*\n|\n)+)", text, re.MULTILINE
        ):
            folder = posixpath.dirname(name)
            listed |= {
                posixpath.join(folder, line.strip())
                for line in block.splitlines()
                if line.strip() and not line.strip().startswith(":")
            }
    assert listed == set(pages)


def test_decisions_have_one_form(pages):
    decisions = sorted(
        name for name in pages if name.startswith("contributor/adr/0")
    )
    for number, name in enumerate(decisions, 1):
        assert name.startswith(f"contributor/adr/{number:04}-")
        text = pages[name]
        assert text.splitlines()[1].startswith(f"{number}. ")
        assert re.findall(r"^(\w+)\n-+$", text, re.MULTILINE) == SECTIONS


def test_no_page_knows_the_machine_that_it_was_written_on(pages, root):
    private = re.compile(r"/(work|root|tmp|home)/|/opt/(?!concertim)")
    files = [root / "README.rst", root / "CONTRIBUTING.rst"]
    texts = {path.name: path.read_text() for path in files} | pages
    for name, text in texts.items():
        assert not private.search(text), name
