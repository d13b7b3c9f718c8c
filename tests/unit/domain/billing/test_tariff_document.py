"""Tariffs as people write them, and what is said of faults."""

import copy
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concertim_api.domain.billing import tariff_document
from concertim_api.domain.billing.amounts import PRICE_SCALE, QUANTITY_SCALE
from concertim_api.domain.billing.tariff import Profile, Tax, Tier
from concertim_api.domain.ledger.kinds import KINDS

DOCUMENT = {
    "name": "2026-2",
    "currency": "EUR",
    "valid_from": "2026-01-01",
    "valid_until": "2027-01-01",
    "tax": {"name": "VAT", "percent": "19"},
    "discounts": [{"project": "p1", "percent": "12.5"}],
    "rules": [
        {
            "name": "vCPU",
            "unit": "compute",
            "for": {"kind": "instance", "state": ["active", "paused"]},
            "count": "vcpu_hour",
            "price": "0.012",
            "started_hour": "0.25",
        },
        {
            "name": "A100",
            "unit": "gpu",
            "for": {
                "kind": "instance",
                "extra_spec": {"pci_passthrough:alias": "a100*"},
            },
            "count": "extra_spec:pci_passthrough:alias=a100",
            "price": [
                {"up_to": "100", "price": "1"},
                {"price": "0.800000000001"},
            ],
        },
    ],
}


def faults(document, lines=None):
    with pytest.raises(tariff_document.FaultyTariff) as raised:
        tariff_document.read(document, KINDS, lines)
    return [fault[1:] for fault in raised.value.faults]


def changed(*path, **fields):
    """Return the document with other fields at a path; None: without."""
    document = copy.deepcopy(DOCUMENT)
    part = document
    for name in path:
        part = part[name]
    for name, value in fields.items():
        part[name.rstrip("_")] = value
        if value is None:
            del part[name.rstrip("_")]
    return document


