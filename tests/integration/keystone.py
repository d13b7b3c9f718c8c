"""A real Keystone, and the API as it is registered there."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import secrets
import socket
import subprocess
import uuid
from urllib import parse

from tests.integration.apache import installed
from tests.integration.cloud import Cloud
from tests.integration.conftest import BIN
from tests.programs import free_port
from tests.waiting import wait_for, wait_for_exit

#: What an openstack command of the tests must not find.
_LOGIN = ("OS_", "CONCERTIM_PASSWORD")


#: How commands ask for a password, once and again.
_ASKED = re.compile(rb"(?:[Pp]assword(?: of \S+)?|Once more): ?")


class Keystone(Cloud):
    """The cloud's Keystone, as its administrator uses it."""

    def __init__(self, settings):
        super().__init__(settings)
        self.identity = self.admin.identity
        self.url = self.login["auth"]["auth_url"]

    def environ(self, **variables):
        rest = {
            n: v for n, v in os.environ.items() if not n.startswith(_LOGIN)
        }
        file = {"OS_CLIENT_CONFIG_FILE": str(self.settings)}
        return {**rest, **file, **variables}

    def call(self, *command, given="", code=0, **variables):
        """Run a command as the administrator's shell would."""
        done = subprocess.run(
            [*map(str, command)],
            input=given,
            env=self.environ(**variables),
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done

    def type_in(self, typed, *command):
        """Run a command at a terminal; answer whenever it asks a secret."""
        pid, terminal = pty.fork()
        if pid == 0:
            words = [*map(str, command)]
            os.execvpe(words[0], words, self.environ())
        shown, answered = b"", 0
        with contextlib.suppress(OSError):  # how a terminal ends
            while more := os.read(terminal, 4096):
                shown += more
                if len(_ASKED.findall(shown)) > answered:
                    answered += 1
                    os.write(terminal, f"{typed}\n".encode())
        os.close(terminal)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0, shown
        return shown.decode()

    def services(self):
        return list(self.identity.services(type="concertim"))

    def knows(self, token, how=""):
        """Whether Keystone takes a token for one that is good."""
        answer = self.identity.get(
            f"/auth/tokens{how}", headers={"X-Subject-Token": token}
        )
        assert answer.status_code in (200, 404), answer.text
        return answer.status_code == 200

    def await_expiry(self, token):
        """Wait until a token has expired: since then nobody takes it."""
        wait_for(
            "Keystone to take a token for expired",
            lambda: self.knows(token),
            lambda is_good: not is_good,
        )
        assert self.knows(token, "?allow_expired=1")

    def endpoints(self):
        return {
            endpoint.interface: endpoint.url
            for service in self.services()
            for endpoint in self.identity.endpoints(service_id=service.id)
        }

    def forget(self, *users):
        """Take away all that a bootstrap has made, but roles."""
        for service in self.services():
            for endpoint in self.identity.endpoints(service_id=service.id):
                self.identity.delete_endpoint(endpoint)
            self.identity.delete_service(service)
        for name in users:
            for user in self.identity.users(name=name):
                self.identity.delete_user(user)

    def forget_credential(self, name):
        """Take away an application credential of the administrator."""
        user = self.admin.current_user_id
        for row in self.identity.application_credentials(user, name=name):
            self.identity.delete_application_credential(user, row)

    @contextlib.contextmanager
    def person(self, *roles):
        """Hand out somebody with roles in a project of their own."""
        name = f"CM_{uuid.uuid4().hex[:8]}"
        project = self.identity.create_project(name=name, domain_id="default")
        made = Person(self, name, project)
        user = self.identity.create_user(
            name=name, password=made.password, domain_id="default"
        )
        made.id = user.id
        try:
            for role in roles:
                self.identity.assign_project_role_to_user(
                    project, user, self.identity.find_role(role)
                )
            yield made
        finally:
            self.identity.delete_user(user)
            self.identity.delete_project(project)


class Person:
    def __init__(self, keystone, name, project):
        self.name = name
        self.password = secrets.token_urlsafe(16)
        self.project = project
        self.connection = keystone.connect(
            username=name, password=self.password, project_name=name
        )
        self._keystone = keystone

    def token(self):
        """Return a new token."""
        self.connection.session.invalidate()
        return self.connection.session.get_token()

    def application_credential(self, **values):
        """Make one; return a connection that is logged in by it."""
        made = self.connection.identity.create_application_credential(
            self.id, name=uuid.uuid4().hex, **values
        )
        return made, self._by(made)

    def _by(self, made):
        import openstack

        return openstack.connect(
            auth_type="v3applicationcredential",
            auth={
                "auth_url": self._keystone.url,
                "application_credential_id": made.id,
                "application_credential_secret": made.secret,
            },
            region_name=self._keystone.region,
            load_envvars=False,
            load_yaml_config=False,
        )


class Memcached:
    """A memcached of a test's own, which the test may stop."""

    def __init__(self):
        self.port = free_port()
        user = ["-u", "nobody"] if os.getuid() == 0 else []
        self._process = subprocess.Popen(
            ["memcached", *user, "-l", "127.0.0.1", "-p", str(self.port)]
        )
        wait_for(f"memcached to listen to port {self.port}", self._listens)

    def _listens(self):
        with socket.socket() as tried:
            return tried.connect_ex(("127.0.0.1", self.port)) == 0

    def values(self):
        """Return all that it keeps, by name."""
        from pymemcache.client.base import Client

        with contextlib.closing(Client(("127.0.0.1", self.port))) as client:
            dump = client.raw_command(b"lru_crawler metadump all", b"END\r\n")
            keys = [
                parse.unquote_to_bytes(line.split()[0].removeprefix(b"key="))
                for line in dump.splitlines()
                if line
            ]
            return client.get_many(keys)

    def stop(self):
        if self._process.poll() is None:
            self._process.terminate()
            wait_for_exit(self._process)


def manage(installation, *arguments):
    place = ["--config-file", installation.conf]
    return [BIN / "concertim-manage", *place, *arguments]


def register(apache, keystone, user, **urls):
    """Register the API, and let it check tokens as it is told to."""
    password = secrets.token_urlsafe(16)
    file = apache.folder / "password"
    file.write_text(f"{password}\n")
    file.chmod(0o600)
    who = ["--os-cloud", keystone.name, "--user", user]
    who += ["--password-file", str(file)]
    urls = [w for i, url in urls.items() for w in (f"--{i}-url", url)]
    done = keystone.call(
        *manage(apache.installation, "keystone", "bootstrap", *who, *urls)
    )
    told = keystone.call(
        *manage(apache.installation, "keystone", "authtoken", *who),
        "--with-password",
    )
    lines = told.stdout.splitlines()
    assert lines.pop(0) == "[keystone_authtoken]"
    options = dict(line.split(" = ", 1) for line in lines)
    apache.installation.configure("keystone_authtoken", **options)
    return password, done.stdout


@contextlib.contextmanager
def guarded(keystone, memcached, prepare, **urls):
    """Hand out an Apache that does not run yet, and the user by which its
    API asks this Keystone; what it learns it keeps in an encrypted cache.

    ``prepare`` fills its database.
    """
    user = f"concertim-{uuid.uuid4().hex[:8]}"
    with contextlib.ExitStack() as undone:
        apache = undone.enter_context(installed(auth_strategy="keystone"))
        undone.callback(keystone.forget, user)
        prepare(apache.installation)
        register(apache, keystone, user, **urls)
        apache.installation.configure(
            "keystone_authtoken",
            memcached_servers=f"127.0.0.1:{memcached.port}",
            memcache_security_strategy="ENCRYPT",
            memcache_secret_key=uuid.uuid4().hex,
        )
        yield apache, user


def catalog_command(keystone, *words):
    """Run the openstack command, which finds the API in the catalog."""
    command = [BIN / "openstack", "--os-cloud", keystone.name, *words]
    return json.loads(keystone.call(*command, "-f", "json").stdout)
