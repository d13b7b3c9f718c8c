"""What extra specs count."""

from fractions import Fraction

import pytest

from concertim_api.domain.ledger import measures

ALIAS = "pci_passthrough:alias"


@pytest.mark.parametrize(
    ("value", "count"),
    [
        ("2", 2),
        (" 2 ", 2),
        ("0", 0),
        ("0.25", Fraction(1, 4)),
        ("a1:2", 2),
        ("a1:2,b:1", 3),
        ("a1:2, b : 1", 3),
        ("a1:2,b", 2),
        ("a:b:2", 2),
        ("required", 1),
        ("forbidden", 0),
        ("a1", 0),
        ("a1:", 0),
        ("a1:x", 0),
        ("-1", 0),
        ("1e9", 0),
        ("1/3", 0),
        ("٣", 0),
        ("9999999999", 0),
        ("", 0),
        (None, 0),
        (2, 2),
        (True, 0),
        ([2], 0),
        ({"a": 2}, 0),
    ],
)
def test_counts(value, count):
    measure = measures.parse("gpu=extra_spec:pci_passthrough:alias")
    assert measure.count({ALIAS: value, "other": "7"}) == count


@pytest.mark.parametrize(
    ("value", "count"),
    [
        ("a1:2,b:1", 2),
        ("a1:2,a1:1", 3),
        ("a1", 1),
        ("b:1, a1 : 4", 4),
        ("b:a1", 0),
        ("a1:many", 0),
        ("2", 0),
        ("required", 0),
        ("A1:2", 0),
        (None, 0),
    ],
)
def test_counts_of_a_part(value, count):
    measure = measures.parse("gpu=extra_spec:pci_passthrough:alias=a1")
    assert measure.count({ALIAS: value}) == count


def test_a_flavor_without_the_key_counts_nothing():
    assert measures.Measure("gpu", ALIAS).count({}) == 0
    assert measures.Measure("gpu", ALIAS).count({"other": "7"}) == 0


@pytest.mark.parametrize(
    ("word", "measure"),
    [
        (
            "vgpu=extra_spec:resources:VGPU",
            measures.Measure("vgpu", "resources:VGPU"),
        ),
        (
            "gpu=extra_spec:pci_passthrough:alias=A 100",
            measures.Measure("gpu", "pci_passthrough:alias", "A 100"),
        ),
        (
            "x=extra_spec:trait:CUSTOM_GPU",
            measures.Measure("x", "trait:CUSTOM_GPU"),
        ),
    ],
)
def test_a_measure_is_declared_by_a_word(word, measure):
    assert measures.parse(word) == measure
    assert measure.field == f"{measure.name}_hours"


@pytest.mark.parametrize(
    "word",
    [
        "",
        "gpu",
        "gpu=",
        "gpu=resources:VGPU",
        "gpu=extra_spec:",
        "=extra_spec:a",
        "GPU=extra_spec:a",
        "9gpu=extra_spec:a",
        "g" * 33 + "=extra_spec:a",
        'gpu=extra_spec:a"',
        "gpu=extra_spec:a\\",
        "gpu=extra_spec:{a}",
        "gpu=extra_spec:a=",
        "gpu=extra_spec:a=b=c",
        "gpu=extra_spec:a=b,c",
        "gpu=extra_spec:a=b:1",
        "gpu=extra_spec:" + "a" * 256,
        "gpu=extra_spec:a\n",
    ],
)
def test_what_declares_no_measure(word):
    with pytest.raises(ValueError, match=r"^not like NAME=extra_spec:KEY"):
        measures.parse(word)
