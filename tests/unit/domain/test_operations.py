"""What is seen confirms an operation, or contradicts it."""

import dataclasses as dc
import itertools
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concertim_api.domain import operations
from concertim_api.domain.ledger.observations import Observation, Ref
from concertim_api.domain.ledger.sightings import Sighting
from concertim_api.domain.operations import (
    COURSES,
    DONE,
    FINAL,
    STATES,
    Evidence,
    Operation,
    Verdict,
    doubt,
    judge,
    judge_past,
    state_despite_refusal,
)
from concertim_api.services.operations.devices import KINDS

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


def new_operation(noun="instance", action="stop", **more):
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
    state=None,
    after=2.0,
    is_ended=False,
    is_whole=False,
    shape=None,
    **details,
):
    return Evidence(
        state=state,
        details=details,
        shape=shape or {},
        reported_at=NOON + timedelta(seconds=after),
        is_ended=is_ended,
        is_whole=is_whole,
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
    lambda state, task, shape, after, is_ended, is_whole: seen(
        state, after, is_ended, is_whole, shape, task_state=task
    ),
    states,
    tasks,
    shapes,
    st.floats(-5, 5, allow_nan=False),
    st.booleans(),
    st.booleans(),
)
verdicts = st.sampled_from(
    sorted(pair for pair in COURSES if pair[0] in NOUNS)
).map(lambda pair: new_operation(*pair))


@given(verdicts, sights)
def test_a_verdict_is_final_and_says_why(operation, evidence):
    verdict = judge(operation, evidence)
    if verdict is not None:
        assert verdict.state in FINAL
        assert bool(verdict.error) is (verdict.state != "done")


@given(verdicts, sights)
def test_nothing_said_before_the_cloud_took_it_counts(operation, evidence):
    early = dc.replace(
        evidence, reported_at=operation.answered_at, is_ended=False
    )
    assert judge(operation, early) is None
    assert judge(operation, dc.replace(early, reported_at=None)) is None
    assert judge(operation, None) is None


@given(verdicts, sights)
def test_without_an_answer_it_counts_from_when_it_was_asked(
    operation, evidence
):
    lost = dc.replace(operation, answered_at=None)
    late = dc.replace(evidence, reported_at=operation.asked_at + SOON)
    early = dc.replace(late, reported_at=operation.asked_at, is_ended=False)
    assert judge(lost, early) is None
    expected = judge(lost, dc.replace(late, reported_at=operation.answered_at))
    assert judge(lost, late) == expected


@given(verdicts, sights)
def test_an_end_always_decides(operation, evidence):
    verdict = judge(operation, dc.replace(evidence, is_ended=True))
    if operation.action == "destroy":
        assert verdict == operations.DONE
    else:
        assert verdict.state == "unsure"
        assert "deleted" in verdict.error


@given(verdicts, st.lists(sights, min_size=1), st.randoms())
def test_in_whatever_order_it_is_heard_the_newest_word_decides(
    operation, heard, chance
):
    """What is verdicts is what was said last: late mail changes nothing."""
    shuffled = [*heard]
    chance.shuffle(shuffled)
    verdicts = []
    for mail in (heard, shuffled):
        last = None
        for evidence in mail:
            if last is None or evidence.reported_at > last.reported_at:
                last = evidence
        verdicts.append(judge(operation, last))
    newest = max(evidence.reported_at for evidence in heard)
    if sum(evidence.reported_at == newest for evidence in heard) == 1:
        assert verdicts[0] == verdicts[1]


@given(verdicts, sights)
def test_what_is_known_of_parts_contradicts_nothing_but_errors(
    operation, evidence
):
    """An event may lack the task that runs: only the whole of it says that
    nothing came of an operation."""
    part = dc.replace(evidence, is_ended=False, is_whole=False)
    verdict = judge(operation, part)
    if verdict is not None and verdict.state == "failed":
        word = part.word
        assert "error" in word or word.endswith("_failed")


@given(verdicts, sights)
def test_the_whole_confirms_what_a_part_does(operation, evidence):
    part = judge(operation, dc.replace(evidence, is_whole=False))
    if part is not None:
        assert judge(operation, dc.replace(evidence, is_whole=True)) == part


@given(st.text(), st.text(), sights)
def test_what_nobody_judges_stays_as_it_is(noun, action, evidence):
    operation = new_operation(noun, action)
    if (noun, action) not in COURSES:
        assert judge(operation, evidence) is None
        assert state_despite_refusal(operation, evidence) is None


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
    operation = new_operation("instance", action)
    assert judge(operation, seen(state)) == operations.DONE
    assert judge(operation, seen(state, task_state="spawning")) is None
    assert judge(operation, seen("error")).error == "the server is error"
    others = [s for s in SERVER_STATES if s != state and s != "shelved"]
    if action == "shelve":
        others.remove("shelved_offloaded") if state == "shelved" else None
    for other in others:
        assert judge(operation, seen(other)) is None
        verdict = judge(operation, seen(other, is_whole=True))
        assert verdict.error == f"the server is {other}"
        lost = dc.replace(operation, answered_at=None)
        assert judge(lost, seen(other, is_whole=True)) is None


