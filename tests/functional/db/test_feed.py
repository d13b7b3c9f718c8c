"""The feed of changes: whom it tells, and in what order."""

from datetime import UTC, datetime

import pytest

from concertim_api.db.ledger import feed as feeds
from concertim_api.domain.errors import Gone
from concertim_api.domain.ledger.kinds import KINDS
from concertim_api.domain.ledger.observations import Ref
from concertim_api.services.common.listing import EVERY_PROJECT, Filter
from concertim_api.services.ledger.feed import Changes, begin_anew
from concertim_api.services.ledger.type_names import Dictionary


def _feed(store, *filters, after=0):
    return [
        (row.cursor, row.resource_id, row.project_id, row.since)
        for row in store.feed.changes(after, filters, 100)
    ]


def test_entries_have_growing_cursors(store, recorder, tell, at):
    assert store.feed.bounds() == (0, 0)
    recorder.record([tell(0, name="a", project_id="p")])
    recorder.record([tell(0, name="b", project_id="q")])
    recorder.record([tell(9, "gone", name="a")])
    assert _feed(store) == [
        (1, "a", "p", at(0)),
        (2, "b", "q", at(0)),
        (3, "a", "p", at(9)),
    ]
    assert store.feed.bounds() == (0, 3)
    assert _feed(store, after=2) == [(3, "a", "p", at(9))]
    assert len(store.feed.changes(0, (), 2)) == 2


def test_what_changes_no_period_is_not_told(store, recorder, tell):
    recorder.record([tell(0, project_id="p", details={"host": "one"})])
    recorder.record([tell(5, project_id="p", details={"host": "two"})])
    recorder.record([tell(5, project_id="p", details={"host": "two"})])
    assert store.feed.bounds() == (0, 1)


@pytest.mark.parametrize(
    ("end", "transfer", "since"),
    [
        (None, {"at": 5}, 5),
        (None, {"at": 0, "reported": 1, "key": "in the same second"}, 0),
        (20, {"at": 10}, 10),
        (20, {"at": 0, "says": "set", "until": 20, "reported": 30}, 0),
    ],
)
def test_a_transfer_is_told_to_both_projects(
    store, recorder, tell, at, end, transfer, since
):
    """At once, late, or by hand."""
    gone = [] if end is None else [tell(end, "gone")]
    recorder.record([tell(0, project_id="p"), *gone])
    recorder.record([tell(project_id="q", **transfer)])
    assert _feed(store, after=1) == [
        (2, "a", "p", at(since)),
        (3, "a", "q", at(since)),
    ]
    mine = Filter("project_id", "eq", "p")
    assert [row[0] for row in _feed(store, mine)] == [1, 2]


def test_a_correction_that_drops_periods_is_told(store, recorder, tell, at):
    recorder.record([tell(0, project_id="p"), tell(20, "gone")])
    recorder.record([tell(0, "void", until=20, reported=30)])
    assert _feed(store, after=1) == [(2, "a", "p", at(0))]


def test_entries_by_resource(store, recorder, tell):
    other = Ref("south", "volume", "v")
    recorder.record([tell(0), tell(0, ref=other)])
    for name, value in (("region", "south"), ("kind", "volume")):
        found = _feed(store, Filter(name, "eq", value))
        assert [row[1] for row in found] == ["v"]


NOW = datetime(2026, 12, 1, 12, 0, 0, 123456, UTC)


class TestARestoredFeed:
    """A backup has the cursors of its time; readers have later ones."""

    @pytest.fixture
    def changes(self, store):
        return Changes(store.feed, Dictionary(store.ledger, KINDS))

    @pytest.fixture
    def enter(self, recorder, tell):
        def enter(*names):
            for name in names:
                recorder.record([tell(0, name=name, project_id="p")])

        return enter

    def test_no_cursor_of_before_is_believed(self, store, changes, enter):
        enter("a", "b", "c")
        begin_anew(store.feed, NOW)
        enter("d", "e", "f")
        for cursor in range(8):  # those of the backup, and of what was lost
            with pytest.raises(Gone):
                changes.since(EVERY_PROJECT, cursor, (), 9)

    def test_who_starts_anew_goes_on(self, store, changes, enter):
        enter("a")
        cursor = begin_anew(store.feed, NOW)
        assert cursor == 1796126400123456
        start = changes.since(EVERY_PROJECT, None, (), 9)
        assert (start.rows, start.cursor) == ([], cursor)
        enter("b", "c")
        page = changes.since(EVERY_PROJECT, cursor, (), 9)
        assert [row.resource_id for row in page.rows] == ["b", "c"]
        assert page.cursor == cursor + 2

    def test_a_second_restore_gives_no_cursor_again(self, store, enter):
        cursor = begin_anew(store.feed, NOW)
        enter("a", "b")
        # A clock that went back, or the same moment.
        assert begin_anew(store.feed, NOW) == cursor + 3

    def test_many_entries_are_removed_in_parts(
        self, store, enter, statements, monkeypatch
    ):
        monkeypatch.setattr(feeds, "_ENTRIES", 2)
        enter("a", "b", "c", "d", "e")
        statements.clear()
        cursor = begin_anew(store.feed, NOW)
        assert store.feed.bounds() == (cursor, cursor)
        removals = [text for text in statements if "DELETE" in text]
        assert len(removals) == 3 + 1
