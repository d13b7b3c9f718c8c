"""The scripts behind figures of the ledger work; here with little to do."""

import re

import pytest

from benchmarks import refold, retention, sizes


@pytest.mark.parametrize(
    ("script", "arguments", "end"),
    [
        (
            refold,
            ["--periods", "20", "40", "--runs", "1"],
            r"2\.0 times the periods cost \d+\.\d\d times the CPU\n",
        ),
        (
            retention,
            ["--servers", "2", "--years", "2", "--share", "1"],
            r"    100 servers of last week: \d+\.\d\d ms\n",
        ),
        (
            sizes,
            ["--notifications", "1000", "--backends", "sqlite"],
            r"sqlite: [\d,]+ bytes a notification \(.*\), \d+ microseconds "
            r"of CPU\n",
        ),
    ],
    ids=["refold", "retention", "sizes"],
)
def test_a_script_says_what_it_measured(capsys, script, arguments, end):
    script.main(arguments)
    assert re.search(f"{end}$", capsys.readouterr().out)
