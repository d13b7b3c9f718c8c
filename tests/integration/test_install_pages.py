"""The pages of the installation, followed to the letter beside a real cloud.

Root has a log-in on this host as if nothing of ours were there, and executes
block after block. What stands in for parts of a host, and why:

- ``apt-get``: the packages are here; it looks whether they are;
- ``systemctl``, ``journalctl``: no systemd runs in the root of a test; the
  commands of the units are executed as their users;
- ``rabbitmqctl``: the program on the host of the mini cloud's broker;
- what our package requires: the packages of this environment are lent to new
  environments, so that nothing but our own code is installed.
"""

from __future__ import annotations

import contextlib
import pathlib
import re
import resource
import secrets
import sys
import sysconfig

import pytest
import sqlalchemy as sa

from tests import pages
from tests.integration import install_pages
from tests.integration.clean_root import CleanRoot
from tests.integration.conftest import ON_THE_CLOUD, needed
from tests.integration.install_pages import CHOICES, CONF, is_executed
from tests.integration.site_parts import run
from tests.programs import free_port
from tests.waiting import wait_for

ROOT = pathlib.Path(__file__).parents[2]
FAKES = ROOT / "tests" / "fakes" / "install"
LENT = "/usr/local/lib/lent"
SITE = pathlib.Path(sysconfig.get_path("purelib"))

#: Those of the pages.
DRIVERS = {"mysql": "mysql+mysqldb", "postgresql": "postgresql+psycopg2"}

pytestmark = ON_THE_CLOUD

ROTATION = pages.blocks("admin/rotation")

#: What a command must have printed, by page and the beginning of the command.
OUTCOMES = {
    "services: rabbitmqctl list_queues": r"notifications\.info",
    "keystone: concertim-manage keystone bootstrap --os-cloud admin "
    "--role admin --password-file /etc/concertim/password --public-url": (
        r"created  grant admin to concertim(.|\n)*created  endpoint internal"
    ),
    "keystone: concertim-manage keystone bootstrap --os-cloud admin "
    "--role admin --password-file": "Nothing had to be changed",
    "keystone: openstack --os-cloud admin endpoint list": "internal",
    "wsgi: curl": '"database","ok":true.*"keystone","ok":true',
    "listener: journalctl": "Listening to the notifications of RegionOne",
    "agent: runuser": "A dry run: nothing was stored",
    "agent: openstack --os-cloud admin concertim job list": (
        r"sync:RegionOne .* done"
    ),
    "systemd: systemctl is-active": "active\nactive",
    "systemd: systemd-analyze": r"\A\Z",
    "check: openstack --os-cloud admin concertim region list": "RegionOne",
    "secure: stat": (
        "drwxr-x--- root concertim /etc/concertim\n"
        "-rw-r----- root concertim /etc/concertim/concertim.conf\n"
    ),
    "client: ~/openstack/bin/openstack": "--all-projects",
}


