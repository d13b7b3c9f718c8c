"""The scripts behind figures of the ledger work; here with little to do."""

import json
import re

import pytest

from benchmarks import paired, refold, retention, sizes


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


@pytest.mark.parametrize(
    ("ratio", "status"), [(1.0, None), (0.95, None), (0.85, 1)]
)
def test_what_has_become_slower_fails(monkeypatch, capsys, ratio, status):
    """A stage of CI has this check: it must be able to fail."""
    stored = json.loads(paired.STORED.read_text())
    works = [
        (name, (lambda value=value: ratio * value, lambda: 1.0))
        for name, value in stored.items()
    ]
    monkeypatch.setattr(paired, "cases", lambda _: works)
    if status is None:
        paired.main(["--check"])
    else:
        with pytest.raises(SystemExit, match="slower than stored"):
            paired.main(["--check"])
    assert capsys.readouterr().out.count("stored") == len(stored)


def test_each_case_has_a_stored_ratio(tmp_path):
    names = [name for name, _ in paired.cases(str(tmp_path))]
    assert names == [*json.loads(paired.STORED.read_text())]
