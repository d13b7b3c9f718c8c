"""Files of tariffs: what is read of them, and at which lines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concertim_api.domain.billing.tariff_document import FaultyTariff
from concertim_api.domain.ledger.kinds import KINDS
from concertim_api.payloads import tariff_file

TARIFF = """\
# A comment.
name: "2026"
currency: EUR
valid_from: 2026-01-01
rules:
  - name: vCPU
    unit: compute
    for: {kind: instance}
    count: vcpu_hour
    price: 0.10
  -
    name: no
    unit: gpu
    for:
      kind: instance
      type: [g1.*, 1e3]
    count: hour
    price:
      - {up_to: 100, price: 2}
      - price: 1.50
"""

FAULTY = """\
name: test
name: again
currency: EURO
valid_from: 2026-01-01
rules:
  - name: vCPU
    unit: cpu
    for: {kind: instance, kind: volume}
    price: ten
  - name: "bell \\a"
    unit: gpu
    for:
      knd: instance
    count: hour
    price:
      - up_to: 100
        price: 2
      - {price: -1}
    price: 3
? [a]
: b
"""


def refused(text):
    with pytest.raises(FaultyTariff) as raised:
        tariff_file.load(text.encode() if isinstance(text, str) else text)
    (fault,) = raised.value.faults
    assert fault.field == "the tariff"
    return fault.line, fault.message


def test_scalars_stay_as_they_are_written():
    document, lines, spelling = tariff_file.load(TARIFF.encode())
    vcpu, gpu = document["rules"]
    assert (document["name"], vcpu["price"], gpu["name"]) == (
        "2026",
        "0.10",
        "no",
    )
    assert gpu["for"]["type"] == ["g1.*", "1e3"]
    assert gpu["price"][1] == {"price": "1.50"}
    assert spelling == []
    assert lines["rules", 0] == 6
    assert lines["rules", 0, "for", "kind"] == 8
    assert lines["rules", 1] == 12
    assert lines["rules", 1, "price"] == 18
    assert lines["rules", 1, "price", 1, "price"] == 20


def test_a_file_is_a_tariff():
    tariff = tariff_file.load(TARIFF.encode()).tariff(KINDS)
    assert tariff.name == "2026"
    assert [rule.name for rule in tariff.rules] == ["vCPU", "no"]


def test_every_fault_is_named_at_its_line():
    text = tariff_file.load(FAULTY.encode())
    with pytest.raises(FaultyTariff) as raised:
        text.tariff(KINDS)
    faults = [(f.line, f.field, f.message[:13]) for f in raised.value.faults]
    assert faults == [
        (2, "name", "is there twic"),
        (3, "currency", "'EURO' is no "),
        (6, "rules[0].count", "is missing"),
        (7, "rules[0].unit", "'cpu' is none"),
        (8, "rules[0].for.kind", "is there twic"),
        (9, "rules[0].price", "'ten' is no n"),
        (10, "rules[1].name", "'bell \\x07' i"),
        (10, "rules[1].name", "has a charact"),
        (12, "rules[1].for.kind", "is missing"),
        (13, "rules[1].for.knd", "is no field o"),
        (18, "rules[1].price[1].price", "'-1' is no nu"),
        (19, "rules[1].price", "is there twic"),
        (20, "the tariff", "has a field w"),
    ]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("name: x\nrules: [", 2, "is no YAML of"),
        ("name: x\n\ttab: y", 2, "is no YAML of"),
        ("name: x\n---\nname: y", 2, "single document"),
        ("name: x\nrules: \x07", 2, "is no YAML"),
        (b"name: x\nrules: \xff", 2, "is not UTF-8"),
        ("a: &a x\nb: [*a, *a]", 2, "it has an alias"),
        ("a: &a [*a]", 1, "it has an alias"),
        ("- x\n- " + "[" * 100_000, 2, "nested too deep"),
        ("\n" * 2 + "- " * 1000 + "x", 3, "nested too deep"),
        ("x\n" * 2**19 + "y", 2**19 + 1, "longer than 1048576 bytes"),
    ],
    ids=range(10),
)
def test_a_file_that_is_refused(text, line, words):
    where, message = refused(text)
    assert (where, words in message) == (line, True), message


def test_a_file_of_comments_is_an_empty_document():
    text = tariff_file.load(b"# nothing\n")
    with pytest.raises(FaultyTariff, match="line 1: the tariff: is missing"):
        text.tariff(KINDS)


def test_tags_make_no_objects():
    text = tariff_file.load(b"name: !!python/object/new:os.system [x]\n")
    assert text.document == {"name": ["x"]}


PRINTABLE = st.text(
    st.characters(exclude_categories=["C", "Zl", "Zp"]), max_size=9
).filter(str.isprintable)


VALUES = st.recursive(
    PRINTABLE | st.sampled_from(["0.10", "~", "no", "2026-01-01", "", "-"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(PRINTABLE, inner, max_size=3)
    ),
    max_leaves=9,
)


@given(st.dictionaries(PRINTABLE, VALUES, max_size=3))
def test_what_is_dumped_is_loaded_again(document):
    text = tariff_file.load(tariff_file.dump(document).encode())
    assert text.document == document


def test_a_dumped_number_has_no_quotes():
    document = tariff_file.load(TARIFF.encode()).document
    assert "price: 0.10\n" in tariff_file.dump(document)


@given(st.binary(max_size=40) | st.text("[]{}&*!|>:-?#'\" \nab", max_size=40))
def test_junk_is_read_or_refused(junk):
    content = junk if isinstance(junk, bytes) else junk.encode()
    try:
        text = tariff_file.load(content)
    except FaultyTariff:
        return
    with pytest.raises(FaultyTariff):
        text.tariff(KINDS)
