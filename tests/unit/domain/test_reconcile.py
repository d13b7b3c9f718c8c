"""What differs, and in which order it is mended."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concertim_api.domain.reconcile import Move, blockers, changes, turns

VALUES = st.one_of(st.none(), st.integers(0, 3), st.sampled_from("ab"))
FIELDS = st.dictionaries(
    st.sampled_from("abcd"),
    st.one_of(
        VALUES, st.dictionaries(st.sampled_from("xyz"), VALUES, max_size=3)
    ),
)


def applied(actual, written):
    return {**actual, **written}


@given(FIELDS)
def test_what_is_as_desired_needs_nothing(fields):
    assert changes(fields, fields) == {}


@given(FIELDS, FIELDS)
def test_once_written_nothing_differs(actual, desired):
    written = changes(actual, desired)
    assert written.keys() <= actual.keys() & desired.keys()
    assert changes(applied(actual, written), desired) == {}


@given(FIELDS, FIELDS)
def test_what_others_have_in_a_field_stays(actual, desired):
    for name, value in changes(actual, desired).items():
        if isinstance(actual[name], dict) and isinstance(desired[name], dict):
            kept = actual[name].keys() - desired[name].keys()
            assert {n: value[n] for n in kept} == {
                n: actual[name][n] for n in kept
            }


@pytest.mark.parametrize(
    ("actual", "desired", "written"),
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
def test_changes(actual, desired, written):
    assert changes(actual, desired) == written


# Turns

PLACES = st.sampled_from(string.ascii_lowercase[:8])


@st.composite
def moves(draw):
    """Draw moves of things that each have one place, and want one."""
    before = draw(st.lists(PLACES, unique=True, max_size=8))
    after = draw(st.lists(PLACES, unique=True, max_size=8))
    drawn = []
    for n in range(max(len(before), len(after))):
        actual = frozenset(before[n : n + 1])
        desired = frozenset(after[n : n + 1])
        if actual != desired:
            drawn.append(Move(n, actual, desired, is_removal=not desired))
    return draw(st.permutations(drawn))


@given(moves())
def test_nobody_takes_what_another_still_has(given_moves):
    at = {move.key: move.actual for move in given_moves}
    done = []
    for turn in turns(given_moves):
        assert turn
        before = dict(at)
        for move, is_parking in turn:
            if is_parking:
                at[move.key] = frozenset()
                continue
            done.append(move.key)
            others = (v for k, v in before.items() if k != move.key)
            assert not any(move.desired & claims for claims in others)
            at[move.key] = move.desired
    assert sorted(done) == sorted(move.key for move in given_moves)
    assert at == {move.key: move.desired for move in given_moves}


@given(moves())
def test_what_goes_is_last_unless_in_the_way(given_moves):
    order = [move for turn in turns(given_moves) for move, is_parking in turn]
    blocking = blockers(given_moves)
    rest = [move.is_removal for move in order if move.key not in blocking]
    assert rest == sorted(rest)


@given(moves())
def test_only_rings_need_somebody_to_step_aside(given_moves):
    parked = [
        move.key
        for turn in turns(given_moves)
        for move, is_parking in turn
        if is_parking
    ]
    assert len(parked) == _rings(given_moves)


def _rings(given_moves):
    """Count the rings: each thing leads to the one whose place it desired."""
    holder = {place: move.key for move in given_moves for place in move.actual}
    leads = {
        move.key: holder[place]
        for move in given_moves
        for place in move.desired
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
