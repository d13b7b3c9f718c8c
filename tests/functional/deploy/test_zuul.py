"""The jobs of a Zuul: they name only what there is."""

from __future__ import annotations

import configparser
import re

import pytest
import yaml

from tests.functional.deploy.conftest import ROOT

#: What an OpenStack's Zuul has: jobs to begin from, and templates, with the
#: environment of tox that each runs here.
PARENTS = {"devstack", "openstack-tox"}
TEMPLATES = {
    "openstack-cover-jobs": ["cover"],
    "openstack-python3-jobs": ["pep8", "py3"],
    "publish-openstack-docs-pti": ["docs"],
}


@pytest.fixture(scope="module")
def entries():
    read = yaml.safe_load((ROOT / ".zuul.yaml").read_text())
    assert all(len(entry) == 1 for entry in read)
    return read


@pytest.fixture(scope="module")
def jobs(entries):
    found = [entry["job"] for entry in entries if "job" in entry]
    return {job["name"]: job for job in found}


@pytest.fixture(scope="module")
def project(entries):
    (found,) = (entry["project"] for entry in entries if "project" in entry)
    return found


@pytest.fixture(scope="module")
def environments():
    read = configparser.ConfigParser(interpolation=None)
    read.read(ROOT / "tox.ini")
    named = read["tox"]["envlist"].split(",")
    return {*named, *(name.removeprefix("testenv:") for name in read)}


def test_every_job_is_run_before_and_at_the_merge(jobs, project):
    for pipeline in ("check", "gate"):
        assert sorted(project[pipeline]["jobs"]) == sorted(jobs)


def test_jobs_begin_from_those_of_openstack(jobs):
    for job in jobs.values():
        assert job["parent"] in PARENTS
        assert job["description"].strip()


def test_their_environments_are_ours(jobs, project, environments):
    named = [env for name in project["templates"] for env in TEMPLATES[name]]
    for job in jobs.values():
        if job["parent"] == "openstack-tox":
            named.append(job["vars"]["tox_envlist"])
    assert set(named) <= environments
    checks = {"functional", "layers", "mypy", "min", "docs", "pep8", "py3"}
    assert checks <= set(named)


def test_what_is_irrelevant_is_there(jobs):
    patterns = jobs["concertim-devstack"]["irrelevant-files"]
    for pattern in patterns:
        assert re.compile(pattern)
        name = re.sub(r"[\\^$]|/?\.\*", "", pattern)
        assert list(ROOT.glob(f"*{name}" if name[0] == "." else name)), name
    for path in ("devstack/plugin.sh", "setup.cfg", "concertim_api/bootstrap"):
        assert not any(re.match(pattern, path) for pattern in patterns)


def test_the_cloud_is_made_with_our_plugin(jobs):
    job = jobs["concertim-devstack"]
    plugins = list(job["vars"]["devstack_plugins"])
    assert plugins == ["heat", "concertim-api"]
    for name in plugins[:-1]:
        assert f"openstack/{name}" in job["required-projects"]
    settings = (ROOT / "devstack" / "settings").read_text()
    for variable in job["vars"]["devstack_localrc"]:
        assert f"\n{variable}=" in settings


def test_the_playbook_runs_what_is_there(jobs):
    path = ROOT / jobs["concertim-devstack"]["run"]
    cloud, asked = yaml.safe_load(path.read_text())
    assert cloud["roles"] == ["run-devstack"]
    (task,) = asked["tasks"]
    command = task["ansible.builtin.shell"]["cmd"].split()[-1]
    script = ROOT / command.rpartition("}}/")[2]
    assert script == ROOT / "devstack" / "check"
    assert script.stat().st_mode & 0o111
