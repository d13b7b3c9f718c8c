"""Where devices stand in a rack: cases, and what always holds."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concertim_api.domain.ledger.observations import Ref
from concertim_api.domain.view.slots import Occupant, RackSlots, Slot, place
from tests.properties import examples

T0 = datetime(2026, 3, 1, tzinfo=UTC)


def ref(name, kind="instance"):
    return Ref("north", kind, name)


def server(name, height_u=1, at=None):
    created_at = None if at is None else T0 + timedelta(seconds=at)
    return Occupant(ref(name), height_u, created_at)


def network(name, at=None):
    created_at = None if at is None else T0 + timedelta(seconds=at)
    return Occupant(ref(name, "network"), 1, created_at, from_top=True)


def slots_at(height_u, **slots):
    return RackSlots(
        height_u, {ref(name): Slot(*slot) for name, slot in slots.items()}
    )


def place_by_id(occupants, previous=None, height_u=10, max_height_u=10):
    result = place(occupants, previous, height_u, max_height_u)
    return result.height_u, {r.id: s.start_u for r, s in result.slots.items()}


def test_an_empty_rack():
    assert place([], None, 42, 72) == RackSlots(42, {})


def test_servers_from_the_bottom_networks_from_the_top():
    occupants = [
        server("a", 2, at=1),
        network("n", at=2),
        server("b", 3, at=3),
        network("o", at=4),
    ]
    assert place_by_id(occupants) == (10, {"a": 1, "b": 3, "n": 10, "o": 9})


def test_the_oldest_stands_at_the_bottom():
    occupants = [server("a"), server("b", at=2), server("c", at=1)]
    assert place_by_id(occupants) == (10, {"c": 1, "b": 2, "a": 3})


def test_of_one_age_kind_and_id_decide():
    volume = Occupant(ref("a", "volume"), 2, None)
    occupants = [volume, server("b"), server("a")]
    assert place_by_id(occupants)[1] == {"a": 3, "b": 2}
    assert place(occupants, None, 9, 9).slots[ref("a")] == Slot(1, 1)


def test_the_first_gap_that_fits_the_whole_height():
    previous = slots_at(10, a=(1, 1), b=(3, 1), c=(6, 1))
    occupants = [server("a"), server("b"), server("c"), server("d", 2, at=1)]
    assert place_by_id(occupants, previous)[1]["d"] == 4


def test_a_slot_stays_though_others_go():
    previous = slots_at(10, a=(1, 2), b=(3, 2))
    assert place_by_id([server("b", 2)], previous) == (10, {"b": 3})


@pytest.mark.parametrize(
    ("height_u", "start_u"),
    [
        pytest.param(1, 5, id="lower: stays"),
        pytest.param(3, 5, id="higher, with room above it: stays"),
        pytest.param(4, 1, id="higher, without: moves"),
        pytest.param(8, None, id="too high for any gap"),
    ],
)
def test_a_height_that_changed(height_u, start_u):
    previous = slots_at(10, b=(5, 2), c=(8, 1))
    occupants = [server("b", height_u), server("c")]
    assert place_by_id(occupants, previous)[1].get("b") == start_u


def test_who_grows_takes_nobodys_slot_not_even_a_younger_ones():
    previous = slots_at(10, a=(1, 1), b=(2, 1))
    occupants = [server("a", 2, at=1), server("b", at=2)]
    assert place_by_id(occupants, previous) == (10, {"a": 3, "b": 2})


def test_a_full_rack_grows_as_far_as_it_must():
    occupants = [
        server("a", 4, at=1),
        network("n", at=2),
        server("b", 3, at=3),
    ]
    assert place_by_id(occupants, None, 6, 20) == (9, {"a": 1, "n": 6, "b": 7})


def test_growth_uses_what_is_free_at_the_top():
    occupants = [server("a", 4, at=1), server("b", 3, at=2)]
    assert place_by_id(occupants, None, 6, 20) == (7, {"a": 1, "b": 5})


def test_a_network_makes_a_full_rack_grow_by_one():
    occupants = [server("a", 4, at=1), network("n", at=2)]
    assert place_by_id(occupants, None, 4, 20) == (5, {"a": 1, "n": 5})


def test_at_its_maximum_smaller_ones_may_still_fit():
    occupants = [
        server("a", 4, at=1),
        server("b", 4, at=2),
        server("c", 4, at=3),
        server("d", 2, at=4),
    ]
    assert place_by_id(occupants) == (10, {"a": 1, "b": 5, "d": 9})


def test_one_without_a_slot_gets_the_first_that_is_free():
    occupants = [server("a", 4, at=1), server("b", 4, at=2)]
    first = place(occupants, None, 4, 4)
    assert ref("b") not in first.slots
    assert place(occupants[1:], first, 4, 4).slots == {ref("b"): Slot(1, 4)}


def test_a_rack_never_shrinks():
    assert place([], slots_at(60), 42, 72).height_u == 60


def test_nor_does_it_when_its_maximum_is_lowered():
    previous = slots_at(60, a=(59, 2))
    result = place([server("a", 2), server("b", 2)], previous, 42, 50)
    assert result == slots_at(60, a=(59, 2), b=(1, 2))


def test_its_own_height_counts_though_the_usual_one_changed():
    assert place([], slots_at(20), 42, 72).height_u == 20


@pytest.mark.parametrize(
    "slot",
    [(0, 1), (-5, 1), (10, 2), (11, 1), (10**9, 1)],
)
def test_a_remembered_slot_outside_of_the_rack_is_forgotten(slot):
    occupants = [server("a", slot[1])]
    assert place_by_id(occupants, slots_at(10, a=slot))[1] == {"a": 1}


def test_a_remembered_slot_that_the_rack_may_grow_to_is_kept():
    assert place_by_id([server("a", 2)], slots_at(10, a=(11, 2)), 10, 12) == (
        12,
        {"a": 11},
    )


def test_of_two_that_remember_one_slot_the_older_keeps_it():
    previous = slots_at(10, a=(3, 2), b=(4, 2))
    occupants = [server("a", 2, at=2), server("b", 2, at=1)]
    assert place_by_id(occupants, previous) == (10, {"b": 4, "a": 1})


def test_a_rack_has_at_least_one_unit():
    assert place_by_id([server("a")], slots_at(0), 0, 0) == (1, {"a": 1})


NAMES = [f"d{n}" for n in range(24)]


@st.composite
def occupants(draw):
    occupants = []
    for name in draw(st.lists(st.sampled_from(NAMES), unique=True)):
        at = draw(st.none() | st.integers(0, 5))
        if draw(st.booleans()):
            occupants.append(server(name, draw(st.integers(1, 5)), at))
        else:
            occupants.append(network(name, at))
    return occupants


heights = st.integers(1, 12)


@st.composite
def memories(draw):
    """What may be remembered after years: anything."""
    kinds = st.sampled_from(["instance", "network"])
    refs = st.builds(ref, st.sampled_from(NAMES), kinds)
    slots = st.builds(Slot, st.integers(-2, 30), st.integers(1, 6))
    slots_ = draw(st.dictionaries(refs, slots, max_size=12))
    return RackSlots(draw(st.integers(0, 20)), slots_)


def units(result):
    return [
        u
        for slot in result.slots.values()
        for u in range(slot.start_u, slot.end_u + 1)
    ]


def check(occupants, result, max_height_u):
    used = units(result)
    assert len(used) == len(set(used))
    assert all(1 <= u <= result.height_u for u in used)
    sizes = {occupant.ref: occupant.height_u for occupant in occupants}
    assert all(sizes[r] == slot.height_u for r, slot in result.slots.items())
    free = set(range(1, max_height_u + 1)) - set(used)
    for occupant in occupants:
        if occupant.ref not in result.slots:
            assert not any(
                free.issuperset(range(u, u + occupant.height_u)) for u in free
            )


@given(occupants(), memories() | st.none(), heights, heights, st.randoms())
@examples(300)
def test_whatever_is_remembered(occupants, previous, height_u, more, rng):
    max_height_u = height_u + more
    result = place(occupants, previous, height_u, max_height_u)
    least = previous.height_u if previous else height_u
    assert least <= result.height_u <= max(max_height_u, least)
    check(occupants, result, max(max_height_u, least))
    shuffled = rng.sample(occupants, len(occupants))
    assert place(shuffled, previous, height_u, max_height_u) == result


@given(occupants(), memories() | st.none(), heights, heights)
@examples(200)
def test_what_is_placed_stays(occupants, previous, height_u, more):
    result = place(occupants, previous, height_u, height_u + more)
    assert place(occupants, result, height_u, height_u + more) == result


@given(occupants(), heights, heights, st.randoms())
@examples(200)
def test_who_stays_keeps_the_slot_whoever_comes_or_goes(
    occupants, height_u, more, rng
):
    """Devices come and go in some order; nobody else ever moves."""
    max_height_u = height_u + more
    present: list[Occupant] = []
    previous = None
    for _ in range(2 * len(occupants)):
        occupant = rng.choice(occupants)
        present = (
            [p for p in present if p != occupant]
            if occupant in present
            else [*present, occupant]
        )
        latest = place(present, previous, height_u, max_height_u)
        check(present, latest, max_height_u)
        if previous is not None:
            assert latest.height_u >= previous.height_u
            for other in present:
                if other.ref in previous.slots:
                    assert latest.slots[other.ref] == previous.slots[other.ref]
        previous = latest


@pytest.mark.parametrize("max_height_u", [72, 10_000])
def test_3000_devices_take_no_time(max_height_u):
    rng = random.Random(3)
    occupants = [
        network(str(n), at=n)
        if rng.random() < 0.2
        else server(str(n), rng.randint(1, 4), at=n)
        for n in range(3000)
    ]
    began = time.process_time()
    result = place(occupants, None, 42, max_height_u)
    repetition = place(occupants, result, 42, max_height_u)
    assert time.process_time() - began < 2
    assert repetition == result
    check(
        [p for p in occupants if p.ref in result.slots],
        result,
        max_height_u,
    )