@pytest.mark.parametrize(
    ("noun", "action", "state"),
    [("instance", "reboot", "active"), ("rack", "check", "CHECK_COMPLETE")],
)
def test_what_leaves_no_trace_needs_an_answer(noun, action, state):
    operation = new_operation(noun, action)
    assert judge(operation, seen(state, is_whole=True)) == operations.DONE
    lost = dc.replace(operation, answered_at=None)
    assert judge(lost, seen(state, is_whole=True)) is None
    assert judge(lost, seen(is_ended=True)).state == "unsure"


@pytest.mark.parametrize("action", ["suspend", "resume", "check"])
def test_a_stack(action):
    operation = new_operation("rack", action)
    word = action.upper()
    assert judge(operation, seen(f"{word}_COMPLETE")) == operations.DONE
    assert judge(operation, seen(f"{word}_IN_PROGRESS")) is None
    assert judge(operation, seen("UPDATE_COMPLETE", is_whole=True)) is None
    failed = seen(f"{word}_FAILED", state_reason="no host")
    assert judge(operation, failed).error == "no host"
    assert judge(operation, seen(f"{word}_FAILED")).error == "Heat failed"


@pytest.mark.parametrize("noun", ["rack", "instance", "volume", "network"])
def test_what_goes(noun):
    operation = new_operation(noun, "destroy")
    assert judge(operation, seen(is_ended=True)) == operations.DONE
    assert judge(operation, seen(is_ended=True, after=-99)) == operations.DONE
    assert judge(operation, seen("ACTIVE", is_whole=True)) is None
    for word in ("DELETE_FAILED", "error_deleting"):
        assert judge(operation, seen(word)).state == "failed"
    reason = seen("DELETE_FAILED", state_reason="in use")
    assert judge(operation, reason).error == "in use"


def test_a_volume_is_detached_of_all_servers_that_were_asked_for():
    operation = new_operation(
        "volume", "detach", arguments={"server_ids": ["a", "b"]}
    )

    def attached(*servers, state="in-use", **more):
        return seen(state, shape={"attached_to": [*servers]}, **more)

    assert judge(operation, attached("c")) == operations.DONE
    assert judge(operation, attached()) == operations.DONE
    assert judge(operation, attached("a", "c")) is None
    assert (
        judge(operation, attached("a", state="detaching", is_whole=True))
        is None
    )
    assert judge(operation, attached("b", state="error")).error == (
        "the volume is error"
    )
    assert judge(operation, attached("b", is_whole=True)).error == (
        "the volume is attached still"
    )


def test_a_deletion_that_is_under_way_again_is_open():
    operation = new_operation("instance", "destroy")
    evidence = seen("error_deleting")
    assert judge(operation, evidence).state == "failed"
    assert judge(operation, seen("error_deleting", task_state="deleting")) is (
        None
    )


def test_a_volume_grows():
    operation = new_operation("volume", "extend")

    def sized(size_gb, state="available", **more):
        return seen(state, shape={"size_gb": size_gb}, **more)

    assert judge(operation, sized(20)) == operations.DONE
    assert judge(operation, sized(30, "in-use")) == operations.DONE
    assert judge(operation, sized(10)) is None
    assert judge(operation, sized(10, "extending", is_whole=True)) is None
    assert judge(operation, sized(10, is_whole=True)).error == (
        "the volume has 10 GB still"
    )
    assert judge(operation, sized(20, "error_extending")).state == "failed"


# What nobody saw


def observed(says="alive", after=2, state=None, **shape):
    moment = NOON + timedelta(seconds=after)
    return Observation(
        ref=Ref("RegionOne", "instance", "r1"),
        at=moment,
        reported_at=moment,
        received_at=moment,
        key=f"{says} {after}",
        says=says,
        shape=shape,
        details={"state": state} if state else {},
    )


@pytest.mark.parametrize(
    ("action", "facts", "verdict"),
    [
        ("stop", [observed(state="stopped"), observed()], DONE),
        ("stop", [observed(after=0, state="stopped")], None),
        ("stop", [observed(state="active"), observed("gone")], None),
        ("stop", [observed("gone", state="stopped")], None),
        ("stop", [observed(state="error")], None),
        ("stop", [], None),
    ],
)
def test_the_past_says_that_it_was_done_or_nothing(action, facts, verdict):
    operation = new_operation(action=action)
    assert judge_past(operation, facts) == verdict


