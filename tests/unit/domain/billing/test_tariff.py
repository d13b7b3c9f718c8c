"""Which rule prices what."""

import dataclasses as dc
from datetime import date

import pytest

from concertim_api.domain.billing.amounts import COUNT_SCALE, QUANTITY_SCALE
from concertim_api.domain.billing.tariff import (
    NONE,
    Condition,
    PriceList,
    PriceRule,
    Profile,
    Tariff,
    Tier,
)
from concertim_api.domain.ledger import measures

SERVER = Profile(
    kind="instance",
    type="gpu.a100",
    state="active",
    region="RegionOne",
    availability_zone="az1",
    vcpus=8,
    ram_mb=1536,
    disk_gb=40,
    specs=(
        ("pci_passthrough:alias", "a100:2"),
        ("resources:VGPU", "1"),
        ("resources:PCPU", "0"),
        ("trait:HW_GPU", "required"),
        ("trait:HW_OLD", "forbidden"),
    ),
    project="p1",
    domain="d1",
)


def rule(name="r", unit="compute", count="hour", place=0, **conditions):
    return PriceRule(
        name,
        unit,
        tuple(
            Condition("extra_spec", (value,), field[5:].replace("_", ":"))
            if field.startswith("spec_")
            else Condition(field, (value,))
            for field, value in {"kind": "instance", **conditions}.items()
        ),
        count,
        (Tier(1),),
        place=place,
    )


def tariff(*rules):
    placed = [dc.replace(r, place=place) for place, r in enumerate(rules)]
    return Tariff("t", "EUR", date(2026, 1, 1), None, tuple(placed))


def names(*rules, profile=SERVER):
    applied = tariff(*rules).applied(profile)
    return {applied_rule.name for applied_rule, _ in applied}


@pytest.mark.parametrize(
    "conditions",
    [
        {"type": "gpu.a100"},
        {"type": "gpu.*"},
        {"type": "gpu.?100"},
        {"type": "gpu.[ab]100"},
        {"state": "active"},
        {"region": "RegionOne"},
        {"availability_zone": "az1"},
        {"spec_resources_VGPU": "1"},
        {"spec_resources_VGPU": "*"},
        {"trait": "HW_GPU"},
        {"resource_class": "VGPU"},
        {"project": "p1"},
        {"domain": "d1"},
    ],
)
def test_a_condition_holds(conditions):
    assert names(rule("r", **conditions)) == {"r"}


@pytest.mark.parametrize(
    "conditions",
    [
        {"kind": "volume"},
        {"type": "gpu"},
        {"type": "GPU.a100"},
        {"state": "stopped"},
        {"spec_resources_VGPU": "2"},
        {"spec_resources_PGPU": "*"},
        {"trait": "HW_OLD"},
        {"resource_class": "PCPU"},
        {"project": "p2"},
    ],
)
def test_a_condition_does_not_hold(conditions):
    assert names(rule("r", **conditions)) == set()


def test_a_node_has_a_resource_class():
    node = Profile("baremetal_node", resource_class="baremetal-gpu")
    priced = rule("r", kind="baremetal_node", resource_class="baremetal-*")
    assert names(priced, profile=node) == {"r"}


def test_one_of_several_values_is_enough():
    states = Condition("state", ("stopped", "active"))
    several = dc.replace(rule("r"), conditions=(*rule("r").conditions, states))
    assert names(several) == {"r"}


def test_the_most_specific_rule_counts_then_the_one_without_a_pattern():
    any_server = rule("any")
    pattern = rule("pattern", type="gpu.*")
    exact = rule("exact", type="gpu.a100")
    stopped = rule("stopped", type="gpu.*", state="active")
    assert names(pattern, any_server) == {"pattern"}
    assert names(exact, pattern, any_server) == {"exact"}
    assert names(stopped, exact, pattern) == {"stopped"}


def test_of_two_alike_the_later_counts():
    assert names(rule("a", type="gpu.a100"), rule("b", state="active")) == {
        "b"
    }


def test_each_unit_has_a_rule():
    flavor = rule("flavor", type="gpu.a100")
    vcpu = rule("vcpu", count="vcpu_hour")
    memory = rule("memory", unit="memory", count="ram_gib_hour")
    assert names(vcpu, memory, flavor) == {"flavor", "memory"}


def test_a_rule_that_counts_nothing_of_it_is_not_for_it():
    assert (
        names(
            rule("storage", unit="storage", count="gb_hour"),
            profile=SERVER._replace(disk_gb=0),
        )
        == set()
    )


@pytest.mark.parametrize(
    ("count", "number"),
    [
        ("hour", 1),
        ("vcpu_hour", 8),
        ("ram_gib_hour", 1.5),
        ("gb_hour", 40),
        ("piece", 1),
    ],
)
def test_what_is_counted(count, number):
    assert rule(count=count).quantity(SERVER) == number * COUNT_SCALE


def test_an_extra_spec_is_counted():
    measure = measures.parse("gpus=extra_spec:pci_passthrough:alias=a100")
    counted = dc.replace(rule(count="extra_spec:pci"), measure=measure)
    assert counted.quantity(SERVER) == 2 * COUNT_SCALE
    assert counted.quantity(SERVER._replace(specs=())) == 0


def test_each_part_of_a_quantity_has_the_price_of_its_tier():
    tiers = (
        Tier(10, 5 * QUANTITY_SCALE),
        Tier(4, 8 * QUANTITY_SCALE),
        Tier(1),
    )
    tiered = dc.replace(rule(), tiers=tiers)
    totals = [tiered.total(n * QUANTITY_SCALE) for n in (0, 3, 5, 6, 8, 10)]
    assert [n // QUANTITY_SCALE for n in totals] == [0, 30, 50, 54, 62, 64]


def test_the_last_loaded_of_those_valid_is_in_force():
    old = Tariff("old", "EUR", date(2026, 1, 1), None, ())
    summer = Tariff("summer", "EUR", date(2026, 6, 1), date(2026, 9, 1), ())
    prices = PriceList([old, summer])
    days = [date(2025, 12, 31), date(2026, 5, 31), date(2026, 6, 1)]
    days += [date(2026, 8, 31), date(2026, 9, 1)]
    assert [prices.in_force(day).name for day in days] == [
        "",
        "old",
        "summer",
        "summer",
        "old",
    ]
    assert PriceList([]).in_force(days[0]) is NONE
