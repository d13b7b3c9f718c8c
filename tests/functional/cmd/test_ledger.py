"""concertim-manage ledger, as an operator calls it."""

from __future__ import annotations

import gzip
import json
import os
import resource
import sqlite3

import pytest

from concertim_api.cmd.ledger import ArchiveFile
from concertim_api.domain.errors import Invalid
from concertim_api.domain.ledger.archives import ArchiveRecord
from concertim_api.services.ledger import recorder
from tests import samples
from tests.unit.domain.ledger.histories import REF, observation

_RECORDED = "2 new, 0 known, 0 ignored, 0 unlisted, 0 dead\n"


@pytest.fixture
def old(run, tmp_path):
    """A volume that came and went, and has not changed for a year."""
    run("db", "sync")
    made, gone = map(samples.first, ("volume.create.end", "volume.delete.end"))
    gone["payload"]["volume_id"] = made["payload"]["volume_id"]
    path = tmp_path / "recorded.jsonl"
    path.write_text(f"{json.dumps(made)}\n{json.dumps(gone)}\n")
    assert run("replay", path)[1] == _RECORDED
    connection = sqlite3.connect(tmp_path / "concertim.sqlite")
    with connection:
        connection.execute("UPDATE resources SET updated_at = 0, stale = 0")
        connection.execute("UPDATE changes SET recorded_at = 0")
        connection.execute("UPDATE observations SET received_at = reported_at")
    connection.close()


def periods(run):
    return run("periods")[1]


def test_an_archive_is_made_and_replayed(run, old, tmp_path):
    before = periods(run)
    archive = ("ledger", "archive", "--directory", tmp_path)
    dry = run(*archive, "--before", "2026-11-29", "--dry-run")[1]
    assert dry == (
        "Resources to archive: 1, with 2 observations\n"
        "Entries of the feed to remove: 1\n"
    )
    assert periods(run) == before
    code, text, complaint = run(*archive, "--before", "2026-11-29")
    assert (code, complaint) == (0, "")
    assert text.startswith("Resources archived: 1, with 2 observations, in ")
    (path,) = tmp_path.glob("ledger-before-2026-11-29-made-*.jsonl.gz")
    assert os.stat(path).st_mode & 0o777 == 0o600
    with gzip.open(path) as content:
        assert len(content.readlines()) == 1
    _, text, complaint = run("periods")
    assert json.loads(text) == []
    assert "What ended before 2026-11-29" in complaint
    assert run("replay", path)[1] == _RECORDED
    assert periods(run) == before


def test_nothing_old_makes_no_file(run, old, tmp_path):
    archive = ("ledger", "archive", "--directory", tmp_path)
    text = run(*archive, "--before", "1980-01-01")[1]
    assert text.startswith("Resources archived: 0, with 0 observations\n")
    assert not [*tmp_path.glob("ledger-*")]


@pytest.mark.parametrize("date", ["soon", "2999-01-01", "0"])
def test_a_date_that_is_none_is_refused(run, old, date):
    code, _, complaint = run("ledger", "archive", "--before", date)
    assert code
    assert "--before" in complaint


def test_a_directory_that_is_not_there_is_refused(run, old, tmp_path):
    before = periods(run)
    missing = tmp_path / "missing"
    command = "ledger", "archive", "--before", "2026-11-29", "--directory"
    code, _, complaint = run(*command, missing)
    assert code
    assert str(missing) in complaint
    assert periods(run) == before


def test_an_unknown_user_is_refused(run, old):
    code, _, complaint = run("ledger", "erase", "nobody")
    assert code
    assert complaint == "concertim-manage: User nobody not found."


def test_what_has_much_news_is_complete_at_once(
    run, old, tmp_path, monkeypatch
):
    before = periods(run)
    run(
        *("ledger", "archive", "--directory", tmp_path),
        "--before",
        "2026-11-29",
    )
    monkeypatch.setattr(recorder, "OBSERVATIONS", 1)
    assert run("replay", *tmp_path.glob("ledger-*"))[1] == _RECORDED
    assert periods(run) == before


def test_a_full_disk_leaves_what_was_whole(tmp_path):
    path = tmp_path / "archive.jsonl.gz"
    file = ArchiveFile(str(path))
    record = ArchiveRecord(REF, 1, [observation(1)])
    file.write([record])
    content = path.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(content) + 9, limits[1]))
    try:
        with pytest.raises(Invalid, match=str(path)):
            file.write([record])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_bytes() == content
    file.write([record])
    assert gzip.decompress(path.read_bytes()).count(b"\n") == 2
