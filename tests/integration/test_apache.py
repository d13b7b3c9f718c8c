"""The API behind a real Apache, with the sites of etc/apache2 as shipped."""

from __future__ import annotations

import collections
import concurrent.futures
import contextlib
import json
import re
import threading
import time

import pytest

from tests.integration.apache import (
    ROOT,
    Site,
    in_front_of,
    installed,
    with_certificate,
)
from tests.waiting import wait_for

DEMO = ROOT / "demo" / "site.jsonl.gz"

#: What a server sees of a request, told by a stand-in for our application.
ECHO = """
import json, os, time
def application(environ, start_response):
    time.sleep(0.02)  # meanwhile, others are asked
    seen = {name: str(value) for name, value in environ.items()}
    body = json.dumps({"pid": os.getpid(), **seen}).encode()
    start_response("200 OK", [("Content-Type", "application/json")])
    return [body]
"""


@pytest.fixture(scope="module")
def apache():
    """One for all tests that do not change it, with some periods."""
    with installed(auth_strategy="key") as made:
        made.installation.run("concertim-manage", "replay", DEMO)
        made.urls = made.start()
        yield made


@pytest.fixture(scope="module")
def site(apache):
    return Site(apache.urls["CONCERTIM_API_URL"])


@pytest.fixture(scope="module")
def token(apache):
    made = apache.installation.run(
        "concertim-manage", "key", "create", "tests", "--role", "admin"
    )
    apache.give_away()
    return made.stdout.strip()


@contextlib.contextmanager
def started(*arguments, prepare=lambda apache: (), **options):
    """Hand out an Apache of a test's own, and its sites' URLs."""
    with installed(auth_strategy="noauth") as made:
        for section, values in options.items():
            made.installation.configure(section, **values)
        given = prepare(made)
        yield made, made.start(*arguments, *given)


def test_versions_and_health_need_no_token(site):
    version = site.ask("/").json()["versions"][0]
    assert version["links"][0]["href"] == f"{site.url}/v1/"
    health = site.ask("/healthcheck")
    assert (health.status, health.json()["status"]) == (200, "ok")


@pytest.mark.parametrize("headers", [{}, {"X_Auth_Token": "wrong"}])
def test_all_else_needs_a_token(site, headers):
    answer = site.ask("/v1/periods", **headers)
    assert answer.status == 401
    assert answer.headers["www-authenticate"] == 'Key realm="concertim"'
    assert answer.error()["code"] == "concertim.unauthorized"
    request_id = answer.headers["x-openstack-request-id"]
    assert answer.error()["request_id"] == request_id


def test_a_token_arrives(site, token):
    assert site.ask("/v1/periods?limit=2", X_Auth_Token=token).status == 200


def test_pages_follow_each_other(site, token):
    path, seen = "/v1/periods?limit=100", []
    while path:
        page = site.ask(path, X_Auth_Token=token).json()
        seen += [period["id"] for period in page["periods"]]
        following = [one["href"] for one in page["links"]]
        assert all(href.startswith(f"{site.url}/v1/") for href in following)
        path = following[0].removeprefix(site.url) if following else None
    assert len(seen) == len({*seen}) > 200


def test_a_known_answer_is_not_sent_again(site, token):
    page = site.ask("/v1/periods?limit=1", X_Auth_Token=token).json()
    path = f"/v1/periods/{page['periods'][0]['id']}"
    whole = site.ask(path, X_Auth_Token=token)
    head = site.ask(path, "HEAD", X_Auth_Token=token)
    assert (head.status, head.body) == (200, b"")
    assert head.headers["etag"] == whole.headers["etag"]
    tag = whole.headers["etag"]
    known = site.ask(path, X_Auth_Token=token, If_None_Match=tag)
    assert (known.status, known.body) == (304, b"")
    other = site.ask(path, X_Auth_Token=token, If_None_Match='"other"')
    assert other.body == whole.body


def test_a_body_arrives(site, token):
    answer = site.ask(
        "/v1/corrections",
        "POST",
        json.dumps({"action": "unheard of"}),
        X_Auth_Token=token,
        Content_Type="application/json",
    )
    assert answer.status == 400
    assert "action" in answer.error()["detail"]


@pytest.mark.parametrize("size", [200_000, 2_000_000, 50_000_000])
def test_a_body_is_too_large(site, token, size):
    """The API says so; above its own bound, Apache, in the same words."""
    with contextlib.closing(site.connection()) as connection:
        connection.putrequest("POST", "/v1/corrections")
        connection.putheader("X-Auth-Token", token)
        connection.putheader("Content-Type", "application/json")
        connection.putheader("Content-Length", str(size))
        # What the API refuses itself is passed on to it as a whole.
        connection.endheaders(b"{" * (size if size < 1_000_000 else 1))
        response = connection.getresponse()
        error = json.loads(response.read())["errors"][0]
    assert (response.status, error["code"]) == (413, "concertim.too_large")
    # Of the body that is too large for Apache, it waited for no more.
    assert ("request_id" in error) == (size < 1_000_000)


