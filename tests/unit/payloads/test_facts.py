"""One form of an object, and a spelling for each source of it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from concertim_api.payloads.facts import (
    Form,
    Untranslatable,
    nested,
    number,
    optional_text,
    places_of,
    read_by,
    second,
)

FORM = Form(
    shape={"size_gb": number},
    details=read_by(optional_text, "name state"),
    since=("launched", "created_at"),
    nullable=("state",),
)
CREATED = "2026-11-21T02:17:19"


def test_an_attribute_is_in_the_field_of_its_name():
    facts = FORM.spelled()({"id": "v", "size_gb": 2, "name": "disk"})
    assert facts.id == "v"
    assert facts.shape == {"size_gb": 2}
    assert facts.details == {"name": "disk", "state": None}
    assert facts.since is facts.project_id is None


def test_a_source_has_its_own_fields_and_readers():
    spelling = FORM.spelled(
        id="volume_id",
        project_id=("project", "tenant"),
        wrapper="volume",
        size_gb=("bytes", lambda payload, field: payload[field] >> 30),
        name=None,
        created_at="created",
    )
    volume = {"volume_id": "v", "bytes": 2 << 30, "name": "never read"}
    volume |= {"tenant": "t", "created": CREATED}
    facts = spelling({"volume": volume, "id": "another"})
    assert (facts.id, facts.project_id) == ("v", "t")
    assert facts.shape == {"size_gb": 2}
    assert facts.details == {"state": None}
    assert facts.since == datetime(2026, 11, 21, 2, 17, 19, tzinfo=UTC)
    assert spelling({"volume": volume | {"project": "p"}}).project_id == "p"


@pytest.mark.parametrize("payload", [{}, {"volume": {}}, {"volume": "v"}])
def test_what_is_not_there_is_named(payload):
    with pytest.raises(Untranslatable, match=r"(volume|id) is missing"):
        FORM.spelled(wrapper="volume")(payload)


def test_an_object_within_another_one():
    fields = places_of(read_by(second, "at"), {"at": "created"})
    read = nested(fields, "data")
    assert read({"flavor": {"data": {"created": ""}}}, "flavor") is None
    assert list(read({"flavor": {"data": {"created": CREATED}}}, "flavor"))
    with pytest.raises(Untranslatable, match="data is missing"):
        read({"flavor": {}}, "flavor")
