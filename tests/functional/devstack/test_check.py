"""The check of a cloud that devstack has made."""

from __future__ import annotations

import os
import subprocess

import pytest

from tests.functional.devstack.conftest import PLUGIN

#: A cloud with at most one network, of which concertim hears late, or never:
#: each question is written to a file, and the third one is answered.
OPENSTACK = """#!/usr/bin/env bash
cd "$CLOUD"
echo "$*" >>asked
case "$*" in
    "network create"*) echo 4711; echo running >state ;;
    "network delete 4711") echo ended >state ;;
    *"resource list"*)
        state=$(cat state)
        echo x >>"$state"
        [[ $* == *"--$state "* && $DEAF != "$state" ]] || exit 0
        [[ $(wc -l <"$state") -lt 3 ]] || echo 4711 ;;
esac
"""


@pytest.fixture
def check(tmp_path):
    program = tmp_path / "bin" / "openstack"
    program.parent.mkdir()
    program.write_text(OPENSTACK)
    program.chmod(0o755)

    def call(deaf=""):
        return subprocess.run(
            [PLUGIN / "check"],
            env={
                "PATH": f"{program.parent}:{os.environ['PATH']}",
                "CLOUD": str(tmp_path),
                "DEAF": deaf,
                "PATIENCE": "4",
            },
            capture_output=True,
            text=True,
            timeout=60,
        )

    return call


def test_what_is_seen_is_told(check):
    done = check()
    assert done.returncode == 0, done.stderr
    assert done.stdout == "network 4711: running\nnetwork 4711: ended\n"


@pytest.mark.parametrize("deaf", ["running", "ended"])
def test_what_is_not_seen_is_a_failure(check, tmp_path, deaf):
    done = check(deaf)
    assert done.returncode == 1
    assert f"network 4711 is not told as {deaf}" in done.stderr
    asked = (tmp_path / "asked").read_text().splitlines()
    assert asked[-1] == "network delete 4711"
