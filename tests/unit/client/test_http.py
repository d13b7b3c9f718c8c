"""Requests: their endpoint, headers, pages and errors."""

import pytest
import requests
from keystoneauth1 import fixture, session, token_endpoint
from keystoneauth1.identity import v3
from requests_mock import ANY

from concertim_api.client import Client, errors

URL = "http://concertim.test/usage"
REGIONS = f"{URL}/v1/regions"
PERIODS = f"{URL}/v1/periods"


def document(status, code, detail, **more):
    error = {
        "request_id": "req-1",
        "code": f"concertim.{code}",
        "status": status,
        "title": code,
        "detail": detail,
        "links": [],
        **more,
    }
    return {"status_code": status, "json": {"errors": [error]}}


def test_token_version_and_request(concertim, requests_mock):
    requests_mock.get(REGIONS, json={"regions": [{"name": "one"}]})
    assert concertim.regions.list() == [{"name": "one"}]
    headers = requests_mock.last_request.headers
    assert headers["X-Auth-Token"] == "the-key"
    assert headers["OpenStack-API-Version"] == "concertim 1.0"
    assert requests_mock.last_request.timeout == 60


@pytest.mark.parametrize("end", ["", "/", "/v1", "/v1/"])
def test_endpoints_may_or_may_not_have_the_version(requests_mock, end):
    requests_mock.get(REGIONS, json={"regions": []})
    auth = token_endpoint.Token(URL + end, "the-key")
    assert Client(session.Session(auth)).regions.list() == []


def keystone(requests_mock):
    """Log in to a Keystone whose catalog has concertim in two regions."""
    token = fixture.V3Token(project_id="p1")
    service = token.add_service("concertim", name="concertim")
    service.add_standard_endpoints(public=URL, region="here")
    service.add_standard_endpoints(public="http://other", region="there")
    url = "http://keystone.test/v3"
    requests_mock.get(url, json={"version": fixture.V3Discovery(url)})
    requests_mock.post(
        f"{url}/auth/tokens",
        json=token,
        headers={"X-Subject-Token": "the-token"},
    )
    auth = v3.Password(url, user_id="u", password="p", project_id="p1")
    return session.Session(auth)


def test_the_catalog_of_keystone_has_the_endpoint(requests_mock):
    requests_mock.get(REGIONS, json={"regions": []})
    concertim = Client(keystone(requests_mock), region_name="here")
    assert concertim.regions.list() == []
    assert concertim.project_id == "p1"
    assert requests_mock.last_request.headers["X-Auth-Token"] == "the-token"


def test_a_region_that_is_not_in_the_catalog(requests_mock, naps):
    concertim = Client(keystone(requests_mock), region_name="nowhere")
    with pytest.raises(errors.Unreachable, match="nowhere region"):
        concertim.regions.list()
    assert naps == []


def test_no_endpoint_is_an_error_of_its_own(naps):
    auth = token_endpoint.Token(None, "the-key")
    with pytest.raises(errors.Unreachable, match="service type concertim"):
        Client(session.Session(auth)).regions.list()
    assert naps == []


def page(*ids, **after):
    links = [{"rel": "next", "href": after["link"]}] if after else []
    return {"json": {"periods": [{"id": i} for i in ids], "links": links}}


def test_lists_follow_their_pages_as_they_are_taken(concertim, requests_mock):
    link = f"{PERIODS}?kind=instance&limit=2&marker=m1"
    requests_mock.get(PERIODS, [page(1, 2, link=link), page(3)])
    periods = concertim.periods.list(kind="instance")
    assert requests_mock.call_count == 0
    assert next(periods)["id"] == 1
    assert requests_mock.call_count == 1
    assert periods.marker == "m1"
    assert [period["id"] for period in periods] == [2, 3]
    assert periods.marker is None
    first, second = requests_mock.request_history
    assert first.qs == {"kind": ["instance"], "limit": ["1000"]}
    assert second.qs["marker"] == ["m1"]
    assert second.qs["kind"] == ["instance"]


