"""Tariffs: which are loaded, and what of them is shown to whom."""

import copy

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from concertim_api.domain.billing import tariff_document
from concertim_api.domain.billing.tariff import Profile
from concertim_api.domain.errors import Conflict, NotFound
from concertim_api.domain.ledger.kinds import KINDS
from concertim_api.payloads import tariff_file
from concertim_api.services.billing.tariffs import Tariffs
from concertim_api.services.common.listing import EVERY_PROJECT, Scope
from tests.fakes.clock import Clock


def rule(name, price="1", unit="compute", **conditions):
    return {
        "name": name,
        "unit": unit,
        "for": {"kind": "instance", **conditions},
        "count": "hour",
        "price": price,
    }


def document(name="a", rules=(), **fields):
    return {
        "name": name,
        "currency": "EUR",
        "valid_from": "2026-01-01",
        "rules": [*rules] or [rule("all")],
        **fields,
    }


def text(*arguments, **fields):
    content = tariff_file.dump(document(*arguments, **fields)).encode()
    return tariff_file.load(content)


class Store:
    """Keeps tariffs as the database does."""

    def __init__(self):
        self.rows = []
        self.statements = 0
        self.rivals = []

    def after(self, last):
        self.statements += 1
        if last is None:
            return list(self.rows)
        place = self.rows.index(last)
        return self.rows[place + 1 :]

    def add(self, tariff):
        self.statements += 2
        self.rows += self.rivals
        for row in self.rows:
            if tariff.id == row.id or tariff.tariff.name == row.tariff.name:
                raise Conflict("at this moment")
        orjson.dumps(tariff.document)
        self.rows.append(copy.deepcopy(tariff))


@pytest.fixture
def store():
    return Store()


@pytest.fixture
def tariffs(store):
    return Tariffs(store, Clock(), KINDS)


def names(tariffs):
    return [tariff.name for tariff in tariffs.prices().tariffs]


def test_tariffs_are_counted(tariffs):
    first, is_new = tariffs.load(text("a"), "ann\0" + "x" * 300)
    assert (first.id, is_new) == (1, True)
    assert first.author == ("ann\ufffd" + "x" * 300)[:255]
    assert first.loaded_at == Clock().now()
    second, _ = tariffs.load(text("b"), "ann")
    assert second.id == 2
    assert names(tariffs) == ["a", "b"]


def test_the_same_document_changes_nothing(tariffs, store):
    first, _ = tariffs.load(text("a"), "ann")
    assert tariffs.load(text("a"), "bob") == (first, False)
    assert len(store.rows) == 1


def test_another_document_needs_another_name(tariffs, store):
    tariffs.load(text("a"), "ann")
    with pytest.raises(Conflict, match="a is loaded already, as 1, and diff"):
        tariffs.load(text("a", [rule("x", "2")]), "ann")
    assert len(store.rows) == 1


def test_a_site_has_one_currency(tariffs, store):
    tariffs.load(text("a"), "ann")
    with pytest.raises(Conflict, match=r"b is in USD, and the tariffs .* EUR"):
        tariffs.load(text("b", currency="USD"), "ann")
    assert len(store.rows) == 1


def test_a_faulty_one_is_not_loaded(tariffs, store):
    faulty = text("a", [rule("x", kind="sever"), rule("y", "z")])
    with pytest.raises(tariff_document.FaultyTariff) as raised:
        tariffs.load(faulty, "ann")
    assert len(raised.value.faults) == 2
    assert store.rows == []


def test_of_two_at_once_one_is_loaded(tariffs, store):
    other = Tariffs(store, Clock(), KINDS)
    store.rivals = [other.load(text("b", currency="USD"), "bob")[0]]
    store.rows = []
    with pytest.raises(Conflict):
        tariffs.load(text("a"), "ann")
    assert names(tariffs) == ["b"]


