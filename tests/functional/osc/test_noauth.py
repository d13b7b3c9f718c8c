"""The openstack command on the machine of an API without auth."""

import pytest

from .conftest import MATHS, PHYSICS


def test_help_names_all_commands(openstack):
    text = openstack("--help").out
    for command in ("period list", "resource history", "dead letter purge"):
        assert f"\n{command} " in text


def test_periods(openstack):
    rows = openstack.json(
        *("period", "list", "--kind", "instance", "--sort", "start"),
        *("--end", "2026-03-03", "--clip"),
    )
    assert sorted((p["name"], p["duration"]) for p in rows) == [
        ("db", 86400),
        ("solver", 21600),
        ("web", 43200),
        ("web", 43200),
    ]
    assert {p["project"] for p in rows} == {"physics", "maths"}


def test_a_list_in_parts(openstack):
    arguments = ("period", "list", "--limit", "2", "-f", "value", "-c", "id")
    first = openstack(*arguments)
    assert len(first.out.splitlines()) == 2
    _, _, marker = first.err.rpartition("--marker ")
    rest = openstack(*arguments, "--marker", marker.strip())
    assert not set(rest.out.splitlines()) & set(first.out.splitlines())


def test_usage(openstack):
    rows = openstack.json(
        *("usage", "show", "--by", "project,type", "--kind", "instance"),
        *("--start", "2026-03-02", "--end", "2026-03-04"),
    )
    totals = {(r["project"], r["type"]): r for r in rows}
    large = totals["physics", "m1.large"]
    assert large["hours"] == "24.000000"
    assert large["vcpu_hours"] == "96.000000"
    assert large["seconds"] == 86400
    small = totals["physics", "m1.small"]
    assert (small["resources"], small["hours"]) == (2, "72.000000")
    assert totals["maths", "m1.small"]["project_id"] == MATHS


def test_hours_of_gpus(openstack):
    words = ("usage", "show", "--by", "project,type", "--kind", "instance")
    words += ("--start", "2026-03-02", "--end", "2026-03-04")
    words += ("--measure", "gpu=extra_spec:pci_passthrough:alias")
    words += ("--measure", "a100=extra_spec:pci_passthrough:alias=a100")
    totals = {(r["project"], r["type"]): r for r in openstack.json(*words)}
    large = totals["physics", "m1.large"]
    assert (large["hours"], large["gpu_hours"]) == ("24.000000", "120.000000")
    assert large["a100_hours"] == "96.000000"
    assert totals["physics", "m1.small"]["gpu_hours"] == "0.000000"
    answer = openstack(*words)
    assert "| gpu_hours" in answer.out
    assert " 120.00 |" in answer.out


def test_a_measure_that_is_none(openstack):
    answer = openstack("usage", "show", "--measure", "gpu")
    assert answer.status == 1
    assert "measure: not like NAME=extra_spec:KEY" in answer.err
    assert "(HTTP 400, request req-" in answer.err


def test_usage_for_people(openstack):
    answer = openstack(
        *("usage", "show", "--by", "day", "--project", "physics"),
        *("--during", "2026-03-02", "--kind", "instance"),
    )
    assert "From 2026-03-02T00:00:00Z to 2026-03-03T00:00:00Z:" in answer.err
    assert "| 2026-03-02 |" in answer.out
    assert " 48.00 |" in answer.out


def test_resources(openstack):
    (web,) = openstack.json("resource", "list", "--name", "web")
    assert web["id"] == "id-of-web"
    assert web["ended"] == "gone"
    assert web["project_id"] == PHYSICS


def test_a_resource_as_it_was(openstack):
    assert openstack.json("resource", "show", "web")["type"] == "m1.large"
    resource = openstack.json("resource", "show", "web", "--at", "2026-03-02")
    assert resource["type"] == "m1.small"
    assert resource["shape"]["flavor"]["vcpus"] == 1


def test_a_history(openstack):
    answer = openstack("resource", "history", "web", "--draw")
    assert answer.err == "instance web, id-of-web, region here:\n"
    lines = answer.out.splitlines()[3:-1]
    assert [line.split("|")[7].strip() for line in lines] == [
        "begins",
        "state active -> stopped",
        "type m1.small -> m1.large, state stopped -> active",
    ]
    assert "==========.............................." in lines[0]
    quiet_answer = openstack("resource", "history", "web", "-f", "json")
    assert quiet_answer.err == ""
    assert quiet_answer.json[0]["change"] == "begins"
    assert "timeline" not in quiet_answer.json[0]


def test_observations(openstack):
    rows = openstack.json("resource", "observations", "id-of-web")
    assert sorted(row["says"] for row in rows) == [
        *("alive", "alive", "alive", "gone")
    ]
    assert {row["source"] for row in rows} == {"test"}
    assert {row["region_rule"] for row in rows} == {None}


def test_changes(openstack):
    rows = openstack.json("change", "list", "--kind", "instance")
    assert {c["resource_id"] for c in rows} >= {"id-of-web", "id-of-db"}
    last = str(max(c["cursor"] for c in rows))
    assert openstack.json("change", "list", "--since", last) == []


def test_regions(openstack):
    (region,) = openstack.json("region", "list")
    assert region["name"] == "here"


def test_a_correction(openstack):
    correction = openstack.json(
        *("correction", "create", "lost-volume", "--kind", "volume"),
        *("--action", "add", "--region", "here", "--project", "maths"),
        *("--start", "2026-03-01", "--end", "2026-03-02"),
        *("--shape", "size_gb=20", "--reason", "the log was lost"),
    )
    assert correction["project_id"] == MATHS
    assert openstack.json("correction", "show", correction["id"]) == correction
    (row,) = openstack.json("correction", "list", "--kind", "volume")
    assert row["reason"] == "the log was lost"
    assert row["author"] == "noauth"
    rows = openstack.json("usage", "show", "--by", "kind", *MARCH)
    assert {r["kind"]: r["disk_gb_hours"] for r in rows}["volume"] == (
        "480.000000"
    )


MARCH = ("--during", "2026-03")


def test_a_correction_that_contradicts(openstack):
    answer = openstack(
        *("correction", "create", "web", "--action", "add", "--reason", "x"),
        *("--start", "2026-03-02", "--end", "2026-03-03"),
    )
    assert answer.status == 1
    assert "has a period from" in answer.err
    assert "(HTTP 409, request req-" in answer.err


def test_dead_letters(openstack):
    (letter,) = openstack.json("dead", "letter", "list")
    letter_id = str(letter["id"])
    whole_letter = openstack.json("dead", "letter", "show", letter_id)
    assert whole_letter["message"]["message_id"] == "m1"
    assert whole_letter["origin"]["transport"] == "here"
    answer = openstack("dead", "letter", "replay", letter_id)
    assert answer.status == 1
    assert "still can't be recorded" in answer.out
    answer = openstack("dead", "letter", "purge", "--all")
    assert answer.status == 1
    assert "--yes" in answer.err
    answer = openstack("dead", "letter", "purge", "--all", "--yes")
    assert answer.out == "1 purged\n"
    assert openstack.json("dead", "letter", "list") == []


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (("resource", "show", "nobody"), 1, "Resource nobody not found"),
        (("period", "list", "--sort", "colour"), 1, "sort: "),
        (("period", "list", "--start", "soon"), 2, "'soon' is not a time"),
        (("change", "list", "--since", "99999"), 1, "HTTP 410"),
        (("bogus", "list"), 1, "concertim bogus list is not a command"),
    ],
)
def test_errors(openstack, arguments, status, message):
    answer = openstack(*arguments)
    assert answer.status == status
    assert message in answer.err + answer.out
