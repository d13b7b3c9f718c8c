"""The client as a distribution of its own, where nothing of the server is.

It is built, and installed into an environment that has what it requires, and
what that requires, and no more.
"""

from __future__ import annotations

import os
import pathlib
import re
import shutil
import subprocess
import sys
from importlib import metadata

import pytest
from packaging.requirements import Requirement

from tests.functional.deploy.conftest import ROOT

NAME = "python-concertimclient"

#: Of the server alone.
SERVER = {
    *("alembic", "cotyledon", "keystonemiddleware", "kombu", "oslo-db"),
    *("oslo-messaging", "oslo-middleware", "oslo-policy", "oslo-service"),
    *("pecan", "prometheus-client", "sqlalchemy", "tooz", "webob", "wsme"),
}


def run(*command, **options):
    process = subprocess.run(
        [*map(str, command)],
        capture_output=True,
        text=True,
        timeout=300,
        **options,
    )
    assert process.returncode == 0, process.stdout + process.stderr
    return process.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Return the file. It is built of a copy: building leaves files behind."""
    folder = tmp_path_factory.mktemp("client")
    for name in ("client", "concertim_api"):
        ignored = shutil.ignore_patterns("build", "*.egg-info", "__pycache__")
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    shutil.copy(ROOT / "setup.cfg", folder)
    run(
        *(sys.executable, "-m", "pip", "wheel", "--no-deps"),
        *("--wheel-dir", folder, folder / "client"),
        env={**os.environ, "PBR_VERSION": "1.2.3"},
    )
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def python(wheel, tmp_path_factory):
    """Return the Python of an environment with the client."""
    folder = tmp_path_factory.mktemp("workstation")
    run(sys.executable, "-m", "venv", "--without-pip", folder)
    path = folder / "bin" / "python"
    run(
        *(sys.executable, "-m", "pip", "--python", path, "install"),
        *("--no-deps", "--no-index", wheel),
    )
    (packages,) = folder.glob("lib/python*/site-packages")
    (installed,) = metadata.distributions(name=NAME, path=[str(packages)])
    for distribution in required(installed).values():
        lend(distribution, packages)
    return path


def required(distribution):
    """Return all distributions that one requires, by name."""
    rest, distributions = [distribution], {}
    while rest:
        for line in rest.pop().requires or ():
            requirement = Requirement(line)
            marker = requirement.marker
            if marker and not marker.evaluate({"extra": ""}):
                continue
            name = normalized(requirement.name)
            if name not in distributions:
                distributions[name] = metadata.distribution(name)
                rest.append(distributions[name])
    return distributions


def normalized(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def lend(distribution, packages):
    """Make a distribution of this environment one of another."""
    for name in {file.parts[0] for file in distribution.files}:
        place = packages / name
        if name not in ("..", "__pycache__") and not place.exists():
            place.symlink_to(distribution.locate_file(name))


def test_each_requirement_is_the_servers(wheel):
    lines = (ROOT / "client" / "requirements.txt").read_text().splitlines()
    server = (ROOT / "requirements.txt").read_text().splitlines()
    assert {line for line in lines if line[:1] != "#"} < {*server}


def test_it_has_every_module_and_command(wheel, python):
    (packages,) = python.parents[1].glob("lib/python*/site-packages")
    client = packages / "concertim_api"
    for name in ("client", "osc"):
        modules = {
            str(path.relative_to(ROOT / "concertim_api"))
            for path in (ROOT / "concertim_api" / name).rglob("*.py")
        }
        assert modules == {
            str(path.relative_to(client))
            for path in (client / name).rglob("*.py")
        }
    points = metadata.distribution("concertim-api").entry_points
    (installed,) = metadata.distributions(name=NAME, path=[str(packages)])
    for group in ("openstack.cli.extension", "openstack.concertim.v1"):
        commands = points.select(group=group)
        assert commands
        assert {*commands} == {*installed.entry_points.select(group=group)}
    assert {point.group for point in installed.entry_points} == {
        "openstack.cli.extension",
        "openstack.concertim.v1",
    }


def test_nothing_of_the_server_is_required(python):
    (packages,) = python.parents[1].glob("lib/python*/site-packages")
    (installed,) = metadata.distributions(name=NAME, path=[str(packages)])
    names = {*required(installed)}
    assert names & SERVER == set()
    assert names >= {"python-openstackclient", "rich"}
    assert not (packages / "concertim_api" / "db").exists()


def test_every_module_is_imported(python):
    source = pathlib.Path("concertim_api")
    modules = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for name in ("client", "osc")
        for path in sorted((ROOT / source / name).rglob("*.py"))
    ]
    assert len(modules) > 50
    run(python, "-I", "-c", "\n".join(f"import {name}" for name in modules))


def test_the_command_helps(python):
    program = "from openstackclient import shell; shell.main()"
    words = ("concertim", "rack", "list", "--help")
    text = run(python, "-I", "-W", "ignore", "-c", program, *words)
    assert "concertim rack list" in text.partition("\n")[0]
    assert "--long" in text
