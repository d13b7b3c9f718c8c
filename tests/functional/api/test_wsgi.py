"""The applications as servers find them: by importing a module."""

import os
import re
import secrets
import subprocess
import sys

import pytest
import webob

from concertim_api import bootstrap
from tests.functional.api import cloud

ASK = """
import webob
from concertim_api.wsgi.{application} import application
for path in {paths}:
    request = webob.Request.blank(path, environ={{"REMOTE_ADDR": "127.0.0.1"}})
    answer = request.get_response(application)
    print("answered", path, answer.status_int, answer.content_type)
"""

SAME = """
from concertim_api.wsgi import {old}, {new}
assert {old}.application is {new}.application
"""

#: Of a cloud that nobody asks.
DIALECT = """
[cloud]
auth_type = v3password
auth_url = http://127.0.0.1:1/identity/v3
username = concertim
password = secret
user_domain_id = default
regions = north
[concertim_dialect]
"""
SECRET = f"jwt_secrets = {secrets.token_hex(32)}\n"


def run(folder, program, configuration="", strategy="noauth"):
    """Return what became of a program of Python that imports us."""
    conf = cloud.configuration(folder, auth_strategy=strategy)
    cloud.services(conf, observed=False).store.close()
    with (folder / "concertim.conf").open("a") as file:
        file.write(f"\n[DEFAULT]\nuse_stderr = true\n{configuration}")
    return subprocess.run(
        [sys.executable, "-c", program],
        env={
            **os.environ,
            "OS_CONCERTIM_CONFIG_FILES": "concertim.conf",
            "OS_CONCERTIM_CONFIG_DIR": str(folder),
        },
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("application", "strategy", "answers"),
    [
        ("api", "noauth", {"/": "200 application/json", "/v1/periods": "200"}),
        ("api", "keystone", {"/": "200 application/json", "/v1/jobs": "401"}),
        ("concertim", "noauth", {"/": "200 text/plain", "/statistics": "401"}),
    ],
)
def test_a_server_imports_it(tmp_path, application, strategy, answers):
    program = ASK.format(application=application, paths=[*answers])
    process = run(tmp_path, program, f"{DIALECT}{SECRET}", strategy)
    lines = [
        line.removeprefix("answered ")
        for line in process.stdout.splitlines()
        if line.startswith("answered ")
    ]
    for line, (path, answer) in zip(lines, answers.items(), strict=True):
        assert f"{line} ".startswith(f"{path} {answer} ")
    assert lines[-1].endswith(" application/json")


def test_without_a_secret_the_dialect_does_not_start(tmp_path):
    program = ASK.format(application="concertim", paths=["/"])
    process = run(tmp_path, program, DIALECT)
    assert process.returncode != 0
    assert "[concertim_dialect] jwt_secrets: not set" in process.stderr


@pytest.mark.parametrize(
    ("old", "new"),
    [("compat", "concertim"), ("metrics", "instrumentation")],
)
def test_an_old_name_is_warned_of_once(tmp_path, old, new):
    program = SAME.format(old=old, new=new)
    process = run(tmp_path, program, f"{DIALECT}{SECRET}")
    assert process.returncode == 0, process.stderr
    warning = (
        f"concertim_api.wsgi.{old} is called concertim_api.wsgi.{new} now"
    )
    assert process.stderr.count(warning) == 1


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


LOGGED = """
import pathlib, sys, types
{before}
import webob
from concertim_api.wsgi.api import application
pathlib.Path({database!r}).unlink()
for path in ("/", "/v1/periods"):
    request = webob.Request.blank(
        path,
        environ={{"REMOTE_ADDR": "127.0.0.1"}},
        headers={{"X-Auth-Token": "token"}},
    )
    answer = request.get_response(application)
    print(answer.headers["X-Openstack-Request-Id"])
"""

#: Of a Keystone that nobody runs.
KEYSTONE = """
[keystone_authtoken]
memcached_servers = 127.0.0.1:1
auth_type = v3password
auth_url = http://127.0.0.1:1/identity/v3
username = concertim
password = secret
user_domain_id = default
http_request_max_retries = 0
"""


def logged(folder, words, *, before="", strategy="noauth"):
    """Return the lines of the log that have these words, and the ids of the
    two requests; there is neither a database nor a Keystone."""
    database = str(folder / "concertim.sqlite")
    program = LOGGED.format(before=before, database=database)
    process = run(folder, program, KEYSTONE, strategy)
    lines = process.stderr.splitlines()
    return [li for li in lines if words in li], process.stdout.split()


def test_its_log_says_an_error_once(tmp_path):
    (line,), _ = logged(tmp_path, "Answered 503")
    assert line.count("the database") == 1
    assert "Unavailable" not in line


def test_a_line_about_a_token_has_the_id_of_its_request(tmp_path):
    """The thread answered another request before."""
    lines, (first, second) = logged(
        tmp_path, "keystonemiddleware", strategy="keystone"
    )
    assert [line for line in lines if first in line] == []
    assert any(second in line for line in lines)


def test_it_is_silent_about_libraries_that_others_import(tmp_path):
    assert logged(tmp_path, "ventlet", strategy="keystone")[0] == []


@pytest.mark.parametrize(
    ("before", "begin"),
    [
        ("", r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} \d+ WARNING "),
        ('sys.modules["mod_wsgi"] = types.ModuleType("x")', r"\d+ WARNING "),
    ],
    ids=["alone", "in Apache"],
)
def test_a_line_has_one_time(tmp_path, before, begin):
    """Apache writes the time before each line."""
    (line,), _ = logged(tmp_path, "Answered 503", before=before)
    assert re.match(begin, line)
