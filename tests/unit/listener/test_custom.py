"""Kinds and events of an operator's own."""

from __future__ import annotations

import pathlib

import pytest
import yaml

from concertim_api.domain.errors import Invalid
from concertim_api.listener import custom
from concertim_api.listener.translate import Translator
from tests.fakes.clock import NOON

EXAMPLE = pathlib.Path(__file__).parents[3] / "etc/concertim/events.yaml"

SHARE = {
    "event_type": "share.create.end",
    "message_id": "m-1",
    "timestamp": "2026-11-21 12:00:05.5",
    "payload": {
        "share_id": "s-1",
        "name": "results",
        "project_id": "p-1",
        "size": 100,
        "status": "available",
        "share_type_id": "t-1",
        "proto": "NFS",
        "created_at": "2026-11-21T12:00:00.000000",
    },
}


@pytest.fixture
def load(tmp_path):
    def write(document):
        path = tmp_path / "events.yaml"
        path.write_text(
            document if isinstance(document, str) else yaml.dump(document)
        )
        return custom.load(str(path))

    return write


def test_the_example_counts_shares():
    found = custom.load(str(EXAMPLE))
    translator = Translator(found.rows)
    (share,) = translator.translate(SHARE, "north", NOON)
    assert share.ref == ("north", "share", "s-1")
    assert share.project_id == "p-1"
    assert share.shape == {"size_gb": 100, "type": "t-1"}
    assert share.details == {
        "name": "results",
        "state": "available",
        "protocol": "NFS",
    }
    assert share.at.isoformat() == "2026-11-21T12:00:00+00:00"
    end = {**SHARE, "event_type": "share.delete.end"}
    (share,) = translator.translate(end, "north", NOON)
    assert share.says == "gone"
    assert share.at.isoformat() == "2026-11-21T12:00:05+00:00"
    assert set(found.kinds) == {"share"}


def test_ones_own_rows_may_be_of_built_in_kinds(load):
    found = load(
        {"events": [{"event": "x.*", "kind": "volume", "id": "a.b.0"}]}
    )
    message = {**SHARE, "event_type": "x.y", "payload": {"a": {"b": ["i"]}}}
    (volume,) = Translator(found.rows).translate(message, "north", NOON)
    assert volume.ref.id == "i"


def event(**changes):
    return {"events": [{"event": "x", "kind": "volume", "id": "i"} | changes]}


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ("[", "expected"),
        ([], "the file is not a mapping"),
        ({"kind": []}, "unknown kind"),
        ({"kinds": {}}, "kinds is not a list"),
        ({"kinds": [{"title": "x"}]}, r"kinds\[0\]: name is missing"),
        ({"kinds": [{"name": "volume"}]}, "volume is built in"),
        ({"events": [3]}, r"events\[0\] is not a mapping"),
        (event(kind="share"), r"events\[0\]: there is no kind share"),
        (event(id=None), r"events\[0\]: id is missing"),
        (event(says="set"), r"events\[0\]: says is one of"),
        (event(says="dead"), r"events\[0\]: says is one of"),
        (event(shape=["size"]), r"events\[0\]: shape maps names"),
        (event(colour="red"), r"events\[0\]: unknown colour"),
        (
            {"events": event()["events"] * 2},
            r"events\[1\]: x is there twice",
        ),
        ({"kinds": [{"name": "x"}] * 2}, r"kinds\[1\]: x is there twice"),
    ],
)
def test_a_mistake_is_named_with_option_and_file(load, document, complaint):
    with pytest.raises(Invalid, match=complaint) as raised:
        load(document)
    assert raised.value.field == "[listener] events_file"
    assert "events.yaml" in str(raised.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(Invalid, match="nowhere"):
        custom.load(str(tmp_path / "nowhere"))


def test_an_event_without_its_id_is_untranslatable():
    translator = Translator(custom.load(str(EXAMPLE)).rows)
    message = {**SHARE, "payload": {"name": "x"}}
    with pytest.raises(ValueError, match="share_id is missing"):
        translator.translate(message, "north", NOON)