def test_a_document_is_read():
    tariff = tariff_document.read(DOCUMENT, KINDS)
    assert (tariff.name, tariff.currency) == ("2026-2", "EUR")
    assert (tariff.start, tariff.end) == (date(2026, 1, 1), date(2027, 1, 1))
    assert tariff.tax == Tax("VAT", 1900)
    assert tariff.discounts == {"p1": 1250}
    vcpu, gpu = tariff.rules
    assert (vcpu.share, vcpu.place, gpu.place) == (900, 0, 1)
    assert vcpu.tiers == (Tier(12 * PRICE_SCALE // 1000),)
    assert gpu.tiers == (
        Tier(PRICE_SCALE, 100 * QUANTITY_SCALE),
        Tier(800_000_000_001),
    )
    profile = Profile("instance", specs=(("pci_passthrough:alias", "a100:2"),))
    assert [rule.name for rule, _ in tariff.applied(profile)] == ["A100"]


@pytest.mark.parametrize(
    ("document", "field", "words"),
    [
        (None, "the tariff", "is missing"),
        ([], "the tariff", "is no mapping"),
        ({"name": "x"}, "currency", "is missing"),
        (changed(name=""), "name", "is no text of 1 to 255"),
        (changed(name="a\nb"), "name", "is no name"),
        (changed(name=["x"]), "name", "is no text"),
        (changed(price="1"), "price", "is no field of it"),
        (changed(currency="EURO"), "currency", "'EURO' is no currency"),
        (changed(valid_from="1.1.2026"), "valid_from", "is no date like"),
        (changed(valid_from="20260101"), "valid_from", "is no date like"),
        (changed(valid_from="0206-01-01"), "valid_from", "is no date like"),
        (changed(valid_until="2026-01-01"), "valid_until", "is not after"),
        (changed("tax", percent="100.01"), "tax.percent", "0 to 100"),
        (changed("tax", percent="1.001"), "tax.percent", "decimals"),
        (changed(discounts={}), "discounts", "is no list"),
        (changed(rules=None), "rules", "is missing"),
        (changed(rules=[]), "rules", "has 0 items"),
        (changed(rules=["x"]), "rules[0]", "is no mapping"),
        (changed("rules", 1, name="vCPU"), "rules[1]", "a rule before"),
        (changed("rules", 1, unit="gpus"), "rules[1].unit", "is none of"),
        (changed("rules", 0, count="hours"), "rules[0].count", "is none of"),
        (
            changed("rules", 1, count="extra_spec:"),
            "rules[1].count",
            "is not like extra_spec:KEY",
        ),
        (changed("rules", 0, price="-1"), "rules[0].price", "is no number"),
        (changed("rules", 0, price="1e3"), "rules[0].price", "is no number"),
        (changed("rules", 0, price="1,5"), "rules[0].price", "is no number"),
        (changed("rules", 0, price="NaN"), "rules[0].price", "is no number"),
        (
            changed("rules", 0, price="0.0000000000001"),
            "rules[0].price",
            "has too many decimals",
        ),
        (
            changed("rules", 0, price="999999999.00000000000000000001"),
            "rules[0].price",
            "has too many decimals",
        ),
        (changed("rules", 0, price=None), "rules[0].price", "is missing"),
        (
            changed("rules", 0, started_hour="0"),
            "rules[0].started_hour",
            "is no share",
        ),
        (
            changed("rules", 0, count="piece"),
            "rules[0].started_hour",
            "is of no use",
        ),
        (
            changed("rules", 0, "for", kind=None),
            "rules[0].for.kind",
            "missing",
        ),
        (
            changed("rules", 0, "for", kind="server"),
            "rules[0].for.kind",
            "'server' is no kind",
        ),
        (
            changed("rules", 0, "for", flavour="x"),
            "rules[0].for.flavour",
            "is no field of it",
        ),
        (
            changed("rules", 0, "for", state=[["x"]]),
            "rules[0].for.state[0]",
            "is no text",
        ),
        (
            changed("rules", 1, "price", 0, up_to=None),
            "rules[1].price[0].up_to",
            "is missing",
        ),
        (
            changed("rules", 1, "price", 1, up_to="200"),
            "rules[1].price[1].up_to",
            "is no field of it",
        ),
    ],
)
def test_a_fault_is_named(document, field, words):
    assert field in [
        where for where, message in faults(document) if words in message
    ]


def test_tiers_grow():
    tiers = [
        {"up_to": "100", "price": "1"},
        {"up_to": "100", "price": "1"},
        {"price": "1"},
    ]
    assert faults(changed("rules", 1, price=tiers)) == [
        ("rules[1].price[1].up_to", "is not more than that of the tier before")
    ]


def test_every_fault_is_named_with_its_line():
    document = changed("rules", 0, price="x", unit="y")
    lines = {(): 1, ("rules", 0): 9, ("rules", 0, "price"): 14}
    with pytest.raises(tariff_document.FaultyTariff) as raised:
        tariff_document.read(document, KINDS, lines)
    assert str(raised.value).splitlines() == [
        "line 9: rules[0].unit: 'y' is none of compute, gpu, memory, "
        "network, other, storage",
        "line 14: rules[0].price: 'x' is no number of 0 to 1000000000",
    ]


def test_a_project_has_one_discount():
    discounts = [{"project": "p1", "percent": "5"}] * 2
    assert faults(changed(discounts=discounts)) == [
        ("discounts[1].project", "'p1' has a discount before")
    ]


@pytest.mark.parametrize("field", ["name", "for.kind", "count"])
def test_what_is_missing_is_one_fault_each(field):
    document = copy.deepcopy(DOCUMENT)
    for rule in document["rules"]:
        *way, name = field.split(".")
        del (rule[way[0]] if way else rule)[name]
    assert sorted(faults(document)) == [
        (f"rules[{n}].{field}", "is missing") for n in (0, 1)
    ]


def test_a_stored_tariff_outlives_a_kind():
    document = changed("rules", 0, "for", kind="share")
    tariff = tariff_document.read(document)
    assert tariff.applied(Profile("share", vcpus=1, state="active"))


def test_faults_of_the_spelling_are_among_the_others():
    spelling = tariff_document.Fault.of(7, ("rules", 0, "name"), "is twice")
    document = changed("rules", 0, price="x")
    lines = {(): 1, ("rules", 0, "price"): 3}
    with pytest.raises(tariff_document.FaultyTariff) as raised:
        tariff_document.read(document, KINDS, lines, [spelling])
    assert [(f.line, f.field) for f in raised.value.faults] == [
        (3, "rules[0].price"),
        (7, "rules[0].name"),
    ]


JSON = st.recursive(
    st.none() | st.text(max_size=9) | st.just("1"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [*DOCUMENT, *DOCUMENT["rules"][1], "up_to", "kind", "percent"]
            )
            | st.text(max_size=3),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(JSON, st.sampled_from([(), ("rules",), ("rules", 0, "for")]))
def test_junk_has_faults_and_nothing_else(junk, path):
    document = {"": copy.deepcopy(DOCUMENT)}
    *way, last = ("", *path)
    part = document
    for name in way:
        part = part[name]
    part[last] = junk
    with pytest.raises(tariff_document.FaultyTariff) as raised:
        tariff_document.read(document[""], KINDS)
    assert raised.value.faults
