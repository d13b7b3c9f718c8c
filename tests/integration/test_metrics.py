"""The metrics of real processes: behind Apache, and as Prometheus has them."""

from __future__ import annotations

import concurrent.futures
import itertools
import json
import pathlib
import signal
import subprocess
import urllib.error
import urllib.parse
import urllib.request

import pytest
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.parser import text_string_to_metric_families

from tests.integration.apache import Site, installed
from tests.programs import free_port, needed
from tests.samples import messages
from tests.waiting import wait_for, wait_for_exit

REQUESTS = "concertim_api_requests_total"
VERSIONS = {"method": "GET", "route": "/", "status": "2xx"}


def samples(text):
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


class Metrics:
    """What a site shows of another."""

    def __init__(self, url):
        self._site = Site(url)

    def all(self):
        answer = wait_for(
            "the metrics of the API",
            lambda: self._site.ask("/metrics"),
            lambda answer: answer.status == 200,
        )
        return samples(answer.body.decode())

    def requests(self, **labels):
        return self.all().get((REQUESTS, frozenset(labels.items())), 0)

    def await_requests(self, number, **labels):
        """Wait until so many are counted: each is when it is over, which
        its client may know before."""
        wait_for(
            f"{number} requests to be counted of {labels}",
            lambda: self.requests(**labels),
            lambda count: count == number,
        )


@pytest.fixture(scope="module")
def apache():
    with installed(auth_strategy="noauth") as made:
        made.installation.configure("instrumentation", api="true")
        made.urls = made.start("concertim-api", "concertim-instrumentation")
        yield made


@pytest.fixture(scope="module")
def site(apache):
    return Site(apache.urls["CONCERTIM_API_URL"])


@pytest.fixture(scope="module")
def metrics(apache):
    return Metrics(apache.urls["CONCERTIM_METRICS_URL"])


def ask_all(site, number):
    """Ask at the same time, so that all processes answer."""
    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        for answer in threads.map(site.ask, ["/"] * number):
            assert answer.status == 200


def counted_by(apache):
    """Return what each file of counters has of the requests."""
    folder = apache.installation.folder / "metrics"
    return {
        path.name: sample.value
        for path in folder.glob("counter_*.db")
        for metric in MultiProcessCollector.merge([str(path)])
        for sample in metric.samples
        if sample.labels == VERSIONS
    }


def test_the_processes_add_up_and_nothing_is_lost_by_a_reload(
    apache, site, metrics
):
    apache.settle()
    assert len(apache.workers()) == 2
    before = metrics.requests(**VERSIONS)
    ask_all(site, 200)
    metrics.await_requests(before + 200, **VERSIONS)
    by_process = counted_by(apache)
    assert len(by_process) == 2  # both had some of them
    assert sum(by_process.values()) == before + 200
    for how in (apache.reload, apache.begin_anew, apache.graceful):
        old, last = apache.workers(), metrics.requests(**VERSIONS)
        how()
        asked = 0

        def begun_anew(old=old):
            nonlocal asked
            asked += 1
            answer = site.ask("/")
            asked -= answer.status != 200  # lost by a graceful restart
            return not old & apache.workers()

        wait_for(f"other processes than {old} to answer", begun_anew)
        apache.settle()
        ask_all(site, 50)
        metrics.await_requests(last + asked + 50, **VERSIONS)
    # Old and new processes, for a moment; not those of all reloads.
    folder = apache.installation.folder / "metrics"
    assert len([*folder.glob("counter_*.db")]) <= 4


def test_the_api_itself_shows_no_metrics(site, apache):
    assert site.ask("/metrics").error()["code"] == "concertim.not_found"
    other = Site(apache.urls["CONCERTIM_METRICS_URL"])
    for path in ("/", "/v1/racks"):
        assert other.ask(path).status == 403


def await_metric(url, text):
    """Wait until metrics have a text; return them."""
    return wait_for(
        f"{url} to show {text}", lambda: get(url), lambda page: text in page
    )


def get(url):
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.read().decode()
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return ""


@pytest.fixture
def agent_url(installation):
    """Where an agent without a cloud shows its metrics."""
    port = free_port()
    installation.configure("instrumentation", agent_port=port, max_age=0)
    installation.run("concertim-manage", "db", "sync")
    installation.agent = installation.start("concertim-agent")
    url = f"http://127.0.0.1:{port}/metrics"
    await_metric(url, 'name="view",outcome="idle"')
    return url


