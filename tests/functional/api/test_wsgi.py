"""The application as servers find it: by importing a module."""

import os
import subprocess
import sys

import pytest
import webob

from concertim_api import bootstrap
from tests.functional.api import cloud

ASK = """
import webob
from concertim_api.wsgi.api import application
for path in ("/", "/v1/periods"):
    request = webob.Request.blank(path, environ={"REMOTE_ADDR": "127.0.0.1"})
    print("answered", request.get_response(application).status_int)
"""


@pytest.mark.parametrize(
    ("strategy", "answers"), [("noauth", "200 200"), ("keystone", "200 401")]
)
def test_a_server_imports_it(tmp_path, strategy, answers):
    conf = cloud.configuration(tmp_path, auth_strategy=strategy)
    cloud.services(conf, observed=False).store.close()
    found = subprocess.run(
        [sys.executable, "-c", ASK],
        env={
            **os.environ,
            "OS_CONCERTIM_CONFIG_FILES": "concertim.conf",
            "OS_CONCERTIM_CONFIG_DIR": str(tmp_path),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [line.split() for line in found.stdout.splitlines()]
    assert [
        line[1] for line in lines if line[0] == "answered"
    ] == answers.split()


@pytest.mark.parametrize("path", ["", "/", "/v1", "/v1/"])
def test_it_may_be_mounted_below_another_path(conf, services, path):
    request = webob.Request.blank(
        path, environ={"REMOTE_ADDR": "127.0.0.1"}, base_url="http://localhost"
    )
    request.environ["SCRIPT_NAME"] = "/usage"
    request.environ["PATH_INFO"] = path
    answer = request.get_response(bootstrap.api(conf, services))
    assert answer.status_int == 200
    assert '"http://localhost/usage/v1/"' in answer.text
