"""Archives, on each database: what leaves, what is said then, and the way
back."""

import dataclasses as dc
import functools
import gzip
import uuid
from datetime import UTC, datetime, timedelta

import orjson
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from concertim_api.cmd.ledger import ArchiveFile
from concertim_api.db.ledger import tables
from concertim_api.db.ledger.usage import SqlUsage
from concertim_api.domain.errors import Invalid
from concertim_api.domain.ledger.archives import ArchiveRecord
from concertim_api.domain.ledger.kinds import KINDS
from concertim_api.domain.ledger.observations import Ref
from concertim_api.listener.replay import replay
from concertim_api.payloads import archives as lines
from concertim_api.services.common.listing import (
    EVERY_PROJECT,
    Filter,
    Listing,
)
from concertim_api.services.ledger import archives
from concertim_api.services.ledger.archives import Archived, Archiver, Keeper
from concertim_api.services.ledger.feed import Changes
from concertim_api.services.ledger.ports import Window
from concertim_api.services.ledger.recorder import Recorder, in_parts
from concertim_api.services.ledger.type_names import Dictionary
from concertim_api.services.ledger.usage import UsageTotals
from tests import samples
from tests.fakes.clock import Clock
from tests.properties import examples
from tests.taking import take
from tests.unit.domain.ledger.histories import histories
from tests.unit.services.ledger.test_refolds import Kill, MortalTransactions

#: Everything in these tests is earlier.
CUT = datetime(2026, 4, 1, tzinfo=UTC)


def age(store, *refs):
    """Make it look as if nothing had changed for months: of some resources,
    or of all."""
    long_ago = CUT - timedelta(days=1)
    ids = tables.resources.c.resource_id
    some = ids.in_([ref.id for ref in refs]) if refs else sa.true()
    with store.engine.begin() as connection:
        connection.execute(
            sa.update(tables.resources).where(some).values(updated_at=long_ago)
        )
        connection.execute(
            sa.update(tables.changes).values(recorded_at=long_ago)
        )


@pytest.fixture
def old(store):
    return functools.partial(age, store)


@pytest.fixture
def file(tmp_path):
    return ArchiveFile(str(tmp_path / "archive.jsonl.gz"))


@pytest.fixture
def archiver(store):
    return Archiver(store.histories, store.transactions)


@pytest.fixture
def server(recorder, tell, at):
    """One that lived for a minute, and one that runs."""
    facts = [
        tell(0, name="a", project_id="p", state="active"),
        tell(30, name="a", project_id="p", state="stopped"),
        tell(60, "gone", name="a"),
    ]
    recorder.record([*facts, tell(0, name="b", project_id="p")])
    return facts[0].ref


def dump(store):
    return [
        (r.resource_id, r.project_id, r.start, r.end, r.shape)
        for r in store.ledger.all_periods()
    ]


def test_what_ended_leaves_and_comes_back(
    store, intake, archiver, old, server, file
):
    before, rows = dump(store), store.ledger.resources(Listing()).rows
    old()
    counts = archiver.run(CUT, file.write)
    assert (counts.resources, counts.observations) == (1, 3)
    assert [period[0] for period in dump(store)] == ["b"]
    assert store.histories.histories([server]) == {server: []}
    # The resource itself is listed as ever, and said to be archived.
    listed = store.ledger.resources(Listing()).rows
    assert [r[:12] for r in listed] == [r[:12] for r in rows]
    assert [r.archived_to for r in listed] == [CUT, None]
    counts = replay(file.path, intake, "elsewhere")
    assert (counts.new, counts.known, counts.dead) == (3, 0, 0)
    assert dump(store) == before
    assert store.ledger.archived_before() is None
    again = replay(file.path, intake, "elsewhere")
    assert (again.new, again.known, again.dead) == (0, 3, 0)
    assert dump(store) == before


@examples(60)
@given(data=st.data())
def test_any_history_comes_back_as_it_was(store, tmp_path_factory, data):
    facts = data.draw(histories())
    ref = Ref("north", "instance", uuid.uuid4().hex)
    recorder = Recorder(store.transactions)
    recorder.record(dc.replace(fact, ref=ref) for fact in facts)
    stored = store.histories.history(ref)
    age(store, ref)
    path = tmp_path_factory.mktemp("archive") / "a.jsonl.gz"
    file = ArchiveFile(str(path))
    Archiver(store.histories, store.transactions).run(CUT, file.write)
    archived = store.ledger.find(ref.id)[0].archived_to is not None
    assert archived == (stored[0].ended is not None)
    if archived:
        with gzip.open(path) as content:
            records = [lines.record(orjson.loads(line)) for line in content]
        recorder.restore(r for r in records if r.ref == ref)
    restored = store.histories.history(ref)
    assert restored[1:] == stored[1:]
    assert restored[0].archived_to is None
    assert (restored[0].start, restored[0].end, restored[0].ended) == (
        stored[0].start,
        stored[0].end,
        stored[0].ended,
    )


