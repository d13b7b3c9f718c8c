"""The application as servers find it."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.functional.dialects.concertim.conftest import JWT_SECRET

ASK = """
import webob
from concertim_api.wsgi.concertim import application
for path in ("/", "/statistics"):
    answer = webob.Request.blank(path).get_response(application)
    print("answered", answer.status_int, answer.content_type)
"""


def configured(folder, **compat):
    lines = [
        "[DEFAULT]",
        f"state_path = {folder}",
        "[cloud]",
        "auth_type = v3password",
        "auth_url = http://127.0.0.1:1/identity/v3",
        "username = concertim",
        "password = secret",
        "user_domain_id = default",
        "[concertim_dialect]",
        *(f"{name} = {value}" for name, value in compat.items()),
    ]
    path = folder / "concertim.conf"
    path.write_text("\n".join(lines))
    return path


def imported(folder):
    return subprocess.run(
        [sys.executable, "-c", ASK],
        env={
            **os.environ,
            "OS_CONCERTIM_CONFIG_FILES": "concertim.conf",
            "OS_CONCERTIM_CONFIG_DIR": str(folder),
        },
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_server_imports_it(tmp_path):
    configured(tmp_path, jwt_secrets=JWT_SECRET)
    found = imported(tmp_path)
    told = [
        line for line in found.stdout.splitlines() if "answered" in line[:9]
    ]
    assert told == [
        "answered 200 text/plain",
        "answered 401 application/json",
    ]


def test_without_a_secret_it_does_not_start(tmp_path):
    configured(tmp_path)
    found = imported(tmp_path)
    assert found.returncode != 0
    assert "[concertim_dialect] jwt_secrets: not set" in found.stderr
