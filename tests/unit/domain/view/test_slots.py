"""Where devices stand in a rack: cases, and what always holds."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concertim_api.domain.ledger.observations import Ref
from concertim_api.domain.view.slots import Piece, Placed, Slot, place
from tests.properties import examples

T0 = datetime(2026, 3, 1, tzinfo=UTC)


def ref(name, kind="instance"):
    return Ref("north", kind, name)


def server(name, height_u=1, at=None):
    created_at = None if at is None else T0 + timedelta(seconds=at)
    return Piece(ref(name), height_u, created_at)


def network(name, at=None):
    created_at = None if at is None else T0 + timedelta(seconds=at)
    return Piece(ref(name, "network"), 1, created_at, from_top=True)


def placed(height_u, **slots):
    return Placed(
        height_u, {ref(name): Slot(*slot) for name, slot in slots.items()}
    )


def places(pieces, remembered=None, height_u=10, max_height_u=10):
    found = place(pieces, remembered, height_u, max_height_u)
    return found.height_u, {r.id: s.start_u for r, s in found.slots.items()}


def test_an_empty_rack():
    assert place([], None, 42, 72) == Placed(42, {})


def test_servers_from_the_bottom_networks_from_the_top():
    pieces = [
        server("a", 2, at=1),
        network("n", at=2),
        server("b", 3, at=3),
        network("o", at=4),
    ]
    assert places(pieces) == (10, {"a": 1, "b": 3, "n": 10, "o": 9})


def test_the_oldest_stands_at_the_bottom():
    pieces = [server("a"), server("b", at=2), server("c", at=1)]
    assert places(pieces) == (10, {"c": 1, "b": 2, "a": 3})


def test_of_one_age_kind_and_id_decide():
    volume = Piece(ref("a", "volume"), 2, None)
    pieces = [volume, server("b"), server("a")]
    assert places(pieces)[1] == {"a": 3, "b": 2}
    assert place(pieces, None, 9, 9).slots[ref("a")] == Slot(1, 1)


def test_the_first_gap_that_fits_the_whole_height():
    remembered = placed(10, a=(1, 1), b=(3, 1), c=(6, 1))
    pieces = [server("a"), server("b"), server("c"), server("d", 2, at=1)]
    assert places(pieces, remembered)[1]["d"] == 4


def test_a_slot_stays_though_others_go():
    remembered = placed(10, a=(1, 2), b=(3, 2))
    assert places([server("b", 2)], remembered) == (10, {"b": 3})


@pytest.mark.parametrize(
    ("height_u", "start_u"),
    [
        pytest.param(1, 3, id="lower: stays"),
        pytest.param(3, 3, id="higher, with room above it: stays"),
        pytest.param(4, 7, id="higher, without: moves"),
        pytest.param(5, None, id="too high for any gap"),
    ],
)
def test_a_height_that_changed(height_u, start_u):
    remembered = placed(10, a=(1, 2), b=(3, 2), c=(6, 1))
    pieces = [server("a", 2), server("b", height_u), server("c")]
    assert places(pieces, remembered)[1].get("b") == start_u


def test_who_grows_takes_nobodys_slot_not_even_a_younger_ones():
    remembered = placed(10, a=(1, 1), b=(2, 1))
    pieces = [server("a", 2, at=1), server("b", at=2)]
    assert places(pieces, remembered) == (10, {"a": 3, "b": 2})


def test_a_full_rack_grows_as_far_as_it_must():
    pieces = [server("a", 4, at=1), network("n", at=2), server("b", 3, at=3)]
    assert places(pieces, None, 6, 20) == (9, {"a": 1, "n": 6, "b": 7})


def test_growth_uses_what_is_free_at_the_top():
    pieces = [server("a", 4, at=1), server("b", 3, at=2)]
    assert places(pieces, None, 6, 20) == (7, {"a": 1, "b": 5})


def test_a_network_makes_a_full_rack_grow_by_one():
    pieces = [server("a", 4, at=1), network("n", at=2)]
    assert places(pieces, None, 4, 20) == (5, {"a": 1, "n": 5})


def test_at_its_maximum_smaller_ones_may_still_fit():
    pieces = [
        server("a", 4, at=1),
        server("b", 4, at=2),
        server("c", 4, at=3),
        server("d", 2, at=4),
    ]
    assert places(pieces) == (10, {"a": 1, "b": 5, "d": 9})


def test_one_without_a_slot_gets_the_first_that_is_free():
    pieces = [server("a", 4, at=1), server("b", 4, at=2)]
    first = place(pieces, None, 4, 4)
    assert ref("b") not in first.slots
    assert place(pieces[1:], first, 4, 4).slots == {ref("b"): Slot(1, 4)}


def test_a_rack_never_shrinks():
    assert place([], placed(60), 42, 72).height_u == 60


def test_nor_does_it_when_its_maximum_is_lowered():
    remembered = placed(60, a=(59, 2))
    found = place([server("a", 2), server("b", 2)], remembered, 42, 50)
    assert found == placed(60, a=(59, 2), b=(1, 2))


def test_its_own_height_counts_though_the_usual_one_changed():
    assert place([], placed(20), 42, 72).height_u == 20


@pytest.mark.parametrize(
    "slot",
    [(0, 1), (-5, 1), (10, 2), (11, 1), (10**9, 1)],
)
def test_a_remembered_slot_outside_of_the_rack_is_forgotten(slot):
    pieces = [server("a", slot[1])]
    assert places(pieces, placed(10, a=slot))[1] == {"a": 1}


def test_a_remembered_slot_that_the_rack_may_grow_to_is_kept():
    assert places([server("a", 2)], placed(10, a=(11, 2)), 10, 12) == (
        12,
        {"a": 11},
    )


def test_of_two_that_remember_one_slot_the_older_keeps_it():
    remembered = placed(10, a=(3, 2), b=(4, 2))
    pieces = [server("a", 2, at=2), server("b", 2, at=1)]
    assert places(pieces, remembered) == (10, {"b": 4, "a": 1})


def test_a_rack_has_at_least_one_unit():
    assert places([server("a")], placed(0), 0, 0) == (1, {"a": 1})


NAMES = [f"d{n}" for n in range(24)]


@st.composite
def pieces(draw):
    found = []
    for name in draw(st.lists(st.sampled_from(NAMES), unique=True)):
        at = draw(st.none() | st.integers(0, 5))
        if draw(st.booleans()):
            found.append(server(name, draw(st.integers(1, 5)), at))
        else:
            found.append(network(name, at))
    return found


heights = st.integers(1, 12)


@st.composite
def memories(draw):
    """What may be remembered after years: anything."""
    kinds = st.sampled_from(["instance", "network"])
    refs = st.builds(ref, st.sampled_from(NAMES), kinds)
    slots = st.builds(Slot, st.integers(-2, 30), st.integers(1, 6))
    known = draw(st.dictionaries(refs, slots, max_size=12))
    return Placed(draw(st.integers(0, 20)), known)


def units(found):
    return [
        u
        for slot in found.slots.values()
        for u in range(slot.start_u, slot.end_u + 1)
    ]


def check(wanted, found, max_height_u):
    taken = units(found)
    assert len(taken) == len(set(taken))
    assert all(1 <= u <= found.height_u for u in taken)
    sizes = {piece.ref: piece.height_u for piece in wanted}
    assert all(sizes[r] == slot.height_u for r, slot in found.slots.items())
    free = set(range(1, max_height_u + 1)) - set(taken)
    for piece in wanted:
        if piece.ref not in found.slots:
            assert not any(
                free.issuperset(range(u, u + piece.height_u)) for u in free
            )


@given(pieces(), memories() | st.none(), heights, heights, st.randoms())
@examples(300)
def test_whatever_is_remembered(wanted, remembered, height_u, more, rng):
    max_height_u = height_u + more
    found = place(wanted, remembered, height_u, max_height_u)
    least = remembered.height_u if remembered else height_u
    assert least <= found.height_u <= max(max_height_u, least)
    check(wanted, found, max(max_height_u, least))
    shuffled = rng.sample(wanted, len(wanted))
    assert place(shuffled, remembered, height_u, max_height_u) == found


@given(pieces(), memories() | st.none(), heights, heights)
@examples(200)
def test_what_is_placed_stays(wanted, remembered, height_u, more):
    found = place(wanted, remembered, height_u, height_u + more)
    assert place(wanted, found, height_u, height_u + more) == found


@given(pieces(), heights, heights, st.randoms())
@examples(200)
def test_who_stays_keeps_the_slot_whoever_comes_or_goes(
    wanted, height_u, more, rng
):
    """Devices come and go in some order; nobody else ever moves."""
    max_height_u = height_u + more
    here: list[Piece] = []
    known = None
    for _ in range(2 * len(wanted)):
        piece = rng.choice(wanted)
        here = (
            [p for p in here if p != piece]
            if piece in here
            else [*here, piece]
        )
        now = place(here, known, height_u, max_height_u)
        check(here, now, max_height_u)
        if known is not None:
            assert now.height_u >= known.height_u
            for other in here:
                if other.ref in known.slots:
                    assert now.slots[other.ref] == known.slots[other.ref]
        known = now


@pytest.mark.parametrize("max_height_u", [72, 10_000])
def test_3000_devices_take_no_time(max_height_u):
    rng = random.Random(3)
    wanted = [
        network(str(n), at=n)
        if rng.random() < 0.2
        else server(str(n), rng.randint(1, 4), at=n)
        for n in range(3000)
    ]
    began = time.process_time()
    found = place(wanted, None, 42, max_height_u)
    again = place(wanted, found, 42, max_height_u)
    assert time.process_time() - began < 2
    assert again == found
    check([p for p in wanted if p.ref in found.slots], found, max_height_u)
