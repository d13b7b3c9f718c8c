"""The servers besides Apache that run the API, by the commands that the
documentation names."""

from __future__ import annotations

import concurrent.futures
import os
import signal
import subprocess

import pytest

from tests.integration.apache import ROOT, Site
from tests.integration.conftest import BIN
from tests.programs import free_port, needed
from tests.waiting import wait_for, wait_for_exit


def gunicorn(port, folder):
    return [
        *(BIN / "gunicorn", "--bind", f"127.0.0.1:{port}"),
        *("--workers", "2", "--threads", "8"),
        "concertim_api.wsgi.api:application",
    ]


def uwsgi(port, folder):
    return [
        *(needed("uwsgi"), "--plugin", "python3", "--master", "--need-app"),
        *("--http-socket", f"127.0.0.1:{port}", "--die-on-term"),
        *("--processes", "2", "--threads", "8"),
        *("--virtualenv", BIN.parent),
        *("--module", "concertim_api.wsgi.api:application"),
    ]


def pecan(port, folder):
    shipped = (ROOT / "etc" / "concertim" / "pecan_config.py").read_text()
    assert '"8990"' in shipped
    config = folder / "pecan_config.py"
    config.write_text(shipped.replace('"8990"', f'"{port}"'))
    return [BIN / "pecan", "serve", config]


@pytest.fixture
def served(installation):
    """Start a server, and hand out the API as it serves it."""
    installation.configure("api", auth_strategy="noauth")
    installation.run("concertim-manage", "db", "sync")
    log = installation.folder / "server.log"
    started = []

    def start(command):
        port = free_port()
        with log.open("w") as file:
            process = subprocess.Popen(
                command(port, installation.folder),
                cwd=installation.folder,
                env={
                    **os.environ,
                    "OS_CONCERTIM_CONFIG_FILES": str(installation.conf),
                },
                stdout=file,
                stderr=file,
                start_new_session=True,
            )
        started.append(process)
        site = Site(f"http://127.0.0.1:{port}")
        wait_for(f"{site.url} to answer", lambda: answers(site, process))
        return site, process

    yield start
    for process in started:
        if process.poll() is None:
            installation.kill(process)


def answers(site, process):
    assert process.poll() is None, "it ended"
    try:
        return site.ask("/healthcheck").status == 200
    except ConnectionRefusedError:
        return False


@pytest.mark.parametrize("command", [gunicorn, uwsgi, pecan])
def test_a_server_runs_it(served, command):
    site, process = served(command)
    assert site.links("/") == [f"{site.url}/v1/"]
    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        found = threads.map(site.ask, ["/v1/periods"] * 40)
        assert {answer.status for answer in found} == {200}
    refused = site.ask("/v1/periods?limit=nonsense")
    assert refused.error()["code"] == "concertim.invalid"
    large = site.ask("/v1/corrections", "POST", b" " * 200_000)
    assert large.error()["code"] == "concertim.too_large"
    process.terminate()
    status = -signal.SIGTERM if command is pecan else 0
    assert wait_for_exit(process) == status
    with pytest.raises(ConnectionRefusedError):
        site.ask("/")


def test_pecan_serves_the_configuration_for_development(tmp_path):
    """Without another one in the environment, it is development.conf."""
    ask = (
        "import pecan; app = pecan.load_app('{}');"
        "import webob; request = webob.Request.blank('/v1/corrections',"
        " environ={{'REMOTE_ADDR': '127.0.0.1'}}, method='POST');"
        "print(request.get_response(app).status_int)"
    ).format(ROOT / "etc" / "concertim" / "pecan_config.py")
    found = subprocess.run(
        [BIN / "python", "-c", ask],
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "XDG_DATA_HOME": str(tmp_path),
        },
        capture_output=True,
        text=True,
    )
    # Let in without a token: it is the body that is amiss.
    assert found.stdout.strip() == "400", found.stderr