def test_a_dry_run_counts_and_changes_nothing(store, archiver, old, server):
    old()
    before = dump(store)
    counts = archiver.run(CUT, None)
    assert (counts.resources, counts.observations) == (1, 3)
    assert counts.entries == 2
    assert dump(store) == before
    assert store.feed.bounds() == (0, 2)


def test_what_was_corrected_lately_stays(
    store, recorder, archiver, old, server, file, tell
):
    fix = tell(10, "amend", name="a", until=20, state="x", reported=90_000_000)
    recorder.record([fix])
    old()
    assert archiver.run(CUT, file.write).resources == 0


def test_what_came_back_can_leave_again(
    store, intake, archiver, old, server, file, tmp_path
):
    old()
    archiver.run(CUT, file.write)
    replay(file.path, intake, "north")
    again = ArchiveFile(str(tmp_path / "again.jsonl.gz"))
    assert archiver.run(CUT, again.write).observations == 3


def test_of_a_file_that_is_cut_off_all_that_is_whole_comes_back(
    store, intake, archiver, old, server, file
):
    """As after a kill, or on a full disk."""
    before = dump(store)
    old()
    archiver.run(CUT, file.write)
    with open(file.path, "ab") as content:
        content.write(gzip.compress(b"x" * 1000)[:20])
    with pytest.raises(Invalid, match="EOFError"):
        replay(file.path, intake, "north")
    assert dump(store) == before


def test_an_archive_that_is_made_meanwhile_is_noticed(
    store, archiver, old, server, file, monkeypatch
):
    old()
    sums = SqlUsage.sums

    def sums_after_an_archive(self, *arguments, **options):
        archiver.run(CUT, file.write)
        return sums(self, *arguments, **options)

    monkeypatch.setattr(SqlUsage, "sums", sums_after_an_archive)
    totals = UsageTotals(store.usage, store.ledger, Clock(), KINDS)
    with pytest.raises(Archived):
        totals.report(EVERY_PROJECT, (), Window(CUT - timedelta(days=90), CUT))


@pytest.mark.parametrize("cut", [30, 59, 60])
def test_what_ended_at_the_date_or_later_stays(
    store, archiver, old, server, file, at, cut
):
    old()
    with store.engine.begin() as connection:
        connection.execute(
            sa.update(tables.resources).values(updated_at=at(0))
        )
    assert archiver.run(at(cut), file.write).resources == 0
    assert archiver.run(at(61), file.write).resources == 1


def test_what_somebody_needs_stays(store, old, server, file):
    old()
    disputes = Keeper("a dispute is open", lambda refs, _: {server} & {*refs})
    archiver = Archiver(store.histories, store.transactions, [disputes])
    counts = archiver.run(CUT, file.write)
    assert counts.resources == 0
    assert counts.kept == {"a dispute is open": 1}
    assert len(dump(store)) == 3


def test_what_changes_meanwhile_stays(
    store, recorder, archiver, old, server, file, tell
):
    old()

    def write(records):
        file.write(records)
        # No news to the eye: the same again, a second later.
        recorder.record([tell(70, "gone", name="a")])

    assert archiver.run(CUT, write).resources == 0
    assert len(store.histories.histories([server])[server]) == 4


def test_a_death_between_file_and_database_loses_nothing(
    store, intake, old, server, file
):
    before = dump(store)
    for after in (False, True):
        old()
        mortal = MortalTransactions(store.transactions, 0, after)
        with pytest.raises(Kill):
            Archiver(store.histories, mortal).run(CUT, file.write)
    assert len(dump(store)) == 1
    replay(file.path, intake, "north")
    assert dump(store) == before


def test_a_full_disk_removes_nothing(store, archiver, old, server):
    old()

    def write(records):
        raise OSError("no space left on device")

    with pytest.raises(OSError, match="no space"):
        archiver.run(CUT, write)
    assert len(dump(store)) == 3


