"""What counts as code, and what does not."""

import pathlib
import subprocess
import sys

import pytest

COUNT = pathlib.Path(__file__).parents[3] / "tools" / "count"

NOTHING = '"""A module,\nexplained."""\n\n# A comment.\nimport os\n'
IMPORTS = "from os import (\n    path,\n    sep,\n)\n\n\ndef load():\n"
CLASS = '''
class Rack:
    """A rack.

    It has units.
    """

    units = 42  # the usual height

    def height(self):
        """Return the height."""

        import math

        return math.ceil(
            self.units,
        )
'''
TEXT = 'TEXT = """first\n\n# third\n"""\n'


def written(root, name, text):
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def counted(*arguments):
    """Return the cells of each row of the table, by the row's title."""
    process = subprocess.run(
        [sys.executable, COUNT, *arguments],
        capture_output=True,
        text=True,
        check=True,
    )
    rows = process.stdout.splitlines()[1:]
    return {row[:40].strip(): row[40:].split() for row in rows}


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", "0"),
        (NOTHING, "0"),
        (IMPORTS + "    return path, sep\n", "2"),
        (CLASS, "6"),
        (TEXT, "3"),
        ("x = 1\n\n'no docstring'\n", "2"),
        ("async def wait():\n    '''Only said.'''\n", "1"),
    ],
)
def test_code(tmp_path, text, lines):
    written(tmp_path, "concertim_api/module.py", text)
    assert counted(tmp_path)["concertim_api"][:2] == ["1", lines]


def test_functions_have_all_their_lines(tmp_path):
    short = "def short():\n    return 1\n\n\n"
    limit = "def limit():\n" + "    x = 1\n" * 24 + "\n\n"
    long = "def long():\n" + '    """Say."""\n' + "    x = 1\n" * 24
    written(tmp_path, "concertim_api/module.py", short + limit + long)
    row = counted(tmp_path)["concertim_api"]
    assert row[2:] == ["3", "25", "33.3", "%"]


def test_the_simulator_does_not_count(tmp_path):
    written(tmp_path, "concertim_api/clouds/simulator/site.py", "x = 1\n")
    written(tmp_path, "tests/fakes/memory.py", "x = 1\n\n\n# y\n")
    table = counted(tmp_path)
    assert table["concertim_api"][:2] == ["0", "0"]
    assert table["tests, all lines"] == ["1", "4"]


def test_packages(tmp_path):
    written(tmp_path, "concertim_api/api/app.py", "x = 1\ny = 2\n")
    written(tmp_path, "concertim_api/api/v1/racks.py", "x = 1\n")
    table = counted("--per-package", tmp_path)
    assert table["concertim_api/api"][:2] == ["1", "2"]
    assert table["concertim_api/api/v1"][:2] == ["1", "1"]
    assert table["concertim_api"][:2] == ["2", "3"]


def test_the_house_is_counted_by_default(tmp_path, monkeypatch):
    written(tmp_path, "tools/count", COUNT.read_text())
    written(tmp_path, "concertim_api/module.py", "x = 1\n")
    monkeypatch.setattr(
        sys.modules[__name__], "COUNT", tmp_path / "tools/count"
    )
    assert counted()["concertim_api"][:2] == ["1", "1"]