def test_a_body_has_a_length(site, token):
    answer = site.ask(
        "/v1/corrections",
        "POST",
        iter([b"{}"]),
        X_Auth_Token=token,
        Content_Type="application/json",
    )
    assert answer.error()["code"] == "concertim.length_required"


@pytest.mark.parametrize(
    ("path", "method", "headers", "status"),
    [
        ("/v1/periods", "TRACE", {}, 405),
        ("/v1/periods", "GET", {"X_Long": "x" * 9000}, 400),
        (f"/v1/{'x' * 9000}", "GET", {}, 414),
        ("/v1/periods%zz", "GET", {}, 400),
    ],
)
def test_apache_speaks_in_our_words(site, path, method, headers, status):
    answer = site.ask(path, method, **headers)
    assert answer.status == status
    assert "request_id" not in answer.error()  # not the API's
    assert answer.headers["cache-control"] == "no-store"


def test_what_a_path_means_is_ours_to_say(site, token):
    answer = site.ask("/v1/racks/a%2Fb", X_Auth_Token=token)
    assert answer.status == 404
    assert "request_id" in answer.error()


def test_the_log_tells_requests_by_their_ids(apache, site):
    site.ask("/healthcheck")  # would be logged first
    answer = site.ask("/v1/periods?logged")
    request_id = answer.headers["x-openstack-request-id"]
    log = wait_for(
        f"Apache to log request {request_id}",
        lambda: apache.log("concertim-api-access.log"),
        lambda log: request_id in log,
    )
    (line,) = (line for line in log.splitlines() if request_id in line)
    assert '"GET /v1/periods?logged HTTP/1.1" 401 ' in line
    assert "healthcheck" not in log


def with_echo(apache):
    path = apache.folder / "echo.wsgi"
    path.write_text(ECHO)
    return [f"CONCERTIM_WSGI={path}", "CONCERTIM_PROCESSES=3"]


def test_a_line_of_the_log_has_one_time(apache, site):
    """Apache's; the first line of each process has none of its own."""
    lines = [
        line
        for line in apache.log().splitlines()
        if "concertim_api.bootstrap.configuration" in line
    ]
    assert lines
    for line in lines:
        assert len(re.findall(r"\d\d:\d\d:\d\d", line)) == 1, line


def test_requests_reach_every_process_with_all_they_say():
    with started(prepare=with_echo) as (apache, urls):
        site = Site(urls["CONCERTIM_API_URL"])
        seen = site.ask(
            "/v1/x%2Fy?a=b", Authorization="Bearer x", X_Auth_Token="y"
        ).json()
        assert seen["HTTP_AUTHORIZATION"] == "Bearer x"
        assert seen["HTTP_X_AUTH_TOKEN"] == "y"
        assert (seen["PATH_INFO"], seen["QUERY_STRING"]) == ("/v1/x/y", "a=b")
        assert seen["mod_wsgi.process_group"] == "concertim-api"
        assert seen["mod_wsgi.application_group"] == ""  # the main one
        assert seen["wsgi.multiprocess"] == seen["wsgi.multithread"] == "True"
        workers = apache.workers()
        assert len(workers) == 3
        pids = set()
        with concurrent.futures.ThreadPoolExecutor(12) as threads:
            wait_for(
                f"answers of each of the processes {workers}",
                lambda: (
                    pids.update(
                        answer.json()["pid"]
                        for answer in threads.map(site.ask, ["/"] * 100)
                    )
                    or pids
                ),
                lambda pids: pids == workers,
            )


class Load:
    """Asks all the time, on new connections, and counts the answers.

    ``lost``: those that are not 200. ``late``: those of a request for which
    no process had begun within the site's queue-timeout, which a busy
    machine may need for it: Apache says 504, as it must.
    """

    def __init__(self, site, path, **headers):
        self.counts = collections.Counter()
        self.lost = []
        self.late = 0
        self._patience = queue_timeout()
        self._ask = lambda: site.ask(path, **headers)
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._work) for _ in range(8)]

    def _work(self):
        while not self._over.is_set():
            began = time.monotonic()
            try:
                answer = self._ask()
            except OSError as exc:
                self.counts[repr(exc)] += 1
            else:
                self._count(answer, time.monotonic() - began)

    def _count(self, answer, seconds):
        if answer.status == 504 and seconds >= self._patience:
            self.late += 1
            return
        self.counts[answer.status] += 1
        if answer.status != 200:
            self.lost.append((answer, seconds))

    def report(self):
        """Return what was counted, and all that is known of what was lost."""
        lost = [
            (answer.status, seconds, answer.body)
            for answer, seconds in self.lost
        ]
        return f"{self.counts}, {self.late} late, lost: {lost}"

    def await_answers(self, number):
        """Wait until so many more have come."""
        goal = sum(self.counts.values()) + number
        wait_for(
            f"{goal} answers under load",
            lambda: sum(self.counts.values()),
            lambda count: count > goal,
        )

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        for thread in self._threads:
            thread.join()


