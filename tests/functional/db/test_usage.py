"""Sums of clipped periods, against the same in plain Python."""

import collections
import itertools
import random
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concertim_api.domain.attributes import size_of, state_of, type_of
from concertim_api.domain.ledger.observations import Ref
from concertim_api.services.common.listing import Listing, equal
from concertim_api.services.ledger.ports import Window
from tests.functional.statements import noted
from tests.properties import examples

DAY = 86400
HOUR = 3600
ALIAS, VGPU = "pci_passthrough:alias", "resources:VGPU"
FLAVORS = [
    {"id": str(n), "name": f"m{n}", "vcpus": n, "ram_mb": 512 * n}
    for n in (1, 2)
]
FLAVORS += [
    {**FLAVORS[0], "id": "3", "extra_specs": {ALIAS: "a1:2,b:1", VGPU: "1"}},
    {**FLAVORS[0], "id": "4", "extra_specs": {ALIAS: "A1:2,b:1"}},
    {**FLAVORS[0], "id": "5", "extra_specs": {}},
]
FIELDS = ("project_id", "kind", "type", "state", "region", "day")


@pytest.fixture
def held(store, recorder, tell):
    """Periods of some resources over five days."""
    rng = random.Random(7)
    facts = []
    for n in range(25):
        region, kind = rng.choice("ns"), rng.choice(("instance", "volume"))
        ref = Ref(region, kind, f"r-{n}")
        moments = sorted(rng.sample(range(5 * DAY // 1800), 4))
        for moment in moments[:3]:
            shape = {"state": rng.choice(("active", "off"))}
            if kind == "instance":
                shape["flavor"] = rng.choice(FLAVORS)
            else:
                shape["size_gb"] = rng.choice((1, 50))
            facts.append(
                tell(
                    moment * 1800 + rng.choice((0, 1, 1799)),
                    ref=ref,
                    project_id=rng.choice("pq"),
                    **shape,
                )
            )
        if rng.random() < 0.7:
            facts.append(tell(moments[3] * 1800, "gone", ref=ref))
    recorder.record(facts)
    return [
        (fact.ref, period)
        for fact in {f.ref: f for f in facts}.values()
        for period in store.histories.history(fact.ref)[1]
    ]


def _fields(ref, period):
    return {
        "region": ref.region,
        "kind": ref.kind,
        "project_id": period.project_id,
        "type": type_of(period.shape),
        "state": state_of(period.shape, {}),
    }


def _days(start, end):
    """Return [start, end) cut at midnight."""
    while start < end:
        day = start.replace(hour=0, minute=0, second=0)
        cut = min(end, day + timedelta(days=1))
        yield day, start, cut
        start = cut


def _pieces(held, group, start, end):
    """Yield the group, size, seconds, ref and shape of each piece of a
    period."""
    for ref, period in held:
        first, last = max(period.start, start), min(period.end or end, end)
        if first >= last:
            continue
        for day, one, other in _days(first, last):
            fields = {**_fields(ref, period), "day": day}
            yield (
                tuple(fields[name] for name in group),
                size_of(period.shape),
                (other - one) // timedelta(seconds=1),
                ref,
                period.shape,
            )


@examples(40)
@given(
    group=st.lists(st.sampled_from(FIELDS), unique=True),
    first=st.integers(-DAY, 6 * DAY),
    length=st.integers(1, 7 * DAY),
    with_specs=st.booleans(),
)
def test_usage_is_what_the_periods_add_up_to(
    store, held, at, group, first, length, with_specs
):
    start, end = at(first), at(first + length)
    sums = collections.Counter()
    resources = collections.defaultdict(set)
    for key, size, seconds, ref, shape in _pieces(held, group, start, end):
        specs = shape.get("flavor", {}).get("extra_specs", {})
        sums[key, size, frozenset(specs.items() if with_specs else ())] += (
            seconds
        )
        resources[key].add(ref)
    window = Window(start, end)
    found = store.usage.sums(group, (), window, 1000, with_specs)
    totals = collections.Counter()  # {} and no extra specs are two rows
    for row in found:
        totals[row.group, row.size, frozenset(row.specs.items())] += (
            row.seconds
        )
    assert totals == sums
    assert with_specs or len(found) == len(sums)
    assert store.usage.resource_counts(group, (), window) == {
        key: len(refs) for key, refs in resources.items()
    }


def test_filters_and_a_resource(store, held, at):
    window = Window(at(0), at(6 * DAY))
    for ref, kind in itertools.product(("r-1", "r-2"), ("instance", "volume")):
        filters = equal(resource_id=ref, kind=kind)
        expected = sum(
            seconds
            for _, _, seconds, its, _ in _pieces(
                held, (), window.start, window.end
            )
            if (its.id, its.kind) == (ref, kind)
        )
        found = store.usage.sums((), filters, window, 1000)
        assert sum(row.seconds for row in found) == expected


def test_four_hundred_days_of_one_running_period(store, recorder, tell, at):
    recorder.record([tell(0, flavor=FLAVORS[1])])
    window = Window(at(-HOUR), at(400 * DAY))
    found = store.usage.sums(("day",), (), window, 1000)
    assert len(found) == 401
    assert sum(row.seconds for row in found) == 400 * DAY


def test_a_period_before_the_epoch(store, recorder, tell, at):
    old = -60 * 365 * DAY
    recorder.record([tell(old, "set", until=old + DAY, reported=0)])
    found = store.usage.sums(("day",), (), Window(at(old - DAY), at(0)), 1000)
    assert sorted(row.seconds for row in found) == [12 * HOUR, 12 * HOUR]
    assert [
        p.start for p in store.ledger.periods(Listing(), Window()).rows
    ] == [at(old)]


def test_sums_beyond_32_bits(store, recorder, tell, at):
    many = [tell(0, name=f"r-{n}", size_gb=2**31 - 1) for n in range(50)]
    recorder.record(many)
    [found] = store.usage.sums((), (), Window(at(0), at(10 * 365 * DAY)), 1000)
    assert found.seconds == 50 * 10 * 365 * DAY
    assert found.size.disk_gb == 2**31 - 1


@pytest.mark.parametrize("window", [Window(), Window(end=None)])
def test_the_window_must_be_bounded(store, window):
    with pytest.raises(ValueError, match="both ends"):
        store.usage.sums((), (), window, 1000)


def test_no_more_rows_than_asked_for(store, recorder, tell, at):
    sizes = range(1, 6)
    recorder.record([tell(1, name=f"v-{n}", size_gb=n) for n in sizes])
    window = Window(at(0), at(100))
    assert len(store.usage.sums((), (), window, 3)) == 3
    assert len(store.usage.sums((), (), window, 9)) == 5


def test_rows_are_as_many_as_flavors_whatever_periods_there_are(
    store, recorder, tell, at
):
    flavors = [
        {"id": "1", "vcpus": 1, "extra_specs": {VGPU: "2"}},
        {"id": "2", "vcpus": 1, "extra_specs": {VGPU: "4"}},
        {"id": "3", "vcpus": 2, "extra_specs": {VGPU: "4"}},
        {"id": "4", "vcpus": 1},
    ]
    recorder.record(
        tell(
            HOUR * hour,
            name=f"r-{n}",
            flavor=flavors[n % 4],
            metadata={"name": f"{n}", "hour": f"{hour}"},
        )
        for n in range(20)
        for hour in range(5)
    )
    window = Window(at(0), at(5 * HOUR))
    with noted(store.engine) as statements:
        rows = store.usage.sums((), (), window, 1000, with_specs=True)
    assert len(statements) == 1
    totals = {(r.size.vcpus, r.specs.get(VGPU)): r.seconds for r in rows}
    assert totals == dict.fromkeys(
        [(1, "2"), (1, "4"), (2, "4"), (1, None)], 5 * 5 * HOUR
    )
    assert len(rows) == 4


def test_specs_are_told_apart_by_case(store, recorder, tell, at):
    for n, specs in enumerate([{"a": "x"}, {"a": "X"}, {"A": "x"}]):
        flavor = {"id": f"{n}", "extra_specs": specs}
        recorder.record([tell(0, name=f"r-{n}", flavor=flavor)])
    rows = store.usage.sums((), (), Window(at(0), at(9)), 9, with_specs=True)
    assert len(rows) == 3


@pytest.mark.parametrize(
    ("shape", "specs"),
    [
        ({}, {}),
        ({"flavor": None}, {}),
        ({"flavor": "m1"}, {}),
        ({"flavor": {"extra_specs": None}}, {}),
        ({"flavor": {"extra_specs": "a"}}, {}),
        ({"flavor": {"extra_specs": "{a"}}, {}),
        ({"flavor": {"extra_specs": 7}}, {}),
        ({"flavor": {"extra_specs": ["a"]}}, {}),
        ({"flavor": {"extra_specs": {}}}, {}),
        ({"flavor": {"extra_specs": {"a": None}}}, {"a": None}),
        ({"flavor": {"extra_specs": {"a": 2}}}, {"a": 2}),
        (
            {"flavor": {"extra_specs": {'"\\$.': 'ü"\\ \u2603'}}},
            {'"\\$.': 'ü"\\ \u2603'},
        ),
    ],
)
def test_specs_of_any_shape(store, recorder, tell, at, shape, specs):
    recorder.record([tell(0, **shape)])
    window = Window(at(0), at(9))
    [row] = store.usage.sums((), (), window, 9, with_specs=True)
    assert row.specs == specs
