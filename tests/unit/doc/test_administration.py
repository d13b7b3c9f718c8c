"""Pages for administrators: nothing is missing, and no command is of old."""

import re
import shlex
from importlib import metadata

import pytest

from concertim_api import bootstrap
from concertim_api.cmd import manage
from tests.pages import SOURCE, blocks

#: Blocks of the page on rotation that a test runs (tests/integration).
RUN = {"", "Password of the database", "Password of the broker", "Named keys"}

#: Blocks that none runs, and why.
EXCUSED = {
    "Password of our user in Keystone": "test_keystone sets a password",
    "Application credential of the agent": "a command of OpenStack",
    "Lock server of several agents": "a command of systemd",
}


def secrets(root):
    """Yield the options that our programs take for secrets."""
    generator = root / "etc" / "concertim" / "config-generator.conf"
    for name in re.findall(r"^namespace = (\S+)", generator.read_text(), re.M):
        (point,) = metadata.entry_points(group="oslo.config.opts", name=name)
        for group, options in point.load()():
            for option in options:
                if option.secret:
                    yield f"[{group or 'DEFAULT'}] {option.dest}"


def test_each_secret_has_a_section_on_rotation(root, pages):
    page = re.sub(r"\s+", " ", pages["admin/rotation"])
    names = {*secrets(root)}
    assert {"[DEFAULT] transport_url", "[cloud] password"} <= names
    assert [name for name in sorted(names) if f"``{name}``" not in page] == []


def test_each_block_on_rotation_is_run_or_excused():
    titles = {
        title for title, code in blocks("admin/rotation").items() if code
    }
    assert titles == RUN | {*EXCUSED}


def commands():
    for path in sorted(SOURCE.rglob("*.rst")):
        name = str(path.relative_to(SOURCE).with_suffix(""))
        for code in blocks(name).values():
            for line in (line for block in code for line in block):
                if line.startswith("concertim-manage ") and (
                    "--version" not in line  # which ends the process
                ):
                    yield pytest.param(line, id=f"{name}: {line}")


@pytest.mark.parametrize("line", [*commands()])
def test_a_command_of_a_page_is_one(line):
    line = re.sub(r"--config-file \S+", "", line.partition(">")[0])
    conf = bootstrap.unread()
    manage.register(conf)
    conf(shlex.split(line)[1:], default_config_files=[])
    assert callable(conf.command.run)


def test_the_firewall_knows_each_port(root, pages):
    settings = root / "etc/apache2/conf-available/concertim-api.conf"
    scraped = root / "etc/prometheus/scrape.yaml"
    ports = {
        *re.findall(r"#Define \w+_PORT (\d+)", settings.read_text()),
        *re.findall(r'targets: \["[\d.]+:(\d+)"', scraped.read_text()),
    }
    assert len(ports) == 7
    page = pages["admin/network"]
    assert [port for port in ports if f"     - {port}\n" not in page] == []
