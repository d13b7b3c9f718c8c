"""A real Apache, with the sites as they are shipped (tools/apache.sh)."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import pathlib
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import urllib.parse

import pytest

from tests.integration.conftest import Installation
from tests.waiting import wait_for

ROOT = pathlib.Path(__file__).parents[2]
SCRIPT = ROOT / "tools" / "apache.sh"

#: The site that runs no application.
PROXY = "concertim-proxy"

#: What every error document says, and no other document.
ERROR = {"code", "status", "title", "detail", "links"}


def at_hand():
    """Skip without Apache; on a CI machine, fail."""
    path = f"{os.environ['PATH']}:/usr/sbin"
    module = pathlib.Path("/usr/lib/apache2/modules/mod_wsgi.so")
    if shutil.which("apache2", path=path) and module.exists():
        return
    why = "Apache and its mod_wsgi are not installed: see bindep.txt"
    if os.environ.get("CI") == "true":
        pytest.fail(why)
    pytest.skip(why)


class Answer:
    """What came back; headers by their names in small letters."""

    def __init__(self, response, method):
        self.status = response.status
        self.headers = {}
        for name, value in response.getheaders():
            assert name.lower() not in self.headers, f"{name} twice"
            self.headers[name.lower()] = value
        self.body = response.read()
        if method != "HEAD":
            length = self.headers.get("content-length", len(self.body))
            assert int(length) == len(self.body)

    def json(self):
        assert self.headers["content-type"] == "application/json"
        return json.loads(self.body)

    def error(self):
        """Return the one error of the one error document."""
        (error,) = self.json()["errors"]
        assert set(error) >= ERROR
        assert error["status"] == self.status
        assert error["code"].startswith("concertim.")
        return error


class Site:
    """An API below a URL."""

    def __init__(self, url, certificate=None):
        self.url = url
        self._url = urllib.parse.urlsplit(url)
        self._certificate = certificate

    def connection(self):
        host, port = self._url.hostname, self._url.port
        if self._url.scheme == "http":
            return http.client.HTTPConnection(host, port, timeout=60)
        context = ssl.create_default_context(cafile=self._certificate)
        return http.client.HTTPSConnection(
            host, port, timeout=60, context=context
        )

    def ask(self, path, method="GET", body=None, **headers):
        """Ask once, on a connection of its own."""
        sent = {n.replace("_", "-"): v for n, v in headers.items()}
        with contextlib.closing(self.connection()) as connection:
            connection.request(method, self._url.path + path, body, sent)
            return Answer(connection.getresponse(), method)

    def links(self, path, **headers):
        """Return where all links of a document lead."""
        found, rest = [], [self.ask(path, **headers).json()]
        while rest:
            one = rest.pop()
            if isinstance(one, dict):
                found += [v for k, v in one.items() if k == "href"]
                rest += one.values()
            elif isinstance(one, list):
                rest += one
        return found


class Apache:
    """An installation behind an Apache, in a folder that both may read."""

    def __init__(self, folder):
        self.folder = folder
        self.installation = Installation(folder / "api")
        self.place = folder / "apache"
        #: What is read after the sites: a path, or nothing.
        self.included = ""

    def give_away(self):
        """Let whom tools/apache.sh runs it as write to the database."""
        if os.getuid() == 0:
            for path in (self.installation.folder).rglob("*"):
                shutil.chown(path, "www-data")
            shutil.chown(self.installation.folder, "www-data")

    def start(self, *arguments):
        """Start it, and wait until its processes can answer; return its
        environment file's URLs."""
        self.give_away()
        self._run("start", *arguments)
        if PROXY not in arguments:
            self.settle()
        lines = (self.place / "env").read_text().splitlines()
        return dict(
            line.removeprefix("export ").split("=", 1) for line in lines
        )

    def _run(self, command, *arguments):
        done = subprocess.run(
            [SCRIPT, command, self.place, *map(str, arguments)],
            env={
                **os.environ,
                "CONCERTIM_CONFIG": str(self.installation.conf),
                "CONCERTIM_VENV": sys.prefix,
                "CONCERTIM_INCLUDE": str(self.included),
            },
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr

    def stop(self):
        self._run("stop")

    def reload(self):
        self.settle()
        self._run("reload")

    def graceful(self):
        self.settle()
        self._run("graceful")

    def pid(self):
        return int((self.place / "run" / "pid").read_text())

    def workers(self):
        """Return the processes that the API runs in."""
        found = subprocess.run(
            ["pgrep", "--parent", str(self.pid()), "--full", r"^\(wsgi:"],
            capture_output=True,
            text=True,
        )
        return {int(pid) for pid in found.stdout.split()}

    def settle(self):
        """Wait until every process has loaded the application: only then
        does it have threads, and only then does it notice a reload."""
        wait_for(
            "each process of Apache to have threads",
            lambda: {pid: threads_of(pid) for pid in self.workers()},
            lambda threads: threads and all(threads.values()),
        )

    def await_workers(self, others):
        """Wait until none of the others runs the API any more."""
        wait_for(
            f"Apache to have none of the processes {others}",
            self.workers,
            lambda workers: not others & workers,
        )

    def begin_anew(self):
        """Ask the API's processes to, not Apache's."""
        self.settle()
        for pid in self.workers():
            os.kill(pid, signal.SIGUSR1)

    def log(self, name="concertim-api.log"):
        return (self.place / "log" / name).read_text()


@contextlib.contextmanager
def installed(**api):
    """Hand out an Apache that does not run yet, with an empty ledger."""
    at_hand()
    # Not below pytest's own folder, which is its user's only.
    with tempfile.TemporaryDirectory(prefix="concertim-apache-") as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        (folder / "api").mkdir()
        apache = Apache(folder)
        apache.installation.configure("api", **api)
        apache.installation.run("concertim-manage", "db", "sync")
        try:
            yield apache
        finally:
            apache.stop()
            wait_for(
                f"no process to run with {folder}",
                lambda: apache_of(folder),
                lambda pids: not pids,
            )


def threads_of(pid):
    """Return how many threads a process has beside its first."""
    try:
        return len(list(pathlib.Path(f"/proc/{pid}/task").iterdir())) - 1
    except FileNotFoundError:
        return 0


def apache_of(folder):
    found = subprocess.run(
        ["pgrep", "--full", str(folder)], capture_output=True, text=True
    )
    return found.stdout.split()


def certificate(folder):
    """Make a certificate of 127.0.0.1; return its file, and its key's."""
    made, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes"),
            *("-subj", "/CN=127.0.0.1", "-days", "1"),
            *("-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", key, "-out", made),
        ],
        check=True,
        capture_output=True,
    )
    if os.getuid() == 0:
        shutil.chown(key, "www-data")
    return made, key


def with_certificate(apache):
    made, key = certificate(apache.folder)
    return [f"CONCERTIM_CERTIFICATE={made}", f"CONCERTIM_KEY={key}"]


@contextlib.contextmanager
def in_front_of(url, prepare=lambda front: None):
    """Hand out the site of a proxy, as shipped, before an API.

    ``prepare``: what is done to its Apache before that starts.
    """
    with installed(auth_strategy="noauth") as front:
        prepare(front)
        urls = front.start(
            "concertim-proxy",
            f"CONCERTIM_PROXY_TO={url}",
            *with_certificate(front),
        )
        yield Site(
            urls["CONCERTIM_PROXY_URL"], front.folder / "certificate.pem"
        )
