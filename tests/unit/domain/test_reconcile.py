"""What differs, and in which order it is mended."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concertim_api.domain.reconcile import Move, changes, in_the_way, turns

VALUES = st.one_of(st.none(), st.integers(0, 3), st.sampled_from("ab"))
FIELDS = st.dictionaries(
    st.sampled_from("abcd"),
    st.one_of(
        VALUES, st.dictionaries(st.sampled_from("xyz"), VALUES, max_size=3)
    ),
)


def applied(held, written):
    return {**held, **written}


@given(FIELDS)
def test_what_is_as_wanted_needs_nothing(fields):
    assert changes(fields, fields) == {}


@given(FIELDS, FIELDS)
def test_once_written_nothing_differs(held, wanted):
    written = changes(held, wanted)
    assert written.keys() <= held.keys() & wanted.keys()
    assert changes(applied(held, written), wanted) == {}


@given(FIELDS, FIELDS)
def test_what_others_have_in_a_field_stays(held, wanted):
    for name, value in changes(held, wanted).items():
        if isinstance(held[name], dict) and isinstance(wanted[name], dict):
            kept = held[name].keys() - wanted[name].keys()
            assert {n: value[n] for n in kept} == {
                n: held[name][n] for n in kept
            }


@pytest.mark.parametrize(
    ("held", "wanted", "written"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, {}),
        ({"a": 1}, {"a": 2}, {"a": 2}),
        ({"a": None}, {"a": 0}, {"a": 0}),
        ({"m": {"x": 1, "z": 3}}, {"m": {"x": 1}}, {}),
        ({"m": {"x": 1, "z": 3}}, {"m": {"x": 2}}, {"m": {"x": 2, "z": 3}}),
        ({"m": {"x": {"p": 1}}}, {"m": {"x": {}}}, {"m": {"x": {}}}),
        ({"m": "text"}, {"m": {"x": 1}}, {"m": {"x": 1}}),
    ],
)
def test_changes(held, wanted, written):
    assert changes(held, wanted) == written


# Turns

PLACES = st.sampled_from(string.ascii_lowercase[:8])


@st.composite
def moves(draw):
    """Draw moves of things that each have one place, and want one."""
    before = draw(st.lists(PLACES, unique=True, max_size=8))
    after = draw(st.lists(PLACES, unique=True, max_size=8))
    found = []
    for n in range(max(len(before), len(after))):
        holds = frozenset(before[n : n + 1])
        wants = frozenset(after[n : n + 1])
        if holds != wants:
            found.append(Move(n, holds, wants, goes=not wants))
    return draw(st.permutations(found))


@given(moves())
def test_nobody_takes_what_another_still_has(given_moves):
    at = {move.key: move.holds for move in given_moves}
    done = []
    for turn in turns(given_moves):
        assert turn
        before = dict(at)
        for move, parks in turn:
            if parks:
                at[move.key] = frozenset()
                continue
            done.append(move.key)
            others = (v for k, v in before.items() if k != move.key)
            assert not any(move.wants & taken for taken in others)
            at[move.key] = move.wants
    assert sorted(done) == sorted(move.key for move in given_moves)
    assert at == {move.key: move.wants for move in given_moves}


@given(moves())
def test_what_goes_is_last_unless_in_the_way(given_moves):
    order = [move for turn in turns(given_moves) for move, parks in turn]
    blocking = in_the_way(given_moves)
    rest = [move.goes for move in order if move.key not in blocking]
    assert rest == sorted(rest)


@given(moves())
def test_only_rings_need_somebody_to_step_aside(given_moves):
    parked = [
        move.key
        for turn in turns(given_moves)
        for move, parks in turn
        if parks
    ]
    assert len(parked) == _rings(given_moves)


def _rings(given_moves):
    """Count the rings: each thing leads to the one whose place it wants."""
    holder = {place: move.key for move in given_moves for place in move.holds}
    leads = {
        move.key: holder[place]
        for move in given_moves
        for place in move.wants
        if place in holder
    }
    rings, met = 0, set()
    for start in leads:
        path, key = [], start
        while key in leads and key not in met:
            met.add(key)
            path.append(key)
            key = leads[key]
        rings += key in path
    return rings


def test_what_holds_and_wants_the_same_place_is_not_blocked_by_itself():
    move = Move("a", frozenset({1, 2}), frozenset({2, 3}))
    assert [[t.move.key for t in turn] for turn in turns([move])] == [["a"]]


def test_no_moves_no_turns():
    assert list(turns([])) == []