def queue_timeout():
    """Return the seconds that a request waits for a process, at most."""
    site = ROOT / "etc/apache2/sites-available/concertim-api.conf"
    return int(re.search(r"queue-timeout=(\d+)", site.read_text())[1])


@pytest.mark.parametrize("how", ["reload", "begin_anew"])
def test_a_reload_loses_no_request(apache, site, token, how):
    with Load(site, "/v1/periods?limit=20", X_Auth_Token=token) as load:
        for _ in range(3):
            before = apache.workers()
            getattr(apache, how)()
            apache.await_workers(before)
            load.await_answers(50)
            wait_for(
                "the API to run in two processes",
                apache.workers,
                lambda workers: len(workers) == 2,
            )
    log = "\n".join(apache.log().splitlines()[-20:])
    assert load.counts.keys() == {200}, f"{load.report()}\n{log}"


def test_a_reload_reads_the_configuration(apache, site, token):
    page = site.ask("/v1/periods", X_Auth_Token=token).json()
    assert len(page["periods"]) == 100
    apache.installation.configure("api", default_limit=7)
    apache.reload()
    wait_for(
        "a page of seven periods",
        lambda: site.ask("/v1/periods", X_Auth_Token=token).json(),
        lambda page: len(page.get("periods", [])) == 7,
    )


def test_a_graceful_restart_of_apache_tells_whom_it_lost(apache, site, token):
    """mod_wsgi ends its processes at once: requests on their way are told
    to come again, and there are few. Nothing is cut off."""
    with Load(site, "/v1/periods?limit=20", X_Auth_Token=token) as load:
        for _ in range(3):
            before = apache.workers()
            apache.graceful()
            apache.await_workers(before)
            load.await_answers(200)
    assert load.counts.keys() <= {200, 500, 503}, load.report()
    assert len(load.lost) <= 3 * 16, load.report()
    for answer, _ in load.lost:
        answer.error()
        if answer.status == 503:
            assert answer.headers["retry-after"] == "10"


def test_it_may_be_mounted_below_a_path():
    with started("CONCERTIM_PREFIX=/concertim") as (_, urls):
        url = urls["CONCERTIM_API_URL"]
        assert url.endswith("/concertim")
        assert Site(url).links("/") == [f"{url}/v1/"]
        assert {*Site(url).links("/v1")} == {f"{url}/v1/", f"{url}/"}
        assert Site(url).ask("/healthcheck").status == 200
        above = Site(url.removesuffix("/concertim"))
        for path in ("/", "/v1/periods", "/concertimes"):
            assert "request_id" not in above.ask(path).error(), path


def test_it_answers_by_tls_and_by_nothing_else():
    with started(prepare=with_certificate) as (apache, urls):
        url = urls["CONCERTIM_API_URL"]
        assert url.startswith("https://")
        site = Site(url, apache.folder / "certificate.pem")
        assert site.links("/") == [f"{url}/v1/"]
        assert site.ask("/v1/periods").status == 200
        plain = Site(url.replace("https", "http")).ask("/")
        assert plain.error()["status"] == 400


BEHIND = {"oslo_middleware": {"enable_proxy_headers_parsing": "true"}}


def test_links_lead_back_through_a_proxy():
    """The API's Apache behind another one, which ends TLS."""
    with installed(auth_strategy="key") as apache:
        for section, values in BEHIND.items():
            apache.installation.configure(section, **values)
        made = apache.installation.run(
            "concertim-manage", "key", "create", "k", "--role", "admin"
        )
        apache.installation.run("concertim-manage", "replay", DEMO)
        key = {"X_Auth_Token": made.stdout.strip()}
        # The certificate is the proxy's alone.
        back = apache.start()["CONCERTIM_API_URL"]
        with in_front_of(back) as proxy:
            assert proxy.links("/") == [f"{proxy.url}/v1/"]
            forged = {
                "X_Forwarded_Host": "evil.example",
                "X_Forwarded_Prefix": "/evil",
                "X_Forwarded_Proto": "ftp",
                "Forwarded": "host=evil.example;proto=ftp",
            }
            (following,) = proxy.links("/v1/periods?limit=2", **key, **forged)
            assert following.startswith(f"{proxy.url}/v1/periods?")
            path = following.removeprefix(proxy.url)
            assert proxy.ask(path, **key).status == 200
            refused = proxy.ask("/v1/periods")
            assert refused.status == 401
            assert refused.error()["request_id"]
            apache.stop()
            away = proxy.ask("/v1/periods", **key)
            assert away.error()["code"] == "concertim.unavailable"