def test_a_token_never_follows_a_link_to_another_host(
    concertim, requests_mock
):
    link = "http://evil.test/v1/periods?marker=m1"
    requests_mock.get(PERIODS, [page(1, link=link), page(2)])
    assert [period["id"] for period in concertim.periods.list()] == [1, 2]


def test_a_limit_is_for_the_whole_list(requests_mock):
    link = f"{PERIODS}?marker=m1&limit=2"
    requests_mock.get(PERIODS, [page(1, 2, link=link), page(3, link=link)])
    auth = token_endpoint.Token(URL, "the-key")
    concertim = Client(session.Session(auth), page_size=2)
    periods = concertim.periods.list(limit=3)
    assert [period["id"] for period in periods] == [1, 2, 3]
    limits = [r.qs["limit"] for r in requests_mock.request_history]
    assert limits == [["2"], ["1"]]
    assert periods.marker == "m1"


def test_smaller_pages_where_the_server_wants_them(concertim, requests_mock):
    error = document(400, "invalid", "limit: must be 1 to 600")
    requests_mock.get(PERIODS, [error, page(1)])
    assert [period["id"] for period in concertim.periods.list()] == [1]
    assert requests_mock.last_request.qs["limit"] == ["500"]


@pytest.mark.parametrize(
    ("status", "code", "error_class"),
    [
        (400, "invalid", errors.Invalid),
        (401, "unauthorized", errors.Unauthorized),
        (403, "forbidden", errors.Forbidden),
        (404, "not_found", errors.NotFound),
        (406, "not_acceptable", errors.NotAcceptable),
        (409, "conflict", errors.Conflict),
        (409, "ambiguous", errors.Ambiguous),
        (410, "gone", errors.Gone),
        (413, "too_large", errors.TooLarge),
        (418, "teapot", errors.HttpError),
        (500, "internal", errors.ServerError),
        (503, "unavailable", errors.Unavailable),
    ],
)
def test_errors_have_types(
    concertim, requests_mock, status, code, error_class
):
    requests_mock.get(REGIONS, **document(status, code, "start: no date"))
    with pytest.raises(errors.ClientError) as raised:
        concertim.regions.list()
    assert type(raised.value) is error_class
    assert raised.value.code == f"concertim.{code}"
    assert str(raised.value) == (
        f"start: no date (HTTP {status}, request req-1)"
    )


def test_an_invalid_value_names_its_field(concertim, requests_mock):
    requests_mock.get(REGIONS, **document(400, "invalid", "start: no date"))
    with pytest.raises(errors.Invalid) as caught:
        concertim.regions.list()
    assert caught.value.field == "start"


def test_a_version_that_the_server_lacks(concertim, requests_mock):
    answer = document(
        406, "not_acceptable", "no", min_version="2.0", max_version="2.1"
    )
    requests_mock.get(REGIONS, **answer)
    with pytest.raises(errors.NotAcceptable) as caught:
        concertim.regions.list()
    assert caught.value.min_version == "2.0"
    assert caught.value.max_version == "2.1"


@pytest.mark.parametrize("body", ["<h1>Bad gateway</h1>", '{"errors": [3]}'])
def test_an_error_in_other_words(concertim, requests_mock, body):
    headers = {"X-Openstack-Request-Id": "req-2"}
    requests_mock.get(REGIONS, status_code=502, text=body, headers=headers)
    with pytest.raises(errors.ServerError, match="HTTP 502, request req-2"):
        concertim.regions.list()


@pytest.mark.parametrize("body", ["<h1>Welcome</h1>", '{"x": 1}', "[1]"])
def test_an_answer_of_something_else(concertim, requests_mock, body):
    requests_mock.get(PERIODS, text=body)
    with pytest.raises(errors.NotUnderstood):
        list(concertim.periods.list())


