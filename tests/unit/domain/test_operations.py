"""What is seen confirms an operation, or contradicts it."""

import dataclasses as dc
import itertools
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concertim_api.domain import operations
from concertim_api.domain.operations import (
    FINAL,
    JUDGES,
    STATES,
    Operation,
    Seen,
    heads_for,
    judge,
)
from concertim_api.services.operations.device_kinds import KINDS

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
SOON = timedelta(microseconds=1)
AFTER = NOON + timedelta(seconds=2)

#: What the cloud finishes later.
NOUNS = ("rack", "instance", "volume", "network")

#: Such arguments as each action has.
ARGUMENTS = {
    ("volume", "detach"): {"server_ids": ["s1"]},
    ("volume", "extend"): {"size_gb": 20},
}

#: What is seen of a resource to which nothing has happened.
SERVER_STATES = ("active", "stopped", "suspended", "shelved_offloaded")


def operation(noun="instance", action="stop", **more):
    return Operation(
        **{
            "id": str(uuid.UUID(int=1)),
            "noun": noun,
            "action": action,
            "region": "RegionOne",
            "kind": {"rack": "stack"}.get(noun, noun),
            "resource_id": "r1",
            "arguments": ARGUMENTS.get((noun, action), {}),
            "state": "accepted",
            "asked_at": NOON,
            "answered_at": NOON + timedelta(seconds=1),
            **more,
        }
    )


def seen(
    state=None, after=2.0, ended=False, whole=False, shape=None, **details
):
    return Seen(
        state=state,
        details=details,
        shape=shape or {},
        said_at=NOON + timedelta(seconds=after),
        ended=ended,
        whole=whole,
    )


#: What any resource can be seen as.
states = st.sampled_from(
    [
        None,
        *SERVER_STATES,
        "error",
        "ACTIVE",
        "in-use",
        "available",
        "detaching",
        "extending",
        "deleting",
        "error_deleting",
        "error_extending",
        *(
            f"{action}_{status}"
            for action in ("CREATE", "SUSPEND", "RESUME", "CHECK", "DELETE")
            for status in ("IN_PROGRESS", "COMPLETE", "FAILED")
        ),
        "what nobody foresaw",
    ]
)
tasks = st.sampled_from(
    [None, "powering-off", "rebooting", "deleting", "what nobody foresaw"]
)
shapes = st.fixed_dictionaries(
    {},
    optional={
        "size_gb": st.sampled_from([None, "?", 10, 20, 30]),
        "attached_to": st.sampled_from([None, [], ["s1"], ["s2"]]),
    },
)
sights = st.builds(
    lambda state, task, shape, after, ended, whole: seen(
        state, after, ended, whole, shape, task_state=task
    ),
    states,
    tasks,
    shapes,
    st.floats(-5, 5, allow_nan=False),
    st.booleans(),
    st.booleans(),
)
known = st.sampled_from(
    sorted(pair for pair in JUDGES if pair[0] in NOUNS)
).map(lambda pair: operation(*pair))


@given(known, sights)
def test_a_verdict_is_final_and_says_why(one, sight):
    verdict = judge(one, sight)
    if verdict is not None:
        assert verdict.state in FINAL
        assert bool(verdict.error) is (verdict.state == "failed")


@given(known, sights)
def test_nothing_said_before_the_cloud_took_it_counts(one, sight):
    early = dc.replace(sight, said_at=one.answered_at, ended=False)
    assert judge(one, early) is None
    assert judge(one, dc.replace(early, said_at=None)) is None
    assert judge(one, None) is None


@given(known, sights)
def test_without_an_answer_it_counts_from_when_it_was_asked(one, sight):
    lost = dc.replace(one, answered_at=None)
    late = dc.replace(sight, said_at=one.asked_at + SOON)
    early = dc.replace(late, said_at=one.asked_at, ended=False)
    assert judge(lost, early) is None
    expected = judge(lost, dc.replace(late, said_at=one.answered_at))
    assert judge(lost, late) == expected


@given(known, sights)
def test_an_end_always_decides(one, sight):
    verdict = judge(one, dc.replace(sight, ended=True))
    if one.action == "destroy":
        assert verdict == operations.DONE
    else:
        assert verdict.state == "failed"
        assert "deleted" in verdict.error


@given(known, st.lists(sights, min_size=1), st.randoms())
def test_in_whatever_order_it_is_heard_the_newest_word_decides(
    one, heard, chance
):
    """What is known is what was said last: late mail changes nothing."""
    shuffled = [*heard]
    chance.shuffle(shuffled)
    verdicts = []
    for mail in (heard, shuffled):
        last = None
        for sight in mail:
            if last is None or sight.said_at > last.said_at:
                last = sight
        verdicts.append(judge(one, last))
    newest = max(sight.said_at for sight in heard)
    if sum(sight.said_at == newest for sight in heard) == 1:
        assert verdicts[0] == verdicts[1]


