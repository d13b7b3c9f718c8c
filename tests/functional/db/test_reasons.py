"""What errors of a database say: no address, name or value to anybody."""

import logging
import re

import pytest
import sqlalchemy as sa
from oslo_config import cfg

from concertim_api.bootstrap import SystemClock
from concertim_api.db import jobs, keys, schema
from concertim_api.db.store import SqlStore
from concertim_api.db.transactions import FaultyStatement, translated
from concertim_api.domain.errors import ConcertimError, Unavailable, in_full
from concertim_api.listener.intake import Intake
from concertim_api.services.common.listing import Listing
from concertim_api.services.ledger.recorder import Recorder
from tests.taking import take


@pytest.fixture(params=["folder", "file", "no database"])
def unusable(request, tmp_path, configuration):
    """A store whose file is no database, or can't be made."""
    path = tmp_path / "secret-place"
    if request.param == "folder":
        path.mkdir()
    elif request.param == "file":
        path.write_text("")
        path /= "db.sqlite"
    else:
        path.write_text("something else " * 100)
    return SqlStore(configuration(f"sqlite:///{path}"))


def test_a_file_that_is_of_no_use(unusable):
    with pytest.raises(Unavailable) as refused:
        unusable.check()
    assert "secret-place" not in in_full(refused.value)
    assert re.search(r"SQLITE_[A-Z]+\)$|opened$", str(refused.value))


SECRET = "value-that-nobody-repeats"

#: What goes wrong with a statement, by the table that it is about.
STATEMENTS = {
    "no such column": sa.select(sa.column("nothing")).select_from(jobs.table),
    "no such table": sa.select(sa.column("x")).select_from(sa.table(SECRET)),
    "no SQL": sa.text(f"NONSENSE '{SECRET}'"),
    "no such function": sa.select(sa.func.nothing_of_ours(SECRET)),
    "null": sa.insert(jobs.table).values(name=SECRET, summary=None),
    "twice": sa.insert(keys.table).values(
        [{"name": SECRET, "digest": "1" * 64}] * 2
    ),
    "no text": sa.select(jobs.table).where(
        jobs.table.c.name == sa.bindparam("name", b"\xff" + SECRET.encode())
    ),
    "NUL": sa.select(jobs.table).where(jobs.table.c.name == f"{SECRET}\0"),
    "half a character": sa.select(jobs.table).where(
        jobs.table.c.name == f"{SECRET}\ud800"
    ),
    "no number": sa.select(
        sa.cast(sa.literal(SECRET), sa.Numeric(40)) + jobs.table.c.interval_ms
    ).select_from(jobs.table),
    "too large": sa.insert(jobs.table).values(
        name=SECRET, interval_ms=2**70, summary="{}", asked="{}"
    ),
}


#: What a database does not mind.
FINE = {
    ("sqlite", "no text"),
    ("sqlite", "NUL"),
    ("sqlite", "no number"),
    ("mariadb", "NUL"),
    ("mariadb", "no number"),
    ("mysqldb", "no text"),
}


@pytest.mark.parametrize("statement", STATEMENTS)
def test_no_error_repeats_a_statement_or_a_value(store, backend, statement):
    """Whatever is raised: it ends in answers, jobs and dead letters."""
    error = _refused(store.engine, STATEMENTS[statement])
    fine = {(backend, statement), (store.engine.driver, statement)} & FINE
    assert (error is None) is bool(fine)
    text = "" if error is None else f"{error}{getattr(error, 'detail', '')}"
    for word in (
        SECRET,
        "nothing",
        "jobs",
        "SELECT",
        "NONSENSE",
        "INSERT",
        "\n",
    ):
        assert word not in text
    assert len(text) < 120


def _refused(engine, statement):
    try:
        with translated(), engine.connect() as connection:
            connection.execute(statement)
    except (ConcertimError, FaultyStatement) as error:
        return error
    return None


def test_the_log_has_what_is_not_said(store, caplog):
    """Of a mistake of ours it needs the statement."""
    with caplog.at_level(logging.DEBUG):
        error = _refused(store.engine, STATEMENTS["no such column"])
    assert "SELECT nothing" in caplog.text + str(error.__cause__)


class Translator:
    """Understands every message as the same observation."""

    def __init__(self, observation):
        self._observation = observation

    def translate(self, message, region, received_at, region_rule):
        return [self._observation]

    def is_incomplete(self, message):
        return False


def test_a_dead_letter_repeats_no_statement(
    backend, new_database, configuration, tell
):
    """Of a table that is not as it should be, say; other databases than
    PostgreSQL tell that as their own trouble, and nothing is buried."""
    with new_database(backend) as url:
        conf = configuration(url)
        schema.sync(conf)
        store = SqlStore(conf)
        with store.engine.begin() as connection:
            connection.execute(
                sa.text("ALTER TABLE periods RENAME COLUMN shape TO other")
            )
        translator = Translator(tell(0, details={"name": SECRET}))
        intake = Intake(
            translator,
            Recorder(store.transactions),
            store.dead_letters,
            store.refreshes,
            store,
            SystemClock(),
        )
        try:
            take(intake, [{"event_type": "x"}], "north")
        except Unavailable as exc:
            errors = [str(exc)]
        else:
            errors = [
                row.error for row in store.dead_letters.page(Listing()).rows
            ]
        store.close()
    (error,) = errors
    expected = r"the database [a-z ]+ \(\w+ \w+\)|FaultyStatement: see the log"
    assert re.fullmatch(expected, error)


@pytest.mark.parametrize(
    "url", ["mysql:/u:s3cret@h", "mysql+pymysql://u:s3cret@h:p0rt:1/x", "x"]
)
def test_a_url_that_is_none(configuration, url):
    with pytest.raises(cfg.ConfigFileValueError) as refused:
        SqlStore(configuration(url))
    assert str(refused.value).startswith("[database] connection: ")
    assert "s3cret" not in str(refused.value)
    assert refused.value.__cause__ is None
