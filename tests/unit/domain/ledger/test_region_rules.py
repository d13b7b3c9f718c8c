"""The first rule that matches decides the region of a message."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concertim_api.domain.ledger.region_rules import Origin, RegionRules
from tests import hostile

ORIGIN = Origin("bus", "v", "n.info.east", {"x-region": "west"})
MESSAGE = {
    "publisher_id": "volume.node1.south.example@lvm",
    "payload": {"nova_object.data": {"host": {"region": "eu-1"}}},
}


@pytest.mark.parametrize(
    ("rule", "region"),
    [
        ("transport", "bus"),
        ("transport bus -> north", "north"),
        ("transport bus-2 -> north", None),
        ("topic", "n.info.east"),
        ("topic n.info.east -> east-1", "east-1"),
        ("topic n.info.eas. -> east-1", None),
        (r"topic .+\.info\.(?P<region>.+)", "east"),
        (r"topic info\.(?P<region>.+)", None),
        (r"topic n(?P<region>x)?.*", None),
        ("vhost", "east"),
        ("vhost v -> north", None),
        ("header x-region", "west"),
        ("header x-region w(?P<region>.*)", "est"),
        ("header other", None),
        (r"publisher node\d+\.(?P<region>\w+)\..*", "south"),
        ("publisher node1.south.example -> a b", "a b"),
        ("field host.region", "eu-1"),
        ("field host.region eu-(?P<region>.*)", "1"),
        ("field host", None),
    ],
)
def test_a_rule(rule, region):
    decision = (region, rule) if region else ("", "refuse")
    assert RegionRules([rule, "refuse"]).decide(ORIGIN, MESSAGE) == decision


@pytest.mark.parametrize(
    ("topic", "vhost"),
    [
        ("", "v"),
        ("n.info", "v"),
        ("n.info.a.b", "a.b"),
        ("a.n.error.north", "north"),
        ("info.north", "v"),
    ],
)
def test_a_vhost_follows_the_priority_of_the_topic(topic, vhost):
    origin = ORIGIN._replace(topic=topic)
    assert RegionRules(["vhost", "refuse"]).decide(origin, {})[0] == vhost


@pytest.mark.parametrize(
    ("publisher_id", "host"),
    [
        ("nova-compute:fake1", "fake1"),
        ("compute.fake1", "fake1"),
        ("ironic-conductor.ironic1.example.org", "ironic1.example.org"),
        ("volume.storage@mini#pool", "storage"),
        ("alone", "none"),
        ({"x": 1}, "none"),
        (None, "none"),
    ],
)
def test_the_host_of_a_publisher(publisher_id, host):
    rules = RegionRules(["publisher", "default none"])
    message = {"publisher_id": publisher_id}
    assert rules.decide(ORIGIN, message)[0] == host


@pytest.mark.parametrize(
    ("text", "region"),
    [("x" * 64, "x" * 64), *((t, "d") for t in ("", "x" * 65, " x", "a\0"))],
)
def test_what_is_no_name_of_a_region_does_not_match(text, region):
    rules = RegionRules(["field r", "default d"])
    assert rules.decide(ORIGIN, {"payload": {"r": text}})[0] == region


@pytest.mark.parametrize(
    ("rules", "complaint"),
    [
        ([], "the last rule"),
        (["transport"], "the last rule"),
        (["refuse", "transport"], "the last rule"),
        (["default a", "refuse"], "the last rule"),
        (["", "refuse"], "'': is not refuse, and begins with none of trans"),
        (["queue x", "refuse"], "'queue x': is not refuse"),
        (["refuse all"], "'refuse all': is not refuse"),
        (["default"], "'default': a region must follow"),
        (["default " + "x" * 65], "a region must follow"),
        (["header", "refuse"], "'header': a name must follow"),
        (["topic (", "refuse"], r"'topic \(': missing"),
        (["topic a{99999999999999999999}", "refuse"], "'topic a{9+}': "),
        (["topic a(.*)", "refuse"], "needs .*P<region>"),
        (["topic -> b", "refuse"], "is not TEXT -> REGION"),
        (["topic a -> ", "refuse"], "is not TEXT -> REGION"),
        (["topic " + "a" * 250, "refuse"], "longer than 255"),
    ],
)
def test_a_list_that_is_refused(rules, complaint):
    with pytest.raises(ValueError, match=complaint):
        RegionRules(rules)


RULES = st.lists(
    st.sampled_from(
        [
            "transport a -> x",
            "transport (?P<region>[bc])",
            "topic t1 -> y",
            r"topic t(?P<region>\d)",
            "vhost",
            "header h",
            "header h (?P<region>z).*",
            "publisher",
            "field a.0",
            "field a",
        ]
    )
)
ENDS = st.sampled_from(["default d", "refuse"])
TEXTS = st.sampled_from(["", "a", "b", "t1", "t2", "z9"]) | st.text()
ORIGINS = st.builds(
    Origin, TEXTS, TEXTS, TEXTS, st.dictionaries(st.just("h"), TEXTS)
)
MESSAGES = st.fixed_dictionaries(
    {},
    optional={
        "publisher_id": TEXTS | hostile.VALUES,
        "payload": hostile.VALUES
        | st.fixed_dictionaries({"a": hostile.VALUES | st.lists(TEXTS)}),
    },
)


@given(RULES, ENDS, ORIGINS, MESSAGES)
def test_the_first_that_matches_decides(rules, end, origin, message):
    """Alone it decides the same; those before it do not match; those behind
    it do not count."""
    region, line = RegionRules([*rules, end]).decide(origin, message)
    if line == "refuse":
        assert region == ""
    else:
        assert region.isprintable()
        assert 0 < len(region) <= 64
    before = [*rules, end][: [*rules, end].index(line)]
    fallback = RegionRules([*before, "default other"])
    assert fallback.decide(origin, message) == ("other", "default other")
    if line != end:
        alone = RegionRules([line, "refuse"])
        assert alone.decide(origin, message) == (region, line)


@given(st.dictionaries(TEXTS.filter(str.strip), st.just("r")), ORIGINS)
def test_a_table_has_exact_texts(table, origin):
    names = [t for t in table if t == t.strip() and "->" not in t]
    lines = [f"topic {name} -> r" for name in names if len(name) < 200]
    rules = RegionRules([*lines, "refuse"])
    is_there = f"topic {origin.topic} -> r" in lines
    assert (rules.decide(origin, {})[0] == "r") is is_there