@given(known, sights)
def test_what_is_known_of_parts_contradicts_nothing_but_errors(one, sight):
    """An event may lack the task that runs: only the whole of it says that
    nothing came of an operation."""
    part = dc.replace(sight, ended=False, whole=False)
    verdict = judge(one, part)
    if verdict is not None and verdict.state == "failed":
        word = part.word
        assert "error" in word or word.endswith("_failed")


@given(known, sights)
def test_the_whole_confirms_what_a_part_does(one, sight):
    part = judge(one, dc.replace(sight, whole=False))
    if part is not None:
        assert judge(one, dc.replace(sight, whole=True)) == part


@given(st.text(), st.text(), sights)
def test_what_nobody_judges_stays_as_it_is(noun, action, sight):
    one = operation(noun, action)
    if (noun, action) not in JUDGES:
        assert judge(one, sight) is None
        assert heads_for(one, sight) is None


@pytest.mark.parametrize(
    ("action", "state"),
    [
        ("start", "active"),
        ("stop", "stopped"),
        ("reboot", "active"),
        ("suspend", "suspended"),
        ("resume", "active"),
        ("shelve", "shelved"),
        ("shelve", "shelved_offloaded"),
        ("unshelve", "active"),
    ],
)
def test_a_server(action, state):
    one = operation("instance", action)
    assert judge(one, seen(state)) == operations.DONE
    assert judge(one, seen(state, task_state="spawning")) is None
    assert judge(one, seen("error")).error == "the server is error"
    others = [s for s in SERVER_STATES if s != state and s != "shelved"]
    if action == "shelve":
        others.remove("shelved_offloaded") if state == "shelved" else None
    for other in others:
        assert judge(one, seen(other)) is None
        verdict = judge(one, seen(other, whole=True))
        assert verdict.error == f"the server is {other}"
        lost = dc.replace(one, answered_at=None)
        assert judge(lost, seen(other, whole=True)) is None


@pytest.mark.parametrize("action", ["suspend", "resume", "check"])
def test_a_stack(action):
    one = operation("rack", action)
    word = action.upper()
    assert judge(one, seen(f"{word}_COMPLETE")) == operations.DONE
    assert judge(one, seen(f"{word}_IN_PROGRESS")) is None
    assert judge(one, seen("UPDATE_COMPLETE", whole=True)) is None
    failed = seen(f"{word}_FAILED", state_reason="no host")
    assert judge(one, failed).error == "no host"
    assert judge(one, seen(f"{word}_FAILED")).error == "Heat failed"


@pytest.mark.parametrize("noun", ["rack", "instance", "volume", "network"])
def test_what_goes(noun):
    one = operation(noun, "destroy")
    assert judge(one, seen(ended=True)) == operations.DONE
    assert judge(one, seen(ended=True, after=-99)) == operations.DONE
    assert judge(one, seen("ACTIVE", whole=True)) is None
    for word in ("DELETE_FAILED", "error_deleting"):
        assert judge(one, seen(word)).state == "failed"
    reason = seen("DELETE_FAILED", state_reason="in use")
    assert judge(one, reason).error == "in use"


def test_a_volume_is_detached_of_all_servers_that_were_asked_for():
    one = operation("volume", "detach", arguments={"server_ids": ["a", "b"]})

    def attached(*servers, state="in-use", **more):
        return seen(state, shape={"attached_to": [*servers]}, **more)

    assert judge(one, attached("c")) == operations.DONE
    assert judge(one, attached()) == operations.DONE
    assert judge(one, attached("a", "c")) is None
    assert judge(one, attached("a", state="detaching", whole=True)) is None
    assert judge(one, attached("b", state="error")).error == (
        "the volume is error"
    )
    assert judge(one, attached("b", whole=True)).error == (
        "the volume is attached still"
    )


def test_a_volume_grows():
    one = operation("volume", "extend")

    def sized(size_gb, state="available", **more):
        return seen(state, shape={"size_gb": size_gb}, **more)

    assert judge(one, sized(20)) == operations.DONE
    assert judge(one, sized(30, "in-use")) == operations.DONE
    assert judge(one, sized(10)) is None
    assert judge(one, sized(10, "extending", whole=True)) is None
    assert judge(one, sized(10, whole=True)).error == (
        "the volume has 10 GB still"
    )
    assert judge(one, sized(20, "error_extending")).state == "failed"


