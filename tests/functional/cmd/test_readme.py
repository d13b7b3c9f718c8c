"""The README: what it says can be done, and what it shows."""

import json
import os
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[3]


@pytest.fixture(scope="module")
def readme():
    return (ROOT / "README.rst").read_text()


def test_the_quick_start_is_two_commands(readme):
    section = readme.partition("Quick start\n===")[2]
    section = section.partition("\n===")[0]
    commands = re.findall(r"^    (\S.*)$", section, re.MULTILINE)
    assert commands == ["tools/quickstart", "tools/test"]
    for command in commands:
        assert os.access(ROOT / command, os.X_OK)


def test_what_it_names_is_there(readme):
    named = re.findall(r"``((?:doc|demo|tools)/[^`]+)``", readme)
    named += re.findall(r"image:: (\S+)", readme)
    assert named
    for path in named:
        if path != "doc/build/html":
            assert (ROOT / path).exists(), path


def test_it_shows_what_the_command_prints(readme):
    blocks = re.findall(
        r"^    \$ (openstack .*)\n((?:    [^$\n].*\n)+)", readme, re.MULTILINE
    )
    assert blocks
    lines = "".join(
        json.dumps({"scene": "readme", "line": line}) + "\n"
        for line, _ in blocks
    )
    process = subprocess.run(
        [sys.executable, ROOT / "doc" / "source" / "_exts" / "stage.py"],
        input=lines,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=60,
        check=True,
    )
    answers = [json.loads(line) for line in process.stdout.splitlines()]
    assert [answer["text"].splitlines() for answer in answers] == [
        [line[4:] for line in shown.splitlines()] for _, shown in blocks
    ]
