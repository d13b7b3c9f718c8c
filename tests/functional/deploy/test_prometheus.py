"""What Prometheus and Grafana are given: true of the metrics there are."""

from __future__ import annotations

import json
import re
import shutil

import pytest
import yaml

from concertim_api.instrumentation.declared import METRICS
from tests.functional.deploy.conftest import ROOT, output
from tests.programs import needed

ALERTS = ROOT / "etc" / "prometheus" / "alerts.yaml"
SCRAPE = ROOT / "etc" / "prometheus" / "scrape.yaml"
DASHBOARD = ROOT / "etc" / "grafana" / "concertim.json"
TESTS = ROOT / "tests" / "functional" / "deploy" / "alerts.test.yaml"
PAGE = ROOT / "doc" / "source" / "admin" / "metrics.rst"


def names(expression):
    """Return the metrics of ours in an expression, as the code has them."""
    found = set()
    for name in re.findall(r"\bconcertim_\w+", expression):
        stem = re.sub(r"_(bucket|sum|count)$", "", name)
        is_part = stem in METRICS and METRICS[stem].kind == "histogram"
        found.add(stem if is_part else name)
    return found


@pytest.fixture(scope="module")
def alerts():
    (group,) = yaml.safe_load(ALERTS.read_text())["groups"]
    return {rule["alert"]: rule for rule in group["rules"]}


@pytest.fixture(scope="module")
def panels():
    every = json.loads(DASHBOARD.read_text())["panels"]
    return [panel for panel in every if panel["type"] != "row"]


@pytest.fixture
def promtool(tmp_path):
    return lambda *words: output(needed("promtool"), *words, cwd=tmp_path)


def test_prometheus_understands_every_alert(promtool, alerts):
    found = promtool("check", "rules", str(ALERTS))
    assert f"{len(alerts)} rules found" in found


def test_alerts_come_when_they_should(promtool, tmp_path):
    for path in (ALERTS, TESTS):
        shutil.copy(path, tmp_path)
    assert "SUCCESS" in promtool("test", "rules", TESTS.name)


def test_every_alert_is_seen_to_come_and_to_stay_away(alerts):
    seen = {True: set(), False: set()}
    for group in yaml.safe_load(TESTS.read_text())["tests"]:
        for case in group["alert_rule_test"]:
            assert group["name"] == case["alertname"]
            seen[bool(case["exp_alerts"])].add(case["alertname"])
    assert seen[True] == seen[False] == {*alerts}


def test_alerts_say_what_is_wrong(alerts):
    for rule in alerts.values():
        assert rule["labels"]["severity"] in ("warning", "critical")
        assert rule["annotations"]["summary"].endswith(".")


def test_every_alert_is_explained(alerts):
    told = re.findall(r"^(Concertim\w+)\n    ", PAGE.read_text(), re.MULTILINE)
    assert told == [*alerts]


def test_every_name_in_alerts_is_a_metric(alerts):
    used = {n for rule in alerts.values() for n in names(rule["expr"])}
    assert used
    assert used <= METRICS.keys()


def test_tests_of_alerts_are_about_metrics_that_are():
    for group in yaml.safe_load(TESTS.read_text())["tests"]:
        for given in group["input_series"]:
            assert names(given["series"]) <= METRICS.keys()


def test_the_dashboard_shows_every_metric(panels):
    shown = {
        name
        for panel in panels
        for target in panel["targets"]
        for name in names(target["expr"])
    }
    assert shown == METRICS.keys()


def test_prometheus_understands_the_dashboard(promtool, panels, tmp_path):
    rules = [
        {
            "record": f"panel_{panel['id']}_{target['refId']}",
            "expr": target["expr"].replace("$__rate_interval", "5m"),
        }
        for panel in panels
        for target in panel["targets"]
    ]
    path = tmp_path / "dashboard.yaml"
    path.write_text(json.dumps({"groups": [{"name": "d", "rules": rules}]}))
    assert f"{len(rules)} rules found" in promtool("check", "rules", str(path))


def test_labels_of_a_legend_are_those_of_its_line(panels):
    for panel in panels:
        for target in panel["targets"]:
            wanted = {*re.findall(r"{{(\w+)}}", target["legendFormat"])}
            grouped = re.findall(r"by \(([\w, ]+)\)", target["expr"])
            kept = {n for group in grouped for n in group.split(", ")}
            assert wanted == kept - {"le"} - ({"state"} - wanted), panel[
                "title"
            ]


def test_panels_do_not_overlap(panels):
    taken = set()
    for panel in panels:
        place = panel["gridPos"]
        cells = {
            (place["x"] + x, place["y"] + y)
            for x in range(place["w"])
            for y in range(place["h"])
        }
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24
        taken |= cells
    ids = [panel["id"] for panel in panels]
    assert len(ids) == len({*ids})


def test_the_dashboard_asks_whom_it_is_told_to(panels):
    wanted = {"type": "prometheus", "uid": "${datasource}"}
    for panel in panels:
        assert panel["datasource"] == wanted
        assert all(t["datasource"] == wanted for t in panel["targets"])


def test_prometheus_understands_the_scraping(promtool, tmp_path):
    shutil.copy(ALERTS, tmp_path)
    shutil.copy(SCRAPE, tmp_path / "prometheus.yml")
    assert "SUCCESS" in promtool("check", "config", "prometheus.yml")
    jobs = {
        job["job_name"]
        for job in yaml.safe_load(SCRAPE.read_text())["scrape_configs"]
    }
    processes = {m.process for m in METRICS.values()} - {"each"}
    assert jobs == {f"concertim-{name}" for name in processes}