def test_prices_cost_one_statement_and_stay_the_same(tariffs, store):
    tariffs.load(text("a"), "ann")
    before = tariffs.prices()
    other = Tariffs(store, Clock(), KINDS)
    other.load(text("b"), "bob")
    store.statements = 0
    after = tariffs.prices()
    assert store.statements == 1
    assert after.tariffs[0] is before.tariffs[0]
    assert [tariff.name for tariff in after.tariffs] == ["a", "b"]


@pytest.mark.parametrize(
    ("words", "name"), [("1", "2"), ("2", "a"), ("3", "3"), ("a", "a")]
)
def test_one_is_found_by_its_id_or_its_name(tariffs, words, name):
    for new in ("2", "a", "3"):
        tariffs.load(text(new), "ann")
    assert tariffs.find(words).tariff.name == name


def test_what_is_not_there(tariffs):
    tariffs.load(text("7"), "ann")
    for ask in (
        lambda: tariffs.find("b"),
        lambda: tariffs.get(EVERY_PROJECT, 7),
    ):
        with pytest.raises(NotFound):
            ask()


RULES = [
    rule("all"),
    rule("of a flavor", type="m1.small"),
    rule("of two", "2.50", project=["p1", "p2"], type="m1"),
    rule("of many", project="p*", state="active"),
    rule("of b", [{"up_to": "10", "price": "3"}, {"price": "1.0"}], "gpu"),
    rule("of c", unit="gpu", extra_spec={"a:b": "c"}),
]
DISCOUNTS = [
    {"project": "p1", "percent": "5"},
    {"project": "p2", "percent": "7.5"},
]
FIELDS = {"discounts": DISCOUNTS, "tax": {"name": "VAT", "percent": "19"}}


def shown(tariffs, scope):
    stored, _ = tariffs.load(text("a", RULES, **FIELDS), "ann")
    return tariffs.get(scope, stored.id)


def test_an_administrator_sees_all(tariffs):
    tariff = shown(tariffs, EVERY_PROJECT)
    assert tariff.author == "ann"
    assert [r.name for r in tariff.rules] == [
        *("of two", "of many", "of a flavor", "all"),
        *("of c", "of b"),
    ]
    assert tariff.rules[0].for_["project"] == ["p1", "p2"]
    assert tariff.rules[0].tiers == (("2.50", None),)
    assert tariff.rules[-1].tiers == (("3", "10"), ("1.0", None))
    assert tariff.discounts == (("p1", "5"), ("p2", "7.5"))
    assert tariff.tax == ("VAT", "19")


@pytest.mark.parametrize(
    ("project", "rules", "discounts"),
    [("p1", 6, ["5"]), ("p3", 5, []), ("q", 4, [])],
)
def test_a_project_sees_nothing_of_others(tariffs, project, rules, discounts):
    tariff = shown(tariffs, Scope(project))
    assert tariff.author is None
    assert [d.percent for d in tariff.discounts] == discounts
    assert len(tariff.rules) == rules
    for other in {"p1", "p2", "p*"} - {project}:
        assert repr(other) not in repr(tariff)
    (head,) = tariffs.list(Scope(project)).rows
    assert (head.id, head.author) == (1, None)


PROFILES = st.builds(
    Profile,
    kind=st.just("instance"),
    type=st.sampled_from(["", "m1", "m1.small"]),
    state=st.sampled_from(["active", "stopped"]),
    specs=st.sampled_from([(), (("a:b", "c"),)]),
    project=st.sampled_from(["p1", "p3", "q"]),
)


@given(PROFILES, st.permutations(RULES))
def test_the_first_that_fits_counts(profile, rules):
    tariffs = Tariffs(Store(), Clock(), KINDS)
    stored, _ = tariffs.load(text("a", rules), "ann")
    by_name = {rule.name: rule for rule in stored.tariff.rules}
    first = {}
    for entry in tariffs.get(Scope(profile.project), 1).rules:
        if by_name[entry.name].quantity(profile):
            first.setdefault(entry.unit, entry.name)
    counting = {r.unit: r.name for r, _ in stored.tariff.applied(profile)}
    assert first == counting
