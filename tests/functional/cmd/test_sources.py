"""Every program says what it works with, and where nothing was found."""

from __future__ import annotations

import pathlib
import subprocess
import sys

import pytest

from concertim_api.bootstrap import configuration
from concertim_api.cmd import listener

MISSING = "There is no configuration file: "
APPLICATION = "from concertim_api.wsgi import api"


@pytest.fixture
def start(tmp_path):
    """Start a program in an empty home; return its status and its log."""

    def call(*command, **environment):
        ended = subprocess.run(
            [*command],
            env={
                "HOME": str(tmp_path),
                "PATH": str(pathlib.Path(sys.executable).parent),
                **environment,
            },
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
        )
        return ended.returncode, ended.stdout + ended.stderr

    return call


def script(name):
    return str(pathlib.Path(sys.executable).with_name(name))


@pytest.fixture
def file(tmp_path):
    """A configuration that a listener refuses at once: so it ends."""
    path = tmp_path / "mine.conf"
    path.write_text(
        f"[DEFAULT]\nstate_path = {tmp_path}\n"
        "[database]\nconnection = mysql+pymysql://me:secret@db:3307/usage\n"
        "[listener]\ntransport = south=rabbit://me:secret@bus:5673/nova\n"
        "[cloud]\nregions = south\nauth_type = none\n"
    )
    return path


def test_the_first_line_names_everything_but_passwords(file):
    facts = "; ".join(configuration.facts(read(file), listener.service.places))
    assert facts == (
        f"{file}; mysql db:3307/usage; regions south; "
        "south from rabbit bus:5673/nova"
    )


def read(file):
    conf = configuration.unread()
    conf([], default_config_files=[str(file)])
    return conf


MANAGE = [script("concertim-manage"), "db", "version"]
API = [sys.executable, "-c", APPLICATION]


@pytest.mark.parametrize("command", [MANAGE, API], ids=["manage", "api"])
def test_without_a_file_a_program_warns(start, command):
    _, text = start(*command)
    (warning,) = (line for line in text.splitlines() if MISSING in line)
    for place in ("OS_CONCERTIM_CONFIG_FILES", "/etc/concertim", "sqlite /"):
        assert place in warning


def test_the_first_line_says_what_a_program_works_with(start, file):
    files = {"OS_CONCERTIM_CONFIG_FILES": str(file)}
    _, text = start(*API, **files)
    first = text.splitlines()[0]
    assert f": {file}; mysql db:3307/usage; regions south" in first
    assert MISSING not in text
    assert "secret" not in text


def test_a_file_at_a_usual_place_is_read_once(start, file, tmp_path):
    """The API's name is the project's: both ask for the same file."""
    file.rename(tmp_path / "concertim.conf")
    _, log = start(sys.executable, "-c", APPLICATION)
    assert log.count("concertim.conf") == 1


def test_a_command_says_it_for_the_curious(start, file):
    """Without --debug, one that fails says why in one line."""
    files = {"OS_CONCERTIM_CONFIG_FILES": str(file)}
    status, text = start(*MANAGE, **files)
    assert status == 1
    assert text.count("\n") == 1
    assert "the database" in text
    _, text = start(MANAGE[0], "--debug", *MANAGE[1:], **files)
    assert f": {file}; mysql db:3307/usage; regions south" in text


def test_a_listener_without_a_bus_does_not_start(start, tmp_path):
    path = tmp_path / "concertim.conf"
    path.write_text(f"[DEFAULT]\nstate_path = {tmp_path}\n")
    status, text = start(
        script("concertim-listener"), "--config-file", str(path)
    )
    assert status == 1
    assert text.splitlines()[-1] == (
        "concertim-listener: [DEFAULT] transport_url: missing: it names the "
        "message bus of the cloud"
    )


def test_the_status_check_reads_the_files_of_the_environment(start, file):
    _, text = start(
        script("concertim-status"),
        "upgrade",
        "check",
        OS_CONCERTIM_CONFIG_FILES=str(file),
    )
    assert "no configuration file" not in text
