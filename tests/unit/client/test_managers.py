"""The requests of each manager, and its results."""

import itertools
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from concertim_api.client import errors

API = "http://concertim.test/usage/v1"
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_conditions_become_text(concertim, requests_mock):
    requests_mock.get(f"{API}/periods", json={"periods": []})
    berlin = timezone(timedelta(hours=1))
    periods = concertim.periods.list(
        start=NOON.astimezone(berlin),
        clip=True,
        kind=["instance", "volume"],
        running=False,
        state="neq:stopped",
        sort="end:desc",
        region=None,
    )
    assert list(periods) == []
    assert requests_mock.last_request.qs == {
        "start": ["2026-11-21t12:00:00z"],
        "clip": ["true"],
        "kind": ["in:instance,volume"],
        "running": ["false"],
        "state": ["neq:stopped"],
        "sort": ["end:desc"],
        "limit": ["1000"],
    }


def test_a_time_must_know_its_zone(concertim):
    with pytest.raises(ValueError, match="no zone"):
        concertim.periods.list(start=NOON.replace(tzinfo=None))


def test_usage_is_exact(concertim, requests_mock):
    row = {
        "project_id": "p1",
        "day": "2026-11-21",
        "resources": 3,
        "seconds": "45000",
        "hours": "12.500000",
        "vcpu_hours": "0.000001",
        "ram_gib_hours": "98765432109876543210.000001",
        "disk_gb_hours": "0.000000",
    }
    answer = {"usage": [row], "start": "s", "end": "e"}
    requests_mock.get(f"{API}/usage", json=answer)
    totals = concertim.usage.get(start=NOON, group_by=["project_id", "day"])
    assert requests_mock.last_request.qs["group_by"] == ["project_id,day"]
    assert (totals.start, totals.end) == ("s", "e")
    (totals_row,) = totals.rows
    assert totals_row["seconds"] == 45000
    assert totals_row["hours"] == Decimal("12.5")
    assert totals_row["ram_gib_hours"] == Decimal(
        "98765432109876543210.000001"
    )
    assert totals_row["day"] == "2026-11-21"


def test_ids_are_quoted(concertim, requests_mock):
    requests_mock.get(f"{API}/resources/a%2Fb%20c/history", json={})
    concertim.resources.history("a/b c", kind="keypair", region="one")
    assert requests_mock.last_request.qs == {
        "kind": ["keypair"],
        "region": ["one"],
    }


def test_a_long_history_is_whole(concertim, requests_mock):
    links = [{"rel": "next", "href": "x?marker=m1"}]
    requests_mock.get(
        f"{API}/resources/r1/history",
        [
            {"json": {"resource": {}, "periods": [{"id": 1}], "links": links}},
            {"json": {"resource": {}, "periods": [{"id": 2}]}},
        ],
    )
    history = concertim.resources.history("r1")
    assert [period["id"] for period in history["periods"]] == [1, 2]
    assert requests_mock.last_request.qs == {"marker": ["m1"]}


def test_a_resource_as_it_was(concertim, requests_mock):
    requests_mock.get(f"{API}/resources/r1", json={"id": "r1"})
    assert concertim.resources.get("r1", at=NOON) == {"id": "r1"}
    assert requests_mock.last_request.qs == {"at": ["2026-11-21t12:00:00z"]}


def named(*ids):
    return {"resources": [{"id": i, "kind": "instance"} for i in ids]}


def test_find_by_id_or_name(concertim, requests_mock):
    requests_mock.get(f"{API}/resources/web", status_code=404)
    requests_mock.get(f"{API}/resources", json=named("r1"))
    assert concertim.resources.find("web")["id"] == "r1"
    assert requests_mock.last_request.qs["name"] == ["eq:web"]


def test_find_nothing(concertim, requests_mock):
    requests_mock.get(f"{API}/resources/web", status_code=404)
    requests_mock.get(f"{API}/resources", json=named())
    with pytest.raises(errors.NotFound):
        concertim.resources.find("web")