class Walk:
    """A reader of the pages, with values for their words."""

    def __init__(self, root, keystone, repository):
        self.root = root
        self.outcomes = dict(OUTCOMES)
        self._minicloud = keystone.settings.parents[1]
        self._servers = {
            language: sa.make_url(needed(variable))
            for language, variable in (
                ("mysql", "CONCERTIM_TEST_MYSQL"),
                ("postgresql", "CONCERTIM_TEST_POSTGRESQL"),
            )
        }
        #: The user *concertim* of these databases is the tests'.
        self.name = f"install_{secrets.token_hex(4)}"
        self.port = free_port()
        self._words = self._values(keystone, f"file://{repository}")

    def _values(self, keystone, url):
        api = f"http://127.0.0.1:{self.port}"
        address = "concertim:CONCERTIM_DBPASS@db.example.org/concertim"
        places = {
            f"{driver}://{address}": (
                f"{driver}://{self.name}:CONCERTIM_DBPASS"
                f"@{server.host}:{server.port}/{self.name}"
            )
            for server in self._servers.values()
            for driver in (DRIVERS[server.get_backend_name()],)
        }
        return {
            **places,
            "CONCERTIM_DBPASS": secrets.token_hex(8),
            "RABBIT_PASS": secrets.token_hex(8),
            "ADMIN_PASS": keystone.login["auth"]["password"],
            "rabbit.example.org:5672": keystone.bus.strip("/").split("@")[1],
            "https://keystone.example.org/v3": keystone.url,
            "https://cloud.example.org/usage": api,
            "http://concertim.example.org:8990": api,
            "http://127.0.0.1:8990": api,
            "127.0.0.1:11211": needed("CONCERTIM_TEST_MEMCACHED"),
            "clone URL": f"clone {url}",
            "git+URL": f"git+{url}",
        }

    def value_of(self, text):
        """Return a text with values in place of the words of the pages."""
        for word, value in self._words.items():
            text = text.replace(word, value)
        if "CONCERTIM_PASS" in text:
            password = self.root.read("/etc/concertim/password").strip()
            text = text.replace("CONCERTIM_PASS", password)
        return text

    def prepare(self):
        """Lay out what is not of ours: programs that stand in for others,
        packages to lend, and the port that the API has here."""
        self.root.output("mkdir", "-p", "/usr/local/sbin", LENT)
        for fake in FAKES.iterdir():
            self.root.write(
                f"/usr/local/sbin/{fake.name}", fake.read_text(), "0755"
            )
        lend = f"ln -s {SITE}/* {LENT}; rm {LENT}/*concertim*"
        self.root.output("sh", "-c", lend)
        self.root.write("/etc/apache2/ports.conf", "")
        self.root.write(
            "/etc/apache2/conf-enabled/000-port.conf",
            f"Define CONCERTIM_ADDRESS 127.0.0.1\n"
            f"Define CONCERTIM_PORT {self.port}\n",
        )

    def execute(self, block):
        if block.entry(CHOICES):
            self._try(block)
        elif block.language == "console":
            for command in block.commands:
                self._call(block, command)
        elif block.language in self._servers:
            self._ask(block.language, self.value_of(block.text))
        else:
            self.root.add(block.caption, self.value_of(block.text))

    def _try(self, block):
        """Let a program read options beside those of this walk."""
        path = "/etc/concertim/choice.conf"
        self.root.write(path, self.value_of(f"{block.text}\n"))
        files = f"--config-file {CONF} --config-file {path}"
        process = self.root.run(f"concertim-manage {files} db sync")
        assert process.returncode == 0, f"{block}: {process.stdout}"
        assert "WARNING" not in process.stdout, f"{block}: {process.stdout}"
        self.root.output("rm", path)

    def _call(self, block, command):
        """Run a command. A check may need some seconds to come true."""
        what = f"{block.page}: {command}"
        entries = [entry for entry in OUTCOMES if what.startswith(entry)]
        outcome = "".join(self.outcomes.pop(e, "") for e in entries[:1])
        is_check = "check" in (block.page, block.section.lower())
        line = self.value_of(command)
        wait_for(
            f"the command to succeed: {what}",
            lambda: self.root.run(line, MINICLOUD=self._minicloud),
            lambda process: (
                process.returncode == 0 and re.search(outcome, process.stdout)
            ),
            seconds=60 if is_check else 0,
            every=1,
        )
        if match := re.fullmatch(r"python3 -m venv (\S+)", line):
            self._lend(match[1].replace("~", "/root"))

    def _lend(self, folder):
        """Lend packages to a new environment, and the program of one."""
        name = f"python{sys.version_info[0]}.{sys.version_info[1]}"
        self.root.write(
            f"{folder}/lib/{name}/site-packages/lent.pth", f"{LENT}\n"
        )
        self.root.write(
            f"{folder}/bin/openstack",
            f"#!{folder}/bin/python\n"
            "import sys\n"
            "from openstackclient.shell import main\n"
            "sys.exit(main())\n",
            "0755",
        )

    def _ask(self, language, text):
        """Let the administrator of a database do what a page says."""
        engine = sa.create_engine(
            self._servers[language], isolation_level="AUTOCOMMIT"
        )
        with engine.connect() as connection:
            for statement in text.split(";"):
                if statement.strip():
                    text = re.sub(r"\bconcertim\b", self.name, statement)
                    connection.exec_driver_sql(text.replace("%", "%%"))
        engine.dispose()

    def rotate_the_password(self):
        """Follow the page about rotation for the password of our user."""
        path = "/etc/concertim/password"
        # It was deleted by the page; the configuration still has it.
        settings = self.root.read(CONF)
        section = settings.partition("[keystone_authtoken]")[2]
        (old,) = re.findall(r"^password = (.*)$", section, re.M)[:1]
        (block,) = ROTATION["Password of our user in Keystone"]
        *commands, printing = block
        for command in commands:
            self.root.output("bash", "-lc", self.value_of(command))
        assert self.refuses_our_password()
        printed = self.root.output("bash", "-lc", printing)
        new = self.root.read(path).strip()
        assert new in printed
        self.write_settings(settings.replace(old, new))
        assert not self.refuses_our_password()
        self.await_work()

    def rotate_the_secret_of_the_cache(self):
        settings = self.root.read(CONF)
        old = re.findall(r"^memcache_secret_key = .*$", settings, re.M)
        secret = f"memcache_secret_key = {secrets.token_hex(16)}"
        self.write_settings(settings.replace(*old, secret))
        self.await_work()

    def refuses_our_password(self):
        """Whether Keystone does, as the check says it."""
        check = "/opt/concertim/bin/concertim-status upgrade check"
        text = self.root.run(f"runuser -u concertim -- {check}").stdout
        assert "Keystone" in text
        return "refuses" in text

    def write_settings(self, settings):
        """Write the configuration, and let all programs read it."""
        self.root.output("tee", CONF, input=settings)
        (block,) = ROTATION[""][:1]
        for command in block:
            self.root.output("bash", "-lc", command)

    def await_work(self):
        """Wait until API and agent have worked with what they read."""
        self.root.output(
            "bash", "-lc", "openstack --os-cloud admin concertim region list"
        )
        moment = self.root.output("date", "-u", "+%FT%T").strip()
        wait_for(
            "a job of the agent to end",
            lambda: (
                self.root.run(
                    "openstack --os-cloud admin concertim job show changes:"
                    "RegionOne -f value -c ended_at"
                ).stdout
            ),
            lambda text: text.strip()[:19].replace(" ", "T") > moment,
            every=1,
        )

    def clean_up(self):
        """Take away what is left with others."""
        self._ask(
            "mysql",
            "DROP DATABASE IF EXISTS concertim;"
            "DROP USER IF EXISTS 'concertim'@'%'",
        )
        self._ask(
            "postgresql",
            "DROP DATABASE IF EXISTS concertim WITH (FORCE);"
            "DROP USER IF EXISTS concertim",
        )
        for words in (
            "delete_user concertim",
            "clear_policy unread-notifications",
            "delete_queue concertim",
        ):
            self.root.run(f"rabbitmqctl {words}", MINICLOUD=self._minicloud)


@pytest.fixture
def walk(tmp_path, keystone):
    keystone.forget("concertim")
    repository = tmp_path / "repository"
    run("git", "clone", "-q", ROOT, repository)
    with contextlib.ExitStack() as undone:
        shared = SITE, repository, keystone.settings.parents[1]
        root = CleanRoot(tmp_path / "root", *shared)
        undone.callback(root.close)
        walk = Walk(root, keystone, repository)
        walk.prepare()
        undone.callback(keystone.forget_credential, "dashboard")
        undone.callback(keystone.forget, "concertim")
        undone.callback(walk.clean_up)
        yield walk


def test_the_pages_install_it(walk, record_property):
    """Each command succeeds where it stands, and each check holds there.

    Then the secrets that only an installation with a Keystone has get other
    values, by the page about that.
    """
    for block in install_pages.walk():
        if is_executed(block):
            walk.execute(block)
    assert walk.outcomes == {}, "no page has these commands"
    walk.rotate_the_password()
    walk.rotate_the_secret_of_the_cache()
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    record_property("CPU seconds", round(usage.ru_utime + usage.ru_stime))
