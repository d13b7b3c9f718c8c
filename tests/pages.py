"""The command blocks of a page of the documentation, to be run by tests."""

from __future__ import annotations

import pathlib
import re

SOURCE = pathlib.Path(__file__).parents[1] / "doc" / "source"

_SECTION = re.compile(r"^(\S.*)\n-+$", re.MULTILINE)
_BLOCK = re.compile(
    r"^\.\. code-block:: console\n\n((?:   .*\n|\n)+)", re.MULTILINE
)
_NAME = re.compile(r"(?<![\w/.-])concertim(?![\w/.-])")


def blocks(page):
    """Return the commands of each console block, by the title of its section;
    "" is what stands before the first."""
    _, *parts = _SECTION.split("\n" + (SOURCE / f"{page}.rst").read_text())
    first = _SECTION.split((SOURCE / f"{page}.rst").read_text())[0]
    texts = {"": first, **dict(zip(parts[::2], parts[1::2], strict=True))}
    return {
        title: [commands(block) for block in _BLOCK.findall(text)]
        for title, text in texts.items()
    }


def commands(block):
    """Return the commands of a block, without prompts and answers."""
    lines = block.replace("\\\n", "").splitlines()
    return [
        re.sub(r"\s+", " ", line.strip()[2:])
        for line in lines
        if line.strip()[:2] in ("# ", "$ ")
    ]


def renamed(command, name, folders):
    """Return a command for other folders, and with another name of the user
    and the database."""
    for folder, place in folders.items():
        command = command.replace(folder, str(place))
    return _NAME.sub(name, command)
