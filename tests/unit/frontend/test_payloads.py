"""Racks, devices and templates in the words of the app."""

import dataclasses as dc
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concertim_api.domain.view.slots import Slot
from concertim_api.frontend import payloads
from tests.contract.test_frontends import RACK, TEMPLATE, device

TEXTS = st.text(max_size=12)


@pytest.mark.parametrize(
    ("outputs", "text"),
    [
        ({}, ""),
        ({"a": "x", "b": 2}, "a=x, b=2"),
        ({"b": 2, "a": "x"}, "a=x, b=2"),
        ({"a": True, "b": False}, "a=true, b=false"),
        ({"a": None, "b": ""}, ""),
        ({"a": ["10.0.0.1", "10.0.0.2"]}, "a=10.0.0.1 10.0.0.2"),
        ({"a": {"x": 1}, "b": [{}], "c": []}, ""),
        ({"a": "https://x/?q=1", "b": 1}, "b=1"),
        ({"a": "one, two", "b": 1}, "b=1"),
        ({"a=b": 1}, ""),
        ({"a": "two\nlines"}, "a=two lines"),
        ({"a": 1.5}, "a=1.5"),
    ],
)
def test_outputs_in_one_line(outputs, text):
    assert payloads.creation_output(outputs) == text


@given(st.dictionaries(TEXTS, st.one_of(TEXTS, st.integers(), st.none())))
def test_the_app_can_split_it(outputs):
    """At commas, then at one equals sign each."""
    text = payloads.creation_output(outputs)
    for pair in text.split(", ") if text else ():
        assert pair.count("=") == 1


@pytest.mark.parametrize("order_id", [None, "o1"])
def test_an_order_is_told_or_absent(order_id):
    found = payloads.rack(RACK, "t", order_id, {})
    assert found.get("order_id") == order_id
    assert ("order_id" in found) == (order_id is not None)


@pytest.mark.parametrize(
    ("height_u", "height"), [(1, 1), (6, 6), (7, 6), (40, 6)]
)
def test_templates_are_no_higher_than_pictures(height_u, height):
    flavor = dc.replace(TEMPLATE, height_u=height_u)
    assert payloads.template(flavor, "x")["height"] == height


@pytest.mark.parametrize(
    ("cost", "shown"), [("12.345", 12.34), ("12.999", 12.99), ("7", 7.0)]
)
def test_a_cost_has_two_decimals(cost, shown):
    """The app cuts the others, so they would differ for ever."""
    stack = dc.replace(RACK, cost=Decimal(cost))
    assert payloads.rack(stack, "t", "o", {})["cost"] == shown


def test_sizes_of_zero_are_none():
    flavor = dc.replace(TEMPLATE, vcpus=0, ram_mb=None, disk_gb=0)
    found = payloads.template(flavor, "x")
    assert (found["vcpus"], found["ram"], found["disk"]) == (None,) * 3


@pytest.mark.parametrize(
    ("held", "login_user"),
    [
        ({}, None),
        ({"details": {"login_user": "ubuntu"}}, "ubuntu"),
        ({"details": {"login_user": "None"}}, None),
        ({"details": {"login_user": ""}}, None),
    ],
)
def test_whom_an_image_lets_in_is_left_as_it_is(held, login_user):
    found = payloads.device(device(), "r", "t", held)
    assert found["details"]["login_user"] == login_user


def test_what_is_not_known_of_a_network_is_not_told():
    details = payloads.device(device("network"), "r", "t", {})["details"]
    assert "l2_adjacency" not in details
    assert details["shared"] is False


@pytest.mark.parametrize(
    ("label", "description"),
    [
        ("node1", None),
        ("", None),
        ("Zoë", "Zoë"),
        ("x" * 300, "x" * 254 + "…"),
    ],
)
def test_the_clouds_own_name_is_the_description(label, description):
    found = payloads.device(device(label=label), "r", "t", {})
    assert found.get("description") == description


@pytest.mark.parametrize(
    "told",
    [
        {"id": 1, "metadata": None, "owner": None},
        {"id": 1, "metadata": "text", "owner": "text"},
        {"id": 1, "metadata": {"openstack_stack_id": "None"}},
        {"id": 1, "metadata": {"openstack_stack_id": 7}},
        {"id": 1},
    ],
)
def test_a_rack_of_another_is_none_of_ours(told):
    assert payloads.thing("rack", told).id is None


def test_seeds_are_none_of_ours():
    told = {"id": 1, "name": "volume", "tag": "volume", "foreign_id": "f1"}
    assert payloads.thing("template", told).id is None


def test_what_a_device_takes():
    wanted = payloads.device(device(start_u=3), "r", "t", {})
    taken = payloads.claims("device", wanted)
    assert taken == {("device", "r", "node1"), ("u", "r", 3), ("u", "r", 4)}


def test_what_has_no_slot_takes_none():
    wanted = payloads.device(device(slot=None), "r", "t", {})
    assert payloads.claims("device", wanted) == {("device", "r", "node1")}
    assert "location" not in wanted


@given(st.sets(st.integers(1, 8)), st.integers(1, 3), st.integers(0, 8))
def test_a_step_aside_is_free_and_in_the_rack(taken, high, height_u):
    held = {
        **payloads.device(device(slot=Slot(1, high)), "r", "t", {}),
        "end_u": high,
    }
    tokens = {("u", "r", n) for n in taken} | {("u", "r", 1)}
    found = payloads.step("device", held, {("u", "r", 1)}, tokens, height_u)
    free = [
        start
        for start in range(1, height_u - high + 2)
        if not {("u", "r", start + n) for n in range(high)} & tokens
    ]
    if not free:
        assert found is None
    else:
        assert found["location"] == {"start_u": max(free), "facing": "f"}
        assert "name" not in found


def test_a_name_to_step_aside_to_is_free():
    held = payloads.device(device(), "r", "t", {})
    own = ("device", "r", "node1")
    taken = {own, ("device", "r", "node1-moving-1")}
    found = payloads.step("device", held, {own}, taken, 42)
    assert found == {"name": "node1-moving-2"}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("None", None),
        (" None ", None),
        ("", None),
        ("  ", None),
        (None, None),
        ("ubuntu", "ubuntu"),
        ("0", "0"),
        (12, "12"),
        ("__import__('os').system('true')",) * 2,
    ],
)
def test_a_text_of_an_older_program(value, text):
    assert payloads.text(value) == text
