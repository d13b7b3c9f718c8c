"""The README's first command, in a fresh clone of what is committed."""

from __future__ import annotations

import os
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).parents[2]


@pytest.fixture(scope="module")
def tour(tmp_path_factory):
    """Return what the quick start prints: each question with its answer."""
    clone = tmp_path_factory.mktemp("quickstart") / "clone"
    subprocess.run(["git", "clone", "-q", ROOT, clone], check=True)
    # Who tries it may have a cloud, too.
    environ = {**os.environ, "OS_CLOUD": "elsewhere", "OS_AUTH_TYPE": "token"}
    environ.pop("COLUMNS", None)  # tables in a pipe are whole
    run = subprocess.run(
        ["tools/quickstart", "--once"],
        cwd=clone,
        env=environ,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=550,
    )
    assert run.returncode == 0, run.stdout[-4000:]
    _, *parts = re.split(r"^\$ openstack concertim ", run.stdout, flags=re.M)
    return dict(part.split("\n", 1) for part in parts)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("rack list", r" genomics-cluster-1 .* ACTIVE "),
        ("rack show genomics-cluster-1 --draw", r" of 42 U used .* devices"),
        ("rack history weather-cluster-2", r" IN_PROGRESS +\| FAILED "),
        ("push list --noun rack", r" weather-cluster-2 +\| pushed "),
        ("job show push", r" failed: 0 "),
        ("usage show --by project,type", r" hpc\.c8 "),
        (
            "cost show --by project,rack",
            r" CM_genomics +\| genomics-cluster-1 +\| +112\.78 ",
        ),
        ("charge list", r" memory .* ram_gib_hour .* 0\.004 .* 20\.28970666"),
        (
            "rack show weather-cluster-2 --draw --costs",
            r"\bcost [\d,]+\.\d\d EUR since ",
        ),
        ("account list", r" CM_weather "),
        ("order list", r" CM_weather .* live .* agent "),
        ("invoice draft --project CM_genomics", r" state +\| open "),
        ("resource history spectra", r" project CM_astro -> CM_genomics "),
        ("resource observations spectra", r" volume\.attach\.end "),
        ("resource show spectra --at", r" CM_astro "),
        ("rack suspend weather-cluster-1 --wait", r"rack suspend: done"),
        ("rack show weather-cluster-1", r" STOPPED "),
        ("operation list", r" suspend .* done "),
    ],
)
def test_the_quick_start_answers(tour, question, answer):
    (text,) = [tour[line] for line in tour if line.startswith(question)]
    assert re.search(answer, text), text
