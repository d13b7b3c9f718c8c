"""A database that is away: Unavailable, in bounded time, without secrets."""

import importlib.util
import socket
import time

import pytest

from concertim_api.db.store import SqlStore
from concertim_api.domain.errors import Unavailable
from concertim_api.services.common.listing import Listing
from concertim_api.services.ledger.ports import Window


@pytest.fixture
def closed_port():
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        yield found.getsockname()[1]


DRIVERS = ["mysql+pymysql", "postgresql+psycopg2"]
if importlib.util.find_spec("MySQLdb"):  # tools/test compiles it
    DRIVERS.append("mysql+mysqldb")


@pytest.fixture(params=DRIVERS)
def away(request, closed_port, configuration):
    """A store whose server is not there."""
    url = f"{request.param}://user:s3cret@127.0.0.1:{closed_port}/concertim"
    return SqlStore(configuration(url))


@pytest.mark.parametrize(
    "use",
    [
        SqlStore.check,
        lambda store: store.feed.bounds(),
        lambda store: store.ledger.periods(Listing(), Window()),
        lambda store: list(store.ledger.all_periods()),
        lambda store: store.transactions.write(lambda ledger: None),
        lambda store: store.dead_letters.revive(1),
    ],
)
def test_a_server_that_is_away(away, use):
    before = time.monotonic()
    with pytest.raises(Unavailable) as refused:
        use(away)
    assert time.monotonic() - before < 60
    assert "s3cret" not in str(refused.value)
