"""What an Almanach knew is imported, and its options are translated."""

import json

import pytest

from concertim_api import bootstrap
from concertim_api.cmd import manage
from concertim_api.db import schema
from tests.functional import built


def day(number, form=str):
    text = f"2016-01-{number:02}T00:00:00Z"
    return {"$date": text} if form is dict else text


def server(id_, start, end=None, **more):
    return {
        "entity_id": id_,
        "entity_type": "instance",
        "project_id": "p1",
        "name": "web",
        "start": day(start, dict),
        "end": end and day(end),
        "flavor": "small",
        **more,
    }


ROWS = [
    server("closed", 1, 3, os={"distro": "debian"}, metadata={"a^b": "c"}),
    server("open", 1, 3),
    server("open", 3, flavor="big", image_meta={"distro": "debian"}),
    server("twice", 1),
    server("twice", 1),
    server("zombie", 1, 3),
    server("zombie", 1),
    server("negative", 5, 4),
    {
        "entity_id": "v1",
        "entity_type": "volume",
        "project_id": "p1",
        "name": "data",
        "start": {"$date": {"$numberLong": "1451606400000"}},
        "end": None,
        "volume_type": "ssd",
        "size": "10",
        "attached_to": ["s1"],
    },
    {"entity_type": "image"},
]


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    conf = built.configured(tmp_path)
    schema.sync(conf)
    path = tmp_path / "dump.jsonl"
    path.write_text("\n".join(map(json.dumps, ROWS)))

    def run(*words):
        line = ["concertim-manage", "--config-file"]
        line += [str(tmp_path / "concertim.conf"), "almanach", *words]
        monkeypatch.setattr("sys.argv", line)
        manage.main()
        return capsys.readouterr().out

    run.file = str(path)
    run.conf = conf
    return run


def spans(conf):
    return {
        (r.resource_id, r.start.day, r.end and r.end.day, r.type)
        for r in bootstrap.store(conf).ledger.all_periods()
    }


def test_rows_become_periods_until_the_ledger_begins(run):
    dry = run("import", run.file, "--until", day(11), "--dry-run")
    assert spans(run.conf) == set()
    told = run("import", run.file, "--until", day(11))
    assert dry.replace("known already", "") != ""
    expected = {
        ("closed", 1, 3, "small"),
        ("open", 1, 3, "small"),
        ("open", 3, 11, "big"),
        ("twice", 1, 11, "small"),
        ("zombie", 1, 3, "small"),
        ("v1", 1, 11, "ssd"),
    }
    assert spans(run.conf) == expected
    # ten days each: the second of a pair, and the one that had ended
    assert "rows that never ended: 2" in told
    assert f"seconds of rows that never ended: {20 * 86400}" in told
    assert "left out: 1" in told
    assert "without time before that: 1" in told
    again = run("import", run.file, "--until", day(11))
    assert "known already: 6" in again
    assert spans(run.conf) == expected


@pytest.mark.parametrize(
    "text",
    [
        "[collector]\ntransport_url = rabbit://u:secret@host:5672\n"
        "[auth]\nstrategy = private_key\nprivate_key = secret\n",
        "[RABBITMQ]\nurl = amqp://u:secret@host:5672\n"
        "[ALMANACH]\nauth_strategy = private_key\n[MONGODB]\nurl = x\n",
    ],
)
def test_options_of_both_generations(run, tmp_path, text):
    path = tmp_path / "almanach.cfg"
    path.write_text(text)
    told = run("options", str(path))
    assert "[almanach] profile = almanach\n" in told
    assert "[almanach] auth_strategies = key\n" in told
    assert "u:***@host:5672" in told
    assert "secret" not in told