def test_new_options_change_nothing_about_where_that_is(
    agent_url, installation
):
    """Another process begins where the last one was: at the same port."""
    assert installation.log("concertim-agent").count("Metrics are at") == 1
    installation.agent.send_signal(signal.SIGHUP)
    installation.await_log("concertim-agent", "Metrics are at", 2)
    await_metric(agent_url, 'name="view",outcome="idle"')
    assert "can't be shown" not in installation.log("concertim-agent")


def test_an_agent_shows_its_jobs_and_what_waits(agent_url):
    text = await_metric(agent_url, 'concertim_job_outcome{name="view"')
    assert "concertim_database_up 1.0" in text
    assert "concertim_dead_letters 0.0" in text
    assert "concertim_build_info{" in text
    assert "process_start_time_seconds " in text
    assert "concertim_push" not in text  # there is no front end


@pytest.fixture
def listening(installation, bus):
    """A listener of two workers, and where each shows its metrics."""
    port = free_port(2)
    installation.configure("DEFAULT", transport_url=bus.url)
    installation.configure(
        "listener",
        exchanges=bus.exchange,
        pool=bus.pool,
        region="north",
        workers=2,
    )
    installation.configure("instrumentation", listener_port=port)
    installation.run("concertim-manage", "db", "sync")
    bus.declare_pool()
    installation.start("concertim-listener")
    urls = [f"http://127.0.0.1:{port + n}/metrics" for n in range(2)]
    for url in urls:
        await_metric(url, "concertim_listener_")
    return urls


def notifications(urls, became):
    labels = frozenset({"region": "north", "became": became}.items())
    name = "concertim_listener_notifications_total"
    return [samples(get(url)).get((name, labels), 0) for url in urls]


def test_each_worker_of_the_listener_shows_what_it_took(listening, bus):
    some = itertools.islice(messages(), 40)
    bus.publish([*some, {"event_type": "compute.instance.create.end"}])
    counts = wait_for(
        "41 notifications to be counted",
        lambda: {
            word: notifications(listening, word)
            for word in ("new", "known", "ignored", "dead")
        },
        lambda counts: sum(map(sum, counts.values())) == 41,
    )
    assert sum(counts["new"]) > 10
    assert sum(counts["dead"]) == 1
    lag = (
        "concertim_listener_lag_seconds_count",
        frozenset({("region", "north")}),
    )
    assert sum(samples(get(url)).get(lag, 0) for url in listening) > 0


@pytest.fixture
def prometheus(tmp_path, agent_url):
    """A Prometheus that scrapes the agent, with our alerts."""
    program = needed("prometheus")
    alerts = pathlib.Path(__file__).parents[2] / "etc/prometheus/alerts.yaml"
    target = urllib.parse.urlsplit(agent_url).netloc
    configuration = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(alerts)],
        "scrape_configs": [
            {
                "job_name": "concertim-agent",
                "static_configs": [{"targets": [target]}],
            }
        ],
    }
    path = tmp_path / "prometheus.yml"
    path.write_text(json.dumps(configuration))
    port = free_port()
    with (tmp_path / "prometheus.log").open("w") as log:
        process = subprocess.Popen(
            [
                program,
                f"--config.file={path}",
                f"--storage.tsdb.path={tmp_path / 'data'}",
                f"--web.listen-address=127.0.0.1:{port}",
            ],
            stdout=log,
            stderr=log,
        )
    try:
        yield f"http://127.0.0.1:{port}/api/v1"
    finally:
        process.kill()
        wait_for_exit(process)


def test_prometheus_understands_it(prometheus):
    def ask(query):
        words = urllib.parse.urlencode({"query": query})
        text = get(f"{prometheus}/query?{words}")
        return json.loads(text)["data"]["result"] if text else []

    (overdue,) = wait_for(
        "Prometheus to have whether the view is overdue",
        lambda: ask('concertim_job_overdue{name="view"}'),
    )
    assert overdue["value"][1] == "0"
    assert overdue["metric"]["job"] == "concertim-agent"
    wait_for(
        "Prometheus to see runs of jobs",
        lambda: ask("rate(concertim_agent_job_runs_total[5s]) > 0"),
    )
    groups = json.loads(get(f"{prometheus}/rules"))["data"]["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert rules
    assert {rule["health"] for rule in rules} <= {"ok", "unknown"}
