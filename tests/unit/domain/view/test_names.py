"""Names that the front end accepts: what it wants, and who keeps which."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concertim_api.domain.ledger.observations import Ref
from concertim_api.domain.view import names
from tests.properties import examples

ID = "0c6f7b3e-5d21-447e-9d0c-8a1f5be0a7c2"
OTHER = "9d0c8a1f-5be0-47c2-8c6f-7b3e5d21447e"

#: What the front end checks.
CHECKS = {
    "device": (names.DEVICE, r"[A-Za-z0-9.-]{1,150}"),
    "rack": (names.RACK, r"[A-Za-z0-9_-]{1,255}"),
    "team": (names.TEAM, r"(?! )[A-Za-z0-9_ -]{1,56}(?<! )"),
    "login": (names.LOGIN, r"[A-Za-z0-9_.-]{1,80}"),
    "template": (names.TEMPLATE, r"(?! )[^\x00-\x1f\x7f]{1,255}(?<! )"),
}
styles = pytest.mark.parametrize(
    ("style", "check"), CHECKS.values(), ids=CHECKS.keys()
)


def refs(*ids):
    return [Ref("north", "instance", id_) for id_ in ids]


@pytest.mark.parametrize(
    ("style", "label"),
    [
        (names.DEVICE, "web-1.example"),
        (names.DEVICE, "-"),
        (names.DEVICE, "a" * 150),
        (names.RACK, "Cluster_1"),
        (names.TEAM, "CM_bob team"),
        (names.LOGIN, "CM_bob.smith"),
        (names.TEMPLATE, "Größe L (8/16)"),
    ],
)
def test_an_acceptable_name_stays_as_it_is(style, label):
    assert names.acceptable(label, ID, style) == label


@pytest.mark.parametrize(
    ("style", "label", "name"),
    [
        pytest.param(names.DEVICE, "web_1", "web-1", id="underscore"),
        pytest.param(names.DEVICE, "my  web!", "my-web", id="blanks"),
        pytest.param(names.DEVICE, "Größe Ünïts", "Gro-e-Units", id="marks"),
        pytest.param(names.DEVICE, "ｗｅｂ①", "web1", id="wide"),
        pytest.param(names.DEVICE, "日本語", "device", id="no letter left"),
        pytest.param(names.DEVICE, "", "device", id="empty"),
        pytest.param(names.DEVICE, "\x00\n\x1b[31m", "31m", id="control"),
        pytest.param(names.DEVICE, "web\n", "web", id="new line at the end"),
        pytest.param(names.DEVICE, "a\ud800b", "a-b", id="half a letter"),
        pytest.param(names.DEVICE, "_-_", "device", id="dashes only"),
        pytest.param(names.DEVICE, "a" * 151, "a" * 141, id="too long"),
        pytest.param(names.RACK, "my.stack", "my-stack", id="rack"),
        pytest.param(names.RACK, "名", "rack", id="rack without a letter"),
        pytest.param(names.TEAM, " bob ", "bob", id="blanks around it"),
        pytest.param(names.TEAM, "b" * 57, "b" * 47, id="team too long"),
        pytest.param(names.LOGIN, "bob@example", "bob-example", id="login"),
        pytest.param(names.TEMPLATE, "m1\tsmall", "m1-small", id="template"),
    ],
)
def test_any_other_is_spelled_and_ends_in_its_id(style, label, name):
    assert names.acceptable(label, ID, style) == f"{name}-0c6f7b3e"


@pytest.mark.parametrize("id_", ["", "1", "no-uuid", "ид", "\ud800" * 9])
def test_of_a_strange_id_a_digest_is_the_ending(id_):
    name = names.acceptable("", id_, names.DEVICE)
    assert re.fullmatch("device-[0-9a-f]{8}", name)
    assert name != names.acceptable("", id_ + "x", names.DEVICE)


@styles
@given(label=st.text(), id_=st.text() | st.uuids().map(str))
@examples(300)
def test_the_front_end_accepts_every_name(style, check, label, id_):
    name = names.acceptable(label, id_, style)
    assert re.fullmatch(check, name)
    assert names.acceptable(label, id_, style) == name
    if re.fullmatch(check, label) and label.isprintable():
        assert name == label


def test_of_two_with_one_name_the_older_keeps_it():
    older, newer = refs(ID, OTHER)
    labels = [(older, "web"), (newer, "web")]
    by_ref = names.distinct(labels, names.DEVICE)
    assert by_ref == {older: "web", newer: "web-9d0c8a1f"}


def test_ids_that_begin_alike_are_told_apart():
    web = "web"
    ids = refs(*(f"aaaaaaaa-{n}" for n in range(50)))
    by_ref = names.distinct([(ref, web) for ref in ids], names.DEVICE)
    assert len(set(by_ref.values())) == 50


def test_a_name_that_looks_like_anothers_ending_is_no_trouble():
    oldest, middle, newest = refs("1", ID, OTHER)
    labels = [(oldest, "web-0c6f7b3e"), (middle, "web!"), (newest, "web")]
    by_ref = names.distinct(labels, names.DEVICE)
    assert len(set(by_ref.values())) == 3
    assert by_ref[oldest] == "web-0c6f7b3e"
    assert by_ref[newest] == "web"


labels = st.sampled_from(
    ["web", "web_1", "web-1", "", "é", "日本", "web-00000000", "x" * 200]
)
crowds = st.lists(
    st.tuples(
        st.sampled_from(
            [f"0000000{n % 3}-{n}" for n in range(9)] + ["a", "b"]
        ),
        labels,
    ),
    unique_by=lambda pair: pair[0],
)


@given(crowds)
@examples(300)
def test_names_are_distinct_and_no_newcomer_renames_anybody(crowd):
    pairs = [(Ref("north", "instance", id_), label) for id_, label in crowd]
    by_ref = names.distinct(pairs, names.DEVICE)
    assert len(set(by_ref.values())) == len(pairs)
    for n in range(len(pairs)):
        before = names.distinct(pairs[:n], names.DEVICE)
        assert before.items() <= by_ref.items()


def rack_name(label, others=(), previous=None, id_=ID):
    return names.free(label, id_, names.RACK, others, previous)


def test_a_rack_takes_a_name_that_is_free():
    assert rack_name("hpc") == "hpc"
    assert rack_name("hpc", {"hpc"}) == "hpc-0c6f7b3e"
    name = rack_name("hpc", {"hpc", "hpc-0c6f7b3e"})
    assert re.fullmatch("hpc-[0-9a-f]{8}", name)


def test_a_rack_keeps_its_name():
    assert rack_name("hpc", (), "hpc-0c6f7b3e") == "hpc-0c6f7b3e"
    assert rack_name("hpc", {"hpc-0c6f7b3e"}, "hpc-0c6f7b3e") == "hpc"


def test_a_rack_whose_stack_has_another_name_gets_another():
    assert rack_name("hpc", (), "lab") == "hpc"
    assert rack_name("hpc", (), "") == "hpc"