def test_find_too_much(concertim, requests_mock):
    requests_mock.get(f"{API}/resources/web", status_code=404)
    requests_mock.get(f"{API}/resources", json=named("r1", "r2"))
    with pytest.raises(errors.ClientError, match="instance r1, instance r2"):
        concertim.resources.find("web")


def test_observations(concertim, requests_mock):
    url = f"{API}/resources/r1/observations"
    requests_mock.get(url, json={"observations": [{"says": "alive"}]})
    (observation,) = concertim.resources.observations("r1", kind="instance")
    assert observation == {"says": "alive"}


def feed(*cursors, more=False):
    links = [{"rel": "next", "href": "x"}] if more else []
    changes = [{"cursor": cursor} for cursor in cursors]
    return {
        "json": {"changes": changes, "cursor": cursors[-1], "links": links}
    }


def test_changes_up_to_now(concertim, requests_mock):
    requests_mock.get(f"{API}/changes", [feed(1, 2, more=True), feed(5)])
    assert [c["cursor"] for c in concertim.changes.list()] == [1, 2, 5]
    first, second = requests_mock.request_history
    assert "since" not in first.qs
    assert second.qs["since"] == ["2"]


def test_some_changes(concertim, requests_mock):
    requests_mock.get(f"{API}/changes", [feed(8, 9, more=True)])
    changes = concertim.changes.list(since=7, limit=2)
    assert [c["cursor"] for c in changes] == [8, 9]
    assert requests_mock.last_request.qs["limit"] == ["2"]
    assert requests_mock.call_count == 1


def test_changes_to_come(concertim, requests_mock):
    nothing = {"json": {"changes": [], "cursor": 2, "links": []}}
    requests_mock.get(f"{API}/changes", [feed(1, 2), nothing, feed(3)])
    naps = []
    changes = concertim.changes.follow(0, interval=9, sleep=naps.append)
    assert [c["cursor"] for c in itertools.islice(changes, 3)] == [1, 2, 3]
    assert naps == [9, 9]


def test_create_a_correction(concertim, requests_mock):
    requests_mock.post(f"{API}/corrections", json={"id": "c1"})
    correction = concertim.corrections.create(
        action="rewrite",
        resource_id="r1",
        kind="volume",
        start=NOON,
        shape={"size_gb": 3},
        reason="the array lied",
    )
    assert correction == {"id": "c1"}
    assert requests_mock.last_request.json() == {
        "action": "rewrite",
        "resource_id": "r1",
        "kind": "volume",
        "start": "2026-11-21T12:00:00Z",
        "shape": {"size_gb": 3},
        "reason": "the array lied",
    }


def test_list_and_show_corrections(concertim, requests_mock):
    requests_mock.get(f"{API}/corrections", json={"corrections": [{"id": 1}]})
    requests_mock.get(f"{API}/corrections/1", json={"id": 1})
    assert list(concertim.corrections.list(author="u1")) == [{"id": 1}]
    assert concertim.corrections.get("1") == {"id": 1}


def test_dead_letters(concertim, requests_mock):
    url = f"{API}/dead-letters"
    requests_mock.get(url, json={"dead_letters": [{"id": 7}]})
    requests_mock.get(f"{url}/7", json={"id": 7, "message": {}})
    requests_mock.delete(f"{url}/7", status_code=204)
    assert list(concertim.dead_letters.list(region="one")) == [{"id": 7}]
    assert concertim.dead_letters.get(7)["message"] == {}
    assert concertim.dead_letters.delete(7) is None


def test_purge_dead_letters(concertim, requests_mock):
    requests_mock.delete(f"{API}/dead-letters", json={"purged": 4})
    assert concertim.dead_letters.purge(before=NOON, event_type="x.y") == 4
    assert requests_mock.last_request.qs == {
        "before": ["2026-11-21t12:00:00z"],
        "event_type": ["x.y"],
    }
    assert concertim.dead_letters.purge(everything=True) == 4
    assert requests_mock.last_request.qs == {"all": ["true"]}
