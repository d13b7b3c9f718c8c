"""The tables of every list, with the rows of a recorded site."""

import contextlib
import csv
import fcntl
import json
import os
import pathlib
import pty
import struct
import subprocess
import sys
import termios
from importlib import metadata

import pytest
from rich.cells import cell_len

from concertim_api.osc.commands import ListCommand
from tests.waiting import wait_for_exit

STAGE = pathlib.Path(__file__).parents[3] / "doc/source/_exts/stage.py"

#: What is done before the lists are asked for, so that each has rows.
BEFORE = (
    "device stop weather-cluster-1-login",
    "device reboot genomics-cluster-1-login",
    "device reboot genomics-cluster-1-login",
    "keypair create laptop",
    "user create grace --email grace@example.org",
    "team role set CM_genomics <id:grace> member",
    "correction create portal --action close --start <late> "
    "--reason 'its host was cut off at midnight, see the log of that night'",
    "credit grant 500 --project CM_weather --reason 'for the new cluster' "
    "--key ticket-4711",
)

#: What each list needs besides its name.
ARGUMENTS = {
    "charge list": "--during 2026-11",
    "cost show": "--during 2026-11",
    "dead letter replay": "--all",
    "invoice close": "--month 2026-11 --dry-run",
    "push retry": "<push:genomics-cluster-1>",
    "rack history": "weather-cluster-2",
    "resource history": "build --draw",
    "resource observations": "build",
    "quota list": "--project CM_astro",
    "tariff show": "2026",
    "team role list": "CM_genomics",
}

#: The columns of each list for programs, in their order.
COLUMNS = dict(
    line.split(": ")
    for line in pathlib.Path(__file__)
    .with_name("columns.txt")
    .read_text()
    .splitlines()
)

#: Lists whose rows for programs are those of the API.
ROUTES = {
    "change list": "changes?limit=1000",
    "device list": "devices?limit=1000",
    "job list": "jobs",
    "operation list": "operations?limit=1000",
    "period list": "periods?limit=1000",
    "push list": "pushes?limit=1000",
    "rack list": "racks?limit=1000",
    "resource list": "resources?limit=1000",
    "team list": "teams?limit=1000",
    "template list": "templates?limit=1000",
    "user list": "users?limit=1000",
}

LISTS = {
    point.name.removeprefix("concertim_").replace("_", " ")
    for point in metadata.entry_points(group="openstack.concertim.v1")
    if issubclass(point.load(), ListCommand)
}

#: For people, the status is no table.
TABLES = sorted(LISTS - {"status"})


class Site:
    """The recorded site, and the command on a terminal of 80 columns."""

    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, STAGE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def __call__(self, line):
        request = {"scene": "tables", "line": line}
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        assert "error" not in answer, answer
        return answer["text"]

    def list(self, name, *options):
        words = (name, ARGUMENTS.get(name, ""), *options)
        return self(f"openstack concertim {' '.join(words)}")


@pytest.fixture(scope="module")
def site():
    site = Site()
    for line in BEFORE:
        site(f"openstack concertim {line}")
    yield site
    site.process.communicate(timeout=60)


@pytest.fixture(scope="module", params=sorted(LISTS))
def name(request):
    return request.param


def table(text):
    """Return the lines of a table in a text."""
    lines = [line for line in text.splitlines() if line[:1] in "+|"]
    assert len(lines) > 4, text
    return lines


def cells(line):
    return [cell.strip() for cell in line.split("|")[1:-1]]


@pytest.mark.parametrize("name", TABLES)
def test_a_list_fits_in_a_terminal(site, name):
    lines = table(site.list(name))
    assert max(map(cell_len, lines)) <= 80


def test_the_status_fits_in_a_terminal(site):
    lines = site.list("status").splitlines()
    assert len(lines) > 9
    assert max(map(cell_len, lines)) <= 80


@pytest.mark.parametrize("name", TABLES)
def test_no_column_is_empty(site, name):
    _, head, _, *rows, _ = table(site.list(name))
    columns = zip(*map(cells, rows), strict=True)
    for title, column in zip(cells(head), columns, strict=True):
        assert any(column), title


def test_programs_have_all_columns(site, name):
    lines = site.list(name, "-f", "csv").splitlines()
    head = next(line for line in lines if line.startswith('"'))
    assert next(csv.reader([head])) == COLUMNS[name].split()


@pytest.mark.parametrize("name", ROUTES)
def test_programs_have_the_values_of_the_api(site, name):
    rows = json.loads(site.list(name, "-f", "json"))
    _, _, answer = site(f"GET /v1/{ROUTES[name]}").partition("\n\n")
    noun, _, _ = ROUTES[name].partition("?")
    answers = json.loads(answer)[noun]
    assert len(rows) == len(answers) > 0
    for row, values in zip(rows, answers, strict=True):
        fields = row.keys() & values.keys()
        assert len(fields) > 5
        assert {f: row[f] for f in fields} == {f: values[f] for f in fields}


@pytest.mark.parametrize("noun", ["operation", "correction", "account"])
def test_a_short_id_of_a_table_is_enough(site, noun):
    short = cells(table(site.list(f"{noun} list"))[3])[-1]
    (row,) = json.loads(
        site(f"openstack concertim {noun} list -f json --limit 1").partition(
            "\n]"
        )[0]
        + "]"
    )
    assert row["id"].startswith(short)
    shown = site(f"openstack concertim {noun} show {short} -f json")
    assert json.loads(shown)["id"] == row["id"]


def test_the_last_changes(site):
    words = "openstack concertim change list -f json"
    rows = json.loads(site(words))
    assert json.loads(site(f"{words} --last 3")) == rows[-3:]
    servers = [row for row in rows if row["kind"] == "instance"]
    last_servers = site(f"{words} --last 5 --kind instance")
    assert json.loads(last_servers) == servers[-5:]
    assert json.loads(site(f"{words} --last {len(rows) + 1}")) == rows


def test_cliff_breaks_nothing_in_a_terminal(openstack):
    """No word of a cell is on two lines."""
    environ = {"TERM": "xterm", **openstack.environ}
    del environ["COLUMNS"]
    ours, theirs = pty.openpty()
    size = struct.pack("HHHH", 24, 80, 0, 0)
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, size)
    process = subprocess.Popen(
        openstack.line("period", "list", "--sort", "start"),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environ,
    )
    os.close(theirs)
    output = b""
    with contextlib.suppress(OSError):  # how a terminal ends
        while chunk := os.read(ours, 65536):
            output += chunk
    os.close(ours)
    assert wait_for_exit(process) == 0, output
    lines = table(output.decode())
    assert max(map(cell_len, lines)) <= 80
    heads, *rows = (cells(line) for line in lines if line.startswith("|"))
    assert heads[:5] == ["start", "end", "project", "kind", "name"]
    assert all(row[0] for row in rows)
