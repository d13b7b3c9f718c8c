"""Applications of before are the new ones, and say so to the log."""

import os
import subprocess
import sys

import pytest

CONFIGURATION = """
[DEFAULT]
state_path = {folder}
[cloud]
auth_type = v3password
auth_url = http://127.0.0.1:1/v3
username = concertim
password = very-secret
user_domain_id = default
regions = north
[concertim_dialect]
jwt_secrets = thirty-two bytes of a good secret
"""

IMPORT = """
from concertim_api.wsgi import {old}, {new}
assert {old}.application is {new}.application
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [("compat", "concertim"), ("metrics", "instrumentation")],
)
def test_an_old_name_is_warned_of_once(tmp_path, old, new):
    path = tmp_path / "concertim.conf"
    path.write_text(CONFIGURATION.format(folder=tmp_path))
    process = subprocess.run(
        [sys.executable, "-c", IMPORT.format(old=old, new=new)],
        env={**os.environ, "OS_CONCERTIM_CONFIG_FILES": str(path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    warning = (
        f"concertim_api.wsgi.{old} is called concertim_api.wsgi.{new} now"
    )
    assert process.stderr.count(warning) == 1