def test_an_observation_without_attachments_says_nothing_of_them():
    operation = new_operation("volume", "detach")
    assert judge_past(operation, [observed(state="in-use")]) is None
    facts = [observed(state="available", attached_to=[])]
    assert judge_past(operation, facts) == DONE


@pytest.mark.parametrize(
    ("in_time", "answered_at", "is_alone", "doubts"),
    [
        (True, NOON, True, ""),
        (False, NOON, True, "nobody looked in time: "),
        (True, None, True, "the cloud did not answer: "),
        (True, NOON, False, "something else was asked for: "),
        (False, None, False, "nobody looked in time: "),
    ],
)
def test_a_failure_is_believed_of_what_was_watched(
    in_time, answered_at, is_alone, doubts
):
    operation = new_operation(answered_at=answered_at)
    watch = {"in_time": in_time, "is_alone": is_alone}
    verdict = doubt(operation, Verdict("failed", "it broke"), **watch)
    state = "unsure" if doubts else "failed"
    assert verdict == Verdict(state, f"{doubts}it broke")
    for other in (DONE, Verdict("unsure", "it is gone")):
        assert doubt(operation, other, **watch) == other


@pytest.mark.parametrize("action", ["destroy", "extend"])
def test_what_nobody_can_undo_is_believed_at_any_time(action):
    operation = new_operation("volume", action, answered_at=None)
    verdict = Verdict("failed", "it broke")
    watch = {"in_time": False, "is_alone": False}
    assert doubt(operation, verdict, **watch) == verdict


# Where it heads for


@given(verdicts, sights)
def test_when_it_was_said_does_not_matter_to_a_fresh_look(operation, evidence):
    later = dc.replace(evidence, reported_at=NOON + timedelta(days=1))
    assert state_despite_refusal(operation, evidence) == state_despite_refusal(
        operation, later
    )
    assert state_despite_refusal(operation, None) is None


@given(verdicts, sights)
def test_what_it_heads_for_is_open_or_done(operation, evidence):
    state = state_despite_refusal(operation, evidence)
    assert state in (None, *STATES)
    assert state not in ("asked", "failed", "unsure")
    if state == "done":
        assert judge(operation, dc.replace(evidence, reported_at=AFTER)) == (
            operations.DONE
        )


@given(verdicts, sights)
def test_what_is_on_its_way_is_not_done(operation, evidence):
    if state_despite_refusal(operation, evidence) == "accepted":
        now = dc.replace(evidence, reported_at=AFTER, is_whole=True)
        assert judge(operation, now) is None or operation.noun == "volume"


@given(verdicts, sights)
def test_what_is_gone_heads_for_its_end_only(operation, evidence):
    state = state_despite_refusal(
        operation, dc.replace(evidence, is_ended=True)
    )
    assert state == ("done" if operation.action == "destroy" else None)


@pytest.mark.parametrize(
    ("noun", "action", "evidence", "state"),
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
def test_where_it_heads_for(noun, action, evidence, state):
    assert (
        state_despite_refusal(new_operation(noun, action), evidence) == state
    )


def test_of_two_servers_one_is_detached_and_the_other_waits():
    operation = new_operation(
        "volume", "detach", arguments={"server_ids": ["a", "b"]}
    )
    both = seen("detaching", shape={"attached_to": ["a", "b"]})
    last = seen("detaching", shape={"attached_to": ["b"]})
    assert state_despite_refusal(operation, both) is None
    assert state_despite_refusal(operation, last) == "accepted"


# The tables


def test_all_that_devices_do_is_judged():
    done = {
        (noun, action)
        for noun, kind in KINDS.items()
        for action in kind.actions
    }
    racks = {("rack", a) for a in ("suspend", "resume", "check", "destroy")}
    assert done | racks <= set(COURSES)


def test_what_is_under_way_is_known_of_all_that_is_judged_by_state():
    missing = [
        pair
        for pair in COURSES
        if pair[0] in NOUNS and not COURSES[pair].under_way
    ]
    assert missing == []
    for operation, other in itertools.combinations(COURSES, 2):
        if operation[0] == other[0]:
            assert not {*COURSES[operation].under_way}.intersection(
                COURSES[other].under_way
            )


def test_an_operation_on_a_new_resource_has_no_ref_yet():
    assert new_operation(resource_id=None).ref is None


def test_the_evidence_of_a_look_is_of_one_resource():
    ref, other = observed().ref, Ref("RegionOne", "instance", "r2")
    look = [
        Sighting(dc.replace(observed(), ref=other)),
        Sighting(observed(state="active")),
    ]
    assert operations.evidence_of(look, ref).word == "active"
    assert operations.evidence_of(look[:1], ref) is None
