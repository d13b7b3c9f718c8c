"""The units of systemd: whole, tight, and true of the programs."""

from __future__ import annotations

import configparser
import os
import re
import signal
import socket
import subprocess

import pytest
from cotyledon import oslo_config_glue

from concertim_api.conf import agent
from tests.functional.deploy.conftest import BIN, ROOT, call
from tests.programs import needed
from tests.waiting import PATIENCE, wait_for, wait_for_exit

PLACE = ROOT / "etc" / "systemd"
UNITS = ("concertim-agent", "concertim-listener")

#: systemd's measure of what a service could do to its machine: 0 to 10.
EXPOSURE = 1.5


def read(unit):
    found = configparser.RawConfigParser(strict=False)
    found.optionxform = str
    assert found.read(PLACE / f"{unit}.service")
    return found


def test_there_is_one_for_each_daemon(programs):
    units = {path.stem for path in PLACE.glob("*.service")}
    assert units == set(UNITS)
    for unit in units:
        start = read(unit)["Service"]["ExecStart"]
        assert start == f"/opt/concertim/bin/{unit}"
        assert unit in programs


@pytest.mark.parametrize("unit", UNITS)
def test_systemd_understands_every_line(unit, tmp_path):
    text = (PLACE / f"{unit}.service").read_text()
    path = tmp_path / f"{unit}.service"
    path.write_text(text.replace("/opt/concertim/bin", str(BIN)))
    done = call(needed("systemd-analyze"), "verify", path)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("unit", UNITS)
def test_little_harm_can_be_done(unit):
    path = PLACE / f"{unit}.service"
    program = needed("systemd-analyze")
    answer = call(program, "security", "--offline=true", path).stdout
    level = re.search(r"exposure level for \S+: ([0-9.]+)", answer)
    assert float(level[1]) <= EXPOSURE, answer


def test_both_are_equally_tight():
    agent, listener = (
        (PLACE / f"{unit}.service").read_text() for unit in UNITS
    )
    begin = "# All that it may write to."
    assert agent.partition(begin)[2] == listener.partition(begin)[2] != ""


@pytest.mark.parametrize("unit", UNITS)
def test_systemd_does_not_cut_off_what_would_end_by_itself(unit):
    (graceful,) = (
        opt.default
        for opt in oslo_config_glue.service_opts
        if opt.name == "graceful_shutdown_timeout"
    )
    (jobs,) = (
        opt.type.max for opt in agent.opts if opt.name == "stop_timeout"
    )
    patience = int(read(unit)["Service"]["TimeoutStopSec"])
    assert patience > graceful > jobs


class Running:
    """A daemon, begun as systemd begins it."""

    def __init__(self, name, folder):
        self._log = folder / "log"
        self._notified = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._notified.settimeout(PATIENCE)
        self._notified.bind(str(folder / "notify"))
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                [BIN / name, "--config-file", folder / "concertim.conf"],
                stdout=log,
                stderr=log,
                start_new_session=True,
                env={**os.environ, "NOTIFY_SOCKET": str(folder / "notify")},
            )

    def ready(self):
        """Wait until it has notified systemd; return what it said."""
        try:
            return self._notified.recv(100)
        except TimeoutError:
            pytest.fail(
                f"waited {PATIENCE} s for {self._process.args} to notify "
                f"systemd; its log: {self._log.read_text()}"
            )

    def await_log(self, pattern, times):
        """Wait until it has logged something so many times."""

        def log():
            text = self._log.read_text()
            assert self._process.poll() is None, f"it ended: {text}"
            return text

        wait_for(
            f"{pattern!r} in its log, {times} times",
            log,
            lambda text: len(re.findall(pattern, text)) == times,
        )

    def signal(self, which):
        self._process.send_signal(which)

    def ended(self):
        return wait_for_exit(self._process)

    def kill(self):
        self._notified.close()
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


@pytest.fixture
def running(tmp_path):
    (tmp_path / "concertim.conf").write_text(
        f"[DEFAULT]\nstate_path = {tmp_path}\ntransport_url = fake:\n"
    )
    begun = []

    def begin(name):
        begun.append(Running(name, tmp_path))
        return begun[-1]

    yield begin
    for one in begun:
        one.kill()


@pytest.mark.parametrize(
    ("unit", "began"),
    [
        ("concertim-agent", "The jobs of this agent"),
        ("concertim-listener", "Listening to the notifications"),
    ],
)
def test_the_programs_keep_what_the_units_say(unit, began, running):
    service = read(unit)["Service"]
    assert service["Type"] == "notify"
    assert service["ExecReload"] == "/bin/kill -HUP $MAINPID"
    assert service["KillMode"] == "mixed"
    daemon = running(unit)
    assert daemon.ready() == b"READY=1"
    daemon.await_log(began, times=1)
    daemon.signal(signal.SIGHUP)
    daemon.await_log(began, times=2)
    daemon.signal(signal.SIGTERM)
    assert daemon.ended() == 0
