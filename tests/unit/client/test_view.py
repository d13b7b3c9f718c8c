"""The requests of the managers of the view, and their results."""

from datetime import UTC, datetime

import pytest

from concertim_api.client import errors

API = "http://concertim.test/usage/v1"
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
NOON_ARGUMENT = ["2026-11-21t12:00:00z"]

NOUNS = ("racks", "devices", "templates", "teams", "users")


@pytest.mark.parametrize("noun", NOUNS)
def test_lists(concertim, requests_mock, noun):
    requests_mock.get(f"{API}/{noun}", json={noun: [{"id": "x"}]})
    things = getattr(concertim, noun).list(name=["a", "b"], sort="name")
    assert list(things) == [{"id": "x"}]
    assert requests_mock.last_request.qs == {
        "name": ["in:a,b"],
        "sort": ["name"],
        "limit": ["1000"],
    }


@pytest.mark.parametrize("noun", NOUNS)
def test_one_of_several_regions(concertim, requests_mock, noun):
    requests_mock.get(f"{API}/{noun}/a%2Fb", json={"id": "a/b"})
    assert getattr(concertim, noun).get("a/b", region="one")["id"] == "a/b"
    assert requests_mock.last_request.qs == {"region": ["one"]}


@pytest.mark.parametrize("noun", NOUNS)
def test_find_by_name(concertim, requests_mock, noun):
    requests_mock.get(f"{API}/{noun}/web", status_code=404)
    requests_mock.get(f"{API}/{noun}", json={noun: [{"id": "x"}]})
    assert getattr(concertim, noun).find("web", region="one")["id"] == "x"
    assert requests_mock.last_request.qs == {
        "name": ["eq:web"],
        "region": ["one"],
        "limit": ["10"],
    }


@pytest.mark.parametrize("noun", NOUNS)
def test_find_nothing(concertim, requests_mock, noun):
    requests_mock.get(f"{API}/{noun}/web", status_code=404)
    requests_mock.get(f"{API}/{noun}", json={noun: []})
    with pytest.raises(errors.NotFound):
        getattr(concertim, noun).find("web")


def test_find_too_much(concertim, requests_mock):
    requests_mock.get(f"{API}/racks/web", status_code=404)
    two = [{"id": "r1", "region": "one"}, {"id": "r2", "region": "two"}]
    requests_mock.get(f"{API}/racks", json={"racks": two})
    message = "several racks are named web: r1 in one, r2 in two"
    with pytest.raises(errors.ClientError, match=message):
        concertim.racks.find("web")


def test_a_rack_as_it_was_with_its_devices(concertim, requests_mock):
    requests_mock.get(f"{API}/racks/r1", json={"id": "r1", "devices": []})
    rack = concertim.racks.find("r1", at=NOON, devices=True)
    assert rack == {"id": "r1", "devices": []}
    assert requests_mock.call_count == 1
    assert requests_mock.last_request.qs == {
        "at": NOON_ARGUMENT,
        "devices": ["true"],
    }


def test_a_rack_by_name_with_its_devices(concertim, requests_mock):
    requests_mock.get(f"{API}/racks/web", status_code=404)
    racks = [{"id": "r1", "region": "one"}]
    requests_mock.get(f"{API}/racks", json={"racks": racks})
    requests_mock.get(f"{API}/racks/r1", json={"id": "r1", "devices": []})
    rack = concertim.racks.find("web", at=NOON, devices=True)
    assert rack["devices"] == []
    _, by_name, by_id = requests_mock.request_history
    assert by_name.qs["at"] == NOON_ARGUMENT
    assert by_id.qs == {
        "at": NOON_ARGUMENT,
        "devices": ["true"],
        "region": ["one"],
    }


def test_a_device_of_a_rack_by_name(concertim, requests_mock):
    requests_mock.get(f"{API}/devices/node", status_code=404)
    requests_mock.get(f"{API}/devices", json={"devices": [{"id": "d1"}]})
    concertim.devices.find("node", rack_id="r1", at=NOON)
    assert requests_mock.last_request.qs["rack_id"] == ["r1"]
    assert requests_mock.last_request.qs["at"] == NOON_ARGUMENT


def test_a_device_by_its_name_of_today_as_it_was(concertim, requests_mock):
    requests_mock.get(f"{API}/devices/node", status_code=404)
    devices = [{"id": "d1", "region": "one"}]
    requests_mock.get(f"{API}/devices", json={"devices": devices})
    requests_mock.get(f"{API}/devices/d1", json={"id": "d1", "old": True})
    assert concertim.devices.find("node", at=NOON)["old"]
    _, by_name, by_id = requests_mock.request_history
    assert "at" not in by_name.qs
    assert by_id.qs == {"at": NOON_ARGUMENT, "region": ["one"]}