BUSY = {
    **document(503, "unavailable", "no database"),
    "headers": {"Retry-After": "1"},
}
IN_VAIN = document(503, "unavailable", "our password is refused")
OF_A_PROXY = {"status_code": 503, "text": "<h1>Service unavailable</h1>"}
LOST = {"exc": requests.exceptions.ConnectionError}
SLOW = {"exc": requests.exceptions.ReadTimeout}
UNTRUSTED = {"exc": requests.exceptions.SSLError}


@pytest.mark.parametrize(
    ("after", "nap"),
    [
        ("7", 7.0),
        ("86400", 30.0),  # no wait is longer than bearable
        # It is more digits than Python makes an integer of.
        pytest.param("9" * 5000, 30.0, id="5000 digits"),
        ("-1", 0.5),
        ("1.5", 0.5),
        ("soon", 0.5),
        ("Sat, 21 Nov 2026 12:00:00 GMT", 0.5),
        ("\xb2", 0.5),
    ],
)
def test_the_server_says_when_to_ask_again(
    concertim, requests_mock, naps, after, nap
):
    later = {**BUSY, "headers": {"Retry-After": after}}
    requests_mock.get(REGIONS, [later, {"json": {"regions": []}}])
    assert concertim.regions.list() == []
    assert naps == [nap]


def read(concertim):
    return list(concertim.periods.list())


def replay(concertim):
    return concertim.dead_letters.replay(3)


@pytest.mark.parametrize(
    ("ask", "failures", "waits"),
    [
        (read, [BUSY, BUSY], [1.0, 1.0]),
        (read, [LOST, SLOW], [0.5, 1.0]),
        (read, [OF_A_PROXY, OF_A_PROXY], [0.5, 1.0]),
        (replay, [BUSY, BUSY], [1.0, 1.0]),
    ],
)
def test_what_is_asked_again(
    concertim, requests_mock, naps, ask, failures, waits
):
    answer = {"json": {"periods": [], "outcome": "known"}}
    requests_mock.register_uri(ANY, ANY, [*failures, answer])
    assert ask(concertim) in ([], answer["json"])
    assert naps == waits


@pytest.mark.parametrize(
    ("ask", "failures", "error", "waits"),
    [
        (read, [LOST] * 3, r"concertim\.test", [0.5, 1.0]),
        # No certificate is no reason to insist.
        (read, [UNTRUSTED], "SSL", []),
        # What may have been done is not repeated.
        (replay, [SLOW], "timed out", []),
        # It was refused for now, and may have been done after that.
        (replay, [BUSY, SLOW], "timed out", [1.0]),
    ],
)
def test_what_is_not_asked_again(
    concertim, requests_mock, naps, ask, failures, error, waits
):
    requests_mock.register_uri(ANY, ANY, failures)
    with pytest.raises(errors.Unreachable, match=error):
        ask(concertim)
    assert requests_mock.call_count == len(failures)
    assert naps == waits


def test_what_is_refused_for_long_is_given_up(concertim, requests_mock, naps):
    requests_mock.post(ANY, **BUSY)
    with pytest.raises(errors.Unavailable):
        replay(concertim)
    assert requests_mock.call_count == 3
    assert naps == [1.0, 1.0]


@pytest.mark.parametrize("ask", [read, replay])
def test_what_somebody_must_mend_is_shown_at_once(
    concertim, requests_mock, naps, ask, caplog
):
    requests_mock.register_uri(ANY, ANY, **IN_VAIN)
    with pytest.raises(errors.Unavailable, match="our password is refused"):
        ask(concertim)
    assert requests_mock.call_count == 1
    assert naps == caplog.messages == []


def test_who_waits_reads_why(concertim, requests_mock, caplog):
    requests_mock.get(REGIONS, [BUSY, BUSY, {"json": {"regions": []}}])
    concertim.regions.list()
    reason = "no database (HTTP 503, request req-1); Ctrl-C ends the wait"
    assert caplog.messages[::2] == [reason, reason]
    assert "Retrying in 1.0s. 2 retries left" in caplog.messages[1]
