"""Dead letters, and named keys."""

import dataclasses as dc
from datetime import timedelta

import pytest

from concertim_api.domain.errors import Conflict, NotFound
from concertim_api.services.access.keys import Keys
from concertim_api.services.access.ports import Key
from concertim_api.services.common.listing import Filter, Listing
from tests.fakes.clock import Clock
from tests.functional.db.conftest import letter


def _all(store, *filters, **listing):
    return store.dead_letters.page(Listing(filters, **listing)).rows


def test_a_letter_comes_back_as_it_went(store, at):
    store.dead_letters.bury([letter(at)])
    [found] = _all(store)
    assert found == letter(at, id=found.id)
    assert store.dead_letters.letter(found.id) == found


def test_letters_are_counted_up_to_a_number(store, at):
    assert store.dead_letters.count(9) == 0
    store.dead_letters.bury([letter(at, message_id=str(n)) for n in range(5)])
    assert store.dead_letters.count(9) == 5
    assert store.dead_letters.count(3) == 3


def test_a_message_that_dies_again_counts(store, at):
    store.dead_letters.bury([letter(at)])
    store.dead_letters.bury([letter(at, error="another", received_at=at(9))])
    [found] = _all(store)
    assert (found.attempts, found.error) == (2, "another")
    assert found.received_at == at(0)


def test_a_message_that_dies_twice_in_a_batch_is_one(store, at):
    store.dead_letters.bury([letter(at), letter(at, error="another")])
    assert [found.error for found in _all(store)] == ["another"]


def test_a_message_of_two_regions_is_two_letters(store, at):
    letters = [letter(at), letter(at, region="south")]
    for _ in range(2):
        store.dead_letters.bury(letters)
    rows = _all(store, Filter("message_id", "eq", "m-1"))
    assert [(row.region, row.message_id, row.attempts) for row in rows] == [
        ("north", "m-1", 2),
        ("south", "m-1", 2),
    ]


def test_a_letter_that_no_column_holds(store, at):
    long = "x" * 300
    store.dead_letters.bury(
        [
            letter(
                at,
                event_type=f"\0{long}",
                error="e\0" * 20000,
                message={"text": "\0" * 100, "large": "\\" * 2**18},
            )
        ]
    )
    [found] = _all(store)
    assert len(found.event_type) == 255
    assert found.message == {"text": "\0" * 100, "large": "\\" * 2**18}


def test_an_attempt_more_is_counted_of_any_letter(store, at):
    store.dead_letters.bury([letter(at, message_id=None)] * 2)
    first, second = _all(store)
    store.dead_letters.fail_again(first.id, "still\0")
    again, other = _all(store)
    assert (again.attempts, again.error) == (2, "still\ufffd")
    assert other == second
    with pytest.raises(NotFound):
        store.dead_letters.fail_again(10**6, "gone")


def test_letters_by_filter_and_page(store, at):
    store.dead_letters.bury(
        letter(at, f"m-{n}", received_at=at(n % 3), event_type=f"e{n % 2}")
        for n in range(7)
    )
    assert len(_all(store, Filter("event_type", "eq", "e0"))) == 4
    by_time = (("received_at", True),)
    page = store.dead_letters.page(Listing(sort=by_time, limit=4))
    rest = store.dead_letters.page(
        Listing(sort=by_time, limit=4, marker=page.marker)
    )
    times = [row.received_at for row in (*page.rows, *rest.rows)]
    assert times == sorted(times, reverse=True)
    assert len({row.id for row in (*page.rows, *rest.rows)}) == 7
    assert rest.marker is None


def test_a_revived_letter_is_gone(store, at):
    store.dead_letters.bury([letter(at)])
    [found] = _all(store)
    store.dead_letters.revive(found.id)
    with pytest.raises(NotFound):
        store.dead_letters.letter(found.id)
    with pytest.raises(NotFound):
        store.dead_letters.revive(found.id)


def test_purge(store, at):
    store.dead_letters.bury(
        letter(at, f"m-{n}", received_at=at(n)) for n in range(5)
    )
    old = Filter("received_at", "lt", at(3))
    assert store.dead_letters.purge([old]) == 3
    assert store.dead_letters.purge([old]) == 0
    assert store.dead_letters.purge([]) == 2


def _key(at, **values):
    given = {
        "name": "billing",
        "digest": "d1",
        "roles": ("reader", "admin"),
        "project_id": None,
        "created_at": at(0),
        "expires_at": at(9),
        **values,
    }
    return Key(**given)


def test_a_key_comes_back_as_it_went(store, at):
    store.keys.add(_key(at))
    assert store.keys.key("d1") == _key(at)
    assert store.keys.key("d2") is None
    assert store.keys.keys() == [_key(at)]


def test_a_name_or_digest_is_taken_once(store, at):
    store.keys.add(_key(at))
    for same in (_key(at, digest="d2"), _key(at, name="other")):
        with pytest.raises(Conflict):
            store.keys.add(same)


def test_a_revoked_key_is_gone(store, at):
    store.keys.add(_key(at))
    store.keys.revoke("billing")
    assert store.keys.key("d1") is None
    with pytest.raises(NotFound):
        store.keys.revoke("billing")


class TestRotation:
    """Of a key, and the secrets that count then."""

    @pytest.fixture
    def clock(self):
        return Clock()

    @pytest.fixture
    def keys(self, store, clock):
        return Keys(store.keys, clock)

    def test_a_new_secret_ends_the_one_before(self, keys):
        made, first = keys.create("billing", ["reader"], "p1")
        keys.create("other", ["admin"])
        rotated, second = keys.rotate("billing")
        assert rotated == dc.replace(made, digest=rotated.digest)
        assert keys.authenticate(second) == rotated
        assert keys.authenticate(first) is None
        assert [key.name for key in keys.list()] == ["billing", "other"]

    def test_both_count_for_the_overlap(self, keys, clock):
        _, first = keys.create("billing", ["reader"], "p1")
        rotated, second = keys.rotate("billing", timedelta(minutes=5))
        clock.advance(seconds=299)
        assert keys.authenticate(first) == rotated
        assert keys.authenticate(second) == rotated
        clock.advance(seconds=1)
        assert keys.authenticate(first) is None
        assert keys.authenticate(second) == rotated

    def test_only_one_before_counts(self, keys):
        _, first = keys.create("billing", ["admin"])
        _, second = keys.rotate("billing", timedelta(hours=1))
        _, third = keys.rotate("billing", timedelta(hours=1))
        assert keys.authenticate(first) is None
        assert keys.authenticate(second) == keys.authenticate(third)
        _, fourth = keys.rotate("billing")
        assert keys.authenticate(third) is None
        assert keys.authenticate(fourth).name == "billing"

    def test_no_secret_outlives_its_key(self, keys, clock):
        end = clock.now() + timedelta(minutes=1)
        _, first = keys.create("billing", ["admin"], expires_at=end)
        _, second = keys.rotate("billing", timedelta(hours=1))
        clock.advance(minutes=1)
        assert keys.authenticate(first) is None
        assert keys.authenticate(second) is None
        with pytest.raises(Conflict, match="billing has expired"):
            keys.rotate("billing")

    def test_a_key_that_is_none_can_not_be_rotated(self, keys):
        with pytest.raises(NotFound):
            keys.rotate("billing")

    def test_the_price_of_a_rotation(self, keys, statements):
        keys.create("billing", ["admin"])
        statements.clear()
        keys.rotate("billing")
        assert len(statements) == 2
