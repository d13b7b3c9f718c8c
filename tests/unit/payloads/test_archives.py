"""The lines of archives: what is written is what is read."""

import dataclasses as dc
import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from concertim_api.domain.ledger.archives import ArchiveRecord
from concertim_api.payloads import archives
from concertim_api.payloads.facts import Untranslatable
from tests.unit.domain.ledger.histories import REF, histories, observation


def read(record):
    """Write a record, and read it again."""
    texts = [orjson.dumps(line) for line in archives.lines(record)]
    assert all(text.startswith(archives.BEGINNING) for text in texts)
    return [archives.record(json.loads(text)) for text in texts]


@given(facts=histories(), generation=st.integers(0, 2**62))
def test_what_is_written_is_read(facts, generation):
    record = ArchiveRecord(REF, generation, facts)
    assert read(record) == [record]


def test_many_observations_make_several_lines(monkeypatch):
    monkeypatch.setattr(archives, "MOST", 100)
    facts = [observation(n) for n in range(201)]
    parts = read(ArchiveRecord(REF, 7, facts))
    assert [len(part.observations) for part in parts] == [100, 100, 1]
    assert [o for part in parts for o in part.observations] == facts


def test_a_text_of_a_person_survives():
    fact = observation(
        1, "amend", until=2, state="ü", author="ann", reason="so\nit was"
    )
    fact = dc.replace(fact, region_rule="vhost")
    assert read(ArchiveRecord(REF, 1, [fact]))[0].observations == [fact]


@pytest.mark.parametrize(
    ("place", "value", "field"),
    [
        (("archived",), None, "archived"),
        (("archived", "region"), 1, "region"),
        (("archived", "id"), None, "id"),
        (("archived", "generation"), "x", "generation"),
        (("observations",), {}, "observation"),
        (("observations", 0), 1, "observations[0]"),
        (("observations", 0, "says"), "shouts", "says"),
        (("observations", 0, "at"), "noon", "at"),
        (("observations", 0, "received_at"), None, "received_at"),
        (("observations", 0, "shape"), [], "shape"),
    ],
)
def test_what_can_not_be_read_is_named(place, value, field):
    (line,) = archives.lines(ArchiveRecord(REF, 1, [observation(1)]))
    line = json.loads(orjson.dumps(line))
    section = line
    for name in place[:-1]:
        section = section[name]
    section[place[-1]] = value
    with pytest.raises(Untranslatable, match=f"^{re_of(field)}"):
        archives.record(line)


def re_of(field):
    return field.replace("[", r"\[").replace("]", r"\]")


@pytest.mark.parametrize("archived", [None, 1, {}, {"region": 1}])
def test_the_region_of_a_line_that_has_none_is_empty(archived):
    assert archives.region({"archived": archived}) == ""
