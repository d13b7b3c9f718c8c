"""Limits of the database below what our pools may have are named."""

import contextlib
import logging
import math

import pytest
import sqlalchemy as sa
from oslo_upgradecheck.upgradecheck import Code
from sqlalchemy.engine import make_url

from concertim_api import bootstrap
from concertim_api.cmd import status
from concertim_api.conf.database import most_connections
from concertim_api.db import connections, schema
from tests import databases

OPTIONS = "[database] max_pool_size and max_overflow: "

MAX = {
    "mariadb": "max_connections is 300",
    "postgresql": "max_connections (less those for superusers) is 297",
}


SERVERS = [name for name in databases.at_hand() if name != "sqlite"]
POSTGRESQL = [name for name in SERVERS if name == "postgresql"]


@pytest.fixture(params=SERVERS)
def server(request, new_database, configuration):
    """A database of its own."""
    backend = request.param
    with new_database(backend) as url:
        schema.sync(configuration(url))
        engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
        with contextlib.closing(engine.connect()) as connection:
            yield Server(make_url(url), connection, backend)
        engine.dispose()


class Server:
    """A database on a server, and configurations of it.

    In statements, {name} is its name.
    """

    def __init__(self, url, connection, backend):
        self.url, self._connection, self.backend = url, connection, backend

    def run(self, *statements):
        for statement in statements:
            text = statement.format(name=self.url.database)
            self._connection.exec_driver_sql(text)

    def conf(self, folder, url=None, **options):
        """Return the path of a configuration."""
        path = folder / "concertim.conf"
        url = (url or self.url).render_as_string(hide_password=False)
        lines = [f"connection = {url}"]
        lines += [f"{name} = {value}" for name, value in options.items()]
        path.write_text(
            f"[DEFAULT]\nstate_path = {folder}\nuse_stderr = false\n"
            "[listener]\nworkers = 3\n[database]\n" + "\n".join(lines)
        )
        return bootstrap.configure(default_config_files=[str(path)])

    @contextlib.contextmanager
    def user(self, limit):
        """Yield the URL of a user of ours that has a limit."""
        url = self.url.set(username=f"u_{self.url.database[-12:]}")
        word = f"'{url.password}'"
        if self.backend == "mariadb":
            user = f"{url.username}@'127.0.0.1'"
            make = (
                f"CREATE USER {user} IDENTIFIED BY {word} "
                f"WITH MAX_USER_CONNECTIONS {limit}",
                f"GRANT ALL ON {{name}}.* TO {user}",
            )
            drop = (f"DROP USER {user}",)
        else:
            user = url.username
            make = (
                f"CREATE ROLE {user} LOGIN PASSWORD {word} "
                f"CONNECTION LIMIT {limit}",
                f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {user}",
            )
            drop = (f"DROP OWNED BY {user}", f"DROP ROLE {user}")
        self.run(*make)
        try:
            yield url
        finally:
            self.run(*drop)


class Messages(logging.Handler):
    """What is logged."""

    def __init__(self):
        super().__init__()
        self.texts = []

    def emit(self, record):
        self.texts.append(record.getMessage())


@pytest.fixture
def warnings():
    """Return what is logged at the first connection, once; the status check
    says the same."""
    messages = Messages()
    logger = logging.getLogger(connections.__name__)
    logger.addHandler(messages)

    def ask(conf):
        messages.texts = []
        services = bootstrap.services(conf)
        services.store.check()
        services.store.check()
        services.store.close()
        logged = messages.texts
        result = status.Checks(conf)._database()
        assert result.code == (Code.WARNING if logged else Code.SUCCESS)
        if logged:
            assert result.details == "; ".join(logged)
        return logged

    yield ask
    logger.removeHandler(messages)


def test_pools_that_fit_are_not_named(server, warnings, tmp_path):
    assert warnings(server.conf(tmp_path)) == []


def test_pools_above_what_the_server_has_are_named(server, warnings, tmp_path):
    conf = server.conf(tmp_path, max_pool_size=50, max_overflow=20)
    [warning] = warnings(conf)
    assert warning == (
        f"{OPTIONS}the agent, one process of the API and [listener] workers "
        f"may have 350 connections together, but {MAX[server.backend]}"
    )


def test_pools_without_a_bound_are_named(server, warnings, tmp_path):
    [warning] = warnings(server.conf(tmp_path, max_overflow=-1))
    assert "may have any number of connections" in warning
    assert warning.endswith(MAX[server.backend])


def test_the_limit_of_our_user_is_named(server, warnings, tmp_path):
    with server.user(limit=20) as url:
        [warning] = warnings(server.conf(tmp_path, url))
        assert (
            warnings(
                server.conf(tmp_path, url, max_pool_size=2, max_overflow=2)
            )
            == []
        )
    name = {
        "mariadb": "max_user_connections",
        "postgresql": "the CONNECTION LIMIT of our role",
    }
    assert warning.startswith(OPTIONS)
    assert warning.endswith(f", but {name[server.backend]} is 20")


@pytest.mark.parametrize("server", POSTGRESQL, indirect=True)
def test_the_limit_of_the_database_is_named(server, warnings, tmp_path):
    server.run("ALTER DATABASE {name} CONNECTION LIMIT 99")
    [warning] = warnings(server.conf(tmp_path))
    assert warning.endswith(", but the CONNECTION LIMIT of the database is 99")


def test_sqlite_has_no_limit(warnings, tmp_path):
    path = tmp_path / "concertim.conf"
    path.write_text(
        f"[DEFAULT]\nstate_path = {tmp_path}\nuse_stderr = false\n"
        "[database]\nmax_overflow = -1\n"
    )
    conf = bootstrap.configure(default_config_files=[str(path)])
    schema.sync(conf)
    assert warnings(conf) == []


@pytest.mark.parametrize(
    ("size", "overflow", "workers", "most"),
    [
        (10, 10, 1, 60),
        (10, 0, 2, 40),
        (0, 5, 1, math.inf),
        (5, -1, 1, math.inf),
    ],
)
def test_what_our_pools_may_have(size, overflow, workers, most):
    conf = bootstrap.configure(default_config_files=[])
    conf.set_override("max_pool_size", size, group="database")
    conf.set_override("max_overflow", overflow, group="database")
    conf.set_override("workers", workers, group="listener")
    assert most_connections(conf) == most


def test_three_processes_fit_into_a_new_postgresql():
    conf = bootstrap.configure(default_config_files=[])
    assert most_connections(conf) <= 100 - 3


def test_limits_that_are_not_told_keep_nobody_out(tmp_path, monkeypatch):
    """SQLite does not understand the query, as a proxy may not."""
    engine = sa.create_engine(f"sqlite:///{tmp_path}/some.sqlite")
    monkeypatch.setitem(connections._LIMITS, "sqlite", "SELECT @@max")
    connections.warn(engine, 1)
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT 1")).scalar() == 1
    engine.dispose()
