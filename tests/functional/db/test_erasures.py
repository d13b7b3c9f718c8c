"""A user who has left is forgotten, on each database; usage is not."""

from datetime import UTC, datetime

import pytest

from concertim_api.cmd.ledger import ArchiveFile
from concertim_api.domain.errors import Conflict, NotFound
from concertim_api.domain.ledger.observations import Ref
from concertim_api.listener.replay import replay
from concertim_api.services.ledger.archives import Archiver, Keeper
from concertim_api.services.ledger.erasures import Erasure
from concertim_api.services.ledger.resources import Ambiguous

ANN = {"name": "ann", "email": "ann@example.org"}
OWNED = {"name": "cluster", "user_name": "ann", "user_id": "u1"}


def user(tell, moment, says="alive", user_id="u1", **fields):
    ref = Ref(fields.pop("region", "north"), "user", user_id)
    return tell(moment, says, ref=ref, **fields)


def stack(tell, moment, name, says="alive", **fields):
    return tell(moment, says, ref=Ref("north", "stack", name), **fields)


@pytest.fixture
def eraser(store):
    return Erasure(store.ledger, store.erasures)


@pytest.fixture
def left(recorder, tell):
    """A user who had two clusters, of which one still runs."""
    recorder.record(
        [
            user(tell, 0, details=ANN),
            user(tell, 9, "gone"),
            stack(tell, 0, "old", details=OWNED, project_id="p"),
            stack(tell, 5, "old", "gone"),
            stack(tell, 0, "runs", details=OWNED),
            stack(tell, 1, "bobs", details={"user_name": "bob"}),
            stack(tell, 5, "bobs", "gone"),
        ]
    )


def details(store, kind, name):
    row, _, observations = store.histories.history(Ref("north", kind, name))
    return row.details, [dict(o.details) for o in observations]


def periods(store):
    return [
        (r.resource_id, r.start, r.end) for r in store.ledger.all_periods()
    ]


def test_the_name_is_nowhere(store, eraser, left):
    before = periods(store)
    assert eraser.erase("u1") == 3
    assert details(store, "user", "u1") == ("{}", [{}, {}])
    assert store.ledger.find("u1")[0].name is None
    assert details(store, "stack", "old") == (
        '{"name":"cluster"}',
        [{"name": "cluster"}, {}],
    )
    assert periods(store) == before
    assert Ref("north", "stack", "old") in store.projection.stale(
        [Ref("north", "stack", "old")]
    )


def test_what_others_own_and_what_runs_stays(store, eraser, left):
    eraser.erase("u1")
    assert "ann" in details(store, "stack", "runs")[0]
    assert "bob" in details(store, "stack", "bobs")[0]


def test_a_namesake_keeps_the_name(store, recorder, eraser, left, tell):
    other = {**OWNED, "user_id": "u2"}
    recorder.record(
        [
            user(tell, 0, user_id="u2", details=ANN),
            stack(tell, 0, "hers", details=other),
            stack(tell, 5, "hers", "gone"),
        ]
    )
    assert eraser.erase("u1") == 3
    assert "ann" in details(store, "stack", "hers")[0]


def test_an_archived_stack_stays_the_newest(
    store, intake, recorder, eraser, left, tmp_path
):
    """Its file can be replayed after the erasure, too."""
    file = ArchiveFile(str(tmp_path / "archive.jsonl.gz"))
    needed = {Ref("north", "user", "u1")}
    archiver = Archiver(
        store.histories,
        store.transactions,
        [Keeper("to be erased", lambda refs, _: needed & {*refs})],
    )
    archiver.run(datetime(2999, 1, 1, tzinfo=UTC), file.write)
    eraser.erase("u1")
    assert replay(file.path, intake, "north").ignored == 0
    assert "ann" in details(store, "stack", "old")[0]
    assert eraser.erase("u1") == 3
    assert "ann" not in details(store, "stack", "old")[0]


def test_it_can_be_done_again(store, eraser, left):
    eraser.erase("u1")
    assert eraser.erase("u1") == 2


@pytest.mark.parametrize("page", [1, 2, 3])
def test_many_clusters_are_many_pages(
    store, recorder, eraser, left, tell, monkeypatch, page
):
    monkeypatch.setattr("concertim_api.db.ledger.erasures._PAGE", page)
    for name in "abc":
        fact = stack(tell, 0, name, details=OWNED)
        recorder.record([fact, stack(tell, 5, name, "gone")])
    assert eraser.erase("u1") == 6
    assert all("ann" not in details(store, "stack", n)[0] for n in "abc")


def test_a_user_who_exists_is_not_forgotten(eraser, recorder, tell):
    recorder.record([user(tell, 0, details=ANN)])
    with pytest.raises(Conflict, match="next sync"):
        eraser.erase("u1")


def test_a_user_is_named_by_id_and_region(eraser, recorder, tell, left):
    with pytest.raises(NotFound):
        eraser.erase("nobody")
    recorder.record(
        [
            user(tell, 0, region="south", details=ANN),
            user(tell, 9, "gone", region="south"),
        ]
    )
    with pytest.raises(Ambiguous, match="north, south"):
        eraser.erase("u1")
    assert eraser.erase("u1", "south") == 2