# Where it heads for


@given(known, sights)
def test_when_it_was_said_does_not_matter_to_a_fresh_look(one, sight):
    later = dc.replace(sight, said_at=NOON + timedelta(days=1))
    assert heads_for(one, sight) == heads_for(one, later)
    assert heads_for(one, None) is None


@given(known, sights)
def test_what_it_heads_for_is_open_or_done(one, sight):
    state = heads_for(one, sight)
    assert state in (None, *STATES)
    assert state not in ("asked", "failed", "unsure")
    if state == "done":
        assert judge(one, dc.replace(sight, said_at=AFTER)) == (
            operations.DONE
        )


@given(known, sights)
def test_what_is_on_its_way_is_not_done(one, sight):
    if heads_for(one, sight) == "accepted":
        now = dc.replace(sight, said_at=AFTER, whole=True)
        assert judge(one, now) is None or one.noun == "volume"


@given(known, sights)
def test_what_is_gone_heads_for_its_end_only(one, sight):
    state = heads_for(one, dc.replace(sight, ended=True))
    assert state == ("done" if one.action == "destroy" else None)


@pytest.mark.parametrize(
    ("noun", "action", "sight", "state"),
    [
        ("instance", "start", seen("active"), "done"),
        (
            "instance",
            "start",
            seen("stopped", task_state="powering-on"),
            "accepted",
        ),
        (
            "instance",
            "start",
            seen("active", task_state="powering-off"),
            None,
        ),
        ("instance", "start", seen("suspended"), None),
        ("instance", "reboot", seen("active"), None),
        (
            "instance",
            "reboot",
            seen("active", task_state="reboot_started_hard"),
            "accepted",
        ),
        (
            "instance",
            "destroy",
            seen("active", task_state="deleting"),
            "accepted",
        ),
        ("instance", "destroy", seen("active"), None),
        ("instance", "stop", seen("error"), None),
        ("rack", "suspend", seen("SUSPEND_COMPLETE"), "done"),
        ("rack", "suspend", seen("SUSPEND_IN_PROGRESS"), "accepted"),
        ("rack", "suspend", seen("UPDATE_IN_PROGRESS"), None),
        ("rack", "check", seen("CHECK_COMPLETE"), None),
        ("rack", "check", seen("CHECK_IN_PROGRESS"), "accepted"),
        ("rack", "destroy", seen("DELETE_IN_PROGRESS"), "accepted"),
        ("rack", "destroy", seen("DELETE_FAILED"), None),
        ("volume", "destroy", seen("deleting"), "accepted"),
        ("volume", "destroy", seen("in-use"), None),
        (
            "volume",
            "extend",
            seen("available", shape={"size_gb": 20}),
            "done",
        ),
        (
            "volume",
            "extend",
            seen("extending", shape={"size_gb": 10}),
            "accepted",
        ),
        ("volume", "extend", seen("available", shape={"size_gb": 10}), None),
        (
            "volume",
            "detach",
            seen("detaching", shape={"attached_to": ["s1"]}),
            "accepted",
        ),
        (
            "volume",
            "detach",
            seen("in-use", shape={"attached_to": ["s2"]}),
            "done",
        ),
        (
            "volume",
            "detach",
            seen("in-use", shape={"attached_to": ["s1"]}),
            None,
        ),
    ],
)
def test_where_it_heads_for(noun, action, sight, state):
    assert heads_for(operation(noun, action), sight) == state


def test_of_two_servers_one_is_detached_and_the_other_waits():
    one = operation("volume", "detach", arguments={"server_ids": ["a", "b"]})
    both = seen("detaching", shape={"attached_to": ["a", "b"]})
    last = seen("detaching", shape={"attached_to": ["b"]})
    assert heads_for(one, both) is None
    assert heads_for(one, last) == "accepted"


# The tables


def test_all_that_devices_do_is_judged():
    done = {
        (noun, action) for noun, kind in KINDS.items() for action in kind.takes
    }
    racks = {("rack", a) for a in ("suspend", "resume", "check", "destroy")}
    assert done | racks <= set(JUDGES)


def test_what_is_under_way_is_known_of_all_that_is_judged_by_state():
    missing = [
        pair
        for pair in JUDGES
        if pair[0] in NOUNS and pair not in operations._UNDER_WAY
    ]
    assert missing == []
    for one, other in itertools.combinations(operations._UNDER_WAY, 2):
        if one[0] == other[0]:
            shared = {*operations._UNDER_WAY[one]} & {
                *operations._UNDER_WAY[other]
            }
            assert not shared