def test_a_long_history_is_whole(concertim, requests_mock):
    links = [{"rel": "next", "href": "x?marker=m1"}]
    requests_mock.get(
        f"{API}/racks/r1/history",
        [
            {"json": {"rack": {}, "events": [{"id": 1}], "links": links}},
            {"json": {"rack": {}, "events": [{"id": 2}]}},
        ],
    )
    history = concertim.racks.history("r1", region="one")
    assert [event["id"] for event in history["events"]] == [1, 2]
    assert requests_mock.last_request.qs == {"marker": ["m1"]}


def job(state, finished_at=None):
    return {"name": "sync:one", "state": state, "finished_at": finished_at}


def test_jobs(concertim, requests_mock):
    requests_mock.get(f"{API}/jobs", json={"jobs": [job("waiting")]})
    requests_mock.get(f"{API}/jobs/sync%3Aone", json=job("running"))
    assert concertim.jobs.list() == [job("waiting")]
    assert concertim.jobs.get("sync:one") == job("running")


def test_run_a_job(concertim, requests_mock):
    requests_mock.post(f"{API}/jobs/sync%3Aone/run", json=job("asked"))
    concertim.jobs.run("sync:one", accept_deletes=True, kinds=["volume"])
    assert requests_mock.last_request.json() == {
        "accept_deletes": True,
        "kinds": ["volume"],
    }
    assert concertim.jobs.run("sync:one") == job("asked")
    assert requests_mock.last_request.json() == {}


def test_run_the_push(concertim, requests_mock):
    requests_mock.post(f"{API}/jobs/push/run", json=job("asked"))
    concertim.jobs.run("push", accept_deletes=True, retry=True, survey=False)
    assert requests_mock.last_request.json() == {
        "accept_deletes": True,
        "retry": True,
        "survey": False,
    }


def test_pushes(concertim, requests_mock):
    failing = {"id": 7, "state": "failing"}
    requests_mock.get(f"{API}/pushes", json={"pushes": [failing]})
    requests_mock.get(f"{API}/pushes/7", json=failing)
    requests_mock.post(f"{API}/pushes/7/retry", json=failing, status_code=202)
    pushes = concertim.pushes.list(
        state=["failing", "refused"], noun="rack", foreign_id="17", limit=5
    )
    assert list(pushes) == [failing]
    assert requests_mock.last_request.qs == {
        "state": ["in:failing,refused"],
        "noun": ["rack"],
        "foreign_id": ["17"],
        "limit": ["5"],
    }
    assert concertim.pushes.get(7) == failing
    assert concertim.pushes.retry("7") == failing
    assert requests_mock.last_request.method == "POST"


def test_a_push_that_is_not_there(concertim, requests_mock):
    requests_mock.post(f"{API}/pushes/8/retry", status_code=404)
    with pytest.raises(errors.NotFound):
        concertim.pushes.retry(8)


def test_wait_for_the_run_that_was_asked_for(concertim, requests_mock):
    looks = [
        job("running"),  # one that had begun before
        job("asked", "13:00"),
        job("running", "13:00"),
        job("waiting", "13:01"),
    ]
    requests_mock.get(
        f"{API}/jobs/sync%3Aone", [{"json": look} for look in looks]
    )
    answers, naps = [], []
    last = concertim.jobs.wait(
        job("running"), interval=9, progress=answers.append, sleep=naps.append
    )
    assert last == looks[-1]
    assert answers == looks
    assert naps == [9, 9, 9]


def test_what_has_not_begun_has_not_finished(concertim, requests_mock):
    looks = [job("waiting", "12:00"), job("waiting", "12:05")]
    requests_mock.get(
        f"{API}/jobs/sync%3Aone", [{"json": look} for look in looks]
    )
    last = concertim.jobs.wait(
        job("asked", "12:00"), sleep=lambda seconds: None
    )
    assert last["finished_at"] == "12:05"


def test_wait_no_longer_than_that(concertim, requests_mock):
    requests_mock.get(f"{API}/jobs/sync%3Aone", json=job("asked"))
    naps = []
    with pytest.raises(errors.ClientError, match=r"within 5 s: it is asked"):
        concertim.jobs.wait(
            job("asked"),
            timeout=5,
            interval=2,
            sleep=naps.append,
            clock=lambda: sum(naps),
        )
    assert naps == [2, 2, 2]