def test_late_news_of_it_is_refused_and_that_of_others_is_not(
    store, recorder, archiver, old, server, file, tell
):
    old()
    archiver.run(CUT, file.write)
    news = [tell(20, name="a"), tell(20, name="c")]
    recorded, failures = in_parts(recorder.record, news)
    assert [len(keys.new) for keys in recorded] == [1]
    ((fact, error),) = failures
    assert (fact.ref, type(error)) == (server, Archived)
    assert "instance a of north is archived" in str(error)
    assert {period[0] for period in dump(store)} == {"b", "c"}


def test_a_late_message_is_a_dead_letter(store, intake, archiver, old, file):
    message = samples.first("volume.create.end")
    gone = samples.first("volume.delete.end")
    volume_id = message["payload"]["volume_id"]
    gone["payload"]["volume_id"] = volume_id
    assert take(intake, [message, gone], "north").new == 2
    age(store)
    archiver.run(datetime(2999, 1, 1, tzinfo=UTC), file.write)
    late = {**message, "message_id": "late"}
    payload = {**message["payload"], "volume_id": "other"}
    good = {**message, "message_id": "good", "payload": payload}
    counts = take(intake, [late, good], "north")
    assert (counts.new, counts.dead) == (1, 1)
    (letter,) = store.dead_letters.page(Listing()).rows
    assert f"volume {volume_id} of north is archived" in letter.error


def test_a_page_of_periods_has_the_moment_of_the_archive(
    store, archiver, old, server, file
):
    """With rows or without: each by another statement."""
    assert pages_of(store) == [(True, None), (False, None)]
    old()
    archiver.run(CUT, file.write)
    assert pages_of(store) == [(True, CUT), (False, CUT)]


def pages_of(store):
    """Return whether two pages have rows, and their moments: one of each."""
    nothing = Listing((Filter("kind", "eq", "nothing"),))
    pages = [
        store.ledger.periods(listing, Window())
        for listing in (Listing(), nothing)
    ]
    return [(bool(page.rows), page.archived_before) for page in pages]


def test_an_older_file_does_not_bring_back_a_part(
    store, recorder, intake, archiver, old, server, file, tell, tmp_path
):
    old()
    archiver.run(CUT, file.write)
    replay(file.path, intake, "north")
    fix = tell(10, "amend", name="a", until=20, state="paused", reported=90)
    recorder.record([fix])
    before = dump(store)
    old()
    newer = ArchiveFile(str(tmp_path / "newer.jsonl.gz"))
    archiver.run(CUT, newer.write)
    counts = replay(file.path, intake, "north")
    assert (counts.new, counts.ignored) == (0, 3)
    assert store.ledger.archived_before() == CUT
    assert replay(newer.path, intake, "north").new == 4
    assert dump(store) == before


def test_a_line_that_is_none_is_a_dead_letter(store, intake, file, tell):
    path = file.path.removesuffix(".gz")
    fact = tell(0, name="a")
    (good,) = lines.lines(ArchiveRecord(fact.ref, 1, [fact]))
    bad = [
        {**good, "archived": {}},
        {**good, "observations": 1},
        {**good, "observations": [{**good["observations"][0], "says": "x"}]},
        {**good, "observations": [{**good["observations"][0], "at": None}]},
        {**good, "observations": [{**good["observations"][0], "key": "\0"}]},
    ]
    with open(path, "wb") as content:
        for line in (*bad, good):
            content.write(orjson.dumps(line) + b"\n")
    counts = replay(path, intake, "north")
    assert (counts.new, counts.dead) == (1, len(bad))
    rows = store.dead_letters.page(Listing()).rows
    assert {row.region for row in rows} == {"north", ""}


def test_old_entries_leave_the_feed(
    store, recorder, archiver, old, server, file, tell
):
    old()
    recorder.record([tell(90, name="c", project_id="p")])
    archiver.run(CUT, file.write)
    assert store.feed.bounds() == (2, 3)
    feed = Changes(store.feed, Dictionary(store.ledger, KINDS))
    assert [r.cursor for r in feed.since(EVERY_PROJECT, None, (), 9).rows] == [
        3
    ]


def test_archiving_takes_few_statements(
    store, recorder, archiver, old, file, tell, statements, monkeypatch
):
    monkeypatch.setattr(archives, "RESOURCES", 50)
    for name in range(100):
        facts = tell(0, name=f"{name}"), tell(9, "gone", name=f"{name}")
        recorder.record(facts)
    old()
    statements.clear()
    assert archiver.run(CUT, file.write).resources == 100
    # Two pages of 1 and 6, a page of none; the feed.
    assert len(statements) == 2 * (1 + 1 + 5) + 1 + 3


def test_nothing_is_archived_at_first(store):
    assert store.ledger.archived_before() is None
    assert store.usage.archived_before() is None
