"""The image and its compose file. Nobody builds them here: there is no
engine. What can be known without one, is checked."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import stat
import sys

import pytest
import yaml

from tests.functional.deploy.conftest import BIN, ROOT, call, output
from tests.programs import needed

PLACE = ROOT / "etc" / "container"
OURS = {"api", "listener", "agent", "schema"}


@pytest.fixture(scope="module")
def compose():
    return yaml.safe_load((PLACE / "compose.yaml").read_text())


@pytest.fixture(scope="module")
def steps():
    """Return the instructions of the Dockerfile: name, words."""
    text = (PLACE / "Dockerfile").read_text().replace("\\\n", " ")
    found = []
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            name, _, rest = line.partition(" ")
            found.append((name, shlex.split(rest)))
    return found


def test_the_dockerfile_is_as_hadolint_likes_it():
    output(f"{BIN}/hadolint", PLACE / "Dockerfile")


def test_the_compose_file_is_one():
    schema = ("--builtin-schema", "vendor.compose-spec")
    output(f"{BIN}/check-jsonschema", *schema, PLACE / "compose.yaml")


def test_what_is_copied_is_there(steps):
    copied = [
        word for name, words in steps if name == "COPY" for word in words[:-1]
    ]
    assert "." in copied
    for path in copied:
        assert (ROOT / path).exists(), path


def test_what_is_left_out_is_none_of_it(steps):
    text = (PLACE / "Dockerfile.dockerignore").read_text()
    left_out = [line for line in text.splitlines() if line[:1] != "#"]
    assert "etc/container/secrets" in left_out
    assert ".git" not in left_out
    for name, words in steps:
        if name == "COPY":
            assert not set(words) & set(left_out)


def test_the_image_runs_as_nobody_else(steps):
    last = len(steps) - [name for name, _ in steps][::-1].index("FROM")
    user = dict(steps[last:])["USER"]
    assert user == ["8990:8990"]
    made = " ".join(next(words for name, words in steps[last:]))
    assert "--gid 8990 concertim" in made
    assert "--uid 8990 --gid concertim" in made


def test_the_image_has_what_is_installed(steps):
    environment = next(words for name, words in steps if name == "ENV")
    assert environment[0].startswith("PATH=/opt/concertim/bin:")
    command = next(words for name, words in steps if name == "CMD")
    words = "".join(command).strip("[]").split(",")
    assert words[0] == "apache2"
    assert words[2] == "/etc/concertim/apache2/apache2.conf"


def test_every_command_is_a_program(compose, programs):
    for name in OURS - {"api"}:
        command = compose["services"][name]["command"]
        assert command[0] in programs
    assert "command" not in compose["services"]["api"]
    schema = compose["services"]["schema"]["command"]
    assert schema == ["concertim-manage", "db", "sync"]
    for name in ("listener", "agent"):
        test = compose["services"][name]["healthcheck"]["test"]
        assert test[0] == "CMD-SHELL"
        assert test[1].split()[0] in programs


def test_every_service_is_looked_after(compose):
    for name, service in compose["services"].items():
        assert service["restart"] == (
            "no" if name == "schema" else "unless-stopped"
        )
        assert "max-size" in service["logging"]["options"]
        if name != "schema":
            assert service["healthcheck"]["test"]
        for other, how in service.get("depends_on", {}).items():
            health = "healthcheck" in compose["services"][other]
            assert (how["condition"] == "service_healthy") == (
                health and other != "schema"
            )


def test_ours_may_do_little(compose):
    for name in OURS:
        service = compose["services"][name]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert "privileged" not in service
    (port,) = compose["services"]["api"]["ports"]
    assert port.startswith("127.0.0.1:")


def test_no_secret_is_in_it(compose):
    for name, service in compose["services"].items():
        for variable, value in service.get("environment", {}).items():
            if "PASS" in variable and value != "1":
                secret = value.removeprefix("/run/secrets/")
                assert variable.endswith("_FILE"), f"{name}: {variable}"
                assert secret in service["secrets"]
    options = (PLACE / "concertim.conf").read_text()
    assert not re.search(r"(?m)^(password|connection|transport_url)", options)
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert "/etc/container/secrets/" in ignored


def test_all_time_to_stop_is_given(compose):
    for name in ("listener", "agent"):
        unit = (ROOT / f"etc/systemd/concertim-{name}.service").read_text()
        patience = re.search(r"TimeoutStopSec=(\d+)", unit)[1]
        grace = compose["services"][name]["stop_grace_period"]
        assert grace == f"{patience}s"


@pytest.fixture
def make_secrets(tmp_path):
    places = {"PATH": os.environ["PATH"], "SECRETS": str(tmp_path / "secrets")}
    return lambda: call(PLACE / "new-secrets", env=places)


@pytest.fixture
def secrets(make_secrets, tmp_path):
    done = make_secrets()
    assert done.returncode == 0, done.stderr
    return tmp_path / "secrets"


def test_secrets_are_for_their_readers_and_made_once(
    secrets, make_secrets, compose
):
    named = {
        os.path.basename(secret["file"])
        for secret in compose["secrets"].values()
    }
    assert {path.name for path in secrets.iterdir()} == named
    for path in secrets.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = {path: path.read_text() for path in secrets.iterdir()}
    assert make_secrets().returncode == 1
    assert {path: path.read_text() for path in secrets.iterdir()} == before


#: As in a container: no option says where the files are.
READ = """
from concertim_api import bootstrap
from concertim_api.messaging import oslo_messaging
conf = bootstrap.configure()
bootstrap.check_agent(conf)
bootstrap.api(conf)
oslo_messaging.get_notification_transport(conf)
print(conf.database.connection, conf.transport_url, conf.cloud.password)
"""


def test_the_programs_find_their_options_and_the_secrets(secrets, tmp_path):
    home = tmp_path / ".concertim"
    (home / "concertim.conf.d").mkdir(parents=True)
    shutil.copy(PLACE / "concertim.conf", home)
    shutil.copy(
        secrets / "concertim.conf", home / "concertim.conf.d" / "secrets.conf"
    )
    places = {"HOME": str(tmp_path), "PATH": os.environ["PATH"]}
    read = output(sys.executable, "-W", "ignore", "-c", READ, env=places)
    database, bus, cloud = read.strip().split(" ", 2)
    assert database.endswith("@mariadb/concertim")
    assert (secrets / "database").read_text() in database
    broker = (secrets / "rabbitmq.conf").read_text().split()[-1]
    assert bus == f"rabbit://concertim:{broker}@rabbitmq:5672/"
    assert cloud == "CHANGE ME"


def test_apache_takes_its_configuration(tmp_path):
    text = (PLACE / "apache2.conf").read_text()
    text = text.replace("/tmp", str(tmp_path)).replace(
        "/var/log/concertim", str(tmp_path)
    )
    site = ROOT / "etc/apache2/sites-available/concertim-api.conf"
    text = text.replace("/etc/concertim/apache2/concertim-api.conf", str(site))
    # The user of the image is not one of this machine.
    text = "Define CONCERTIM_USER www-data\n" + text
    text = "Define CONCERTIM_GROUP www-data\n" + text
    (tmp_path / "apache2.conf").write_text(text)
    output(needed("apache2"), "-t", "-f", tmp_path / "apache2.conf")
