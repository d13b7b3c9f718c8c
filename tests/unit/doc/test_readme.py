"""The README: what it says can be done, and what it shows."""

import json
import os
import re
import subprocess
import sys

import pytest


@pytest.fixture(scope="module")
def readme(root):
    return (root / "README.rst").read_text()


def test_the_quick_start_is_two_commands(readme, root):
    section = readme.partition("Quick start\n===")[2]
    section = section.partition("\n===")[0]
    commands = re.findall(r"^    (\S.*)$", section, re.MULTILINE)
    assert commands == ["tools/quickstart", "tools/test"]
    for command in commands:
        assert os.access(root / command, os.X_OK)


def test_what_it_names_is_there(readme, root):
    named = re.findall(r"``((?:doc|demo|tools)/[^`]+)``", readme)
    named += re.findall(r"image:: (\S+)", readme)
    assert named
    for path in named:
        if path != "doc/build/html":
            assert (root / path).exists(), path


def test_it_shows_what_the_command_prints(readme, root):
    blocks = re.findall(
        r"^    \$ (openstack .*)\n((?:    [^$\n].*\n)+)", readme, re.MULTILINE
    )
    assert blocks
    asked = "".join(
        json.dumps({"scene": "readme", "line": line}) + "\n"
        for line, _ in blocks
    )
    told = subprocess.run(
        [sys.executable, root / "doc" / "source" / "_exts" / "stage.py"],
        input=asked,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(root)},
        timeout=60,
        check=True,
    )
    answers = [json.loads(line) for line in told.stdout.splitlines()]
    assert [answer["text"].splitlines() for answer in answers] == [
        [line[4:] for line in shown.splitlines()] for _, shown in blocks
    ]
